import type { MakeOracle } from './oracle.ts';

/** A correct node never stops for safety, unless its disk failed. */
export const halts: MakeOracle = (context) => ({
  id: 'halts',
  observe(event) {
    if (event.kind !== 'ended' || event.cause !== 'halt') return undefined;
    const machine = context.machines.find(({ name }) => name === event.node);
    if (machine?.unexplained === undefined) return undefined;
    return `${event.node} stopped although its disk is well: ${machine.unexplained}`;
  },
});

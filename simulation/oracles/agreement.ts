import { toHex } from '#kernel';
import type { MakeOracle } from './oracle.ts';

/** No two correct nodes make different blocks final at one height. */
export const agreement: MakeOracle = (context) => {
  const final = new Map<number, { hash: string; node: string }>();
  return {
    id: 'agreement',
    observe(event) {
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { height } = event.block.header;
      const hash = toHex(event.block.hash);
      const first = final.get(height);
      if (first === undefined) {
        final.set(height, { hash, node: event.node });
        return undefined;
      }
      if (first.hash === hash) return undefined;
      return `height ${height}: ${first.node} has ${first.hash}, ${event.node} has ${hash}`;
    },
  };
};

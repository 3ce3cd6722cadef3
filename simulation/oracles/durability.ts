import type { MakeOracle } from './oracle.ts';

/** What a node called final it still has after any crash, and it makes every height final once, in order. */
export const durability: MakeOracle = (context) => {
  const last = new Map<string, number>();
  return {
    id: 'durability',
    observe(event) {
      if (event.kind === 'started' && context.isCorrect(event.node)) {
        const before = last.get(event.node) ?? 0;
        if (event.height < before) {
          return `${event.node} made height ${before} final and came back with height ${event.height}`;
        }
        // A block may have reached the disk whose finality was not told any more.
        last.set(event.node, event.height);
      }
      if (event.kind === 'final' && context.isCorrect(event.node)) {
        const { height } = event.block.header;
        const before = last.get(event.node) ?? 0;
        if (height !== before + 1) return `${event.node} made height ${height} final after height ${before}`;
        last.set(event.node, height);
      }
      return undefined;
    },
  };
};

import { toHex } from '#kernel';
import { blockHash } from '#services/block';
import type { MakeOracle } from './oracle.ts';

/**
 * No two correct nodes make different blocks final at one height, and whatever a node holds of a height at the end, also
 * of before the snapshot that it began with, is of the block that was made final there.
 */
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
    async finish() {
      for (const { name, isByzantine, node } of context.machines) {
        if (isByzantine || node === undefined) continue;
        for (const [height, { hash }] of final) {
          const header = await node.chain.header(height);
          if (header === undefined || toHex(blockHash(header)) === hash) continue;
          return `${name} holds the header ${toHex(blockHash(header))} of height ${height}, where ${hash} is final`;
        }
      }
      return undefined;
    },
  };
};

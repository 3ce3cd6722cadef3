import { toHex } from '#kernel';
import type { MakeOracle } from './oracle.ts';

/** All correct nodes have the same state and receipts after each block, and the next header says which. */
export const stateRoots: MakeOracle = (context) => {
  const roots = new Map<number, { stateRoot: string; receiptRoot: string; node: string }>();
  return {
    id: 'state-roots',
    observe(event) {
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { node, stateRoot, receiptRoot, block } = event;
      const { header } = block;
      const before = roots.get(header.height - 1);
      if (before !== undefined && toHex(header.stateRoot) !== before.stateRoot) {
        return `block ${header.height} has state root ${toHex(header.stateRoot)}; after the block before it was ${before.stateRoot}`;
      }
      if (before !== undefined && toHex(header.receiptRoot) !== before.receiptRoot) {
        return `block ${header.height} has receipt root ${toHex(header.receiptRoot)}, not ${before.receiptRoot}`;
      }
      const known = roots.get(header.height);
      if (known === undefined) {
        roots.set(header.height, { stateRoot, receiptRoot, node });
        return undefined;
      }
      if (known.stateRoot === stateRoot && known.receiptRoot === receiptRoot) return undefined;
      return `after height ${header.height} ${known.node} has state root ${known.stateRoot}, ${node} has ${stateRoot}`;
    },
  };
};

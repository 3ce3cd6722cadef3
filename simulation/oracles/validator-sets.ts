import { toHex } from '#kernel';
import type { MakeOracle } from './oracle.ts';
import { StakeModel } from './stake-model.ts';

/**
 * All nodes have the same set at each height, the one that the headers name and that follows from the stake of the epoch
 * before; powers are those of the set in force, and who is tombstoned is in no set that is decided later.
 */
export const validatorSets: MakeOracle = (context) => {
  const model = new StakeModel(context.genesis);
  /** The set of each height as text, from the model. */
  const sets = new Map<number, string>();
  const hashes = new Map<number, string>();
  let wrong: string | undefined;
  return {
    id: 'validator-sets',
    observe(event) {
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { block, node, nextSet } = event;
      const { height, validatorSetHash, nextValidatorSetHash } = block.header;
      if (height === model.height + 1) {
        wrong ??= model.replay(event);
        sets.set(height + 1, textOf(model.set()));
      }
      if (wrong !== undefined) return `block ${height}: ${wrong}`;
      const expected = sets.get(height + 1);
      const found = textOf(context.membersOf(nextSet));
      if (expected !== undefined && found !== expected)
        return `${node} has the set ${found} at height ${height + 1}, not ${expected}`;
      if (toHex(nextSet.hash) !== toHex(nextValidatorSetHash))
        return `${node} has another set at height ${height + 1} than header ${height} names`;
      const named = hashes.get(height);
      hashes.set(height + 1, toHex(nextValidatorSetHash));
      if (named === undefined || named === toHex(validatorSetHash)) return undefined;
      return `header ${height} is of the set ${toHex(validatorSetHash)}, the one before named ${named}`;
    },
  };
};

function textOf(set: readonly { readonly address: string; readonly power: number }[]): string {
  return set.map(({ address, power }) => `${address.slice(0, 8)}:${power}`).join(' ');
}

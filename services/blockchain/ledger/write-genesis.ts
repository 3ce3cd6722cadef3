import { listRoot } from '#kernel';
import type { StateEngine } from '#engines/state';
import { DEFAULT_STAKING } from '#services/validator';
import type { GenesisState } from '../domain/types.ts';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { encodeNode, encodeRoot } from '../tree/node-codec.ts';
import { EMPTY_HASH, type ChildRef } from '../tree/node.ts';
import type { LedgerTip } from './face.ts';
import { genesisEntries } from './genesis-entries.ts';
import { PiecewiseWriter } from './piecewise-writer.ts';
import { META, encodeIdentity, encodeTip } from './records.ts';

/**
 * Writes the genesis state in pieces, the tip with the last one. A crash before its end leaves entries of this very
 * genesis, known by the identity in the first piece, and no tip: the next start writes the same again. A state of
 * one piece is there as a whole or not at all.
 *
 * @param onProgress the part of the state that is written, 0 to 1
 * @throws `validator.*` when the validators make no set; then nothing was written
 */
export async function writeGenesis(
  engine: StateEngine,
  genesis: GenesisState,
  onProgress: (fraction: number) => void,
): Promise<{ readonly root: ChildRef | undefined; readonly tip: LedgerTip }> {
  const { entries, validators, rotation } = genesisEntries(genesis);
  const height = genesis.initialHeight - 1;
  const writer = new PiecewiseWriter(engine);
  writer.put('meta', META.identity, encodeIdentity(genesis.identity));
  const leaves = new LeafTable();
  for (const { key, value } of entries) {
    leaves.add(key, value);
    writer.put('state', key, value);
    if (await writer.pause()) onProgress(0);
  }
  const root = await buildTree(leaves, {
    version: height,
    emit: (key, node) => writer.put('tree', key, encodeNode(node)),
    pause: async (done) => {
      if (await writer.pause()) onProgress(done / leaves.length);
    },
  });
  const receiptRoot = listRoot([]);
  writer.put('meta', META.root(height), encodeRoot(root));
  writer.put('meta', META.tip, encodeTip(height, receiptRoot));
  await writer.finish();
  const { ledger: parameters, consensus, staking = DEFAULT_STAKING } = genesis;
  const stateRoot = root?.hash ?? EMPTY_HASH;
  const tip = { height, stateRoot, receiptRoot, validators, rotation, parameters, staking, consensus };
  return { root, tip };
}

import type { StateEngine, WriteBatch } from '#engines/state';
import { equalBytes, isCodedError, toHex, uint64ToBytes } from '#kernel';
import { blockchainError } from '../errors.ts';
import { compareTrees } from '../tree/compare-trees.ts';
import { leavesOf } from '../tree/leaves-of.ts';
import { decodeRoot } from '../tree/node-codec.ts';
import { EMPTY_HASH, keyHashOf, type ChildRef } from '../tree/node.ts';
import { readPath } from '../tree/read-path.ts';
import type { NodeReader } from '../tree/state-tree.ts';
import { META, decodeTip, encodeTip } from './records.ts';
import { readRoot } from './roots.ts';

/**
 * Puts the state back by one height, in one synced batch: entries, tree, roots and tip are those of the height before.
 * Blocks are another's and stay.
 *
 * @param last of the block whose execution is taken back: its height, and the roots that its header names
 * @returns the height that the state is of now, and the entries that changed
 * @throws `blockchain.rolled-back-already`, `blockchain.height-not-retained`, `blockchain.corrupt-state`
 */
export async function rollBackState(
  engine: StateEngine,
  last: { readonly height: number; readonly stateRoot: Uint8Array; readonly receiptRoot: Uint8Array },
): Promise<{ readonly height: number; readonly entries: number }> {
  const height = last.height - 1;
  const [tip, newer] = await engine.getMany('meta', [META.tip, META.root(last.height)]);
  const current = tip === undefined ? undefined : decodeTip(tip).height;
  if (current === height) {
    throw blockchainError(
      'rolled-back-already',
      `the state is of height ${height} already, one before the last block: start the node, which executes that block again`,
      { height },
    );
  }
  if (current !== last.height) {
    throw corrupt(`the state is of height ${current ?? 'none'}, the last block is ${last.height}`);
  }
  const root = await readRoot(engine, height);
  const hash = root?.hash ?? EMPTY_HASH;
  if (!equalBytes(hash, last.stateRoot)) {
    throw corrupt(
      `the root kept of height ${height} is ${toHex(hash)}, the last block names ${toHex(last.stateRoot)}`,
    );
  }
  const batch = engine.batch();
  const reader = { getMany: (keys: readonly Uint8Array[]) => engine.getMany('tree', keys) };
  const entries = await stageEntries({ engine, reader, batch }, root, newer);
  for (const family of ['tree', 'stale'] as const) {
    // Both begin with the height that wrote them.
    for await (const { key } of engine.range(family, { gte: uint64ToBytes(last.height) }))
      batch.delete(family, key);
  }
  batch.delete('meta', META.root(last.height));
  batch.put('meta', META.tip, encodeTip(height, last.receiptRoot));
  await engine.write(batch, { sync: true });
  return { height, entries };
}

interface Staging {
  readonly engine: StateEngine;
  readonly reader: NodeReader;
  readonly batch: WriteBatch;
}

/** An entry as it was; without a value there was none. */
interface Earlier {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Stages the entries of the older tree that are others now. */
async function stageEntries(
  staging: Staging,
  older: ChildRef | undefined,
  newer: Uint8Array | undefined,
): Promise<number> {
  const changed = await entriesBefore(staging.reader, older, newer);
  // A newer tree that is damaged says nothing: then every entry is compared with the older one.
  return changed === undefined ? stageAll(staging, older) : stageChanged(staging, changed);
}

async function entriesBefore(
  reader: NodeReader,
  older: ChildRef | undefined,
  newer: Uint8Array | undefined,
): Promise<Earlier[] | undefined> {
  if (newer === undefined) return undefined;
  try {
    const { added, removed } = await compareTrees(reader, older, decodeRoot(newer));
    const entries = new Map<string, Earlier>();
    for (const { node } of added)
      if (node.kind === 'leaf') entries.set(toHex(node.keyHash), { key: node.key, value: undefined });
    for (const { node } of removed)
      if (node.kind === 'leaf') entries.set(toHex(node.keyHash), { key: node.key, value: node.value });
    return [...entries.values()];
  } catch (error) {
    if (isCodedError(error, 'blockchain.corrupt-state')) return undefined;
    throw error;
  }
}

/** Stages entries that are others now; returns how many. */
async function stageChanged({ engine, batch }: Staging, entries: readonly Earlier[]): Promise<number> {
  const found = await engine.getMany(
    'state',
    entries.map(({ key }) => key),
  );
  let staged = 0;
  for (const [i, { key, value }] of entries.entries()) {
    const now = found[i];
    const isSame = now === undefined || value === undefined ? now === value : equalBytes(now, value);
    if (isSame) continue;
    if (value === undefined) batch.delete('state', key);
    else batch.put('state', key, value);
    staged++;
  }
  return staged;
}

async function stageAll(staging: Staging, older: ChildRef | undefined): Promise<number> {
  const { engine, reader } = staging;
  let staged = 0;
  for await (const leaves of leavesOf(reader, older)) staged += await stageChanged(staging, leaves);
  for await (const { key } of engine.range('state', {})) {
    const { value } = await readPath(reader, older, keyHashOf(key));
    if (value === undefined) staged += await stageChanged(staging, [{ key, value }]);
  }
  return staged;
}

function corrupt(why: string) {
  return blockchainError(
    'corrupt-state',
    `${why}; restore the home from a backup, or remove its data and sync it anew`,
  );
}

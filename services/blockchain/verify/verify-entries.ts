import type { StateEngine } from '#engines/state';
import { equalBytes, toHex, type Scheduler } from '#kernel';
import { META, decodeTip } from '../ledger/records.ts';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { decodeRoot } from '../tree/node-codec.ts';
import { EMPTY_HASH, keyHashOf } from '../tree/node.ts';
import { readPath } from '../tree/read-path.ts';
import type { Faults, VerifyProgress } from './faults.ts';

const CODE = 'blockchain.corrupt-state';
const ENTRIES_PER_STEP = 10_000;

/**
 * Recomputes the state root of the tip from the entries that the ledger reads its accounts from, and names the entries
 * that the tree does not hold when it is another.
 */
export async function verifyEntries(given: {
  readonly engine: StateEngine;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly onProgress: VerifyProgress;
}): Promise<void> {
  const { engine, scheduler, faults, onProgress } = given;
  const pause = (): Promise<void> => new Promise((resolve) => void scheduler.soon(resolve));
  await faults.guard(CODE, 'entries of the state', async () => {
    const tip = await engine.get('meta', META.tip);
    const root = tip && (await engine.get('meta', META.root(decodeTip(tip).height)));
    if (root === undefined) throw new Error('the root of the tip is missing');
    const expected = decodeRoot(root);
    const leaves = new LeafTable();
    for await (const { key, value } of engine.range('state', {})) {
      leaves.add(key, value);
      if (leaves.length % ENTRIES_PER_STEP === 0) onProgress(leaves.length, leaves.length);
    }
    const built = await buildTree(leaves, { version: 0, pause });
    const found = built?.hash ?? EMPTY_HASH;
    if (equalBytes(found, expected?.hash ?? EMPTY_HASH)) return;
    const before = faults.found.length;
    await nameDifferences(engine, expected, faults);
    if (faults.found.length > before) return;
    const named = toHex(expected?.hash ?? EMPTY_HASH);
    faults.add(
      CODE,
      'entries of the state',
      `they have the root ${toHex(found)}, the tree has ${named}: entries are missing`,
    );
  });
}

async function nameDifferences(
  engine: StateEngine,
  root: ReturnType<typeof decodeRoot>,
  faults: Faults,
): Promise<void> {
  const reader = { getMany: (keys: readonly Uint8Array[]) => engine.getMany('tree', keys) };
  for await (const { key, value } of engine.range('state', {})) {
    if (faults.isFull) return;
    const where = `entry ${toHex(key)} of the state`;
    const path = await faults.guard(CODE, where, () => readPath(reader, root, keyHashOf(key)));
    if (path === undefined) continue;
    if (path.value === undefined) faults.add(CODE, where, 'the tree does not have the entry');
    else if (!equalBytes(path.value, value)) faults.add(CODE, where, 'the tree has another value');
  }
}

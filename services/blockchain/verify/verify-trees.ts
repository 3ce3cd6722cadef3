import type { StateEngine } from '#engines/state';
import { bytesToUint64, equalBytes, toHex, uint64ToBytes } from '#kernel';
import { META, decodeTip } from '../ledger/records.ts';
import { firstMade } from '../ledger/roots.ts';
import { compareTrees, type PlacedNode } from '../tree/compare-trees.ts';
import { decodeRoot, encodeRoot, nodeKey } from '../tree/node-codec.ts';
import { EMPTY_HASH, type ChildRef } from '../tree/node.ts';
import { unpackStaleKeys } from '../tree/stale-keys.ts';
import { checkNode, childPlaces, type NodePlace } from './check-node.ts';
import type { Faults, VerifyProgress } from './faults.ts';

const CODE = 'blockchain.corrupt-state';
/** Nodes read at once. */
const NODES_PER_READ = 256;

export interface TreesToVerify {
  readonly engine: StateEngine;
  readonly retainedHeights: number;
  /** Heights whose state is looked at, as far as it is retained. */
  readonly from: number;
  readonly to: number;
  /** The state root that the chain names for a height; undefined where no header does. */
  readonly rootNamed: (height: number) => Promise<Uint8Array | undefined>;
  readonly faults: Faults;
  readonly onProgress: VerifyProgress;
}

/**
 * Recomputes the hashes of every node of the trees of the retained heights: all of the first one, and of each later
 * one what it does not share with the one before, together with the records of what it no longer uses. Heights within
 * a run of final blocks have no tree (SYNC-9).
 *
 * @returns the first and the last height with a tree that were looked at; undefined when there is none
 */
export async function verifyTrees(
  given: TreesToVerify,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const { engine, faults } = given;
  const tip = await faults.guard(
    CODE,
    'tip of the state',
    async () => decodeTip(await stored(engine, META.tip)).height,
  );
  if (tip === undefined) return undefined;
  const kept = await firstRoot(engine);
  if (kept === undefined) {
    faults.add(CODE, 'roots of the state', 'no root of any height is stored');
    return undefined;
  }
  const end = Math.min(tip, given.to);
  // A tip whose tree is not made is looked at all the same: that is a fault.
  const nextMade = async (from: number) =>
    (await firstMade(engine, from, end)) ?? (from <= end && end === tip ? tip : undefined);
  const first = await nextMade(Math.max(kept, tip - given.retainedHeights, given.from));
  if (first === undefined) return undefined;
  let last = first;
  let before = await rootOf(given, first);
  const nodes = await verifyWhole(engine, before, first, faults);
  given.onProgress(1, end - first + 1);
  for (let next = await nextMade(last + 1); next !== undefined; next = await nextMade(last + 1)) {
    if (faults.isFull) break;
    const height = next;
    const root = await rootOf(given, height);
    await faults.guard(CODE, `state of height ${height}`, () =>
      verifyStep(engine, before, root, height, faults),
    );
    [before, last] = [root, height];
    given.onProgress(height - first + 1, end - first + 1);
  }
  if (given.to >= tip && nodes !== undefined) await verifyNothingElse(engine, first, faults, given);
  return { first, last };
}

async function stored(engine: StateEngine, key: Uint8Array): Promise<Uint8Array> {
  const value = await engine.get('meta', key);
  if (value === undefined) throw new Error('the record is missing');
  return value;
}

/** The lowest height whose root is stored. */
async function firstRoot(engine: StateEngine): Promise<number | undefined> {
  const [entry] = await engine.rangeAll('meta', {
    gte: META.root(0),
    lte: META.root(Number.MAX_SAFE_INTEGER),
    limit: 1,
  });
  return entry && bytesToUint64(entry.key, entry.key.length - 8);
}

async function rootOf(
  { engine, rootNamed, faults }: TreesToVerify,
  height: number,
): Promise<ChildRef | undefined> {
  const where = `state root of height ${height}`;
  return faults.guard(CODE, where, async () => {
    const bytes = await stored(engine, META.root(height));
    const root = decodeRoot(bytes);
    if (!equalBytes(encodeRoot(root), bytes)) throw new Error('the root is not in its one encoding');
    const named = await rootNamed(height);
    const hash = root?.hash ?? EMPTY_HASH;
    if (named !== undefined && !equalBytes(named, hash)) {
      faults.add(CODE, where, `the stored root is ${toHex(hash)}, the chain names ${toHex(named)}`);
    }
    return root;
  });
}

/** Walks a whole tree, some nodes at a time. @returns the number of nodes; undefined when it is damaged */
async function verifyWhole(
  engine: StateEngine,
  root: ChildRef | undefined,
  height: number,
  faults: Faults,
): Promise<number | undefined> {
  const found = faults.found.length;
  const waiting: NodePlace[] = root === undefined ? [] : [{ ref: root, path: new Uint8Array(32), depth: 0 }];
  let nodes = 0;
  while (waiting.length > 0 && !faults.isFull) {
    const places = waiting.splice(Math.max(0, waiting.length - NODES_PER_READ));
    const keys = places.map(({ ref, path, depth }) => nodeKey(ref.version, path, depth));
    const values = await faults.guard(CODE, `state of height ${height}`, () => engine.getMany('tree', keys));
    for (const [index, place] of places.entries()) {
      const where = `state of height ${height}, node ${toHex(keys[index] ?? new Uint8Array(0))}`;
      const node = values && (await faults.guard(CODE, where, async () => checkNode(values[index], place)));
      if (node === undefined) continue;
      nodes++;
      waiting.push(...childPlaces(node, place));
    }
  }
  return faults.found.length === found ? nodes : undefined;
}

/** What the tree of a height has that the one before has not, and the other way round. */
async function verifyStep(
  engine: StateEngine,
  before: ChildRef | undefined,
  root: ChildRef | undefined,
  height: number,
  faults: Faults,
): Promise<void> {
  const { added, removed } = await compareTrees(
    { getMany: (keys) => engine.getMany('tree', keys) },
    before,
    root,
  );
  for (const placed of added) {
    const where = `state of height ${height}, node ${toHex(placed.key)}`;
    await faults.guard(CODE, where, async () => {
      if (placed.ref.version !== height) throw new Error(`a node of height ${placed.ref.version} came back`);
      checkPlaced(await engine.get('tree', placed.key), placed);
    });
  }
  await verifyStale(engine, height, removed, faults);
}

function checkPlaced(bytes: Uint8Array | undefined, { key, ref }: PlacedNode): void {
  const path = new Uint8Array(32);
  path.set(key.subarray(9));
  checkNode(bytes, { ref, path, depth: key[8] ?? 0 });
}

/** The records by which pruning will remove nodes must name exactly those that nothing uses: others are alive. */
async function verifyStale(
  engine: StateEngine,
  height: number,
  removed: readonly PlacedNode[],
  faults: Faults,
): Promise<void> {
  const where = `stale nodes of height ${height}`;
  const listed = new Set<string>();
  for await (const { key, value } of engine.range('stale', {
    gte: uint64ToBytes(height),
    lt: uint64ToBytes(height + 1),
  })) {
    const keys = await faults.guard(CODE, `${where}, record ${toHex(key)}`, async () =>
      unpackStaleKeys(value),
    );
    for (const one of keys ?? []) listed.add(toHex(one));
  }
  const expected = new Set(removed.map(({ key }) => toHex(key)));
  for (const key of expected) if (!listed.has(key)) faults.add(CODE, where, `the node ${key} is not listed`);
  for (const key of listed)
    if (!expected.has(key)) faults.add(CODE, where, `the node ${key} is listed and in use`);
}

/** No records of heights that there are not. */
async function verifyNothingElse(
  engine: StateEngine,
  first: number,
  faults: Faults,
  { to }: TreesToVerify,
): Promise<void> {
  await faults.guard(CODE, 'roots of the state', async () => {
    const tip = decodeTip(await stored(engine, META.tip)).height;
    if (to < tip) return;
    const range = { gt: META.root(tip), lte: META.root(Number.MAX_SAFE_INTEGER), limit: 1 };
    for (const { key } of await engine.rangeAll('meta', range)) {
      faults.add(
        CODE,
        `meta ${toHex(key)}`,
        `a root of a height after the tip ${tip} (the first kept is ${first})`,
      );
    }
  });
}

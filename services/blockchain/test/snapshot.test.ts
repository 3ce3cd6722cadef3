import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { silentLogger, toHex } from '#kernel';
import { systemScheduler } from '#runtime';
import {
  beginRestore,
  chunkCodec,
  clearUnfinishedRestore,
  createSnapshots,
  isEmpty,
  memorySnapshots,
  openFileSnapshots,
  placesOf,
  verifyChunk,
  type Ledger,
  type SnapshotManifest,
  type SnapshotStore,
  type StateChunk,
} from '../index.ts';
import { encodeNode } from '../tree/node-codec.ts';
import { EMPTY_HASH } from '../tree/node.ts';
import { StateTree, changeOf } from '../tree/state-tree.ts';
import { walkChunks } from '../snapshot/walk-chunks.ts';
import {
  IDENTITY,
  addressOf,
  attest,
  filled,
  grow,
  nodesNeeded,
  openLedger,
  rootOfState,
  strangerAt,
  transfer,
} from './support/samples.ts';

const breathe = async () => undefined;

/** A stored tree of entries that came in batches. */
async function storedTree(batches: readonly (readonly (readonly [Uint8Array, Uint8Array | undefined])[])[]) {
  const nodes = new Map<string, Uint8Array>();
  const reader = {
    getMany: async (keys: readonly Uint8Array[]) => keys.map((key) => nodes.get(toHex(key))),
  };
  const tree = new StateTree(reader, undefined);
  for (const [version, entries] of batches.entries()) {
    const update = await tree.update(
      entries.map(([key, value]) => changeOf(key, value)),
      version + 1,
    );
    for (const { key, node } of update.added) nodes.set(toHex(key), encodeNode(node));
    tree.adopt(update);
  }
  return { reader, root: tree.root, rootHash: tree.rootHash };
}

async function chunksOf(
  tree: Pick<Awaited<ReturnType<typeof storedTree>>, 'reader' | 'root'>,
  targetBytes: number,
) {
  const chunks: StateChunk[] = [];
  const emit = async (chunk: StateChunk) => void chunks.push(chunk);
  const places = await walkChunks(tree.root, { reader: tree.reader, emit, breathe, targetBytes });
  return { chunks, places };
}

const entriesOf = (count: number, value = 1) =>
  Array.from(
    { length: count },
    (_, index) => [Uint8Array.of(index >> 8, index & 255), filled(20, value)] as const,
  );

describe('state in chunks', () => {
  it('SNAP-1 are the same whatever order and removals led to the entries', async () => {
    const entries = entriesOf(300);
    const one = await chunksOf(await storedTree([entries]), 500);
    const extra = entriesOf(400).slice(300);
    const other = await chunksOf(
      await storedTree([
        extra,
        entriesOf(150, 9).toReversed(),
        entries,
        extra.map(([key]) => [key, undefined] as const),
      ]),
      500,
    );
    const encoded = ({ chunks }: typeof one) => chunks.map((chunk) => toHex(chunkCodec.encode(chunk)));
    assert.deepEqual(encoded(one), encoded(other));
    assert.deepEqual(one.places, other.places);
    assert.ok(one.chunks.length > 10);
    const sizes = one.chunks.map(({ entries: held }) => held.length * 34);
    assert.ok(Math.max(...sizes) <= 500, 'none is beyond the target');
  });

  it('SNAP-2 SNAP-3 SNAP-4 each prove all entries under their place, and together are the whole state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.integer({ min: 40, max: 4_000 }), async (count, target) => {
        const tree = await storedTree([entriesOf(count)]);
        const { chunks, places } = await chunksOf(tree, target);
        for (const chunk of chunks)
          assert.ok(verifyChunk(tree.rootHash, chunkCodec.decode(chunkCodec.encode(chunk))));
        const all = chunks.flatMap(({ entries }) => entries.map(({ key }) => toHex(key)));
        assert.deepEqual(
          all.toSorted(),
          entriesOf(count).map(([key]) => toHex(key)),
        );
        const depths = Uint8Array.from(places, ({ depth }) => depth);
        assert.deepEqual(placesOf(depths), places);
      }),
      { numRuns: 60 },
    );
  });

  it('SNAP-3 do not verify with anything left out, put in, altered or moved', async () => {
    const tree = await storedTree([entriesOf(120)]);
    const { chunks } = await chunksOf(tree, 400);
    const flipped = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte));
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(), fc.nat(8), async (which, place, at, kind) => {
        const chunk = chunks[which % chunks.length] as StateChunk;
        const { entries, siblings, depth, prefix } = chunk;
        const index = entries.length === 0 ? 0 : place % entries.length;
        const entry = entries[index] ?? { key: Uint8Array.of(1), value: Uint8Array.of(1) };
        const changes: readonly Partial<StateChunk>[] = [
          { entries: entries.filter((_, i) => i !== index) },
          { entries: entries.with(index, { key: entry.key, value: flipped(entry.value, at) }) },
          { entries: entries.with(index, { key: flipped(entry.key, at), value: entry.value }) },
          { entries: [...entries, entry] },
          { entries: [...entries, { key: Uint8Array.of(9, 9, 9), value: Uint8Array.of(1) }] },
          { entries: entries.toReversed() },
          { prefix: flipped(prefix, at) },
          { siblings: siblings.with(place % siblings.length, filled(32, 7)) },
          { depth: depth - 1, siblings: siblings.slice(0, -1) },
        ];
        const forged = { ...chunk, ...changes[kind] };
        const isSame = toHex(chunkCodec.encode(forged)) === toHex(chunkCodec.encode(chunk));
        assert.equal(verifyChunk(tree.rootHash, forged), isSame);
      }),
      { numRuns: 400 },
    );
    assert.equal(verifyChunk(EMPTY_HASH, chunks[0] as StateChunk), false);
  });

  it('SNAP-4 of a list of depths that is no cut of the whole are refused', () => {
    assert.equal(placesOf(Uint8Array.of(0))?.length, 1);
    assert.equal(placesOf(Uint8Array.of(1, 2, 2))?.length, 3);
    for (const depths of [[], [1], [0, 0], [1, 2], [2, 1, 2], [1, 1, 1], [61], [255]]) {
      assert.equal(placesOf(Uint8Array.from(depths)), undefined, depths.join());
    }
  });
});

/** A ledger with some history, and a snapshot of one of its heights. */
async function snapshotOf(engine: StateEngine, store: SnapshotStore, retainedHeights = 1_000) {
  const ledger = await openLedger(engine, { retainedHeights });
  const snapshots = createSnapshots({ interval: 3, keep: 2, chunkTargetBytes: 400 })({
    engine,
    store,
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  const step = async (height: number) => {
    await grow(
      ledger,
      engine,
      transfer(0, height - 1, [strangerAt(height), 5n], [strangerAt(height % 4), 7n]),
      attest(1, height - 1, filled(32, height)),
    );
    snapshots.finalised(height);
  };
  return { ledger, snapshots, step };
}

async function restoreAll(
  engine: StateEngine,
  store: SnapshotStore,
  manifest: SnapshotManifest,
  from: Ledger,
): Promise<void> {
  const { height, stateRoot, depths } = manifest;
  const { receiptRoot } = from.tip();
  const restore = await beginRestore(engine, { identity: IDENTITY, height, stateRoot, receiptRoot });
  for (const place of (placesOf(depths) ?? []).toReversed()) {
    const chunk = chunkCodec.decode((await store.chunk(height, place)) ?? new Uint8Array(0));
    assert.ok(verifyChunk(stateRoot, chunk));
    await restore.apply(chunk);
  }
  const batch = engine.batch();
  restore.complete(batch);
  await engine.write(batch, { sync: true });
}

describe('snapshots', () => {
  it('SNAP-5 hold the state of their height while blocks go on and the height is pruned', async () => {
    const engine = createMemoryStateEngine();
    const store = memorySnapshots();
    const { ledger, snapshots, step } = await snapshotOf(engine, store, 2);
    for (let height = 1; height <= 3; height++) await step(height);
    const root = ledger.tip().stateRoot;
    assert.equal(snapshots.held(), 3);
    for (let height = 4; height <= 8; height++) {
      await step(height);
      while (await ledger.prune(snapshots.held()));
    }
    await snapshots.idle();
    const [manifest] = await snapshots.list();
    assert.deepEqual([manifest?.height, manifest?.stateRoot], [3, root]);
    assert.equal(snapshots.held(), undefined);
    for (const place of placesOf(manifest?.depths ?? new Uint8Array(0)) ?? []) {
      assert.ok(verifyChunk(root, chunkCodec.decode((await snapshots.chunk(3, place)) as Uint8Array)));
    }
  });

  it('SNAP-5 keep the newest, and list none that is unfinished', async () => {
    const engine = createMemoryStateEngine();
    const folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
    try {
      const store = await openFileSnapshots(folder);
      const { snapshots, step } = await snapshotOf(engine, store);
      for (let height = 1; height <= 12; height++) {
        await step(height);
        if (height < 12) await snapshots.idle();
      }
      await snapshots.stop();
      assert.deepEqual(
        (await snapshots.list()).map(({ height }) => height),
        [9, 6],
      );
      const again = await openFileSnapshots(folder);
      assert.deepEqual(await again.list(), await snapshots.list());
      assert.deepEqual((await readdir(folder)).toSorted(), ['12', '6', '9']);
      assert.equal(await snapshots.chunk(12, { depth: 0, prefix: new Uint8Array(32) }), undefined);
      await again.begin(12);
      assert.deepEqual(await readdir(join(folder, '12')), []);
      await again.remove(9);
      assert.deepEqual(
        (await again.list()).map(({ height }) => height),
        [6],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a state that is restored from chunks', () => {
  it('SYNC-6 is that of the source, and blocks go on from it to the same roots', async () => {
    const source = createMemoryStateEngine();
    const store = memorySnapshots();
    const { ledger, snapshots, step } = await snapshotOf(source, store);
    for (let height = 1; height <= 3; height++) await step(height);
    await snapshots.idle();
    const engine = createMemoryStateEngine();
    await restoreAll(engine, store, (await snapshots.list())[0] as SnapshotManifest, ledger);
    const restored = await openLedger(engine);
    assert.deepEqual(restored.tip(), ledger.tip());
    const nodes = await engine.rangeAll('tree', { limit: 10 ** 6 });
    assert.equal(nodes.length, await nodesNeeded(engine), 'no node is left over');
    assert.equal(await rootOfState(engine), toHex(ledger.tip().stateRoot));
    assert.deepEqual(await restored.account(addressOf(0)), await ledger.account(addressOf(0)));
    assert.deepEqual(await restored.supply(), await ledger.supply());
    assert.deepEqual(await restored.attestations(filled(32, 2)), await ledger.attestations(filled(32, 2)));
    for (const [nonce, on] of [
      [3, source],
      [3, engine],
    ] as const) {
      await grow(on === source ? ledger : restored, on, transfer(0, nonce, [strangerAt(99), 1n]));
    }
    assert.deepEqual(restored.tip(), ledger.tip());
    await assert.rejects(restored.account(addressOf(0), 1), { code: 'blockchain.height-not-retained' });
  });

  it('SYNC-6 is the same in whatever order the chunks come, with no node left over', async () => {
    const shuffled = fc.tuple(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 60, max: 900 }), fc.nat());
    await fc.assert(
      fc.asyncProperty(shuffled, async ([count, target, seed]) => {
        const tree = await storedTree([entriesOf(count)]);
        const { chunks } = await chunksOf(tree, target);
        const order = chunks.toSorted(
          (a, b) => ((a.prefix[0] as number) ^ (seed & 255)) - ((b.prefix[0] as number) ^ (seed & 255)),
        );
        const engine = createMemoryStateEngine();
        const stateRoot = tree.rootHash;
        const receiptRoot = filled(32, 2);
        const restore = await beginRestore(engine, { identity: IDENTITY, height: 9, stateRoot, receiptRoot });
        for (const chunk of order) await restore.apply(chunk);
        restore.complete(engine.batch());
        const nodes = await engine.rangeAll('tree', { limit: 10 ** 6 });
        assert.equal(nodes.length, await nodesNeeded(engine));
      }),
      { numRuns: 40 },
    );
  });

  it('SYNC-6 is whole or not there, wherever the machine stops', async () => {
    const source = createMemoryStateEngine();
    const store = memorySnapshots();
    const { ledger, snapshots, step } = await snapshotOf(source, store);
    for (let height = 1; height <= 3; height++) await step(height);
    await snapshots.idle();
    const [manifest] = await snapshots.list();
    assert.ok(manifest !== undefined && manifest.depths.length > 4);
    let whole = 0;
    for (let writes = 0; whole === 0; writes++) {
      const engine = createMemoryStateEngine();
      let left = writes;
      const failing: StateEngine = {
        ...engine,
        async write(batch, options) {
          if (left-- <= 0) throw new Error('the machine stops');
          // Every write is on disk: the worst case for what is half done.
          await engine.write(batch, { ...options, sync: true });
        },
      };
      const outcome = await restoreAll(failing, store, manifest, ledger).then(
        () => 'done',
        () => 'stopped',
      );
      const survived = engine.crash();
      await clearUnfinishedRestore(survived);
      if (outcome === 'stopped') {
        assert.ok(await isEmpty(survived), `after ${writes} writes`);
        for (const family of ['state', 'tree', 'meta'] as const) {
          assert.deepEqual(await survived.rangeAll(family, { limit: 10 }), []);
        }
        await restoreAll(survived, store, manifest, ledger);
      } else whole += 1;
      assert.deepEqual((await openLedger(survived)).tip(), ledger.tip());
    }
  });

  it('SYNC-6 restores no entry of a genesis that a crash cut short before', async () => {
    const source = createMemoryStateEngine();
    const store = memorySnapshots();
    const { ledger, snapshots, step } = await snapshotOf(source, store, 1);
    for (let height = 1; height <= 3; height++) await step(height);
    await snapshots.idle();
    const [manifest] = await snapshots.list();
    assert.ok(manifest !== undefined && manifest.height === ledger.tip().height);
    const engine = createMemoryStateEngine();
    const left = engine.batch();
    // A piece of a large genesis, without its tip: a record that the chain has removed since.
    const gone = Uint8Array.of(26, ...filled(20, 7), ...filled(20, 8));
    left.put('state', gone, Uint8Array.of(1));
    await engine.write(left);
    assert.ok(await isEmpty(engine));
    await restoreAll(engine, store, manifest, ledger);
    assert.equal(await engine.get('state', gone), undefined);
    assert.deepEqual((await openLedger(engine)).tip(), ledger.tip());
  });

  it('SYNC-6 is refused over another, and when chunks are missing', async () => {
    const source = createMemoryStateEngine();
    const target = { identity: IDENTITY, height: 3, stateRoot: filled(32, 1), receiptRoot: filled(32, 2) };
    await openLedger(source);
    await assert.rejects(beginRestore(source, target), { code: 'blockchain.not-empty' });
    const engine = createMemoryStateEngine();
    const restore = await beginRestore(engine, target);
    assert.throws(() => restore.complete(engine.batch()), { code: 'blockchain.incomplete-restore' });
    await assert.rejects(beginRestore(engine, target), { code: 'blockchain.not-empty' });
    // Opening a ledger starts over: the genesis, not half a state.
    assert.equal((await openLedger(engine)).tip().height, 0);
  });
});

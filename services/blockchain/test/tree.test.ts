import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareBytes, equalBytes, hash, isCodedError, toHex } from '#kernel';
import { verifyStateProof } from '#services/blockchain';
import { encodeNode } from '../tree/node-codec.ts';
import { EMPTY_HASH, keyHashOf, leafHash, type ChildRef } from '../tree/node.ts';
import { bitAt, encodeProofPath } from '../tree/proof.ts';
import { readPath } from '../tree/read-path.ts';
import { StateTree, changeOf, type TreeUpdate } from '../tree/state-tree.ts';

/** The root by definition: a binary tree in which a subtree with one entry is that entry's leaf. */
function modelRoot(entries: readonly { keyHash: Uint8Array; value: Uint8Array }[], depth = 0): Uint8Array {
  const [first] = entries;
  if (first === undefined) return EMPTY_HASH;
  if (entries.length === 1) return leafHash(first.keyHash, first.value);
  const left = entries.filter(({ keyHash }) => bitAt(keyHash, depth) === 0);
  const right = entries.filter(({ keyHash }) => bitAt(keyHash, depth) === 1);
  return hash('state-node', modelRoot(left, depth + 1), modelRoot(right, depth + 1));
}

/** A tree with its storage, as the ledger keeps it. */
class StoredTree {
  readonly nodes = new Map<string, Uint8Array>();
  readonly stale: { since: number; key: Uint8Array }[] = [];
  readonly roots = new Map<number, ChildRef | undefined>();
  reads = 0;
  readonly reader = {
    getMany: async (keys: readonly Uint8Array[]) => {
      this.reads++;
      return keys.map((key) => this.nodes.get(toHex(key)));
    },
  };
  tree = new StateTree(this.reader, undefined);
  version = 0;

  async apply(changes: readonly { key: Uint8Array; value: Uint8Array | undefined }[]): Promise<TreeUpdate> {
    const hashed = changes.map(({ key, value }) => changeOf(key, value));
    const update = await this.tree.update(hashed, ++this.version);
    for (const { key, node } of update.added) this.nodes.set(toHex(key), encodeNode(node));
    for (const key of update.stale) this.stale.push({ since: this.version, key });
    this.tree.adopt(update);
    this.roots.set(this.version, withoutNode(update.root));
    return update;
  }

  /** Opens again from storage: nothing is at hand. */
  reopen(): void {
    this.tree = new StateTree(this.reader, withoutNode(this.tree.root));
  }

  prune(before: number): void {
    for (const { since, key } of this.stale) if (since <= before) this.nodes.delete(toHex(key));
  }
}

function withoutNode(ref: ChildRef | undefined): ChildRef | undefined {
  return ref === undefined ? undefined : { ...ref, node: undefined };
}

const KEY = fc.integer({ min: 0, max: 40 }).map((n) => Uint8Array.of(n));
const CHANGES = fc.uniqueArray(
  fc.record(
    { key: KEY, value: fc.option(fc.uint8Array({ maxLength: 5 }), { nil: undefined, freq: 2 }) },
    { noNullPrototype: true },
  ),
  { selector: ({ key }) => key[0], maxLength: 25 },
);

describe('state tree', () => {
  it('has the root of its entries alone, whatever order, removals and reopening led to them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(CHANGES, fc.boolean()), { minLength: 1, maxLength: 8 }),
        async (batches) => {
          const stored = new StoredTree();
          const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
          const versions: Map<string, { key: Uint8Array; value: Uint8Array }>[] = [];
          for (const [changes, reopen] of batches) {
            if (reopen) stored.reopen();
            const { rootHash } = await stored.apply(changes);
            for (const { key, value } of changes) {
              if (value === undefined) model.delete(toHex(key));
              else model.set(toHex(key), { key, value });
            }
            versions.push(new Map(model));
            const entries = [...model.values()].map(({ key, value }) => ({ keyHash: keyHashOf(key), value }));
            assert.equal(toHex(rootHash), toHex(modelRoot(entries)));
          }
          // Every version stays readable; after pruning the newest one still is, from storage alone.
          for (const [index, entries] of versions.entries()) await checkVersion(stored, index + 1, entries);
          stored.prune(stored.version);
          await checkVersion(stored, stored.version, model);
          const live = new StoredTree();
          await live.apply([...model.values()]);
          assert.equal(stored.nodes.size, live.nodes.size, 'pruning leaves no node behind');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('proves presence and absence, and no damaged proof passes', async () => {
    await fc.assert(
      fc.asyncProperty(
        CHANGES,
        KEY,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (changes, key, at, change) => {
          const stored = new StoredTree();
          const { rootHash } = await stored.apply(changes);
          const value = changes.find((entry) => equalBytes(entry.key, key))?.value;
          const { value: found, ...path } = await readPath(
            stored.reader,
            stored.roots.get(1),
            keyHashOf(key),
          );
          assert.deepEqual(found, value);
          const proof = {
            key,
            path: encodeProofPath(path),
            ...(found === undefined ? {} : { value: found }),
          };
          assert.ok(verifyStateProof(rootHash, proof));
          const damagedPath = proof.path.slice();
          const place = at % damagedPath.length;
          damagedPath[place] = (damagedPath[place] as number) ^ change;
          assert.equal(holds(rootHash, { ...proof, path: damagedPath }), false);
          if (found === undefined)
            assert.equal(holds(rootHash, { ...proof, value: Uint8Array.of(1) }), false);
          else {
            const { value: _, ...absent } = proof;
            assert.equal(holds(rootHash, absent), false);
            assert.equal(holds(rootHash, { ...proof, value: Uint8Array.of(...found, 0) }), false);
          }
          // A proof of absence may hold for other absent keys too; one of presence holds for its key alone.
          if (found !== undefined)
            assert.equal(holds(rootHash, { ...proof, key: Uint8Array.of(200) }), false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reads a level at once, and nothing again that is at hand', async () => {
    const stored = new StoredTree();
    const entries = Array.from({ length: 500 }, (_, i) => ({
      key: Uint8Array.of(i >> 8, i & 255),
      value: Uint8Array.of(1),
    }));
    await stored.apply(entries);
    stored.reopen();
    stored.reads = 0;
    await stored.apply(entries);
    assert.ok(stored.reads <= 6, `${stored.reads} reads`);
    stored.reads = 0;
    await stored.apply(entries);
    assert.equal(stored.reads, 0);
  });

  it('keeps its frozen root', async () => {
    const stored = new StoredTree();
    const entries = Array.from({ length: 20 }, (_, i) => ({
      key: Uint8Array.of(i),
      value: Uint8Array.of(i, i),
    }));
    const { rootHash } = await stored.apply(entries.toSorted((a, b) => compareBytes(b.key, a.key)));
    assert.equal(toHex(rootHash), FROZEN_ROOT);
  });
});

async function checkVersion(
  stored: StoredTree,
  version: number,
  entries: ReadonlyMap<string, { key: Uint8Array; value: Uint8Array }>,
): Promise<void> {
  const root = stored.roots.get(version);
  for (let n = 0; n <= 40; n += 5) {
    const key = Uint8Array.of(n);
    const { value, ...path } = await readPath(stored.reader, root, keyHashOf(key));
    assert.deepEqual(value, entries.get(toHex(key))?.value);
    const proof = { key, path: encodeProofPath(path), ...(value === undefined ? {} : { value }) };
    assert.ok(verifyStateProof(root?.hash ?? EMPTY_HASH, proof));
  }
}

function holds(root: Uint8Array, proof: { key: Uint8Array; value?: Uint8Array; path: Uint8Array }): boolean {
  try {
    return verifyStateProof(root, proof);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

const FROZEN_ROOT = 'dc8a419db96d42b8774c2642a027076c8715f7ce1e0baf328b166a8addfcc515';

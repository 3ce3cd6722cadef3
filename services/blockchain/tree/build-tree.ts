import { HASH_BYTES, compareRows, invariant, sortRows } from '#kernel';
import { nodeKey } from './node-codec.ts';
import { RADIX, keyHashOf, leafHash, nibbleAt, rangeHashesOf, type ChildRef, type TreeNode } from './node.ts';

/** Leaves that a buffer begins with room for; it doubles when they are more. */
const CAPACITY = 1_024;
/** Depth to which others have their turn between two subtrees: 256 of them. */
const PAUSE_DEPTH = 2;

/** Leaves of a tree that is built at once, packed: a million take some 60 MB. */
export class LeafTable {
  #keyHashes = new Uint8Array(CAPACITY * HASH_BYTES);
  /** Key and value of each. */
  #entries = new Uint8Array(CAPACITY * HASH_BYTES);
  #ends = new Float64Array(CAPACITY);
  #keyLengths = new Uint8Array(CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param key typed key of at most 255 bytes */
  add(key: Uint8Array, value: Uint8Array): void {
    const row = this.#length++;
    const start = this.#start(row);
    const end = start + key.length + value.length;
    this.#keyHashes = withRoom(this.#keyHashes, (row + 1) * HASH_BYTES);
    this.#entries = withRoom(this.#entries, end);
    if (row >= this.#ends.length) {
      const ends = new Float64Array(row * 2);
      ends.set(this.#ends);
      this.#ends = ends;
      this.#keyLengths = withRoom(this.#keyLengths, row * 2);
    }
    this.#keyHashes.set(keyHashOf(key), row * HASH_BYTES);
    this.#entries.set(key, start);
    this.#entries.set(value, start + key.length);
    this.#keyLengths[row] = key.length;
    this.#ends[row] = end;
  }

  #start(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number);
  }

  /** Rows in the order of their key hashes, which are distinct. */
  sorted(): Uint32Array {
    const rows = new Uint32Array(this.#length);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    const order = sortRows(this.#keyHashes, HASH_BYTES, rows);
    for (let i = 1; i < order.length; i++) {
      const [a, b] = [order[i - 1] as number, order[i] as number];
      invariant(compareRows(this.#keyHashes, HASH_BYTES, a, b) !== 0, 'the keys of a tree are distinct');
    }
    return order;
  }

  /** A view, not a copy. */
  keyHash(row: number): Uint8Array {
    return this.#keyHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  }

  nibble(row: number, depth: number): number {
    return nibbleAt(this.#keyHashes, row * HASH_BYTES * 2 + depth);
  }

  /** A view, not a copy. */
  key(row: number): Uint8Array {
    const start = this.#start(row);
    return this.#entries.subarray(start, start + (this.#keyLengths[row] as number));
  }

  /** A view, not a copy. */
  value(row: number): Uint8Array {
    return this.#entries.subarray(this.#start(row) + (this.#keyLengths[row] as number), this.#ends[row]);
  }
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

export interface TreeBuild {
  /** Height that the nodes are of. */
  readonly version: number;
  /** Takes each node with its key in the engine; keeps no view of its bytes. */
  readonly emit?: (key: Uint8Array, node: TreeNode) => void;
  /** Called between subtrees with the leaves that are done: others have their turn, what was emitted is written. */
  readonly pause?: (done: number) => Promise<void> | void;
}

/**
 * Builds a whole tree from its leaves: what `StateTree.update` makes of an empty one, node for node, without ever
 * holding more than the way from the root to one leaf.
 *
 * @returns the root as its parent would know it, without its node; undefined for no leaves
 */
export async function buildTree(leaves: LeafTable, build: TreeBuild): Promise<ChildRef | undefined> {
  if (leaves.length === 0) return undefined;
  return new TreeBuilder(leaves, build).top(0, leaves.length, 0);
}

class TreeBuilder {
  readonly #leaves: LeafTable;
  readonly #order: Uint32Array;
  readonly #build: TreeBuild;

  constructor(leaves: LeafTable, build: TreeBuild) {
    this.#leaves = leaves;
    this.#order = leaves.sorted();
    this.#build = build;
  }

  /** As `subtree`, with pauses between the children. */
  async top(from: number, to: number, depth: number): Promise<ChildRef> {
    if (to - from === 1 || depth === PAUSE_DEPTH) {
      const ref = this.#subtree(from, to, depth);
      await this.#build.pause?.(to);
      return ref;
    }
    const children = noChildren();
    for (let start = from; start < to;) {
      const end = this.#endOfGroup(start, to, depth);
      children[this.#nibble(start, depth)] = await this.top(start, end, depth + 1);
      start = end;
    }
    return this.#internal(children, from, depth);
  }

  #subtree(from: number, to: number, depth: number): ChildRef {
    if (to - from === 1) return this.#leaf(this.#order[from] as number, depth);
    const children = noChildren();
    for (let start = from; start < to;) {
      const end = this.#endOfGroup(start, to, depth);
      children[this.#nibble(start, depth)] = this.#subtree(start, end, depth + 1);
      start = end;
    }
    return this.#internal(children, from, depth);
  }

  #nibble(position: number, depth: number): number {
    return this.#leaves.nibble(this.#order[position] as number, depth);
  }

  /** Where the leaves end that share the nibble of the one at `start`. */
  #endOfGroup(start: number, to: number, depth: number): number {
    const nibble = this.#nibble(start, depth);
    let end = start + 1;
    while (end < to && this.#nibble(end, depth) === nibble) end++;
    return end;
  }

  #leaf(row: number, depth: number): ChildRef {
    const [keyHash, value] = [this.#leaves.keyHash(row), this.#leaves.value(row)];
    this.#emit(keyHash, depth, { kind: 'leaf', key: this.#leaves.key(row), keyHash, value });
    return { hash: leafHash(keyHash, value), version: this.#build.version, isLeaf: true, node: undefined };
  }

  #internal(children: (ChildRef | undefined)[], first: number, depth: number): ChildRef {
    const path = this.#leaves.keyHash(this.#order[first] as number);
    this.#emit(path, depth, { kind: 'internal', children });
    const [, hash] = rangeHashesOf(children);
    return { hash: hash as Uint8Array, version: this.#build.version, isLeaf: false, node: undefined };
  }

  #emit(path: Uint8Array, depth: number, node: TreeNode): void {
    this.#build.emit?.(nodeKey(this.#build.version, path, depth), node);
  }
}

function noChildren(): (ChildRef | undefined)[] {
  return Array.from({ length: RADIX }, () => undefined);
}

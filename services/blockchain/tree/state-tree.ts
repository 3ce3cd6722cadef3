import { compareBytes, invariant } from '#kernel';
import { blockchainError } from '../errors.ts';
import { TREE_NODES_MAX } from '../limits.ts';
import { decodeNode, nodeKey } from './node-codec.ts';
import { withNibble } from './path.ts';
import {
  EMPTY_HASH,
  RADIX,
  keyHashOf,
  leafHash,
  nibbleAt,
  rangeHashesOf,
  type ChildRef,
  type InternalNode,
  type LeafNode,
  type TreeNode,
} from './node.ts';

/** Where stored nodes are read. */
export interface NodeReader {
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
}

/** A new value of an entry, or its removal. */
export interface Change {
  readonly key: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** The change that gives a key a value, or takes it away. */
export function changeOf(key: Uint8Array, value: Uint8Array | undefined): Change {
  return { key, keyHash: keyHashOf(key), value };
}

/** What one batch of changes makes of the tree; nothing is stored yet. */
export interface TreeUpdate {
  readonly root: ChildRef | undefined;
  readonly rootHash: Uint8Array;
  readonly added: readonly { readonly key: Uint8Array; readonly node: TreeNode }[];
  /** Keys of nodes that the new version no longer uses. */
  readonly stale: readonly Uint8Array[];
}

/** Lets other tasks run during a long update. */
export type Breather = () => Promise<void> | undefined;

/** The tree at its newest version, with the nodes read so far at hand. */
export class StateTree {
  readonly #reader: NodeReader;
  #root: ChildRef | undefined;
  #nodesAtHand = 0;

  constructor(reader: NodeReader, root: ChildRef | undefined) {
    this.#reader = reader;
    this.#root = root;
  }

  get root(): ChildRef | undefined {
    return this.#root;
  }

  get rootHash(): Uint8Array {
    return this.#root?.hash ?? EMPTY_HASH;
  }

  /** Makes an update the newest version. */
  adopt(update: TreeUpdate): void {
    this.#root = update.root;
    this.#nodesAtHand += update.added.length;
    if (this.#nodesAtHand <= TREE_NODES_MAX) return;
    this.#nodesAtHand = 0;
    if (this.#root !== undefined) this.#nodesAtHand = trim(this.#root, 0);
  }

  /**
   * Applies changes of distinct keys on top of the newest version, without changing it. Nodes that are not at
   * hand are read level by level, one call a level.
   *
   * @param version height of the block
   */
  async update(
    changes: readonly Change[],
    version: number,
    breathe: Breather = () => undefined,
  ): Promise<TreeUpdate> {
    const sorted = changes.toSorted((a, b) => compareBytes(a.keyHash, b.keyHash));
    await this.#load(sorted);
    const builder = new Builder(version);
    const root = await builder.updateTop(this.#root, sorted, breathe);
    return { root, rootHash: root?.hash ?? EMPTY_HASH, added: builder.added, stale: builder.stale };
  }

  /** Brings every node on the way to the changed keys to hand. */
  async #load(changes: readonly Change[]): Promise<void> {
    let level: Visit[] = [];
    if (this.#root !== undefined && changes.length > 0) {
      level.push({
        ref: this.#root,
        path: (changes[0] as Change).keyHash,
        depth: 0,
        from: 0,
        to: changes.length,
      });
    }
    while (level.length > 0) {
      const missing = level.filter(({ ref }) => ref.node === undefined);
      if (missing.length > 0) {
        const stored = await this.#reader.getMany(
          missing.map(({ ref, path, depth }) => nodeKey(ref.version, path, depth)),
        );
        // Another update may have read the node meanwhile, and be on its way below it.
        for (const [i, { ref }] of missing.entries()) ref.node ??= readNode(stored[i]);
        this.#nodesAtHand += missing.length;
      }
      level = level.flatMap((visit) => below(visit, changes));
    }
  }
}

/** A node that an update needs: the changes from `from` to `to` lie under it, none when only the node is needed. */
interface Visit {
  readonly ref: ChildRef;
  readonly path: Uint8Array;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

function below({ ref, path, depth, from, to }: Visit, changes: readonly Change[]): Visit[] {
  if (ref.node?.kind !== 'internal' || from === to) return [];
  const next = new Map<number, Visit>();
  let removes = false;
  for (const group of groups(changes, from, to, depth)) {
    const child = ref.node.children[group.nibble];
    for (let i = group.from; i < group.to; i++) removes ||= (changes[i] as Change).value === undefined;
    const childPath = (changes[group.from] as Change).keyHash;
    if (child !== undefined)
      next.set(group.nibble, {
        ref: child,
        path: childPath,
        depth: depth + 1,
        from: group.from,
        to: group.to,
      });
  }
  // A removal may leave one leaf, which then moves up: its node is needed too.
  for (const [nibble, child] of removes ? ref.node.children.entries() : []) {
    if (child?.isLeaf !== true || next.has(nibble)) continue;
    next.set(nibble, { ref: child, path: withNibble(path, depth, nibble), depth: depth + 1, from: 0, to: 0 });
  }
  return [...next.values()];
}

/** Decodes a stored node that must be there. */
export function readNode(stored: Uint8Array | undefined): TreeNode {
  if (stored !== undefined) return decodeNode(stored);
  throw blockchainError(
    'corrupt-state',
    'a node of the state tree is missing; restore the home from a backup or sync it anew',
  );
}

/** Runs of changes that share the nibble at `depth`. */
function* groups(
  changes: readonly Change[],
  from: number,
  to: number,
  depth: number,
): Iterable<{ nibble: number; from: number; to: number }> {
  let start = from;
  while (start < to) {
    const nibble = nibbleAt((changes[start] as Change).keyHash, depth);
    let end = start + 1;
    while (end < to && nibbleAt((changes[end] as Change).keyHash, depth) === nibble) end++;
    yield { nibble, from: start, to: end };
    start = end;
  }
}

/** Lets go of the nodes below the fourth level; returns how many stay. */
function trim(ref: ChildRef, depth: number): number {
  if (ref.node === undefined) return 0;
  if (depth >= 4) {
    ref.node = undefined;
    return 0;
  }
  let kept = 1;
  if (ref.node.kind === 'internal')
    for (const child of ref.node.children) if (child !== undefined) kept += trim(child, depth + 1);
  return kept;
}

/** Builds the changed part of one version. */
class Builder {
  readonly added: { key: Uint8Array; node: TreeNode }[] = [];
  readonly stale: Uint8Array[] = [];
  /** The leaves among what was added. */
  readonly #leaves = new Set<LeafNode>();
  readonly #version: number;

  constructor(version: number) {
    this.#version = version;
  }

  /** As `#update` at the root, letting other tasks run between its children. */
  async updateTop(
    ref: ChildRef | undefined,
    changes: readonly Change[],
    breathe: Breather,
  ): Promise<ChildRef | undefined> {
    if (ref?.node?.kind !== 'internal' || changes.length < 64)
      return this.#update(ref, changes, 0, changes.length, 0);
    const children = [...ref.node.children];
    for (const { nibble, from, to } of groups(changes, 0, changes.length, 0)) {
      children[nibble] = this.#update(children[nibble], changes, from, to, 1);
      await breathe();
    }
    return this.#replaceInternal(ref, children, (changes[0] as Change).keyHash, 0);
  }

  /** The subtree at `ref` with the changes from `from` to `to` applied, which all lie under it. */
  #update(
    ref: ChildRef | undefined,
    changes: readonly Change[],
    from: number,
    to: number,
    depth: number,
  ): ChildRef | undefined {
    if (from === to) return ref;
    const path = (changes[from] as Change).keyHash;
    if (ref === undefined) return this.#build(leavesOf(changes, from, to), depth, path);
    invariant(ref.node !== undefined, 'the nodes on the way to a change were read');
    if (ref.node.kind === 'leaf') return this.#updateLeaf(ref, ref.node, changes, from, to, depth);
    const children = [...ref.node.children];
    for (const group of groups(changes, from, to, depth)) {
      children[group.nibble] = this.#update(children[group.nibble], changes, group.from, group.to, depth + 1);
    }
    return this.#replaceInternal(ref, children, path, depth);
  }

  #updateLeaf(
    ref: ChildRef,
    leaf: LeafNode,
    changes: readonly Change[],
    from: number,
    to: number,
    depth: number,
  ): ChildRef | undefined {
    const leaves = leavesOf(changes, from, to);
    let touched = false;
    for (let i = from; i < to; i++)
      touched ||= compareBytes((changes[i] as Change).keyHash, leaf.keyHash) === 0;
    if (!touched && leaves.length === 0) return ref;
    if (!touched) leaves.push(leaf);
    this.stale.push(nodeKey(ref.version, leaf.keyHash, depth));
    leaves.sort((a, b) => compareBytes(a.keyHash, b.keyHash));
    return this.#build(leaves, depth, leaf.keyHash);
  }

  /** Puts new children into an internal node; a single leaf that is left takes the node's own place. */
  #replaceInternal(
    ref: ChildRef,
    children: (ChildRef | undefined)[],
    path: Uint8Array,
    depth: number,
  ): ChildRef | undefined {
    const before = ref.node as InternalNode;
    if (children.every((child, i) => child === before.children[i])) return ref;
    this.stale.push(nodeKey(ref.version, path, depth));
    return this.#finish(children, path, depth, before);
  }

  #finish(
    children: (ChildRef | undefined)[],
    path: Uint8Array,
    depth: number,
    before?: InternalNode,
  ): ChildRef | undefined {
    const present = children.filter((child) => child !== undefined);
    const [only] = present;
    if (only === undefined) return undefined;
    if (present.length === 1 && only.isLeaf) return this.#lift(only, depth);
    const ranges = rangeHashesOf(children, before);
    const node: InternalNode = { kind: 'internal', children, ranges };
    this.added.push({ key: nodeKey(this.#version, path, depth), node });
    return { hash: ranges[1] as Uint8Array, version: this.#version, isLeaf: false, node };
  }

  /** Moves a leaf up to `depth`: the place of an internal node that no longer needs to be. */
  #lift(ref: ChildRef, depth: number): ChildRef {
    const leaf = ref.node;
    invariant(leaf?.kind === 'leaf', 'a leaf that moves was read');
    const below = nodeKey(ref.version, leaf.keyHash, depth + 1);
    // What was built for this very place was added last: with many changes a search from the front takes seconds.
    const own = this.#leaves.has(leaf) ? this.added.findLastIndex(({ node }) => node === leaf) : -1;
    // Added in this very update: it never gets to the engine at the deeper place.
    if (own >= 0) this.added.splice(own, 1);
    else this.stale.push(below);
    return this.#leaf(leaf, depth);
  }

  #leaf(leaf: LeafNode, depth: number): ChildRef {
    const node: LeafNode = { kind: 'leaf', key: leaf.key, keyHash: leaf.keyHash, value: leaf.value };
    this.#leaves.add(node);
    this.added.push({ key: nodeKey(this.#version, leaf.keyHash, depth), node });
    return { hash: leafHash(leaf.keyHash, leaf.value), version: this.#version, isLeaf: true, node };
  }

  /** A subtree of leaves alone, sorted by key hash. */
  #build(leaves: readonly LeafNode[], depth: number, path: Uint8Array): ChildRef | undefined {
    const [first] = leaves;
    if (first === undefined) return undefined;
    if (leaves.length === 1) return this.#leaf(first, depth);
    const children: (ChildRef | undefined)[] = Array.from({ length: RADIX }, () => undefined);
    let start = 0;
    while (start < leaves.length) {
      const nibble = nibbleAt((leaves[start] as LeafNode).keyHash, depth);
      let end = start + 1;
      while (end < leaves.length && nibbleAt((leaves[end] as LeafNode).keyHash, depth) === nibble) end++;
      children[nibble] = this.#build(leaves.slice(start, end), depth + 1, path);
      start = end;
    }
    return this.#finish(children, first.keyHash, depth);
  }
}

function leavesOf(changes: readonly Change[], from: number, to: number): LeafNode[] {
  const leaves: LeafNode[] = [];
  for (let i = from; i < to; i++) {
    const { key, keyHash, value } = changes[i] as Change;
    if (value !== undefined) leaves.push({ kind: 'leaf', key, keyHash, value });
  }
  return leaves;
}

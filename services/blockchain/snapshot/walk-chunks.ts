import { compareBytes } from '#kernel';
import { CHUNK_DEPTH_MAX, CHUNK_ENTRIES_MAX, CHUNK_ENTRY_OVERHEAD, CHUNK_TARGET_BYTES } from '../limits.ts';
import { nodeKey } from '../tree/node-codec.ts';
import {
  RADIX,
  rangeHashAt,
  rangeHashesOf,
  type ChildRef,
  type InternalNode,
  type LeafNode,
  type RangeHashes,
} from '../tree/node.ts';
import { readNode, type NodeReader } from '../tree/state-tree.ts';
import { withNibble } from '../tree/path.ts';
import type { ChunkPlace, StateChunk } from './chunk.ts';

export interface WalkComponents {
  readonly reader: NodeReader;
  /** Takes each chunk as soon as it is whole; chunks do not come in order. */
  readonly emit: (chunk: StateChunk) => Promise<void>;
  /** Called between nodes: lets other work have its turn; throws to end the walk. */
  readonly breathe: () => Promise<void>;
  readonly targetBytes?: number;
}

/** A subtree that fits a chunk, and may share one with its neighbour. */
interface Small {
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  readonly bytes: number;
}

/** A part of the binary tree: the children from `start`, `width` of them, of an internal node. */
interface Range {
  readonly node: InternalNode;
  readonly ranges: RangeHashes;
  readonly nodes: readonly (InternalNode | LeafNode | undefined)[];
  /** Packed nibbles of the way to the node. */
  readonly path: Uint8Array;
  /** Nibbles of the way. */
  readonly depth: number;
  readonly start: number;
  readonly width: number;
}

const NOTHING: Small = { entries: [], bytes: 0 };

/**
 * SNAP-1: cuts the state of one version into chunks: the largest subtrees whose entries have at most the target
 * bytes. The cut follows from the entries alone, so every node makes the same chunks of one state. Reads nodes a
 * family of siblings at a time and holds no more than a chunk a level.
 *
 * @returns the places of all chunks, in order
 */
export async function walkChunks(
  root: ChildRef | undefined,
  components: WalkComponents,
): Promise<ChunkPlace[]> {
  const walk = new Walk(components);
  const path = new Uint8Array(32);
  if (root === undefined) await walk.emit(NOTHING, path, 0, []);
  else {
    const node = readNode((await components.reader.getMany([nodeKey(root.version, path, 0)]))[0]);
    const small = node.kind === 'leaf' ? smallOf(node) : await walk.visitNode(node, path, 0, []);
    if (small !== undefined) await walk.emit(small, path, 0, []);
  }
  return walk.places.toSorted((a, b) => compareBytes(a.prefix, b.prefix));
}

function smallOf({ key, value }: LeafNode): Small {
  return { entries: [{ key, value }], bytes: key.length + value.length + CHUNK_ENTRY_OVERHEAD };
}

class Walk {
  readonly places: ChunkPlace[] = [];
  readonly #components: WalkComponents;
  readonly #targetBytes: number;

  constructor(components: WalkComponents) {
    this.#components = components;
    this.#targetBytes = components.targetBytes ?? CHUNK_TARGET_BYTES;
  }

  async emit(small: Small, path: Uint8Array, depth: number, siblings: readonly Uint8Array[]): Promise<void> {
    const prefix = leadingBits(path, depth);
    this.places.push({ depth, prefix });
    await this.#components.emit({ depth, prefix, siblings, entries: small.entries });
  }

  /** What is under a node, when it is small; otherwise its chunks are emitted. */
  async visitNode(
    node: InternalNode,
    path: Uint8Array,
    depth: number,
    siblings: readonly Uint8Array[],
  ): Promise<Small | undefined> {
    await this.#components.breathe();
    const ranges = node.ranges ?? rangeHashesOf(node.children);
    const nodes = await this.#childrenOf(node, path, depth);
    return this.#visitRange({ node, ranges, nodes, path, depth, start: 0, width: RADIX }, siblings);
  }

  async #childrenOf(node: InternalNode, path: Uint8Array, depth: number) {
    const present = node.children.flatMap((ref, nibble) => (ref === undefined ? [] : [{ ref, nibble }]));
    const stored = await this.#components.reader.getMany(
      present.map(({ ref, nibble }) => nodeKey(ref.version, withNibble(path, depth, nibble), depth + 1)),
    );
    const nodes: (InternalNode | LeafNode | undefined)[] = node.children.map(() => undefined);
    for (const [i, { nibble }] of present.entries()) nodes[nibble] = readNode(stored[i]);
    return nodes;
  }

  async #visitRange(range: Range, siblings: readonly Uint8Array[]): Promise<Small | undefined> {
    const { node, ranges, nodes, path, depth, start, width } = range;
    const within = nodes.slice(start, start + width).filter((child) => child !== undefined);
    const [only] = within;
    if (only === undefined) return NOTHING;
    if (within.length === 1 && only.kind === 'leaf') return smallOf(only);
    if (width === 1 && only.kind === 'internal') {
      return this.visitNode(only, withNibble(path, depth, start), depth + 1, siblings);
    }
    const half = width / 2;
    const middle = start + half;
    const leftSiblings = [...siblings, rangeHashAt(node, ranges, middle, half)];
    const rightSiblings = [...siblings, rangeHashAt(node, ranges, start, half)];
    const left = await this.#visitRange({ ...range, width: half }, leftSiblings);
    const right = await this.#visitRange({ ...range, start: middle, width: half }, rightSiblings);
    if (left !== undefined && right !== undefined) {
      const bytes = left.bytes + right.bytes;
      const count = left.entries.length + right.entries.length;
      const isFull = bytes > this.#targetBytes || count > CHUNK_ENTRIES_MAX;
      if (!isFull || siblings.length >= CHUNK_DEPTH_MAX) {
        return { entries: [...left.entries, ...right.entries], bytes };
      }
    }
    const deeper = siblings.length + 1;
    if (left !== undefined) await this.emit(left, withNibble(path, depth, start), deeper, leftSiblings);
    if (right !== undefined) await this.emit(right, withNibble(path, depth, middle), deeper, rightSiblings);
    return undefined;
  }
}

function leadingBits(path: Uint8Array, depth: number): Uint8Array {
  const prefix = new Uint8Array(path.length);
  const whole = depth >> 3;
  prefix.set(path.subarray(0, whole));
  const rest = depth & 7;
  if (rest > 0) prefix[whole] = (path[whole] as number) & (0xff << (8 - rest));
  return prefix;
}

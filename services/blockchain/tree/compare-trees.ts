import { nodeKey } from './node-codec.ts';
import { RADIX, type ChildRef, type TreeNode } from './node.ts';
import { readNode, type NodeReader } from './state-tree.ts';

/** A stored node with its key and what its parent knows of it. */
export interface PlacedNode {
  readonly key: Uint8Array;
  readonly ref: ChildRef;
  readonly node: TreeNode;
}

/** What tells two versions of the tree apart. */
export interface TreeDifference {
  /** Nodes of the newer one alone. */
  readonly added: readonly PlacedNode[];
  /** Nodes of the older one alone. */
  readonly removed: readonly PlacedNode[];
}

interface Pair {
  readonly older: ChildRef | undefined;
  readonly newer: ChildRef | undefined;
  /** Its first `depth` nibbles lead here. */
  readonly path: Uint8Array;
  readonly depth: number;
}

/**
 * Compares two versions of the tree level by level, one read a level. What both share is not looked at: memory and
 * time are those of the difference.
 *
 * @throws `blockchain.corrupt-state` for a node that is missing or cannot be read
 */
export async function compareTrees(
  reader: NodeReader,
  older: ChildRef | undefined,
  newer: ChildRef | undefined,
): Promise<TreeDifference> {
  const added: PlacedNode[] = [];
  const removed: PlacedNode[] = [];
  let level: Pair[] = [{ older, newer, path: new Uint8Array(32), depth: 0 }].filter(differs);
  while (level.length > 0) {
    const [oldNodes, newNodes] = await Promise.all([
      readLevel(reader, level, ({ older: ref }) => ref),
      readLevel(reader, level, ({ newer: ref }) => ref),
    ]);
    for (const placed of oldNodes) if (placed !== undefined) removed.push(placed);
    for (const placed of newNodes) if (placed !== undefined) added.push(placed);
    level = level.flatMap((pair, i) => below(pair, oldNodes[i]?.node, newNodes[i]?.node));
  }
  return { added, removed };
}

/** A node is written once under its version and path: what has both in common is the same. */
function differs({ older, newer }: Pair): boolean {
  if (older === undefined || newer === undefined) return older !== newer;
  return older.version !== newer.version;
}

async function readLevel(
  reader: NodeReader,
  level: readonly Pair[],
  sideOf: (pair: Pair) => ChildRef | undefined,
): Promise<(PlacedNode | undefined)[]> {
  const wanted = level.map((pair) => {
    const ref = sideOf(pair);
    return ref && { ref, key: nodeKey(ref.version, pair.path, pair.depth) };
  });
  const present = wanted.filter((one) => one !== undefined);
  const stored = await reader.getMany(present.map(({ key }) => key));
  const nodes = new Map(present.map(({ key, ref }, i) => [ref, { key, ref, node: readNode(stored[i]) }]));
  return wanted.map((one) => one && nodes.get(one.ref));
}

function below({ path, depth }: Pair, older: TreeNode | undefined, newer: TreeNode | undefined): Pair[] {
  const pairs: Pair[] = [];
  for (let nibble = 0; nibble < RADIX; nibble++) {
    const pair = { older: childOf(older, nibble), newer: childOf(newer, nibble), path, depth: depth + 1 };
    if (differs(pair)) pairs.push({ ...pair, path: pathWith(path, depth, nibble) });
  }
  return pairs;
}

function childOf(node: TreeNode | undefined, nibble: number): ChildRef | undefined {
  return node?.kind === 'internal' ? node.children[nibble] : undefined;
}

/** The path with the nibble at a depth set. */
export function pathWith(path: Uint8Array, depth: number, nibble: number): Uint8Array {
  const changed = path.slice();
  const byte = changed[depth >> 1] ?? 0;
  changed[depth >> 1] = depth % 2 === 0 ? (nibble << 4) | (byte & 15) : (byte & 0xf0) | nibble;
  return changed;
}

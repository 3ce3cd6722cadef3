import type { StateEngine, WriteBatch } from '#engines/state';
import { blockchainError } from '../errors.ts';
import { decodeRoot, encodeRoot } from '../tree/node-codec.ts';
import type { ChildRef } from '../tree/node.ts';
import { META } from './records.ts';

/** Stands for the root of a height within a run of final blocks (SYNC-9), whose tree was never made. */
const UNMADE_ROOT = Uint8Array.of(0);

/** Whether a stored root only says that the tree of its height was never made. */
export function isUnmade(stored: Uint8Array): boolean {
  return stored.length === UNMADE_ROOT.length;
}

/** Puts the root after the last block of a run into a batch, and for those before it that they have none. */
export function stageRoots(
  batch: WriteBatch,
  { first, last }: { readonly first: number; readonly last: number },
  root: ChildRef | undefined,
): void {
  for (let height = first; height < last; height++) batch.put('meta', META.root(height), UNMADE_ROOT);
  batch.put('meta', META.root(last), encodeRoot(root));
}

/**
 * Root of the tree after a height; undefined of an empty tree.
 *
 * @throws `blockchain.height-not-retained`
 */
export async function readRoot(
  engine: Pick<StateEngine, 'get'>,
  height: number,
): Promise<ChildRef | undefined> {
  const stored = await engine.get('meta', META.root(height));
  if (stored === undefined) throw notRetained(height);
  if (!isUnmade(stored)) return decodeRoot(stored);
  throw blockchainError(
    'height-not-retained',
    `the state after height ${height} was never made: the node caught up over many heights at once there; ask an archive node`,
    { height },
  );
}

/** The first height from one to another whose tree is made; one whose root is missing counts as such. */
export async function firstMade(
  engine: Pick<StateEngine, 'get'>,
  from: number,
  end: number,
): Promise<number | undefined> {
  for (let height = from; height <= end; height++) {
    const root = await engine.get('meta', META.root(height));
    if (root === undefined || !isUnmade(root)) return height;
  }
  return undefined;
}

/** The error for a height whose state is gone. */
export function notRetained(height: number) {
  return blockchainError(
    'height-not-retained',
    `the state after height ${height} is not retained; ask an archive node`,
    { height },
  );
}

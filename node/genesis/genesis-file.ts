import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { homeError } from '../home/errors.ts';
import { nodeError } from '../lifecycle/errors.ts';

/** The genesis file of a node, as it was when the node started. */
export interface GenesisFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
  readonly modifiedMs: number;
}

/** Takes the measure of a file without holding its content. @throws `home.unreadable` */
export async function measureGenesisFile(path: string): Promise<GenesisFile> {
  try {
    const { size, mtimeMs } = await stat(path);
    const digest = createHash('sha256');
    const file = await open(path);
    for await (const piece of file.createReadStream()) digest.update(piece as Uint8Array);
    return { path, bytes: size, modifiedMs: mtimeMs, digest: digest.digest('hex') };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The content of a file that was measured. @throws `home.unreadable`, `node.genesis-changed` */
export async function readGenesisFile({ path, digest }: GenesisFile): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (createHash('sha256').update(bytes).digest('hex') === digest) return bytes;
  throw changed(path);
}

/**
 * The content piece by piece: a large document is never in memory as a whole.
 *
 * @throws `node.genesis-changed` when the file is no longer the one that the node started from
 */
export async function streamGenesisFile(file: GenesisFile): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file.path).catch(() => {
    throw changed(file.path);
  });
  const now: Stats = await handle.stat();
  if (now.size !== file.bytes || now.mtimeMs !== file.modifiedMs) {
    await handle.close();
    throw changed(file.path);
  }
  return handle.createReadStream({ end: Math.max(0, file.bytes - 1) }) as AsyncIterable<Uint8Array>;
}

function unreadable(file: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return homeError('unreadable', `the genesis ${file} cannot be read: ${reason}`, { file }, { cause });
}

function changed(file: string): Error {
  return nodeError(
    'genesis-changed',
    `the genesis ${file} is not the one that the node started from; put that one back, or start the node again`,
    { file },
  );
}

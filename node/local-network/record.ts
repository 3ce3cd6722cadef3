import { readFile, rename, writeFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { homeError } from '../home/errors.ts';

/** What a local network remembers of itself between runs. */
export interface NetworkRecord {
  readonly version: 1;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly validators: number;
  /** SHA-256 in hex of the genesis file that the network was made from; absent for one made here. */
  readonly sourceHash?: string;
  /** libp2p ports: one a validator, the platform's last. */
  readonly peerPorts: readonly number[];
  /** libp2p identities, in the same order. */
  readonly peerIds: readonly string[];
}

/** The record of the network in `file`, or undefined when there is none. */
export async function readNetworkRecord(file: string): Promise<NetworkRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw homeError('unreadable', `the record ${file} cannot be read: ${reason}`, { file }, { cause });
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    record = undefined;
  }
  if (isRecord(record)) return record;
  throw homeError(
    'unreadable',
    `${file} is not the record of a local network; move the folder away to start afresh`,
    {
      file,
    },
  );
}

/** Replaces the record atomically. */
export async function writeNetworkRecord(file: string, record: NetworkRecord): Promise<void> {
  if (!isAbsolute(file)) throw new TypeError(`${file} is not an absolute path`);
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

function isRecord(value: unknown): value is NetworkRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<NetworkRecord>;
  return (
    record.version === 1 &&
    typeof record.chainId === 'string' &&
    typeof record.genesisHash === 'string' &&
    typeof record.validators === 'number' &&
    Array.isArray(record.peerPorts) &&
    record.peerPorts.every((port) => Number.isInteger(port) && port > 0 && port < 65_536) &&
    Array.isArray(record.peerIds) &&
    record.peerIds.every((id) => typeof id === 'string') &&
    record.peerPorts.length === record.validators + 1 &&
    record.peerIds.length === record.validators + 1
  );
}

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a validator signed: a proposal, a prevote or a precommit of a height and round. */
export interface Signed {
  readonly kind: 'proposal' | 'prevote' | 'precommit';
  readonly height: number;
  readonly round: number;
  readonly validatorIndex: number;
  /** Hex; empty for nil. */
  readonly blockHash: string;
}

export const STEPS = ['proposal', 'prevote', 'precommit'] as const;

const VOTE_HEAD_BYTES = 1 + 8 + 4 + 4 + 4;

/**
 * Reads encodings by their layout alone, apart from the node's own readers: SSZ with fixed parts in the order of
 * their members, little endian.
 */
export function readVote(bytes: Buffer): Signed | undefined {
  if (bytes.length < VOTE_HEAD_BYTES + 64) return undefined;
  const kind = STEPS[bytes.readUInt8(0)];
  const hashAt = bytes.readUInt32LE(13);
  if (kind === undefined || kind === 'proposal') return undefined;
  return {
    kind,
    height: Number(bytes.readBigUInt64LE(1)),
    round: bytes.readUInt32LE(9),
    validatorIndex: bytes.readUInt32LE(17),
    blockHash: bytes.subarray(hashAt).toString('hex'),
  };
}

export function readProposal(bytes: Buffer): Signed | undefined {
  if (bytes.length < 116) return undefined;
  return {
    kind: 'proposal',
    height: Number(bytes.readBigUInt64LE(0)),
    round: bytes.readUInt32LE(8),
    validatorIndex: bytes.readUInt32LE(48),
    blockHash: bytes.subarray(16, 48).toString('hex'),
  };
}

/** A message of the channel `consensus`: a tag, then a proposal or a vote; undefined for what says nothing signed. */
export function readMessage(message: Uint8Array): Signed | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes[0] === 1) return readProposal(bytes.subarray(1));
  return bytes[0] === 2 ? readVote(bytes.subarray(1)) : undefined;
}

export interface LogContent {
  /** Votes and proposals, of any validator. */
  readonly signed: readonly Signed[];
  /** Own proposals that were about to be signed. */
  readonly intents: readonly Signed[];
  readonly lowest: number;
}

/** What the write-ahead logs of a node's home hold. */
export async function readLogs(home: string): Promise<LogContent> {
  const folder = join(home, 'data', 'consensus');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log')).toSorted();
  const [signed, intents]: [Signed[], Signed[]] = [[], []];
  let lowest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    for (let at = 0; at + 16 < bytes.length;) {
      const length = bytes.readUInt32BE(at);
      const entry = bytes.subarray(at + 16, at + 16 + length);
      if (length < 9 || entry.length < length) break;
      lowest = Math.min(lowest, Number(entry.readBigUInt64BE(1)));
      const content = entry.subarray(9);
      const one =
        entry[0] === 1 ? readVote(content) : entry[0] === 2 ? readProposal(content.subarray(1)) : undefined;
      if (one !== undefined) signed.push(one);
      const intent = entry[0] === 3 ? readProposal(content) : undefined;
      if (intent !== undefined) intents.push(intent);
      at += 16 + length;
    }
  }
  return { signed, intents, lowest };
}

export interface LastSign {
  readonly height: number;
  readonly round: number;
  /** Index in `STEPS`. */
  readonly step: number;
}

/** The newer slot of the record of the last signature; undefined for none. */
export async function readLastSign(home: string): Promise<LastSign | undefined> {
  const bytes = await readFile(join(home, 'data', 'signer', 'last-sign')).catch(() => Buffer.alloc(0));
  let best: (LastSign & { sequence: bigint }) | undefined;
  for (const slot of [0, 4096]) {
    const record = bytes.subarray(slot, slot + 161);
    if (record.length < 161 || record.toString('latin1', 0, 3) !== 'BZS') continue;
    const sequence = record.readBigUInt64BE(36);
    if (best !== undefined && best.sequence >= sequence) continue;
    const [height, round] = [Number(record.readBigUInt64BE(44)), Number(record.readBigUInt64BE(52))];
    best = { sequence, height, round, step: record.readUInt8(60) };
  }
  return best;
}

/** Negative when `a` is signed before `b`. */
export function compareSigned(a: LastSign, b: LastSign): number {
  return a.height - b.height || a.round - b.round || a.step - b.step;
}

export function placeOf({ kind, height, round }: Signed): LastSign {
  return { height, round, step: STEPS.indexOf(kind) };
}

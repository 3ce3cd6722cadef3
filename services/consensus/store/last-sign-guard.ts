import { crc32 } from 'node:zlib';
import { compareBytes, concatBytes, equalBytes, HASH_BYTES, SIGNATURE_BYTES, toHex } from '#kernel';
import { consensusError } from '../errors.ts';
import type { LogDirectory, LogFile } from './log-directory.ts';

/** What is signed in a round, in the order in which a validator may sign. */
export const SIGN_STEPS = { proposal: 0, prevote: 1, precommit: 2 } as const;
export type SignStep = keyof typeof SIGN_STEPS;

export interface SignRequest {
  readonly height: number;
  readonly round: number;
  readonly step: SignStep;
  /** 32-byte digest that the key signs. */
  readonly digest: Uint8Array;
}

/**
 * The record of the last signature of a consensus key. It knows nothing of consensus and refuses to go back or
 * to contradict itself even when consensus asks.
 */
export interface LastSignGuard {
  /**
   * The signature, on disk before it is returned. The request of the last signature gives it again.
   *
   * @throws `consensus.sign-regression`, `consensus.sign-conflict`, `consensus.storage-failed`
   */
  sign(request: SignRequest, sign: SignDigest): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Signs a 32-byte digest; later, where another guard has to agree first. */
export type SignDigest = (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>;

interface SignRecord extends SignRequest {
  readonly sequence: number;
  readonly signature: Uint8Array;
}

const FILE_NAME = 'last-sign';
/** Two slots are written in turn, so that a torn write leaves the record before it. A disk block each. */
const SLOT_BYTES = 4096;
const KEY_BYTES = 32;
const MAGIC = Uint8Array.of(0x42, 0x5a, 0x53, 1);
const NUMBERS_BYTES = 8 + 8 + 8 + 1;
const RECORD_BYTES = MAGIC.length + KEY_BYTES + NUMBERS_BYTES + HASH_BYTES + SIGNATURE_BYTES + 4;

/**
 * Opens the record of `publicKey`, or makes one.
 *
 * @throws `consensus.sign-record-corrupt`, `consensus.sign-record-of-other-key`, `consensus.storage-failed`
 */
export async function openLastSignGuard(
  directory: LogDirectory,
  publicKey: Uint8Array,
): Promise<LastSignGuard> {
  const last = readRecord(await directory.read(FILE_NAME), publicKey);
  const file = await directory.open(FILE_NAME);
  try {
    // A process that was killed in the midst of a sync leaves a record that only the page cache has.
    await file.sync();
  } catch (cause) {
    await file.close();
    throw storageFailed(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return new FileGuard(file, publicKey, last);
}

class FileGuard implements LastSignGuard {
  readonly #file: LogFile;
  readonly #publicKey: Uint8Array;
  #last: SignRecord | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #failed = false;

  constructor(file: LogFile, publicKey: Uint8Array, last: SignRecord | undefined) {
    this.#file = file;
    this.#publicKey = publicKey;
    this.#last = last;
  }

  sign(request: SignRequest, sign: SignDigest): Promise<Uint8Array> {
    const result = this.#tail.then(() => this.#sign(request, sign));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#file.close();
  }

  async #sign(request: SignRequest, sign: SignDigest): Promise<Uint8Array> {
    if (this.#failed) throw storageFailed('an earlier write failed');
    const last = this.#last;
    if (last !== undefined && isRepeat(request, last)) return last.signature;
    const given = sign(request.digest);
    const signature = given instanceof Uint8Array ? given : await given;
    const sequence = (last?.sequence ?? 0) + 1;
    const { height, round, step, digest } = request;
    const record: SignRecord = { sequence, height, round, step, digest, signature };
    try {
      await this.#file.write((sequence % 2) * SLOT_BYTES, encodeRecord(record, this.#publicKey));
      await this.#file.sync();
    } catch (cause) {
      this.#failed = true;
      throw storageFailed(cause instanceof Error ? cause.message : String(cause), cause);
    }
    this.#last = record;
    return signature;
  }
}

/**
 * CONS-9, for every record of a last signature: whether the request is that of the last signature again, and not a
 * later one. Pure.
 *
 * @throws `consensus.sign-regression`, `consensus.sign-conflict`
 */
export function isRepeat(request: SignRequest, last: SignRequest): boolean {
  const order = compareRequests(request, last);
  if (order < 0) throw regression(request, last);
  if (order === 0 && !equalBytes(request.digest, last.digest)) throw conflict(request, last);
  return order === 0;
}

function compareRequests(a: SignRequest, b: SignRequest): number {
  return a.height - b.height || a.round - b.round || SIGN_STEPS[a.step] - SIGN_STEPS[b.step];
}

function encodeRecord(record: SignRecord, publicKey: Uint8Array): Uint8Array {
  const numbers = new Uint8Array(NUMBERS_BYTES);
  const view = new DataView(numbers.buffer);
  view.setBigUint64(0, BigInt(record.sequence));
  view.setBigUint64(8, BigInt(record.height));
  view.setBigUint64(16, BigInt(record.round));
  view.setUint8(24, SIGN_STEPS[record.step]);
  const body = concatBytes(MAGIC, publicKey, numbers, record.digest, record.signature);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, crc32(body));
  return concatBytes(body, sum);
}

/** The newer intact slot; undefined for a file that never held one. */
function readRecord(bytes: Uint8Array | undefined, publicKey: Uint8Array): SignRecord | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const slots = [0, SLOT_BYTES].map((position) => bytes.subarray(position, position + RECORD_BYTES));
  const records = slots
    .map((slot) => decodeRecord(slot, publicKey))
    .filter((record) => record !== undefined)
    .toSorted((a, b) => b.sequence - a.sequence);
  // The first record goes to the second slot: a first slot of zeros or a torn second one is a first write cut off.
  const wasFirstWrite = bytes.subarray(0, SLOT_BYTES).every((byte) => byte === 0);
  if (records.length === 0 && !wasFirstWrite) {
    throw consensusError(
      'sign-record-corrupt',
      `both records in ${FILE_NAME} are damaged: what this validator signed last is unknown. Restore the file from a copy, ` +
        'or start as an observer until the others have finalised a later height, then remove the file',
    );
  }
  return records[0];
}

function decodeRecord(slot: Uint8Array, publicKey: Uint8Array): SignRecord | undefined {
  if (slot.length !== RECORD_BYTES || compareBytes(slot.subarray(0, MAGIC.length), MAGIC) !== 0)
    return undefined;
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
  if (view.getUint32(RECORD_BYTES - 4) !== crc32(slot.subarray(0, RECORD_BYTES - 4))) return undefined;
  let at = MAGIC.length;
  const key = slot.subarray(at, (at += KEY_BYTES));
  if (!equalBytes(key, publicKey)) {
    throw consensusError(
      'sign-record-of-other-key',
      `the record of the last signature in ${FILE_NAME} is of the key ${toHex(key)}, this validator has ${toHex(publicKey)}: ` +
        'use the directory that belongs to the key',
      { recorded: toHex(key), given: toHex(publicKey) },
    );
  }
  const names = Object.keys(SIGN_STEPS) as SignStep[];
  const step = names.find((name) => SIGN_STEPS[name] === view.getUint8(at + 24));
  if (step === undefined) return undefined;
  const [sequence, height, round] = [0, 8, 16].map((offset) => Number(view.getBigUint64(at + offset)));
  at += NUMBERS_BYTES;
  return {
    sequence: sequence as number,
    height: height as number,
    round: round as number,
    step,
    digest: slot.slice(at, at + HASH_BYTES),
    signature: slot.slice(at + HASH_BYTES, at + HASH_BYTES + SIGNATURE_BYTES),
  };
}

function placeOf({ height, round, step }: SignRequest): string {
  return `${step} of height ${height} round ${round}`;
}

function regression(request: SignRequest, last: SignRequest) {
  return consensusError(
    'sign-regression',
    `refused to sign the ${placeOf(request)}: the key already signed the ${placeOf(last)}`,
    { asked: placeOf(request), last: placeOf(last) },
  );
}

function conflict(request: SignRequest, last: SignRequest) {
  return consensusError(
    'sign-conflict',
    `refused to sign the ${placeOf(request)} again with another content; is the key in use on another machine?`,
    { asked: toHex(request.digest), last: toHex(last.digest) },
  );
}

function storageFailed(reason: string, cause?: unknown) {
  return consensusError(
    'storage-failed',
    `the record of the last signature cannot be kept: ${reason}; check the disk, then start again`,
    { reason },
    { cause },
  );
}

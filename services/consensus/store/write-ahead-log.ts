import { consensusError } from '../errors.ts';
import { LOG_SEGMENT_BYTES } from '../limits.ts';
import { encodeFrame, readFrames } from './frame.ts';
import type { LogDirectory, LogFile } from './log-directory.ts';

/** Records in order, on disk after `sync`. A failure to write or sync is final: nothing may be signed after it. */
export interface WriteAheadLog {
  /** Adds a record in memory. */
  append(record: Uint8Array): void;
  /** Makes every record appended so far durable; concurrent calls share one fdatasync. */
  sync(): Promise<void>;
  /** Says that no record so far is needed any more: a segment that grew large is replaced by a new one. */
  startHeight(): Promise<void>;
  close(): Promise<void>;
}

const SEGMENT_NAME = /^wal-(\d{12})\.log$/;

function segmentName(number: number): string {
  return `wal-${String(number).padStart(12, '0')}.log`;
}

/**
 * Opens the log and reads what it holds. A torn tail is cut off: no signature was released after it.
 *
 * @param segmentBytes size from which a segment is replaced when a height starts
 * @throws `consensus.log-corrupt` when a record is damaged that had been durable
 * @throws `consensus.storage-failed`
 */
export async function openWriteAheadLog(
  directory: LogDirectory,
  segmentBytes = LOG_SEGMENT_BYTES,
): Promise<{ log: WriteAheadLog; records: Uint8Array[] }> {
  const numbers = (await guarded(directory.list()))
    .map((name) => SEGMENT_NAME.exec(name))
    .filter((match) => match !== null)
    .map((match) => Number(match[1]))
    .toSorted((a, b) => a - b);
  const records: Uint8Array[] = [];
  const last = numbers.at(-1) ?? 1;
  let length = 0;
  for (const number of numbers) {
    const bytes = (await guarded(directory.read(segmentName(number)))) ?? new Uint8Array(0);
    const { frames, end, damaged } = readFrames(bytes);
    // A segment is synced before the next one is made: only the last one may have a torn tail.
    if (damaged || (number !== last && end !== bytes.length)) throw corrupt(segmentName(number), end);
    records.push(...frames.map((frame) => frame.payload.slice()));
    length = end;
  }
  const file = await guarded(directory.open(segmentName(last)));
  try {
    await guarded(file.truncate(length));
    await guarded(file.sync());
  } catch (error) {
    await file.close();
    throw error;
  }
  return { log: new SegmentedLog(directory, segmentBytes, numbers, { number: last, file, length }), records };
}

interface Segment {
  readonly number: number;
  readonly file: LogFile;
  /** Bytes appended, written or not. */
  length: number;
}

class SegmentedLog implements WriteAheadLog {
  readonly #directory: LogDirectory;
  readonly #segmentBytes: number;
  #old: number[];
  #segment: Segment;
  #durable: number;
  #pending: Uint8Array[] = [];
  /** The sync in progress, and the one that will take what is appended meanwhile. */
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  #failure: unknown;

  constructor(directory: LogDirectory, segmentBytes: number, numbers: readonly number[], segment: Segment) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#old = numbers.filter((number) => number !== segment.number);
    this.#segment = segment;
    this.#durable = segment.length;
  }

  append(record: Uint8Array): void {
    this.#refuseAfterFailure();
    const frame = encodeFrame(record, this.#durable);
    this.#pending.push(frame);
    this.#segment.length += frame.length;
  }

  sync(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#write().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#waiting ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#waiting = undefined;
        return this.sync();
      });
    return this.#waiting;
  }

  async startHeight(): Promise<void> {
    if (this.#segment.length < this.#segmentBytes) return;
    await this.sync();
    const before = this.#segment;
    const number = before.number + 1;
    const file = await guarded(this.#directory.open(segmentName(number)));
    this.#segment = { number, file, length: 0 };
    this.#durable = 0;
    await guarded(before.file.close());
    for (const old of [...this.#old, before.number]) await guarded(this.#directory.remove(segmentName(old)));
    this.#old = [];
  }

  async close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.sync();
    } finally {
      await this.#segment.file.close();
    }
  }

  async #write(): Promise<void> {
    this.#refuseAfterFailure();
    if (this.#pending.length === 0) return;
    const frames = this.#pending;
    this.#pending = [];
    const bytes = frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames);
    const end = this.#segment.length;
    try {
      await guarded(this.#segment.file.write(end - bytes.length, bytes));
      await guarded(this.#segment.file.sync());
    } catch (error) {
      // What a failed sync left on disk is unknown: trying again could call lost bytes durable.
      this.#failure = error;
      throw error;
    }
    this.#durable = end;
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function guarded<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw consensusError(
      'storage-failed',
      `the write-ahead log of consensus cannot be kept: ${reason}; check the disk, then start again`,
      { reason },
      { cause },
    );
  }
}

function corrupt(name: string, position: number) {
  return consensusError(
    'log-corrupt',
    `the write-ahead log ${name} is damaged at byte ${position}, where it had been durable: votes of this validator may be lost. ` +
      'Check the disk and restore the file from a copy. Without one, remove the log only after the others have finalised a later height than this validator last voted in',
    { file: name, position },
  );
}

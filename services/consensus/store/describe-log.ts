import { bytesToUint64, toHex } from '#kernel';
import { readFrames } from './frame.ts';
import type { LogDirectory } from './log-directory.ts';
import { decodeLogEntry, type LogEntry } from './log-entries.ts';

const SEGMENT_NAME = /^wal-\d{12}\.log$/;
const LAST_ENTRIES = 200;

export interface LogDescription {
  readonly segments: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly records: number;
    /** Where the intact part ends. */
    readonly intactBytes: number;
    /** What follows it had been durable: no crash does that. */
    readonly isDamaged: boolean;
  }[];
  /** The last entries, one line each. */
  readonly last: readonly string[];
}

/** What a write-ahead log holds, for people; changes nothing and refuses nothing. */
export async function describeLog(directory: LogDirectory): Promise<LogDescription> {
  const segments: LogDescription['segments'][number][] = [];
  const last: string[] = [];
  for (const name of (await directory.list()).filter((one) => SEGMENT_NAME.test(one))) {
    const bytes = (await directory.read(name)) ?? new Uint8Array(0);
    const { frames, end, damaged } = readFrames(bytes);
    segments.push({
      name,
      bytes: bytes.length,
      records: frames.length,
      intactBytes: end,
      isDamaged: damaged,
    });
    last.push(...frames.slice(-LAST_ENTRIES).map(({ payload }) => lineOf(payload)));
  }
  return { segments, last: last.slice(-LAST_ENTRIES) };
}

function lineOf(payload: Uint8Array): string {
  try {
    const { height, entry } = decodeLogEntry(payload);
    return `${height} ${describe(entry)}`;
  } catch {
    return `unreadable record of ${payload.length} bytes`;
  }
}

function describe(entry: LogEntry): string {
  switch (entry.kind) {
    case 'vote': {
      const { kind, round, blockHash } = entry.vote.body;
      const value = blockHash === undefined ? 'nil' : toHex(blockHash);
      return `vote: ${kind} of round ${round} for ${value} by validator ${entry.vote.validatorIndex}`;
    }
    case 'proposal':
    case 'intent': {
      const { round, polRound, blockHash } = entry.proposal.body;
      return `${entry.kind}: round ${round}, proof of lock ${polRound}, ${toHex(blockHash)} by validator ${entry.proposal.proposerIndex}`;
    }
    case 'block':
      return `block: ${entry.block.length} bytes`;
    case 'validated':
      return `validated: ${entry.value} ${entry.valid ? 'valid' : 'invalid'}`;
    case 'timeout':
      return `timeout: ${entry.timeout.kind} of round ${entry.timeout.round}`;
    case 'transactions-available':
      return 'transactions-available';
  }
}

/** The greatest height of the intact records of a write-ahead log; undefined for an empty one. */
export async function greatestLoggedHeight(directory: LogDirectory): Promise<number | undefined> {
  let greatest: number | undefined;
  for (const name of (await directory.list()).filter((one) => SEGMENT_NAME.test(one))) {
    const { frames } = readFrames((await directory.read(name)) ?? new Uint8Array(0));
    for (const { payload } of frames) {
      if (payload.length >= 9) greatest = Math.max(greatest ?? 0, bytesToUint64(payload, 1));
    }
  }
  return greatest;
}

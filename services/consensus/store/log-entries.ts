import { bytesToUint64, concatBytes, equalBytes, fromHex, HASH_BYTES, toHex, uint64ToBytes } from '#kernel';
import { consensusError } from '../errors.ts';
import type { Timeout, TimeoutKind, Value } from '../domain/types.ts';
import { decodeProposal, decodeVote, encodeProposal, encodeVote } from '../wire/codec.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';

/** One record of the write-ahead log: an input of the core with what the driver needs to repeat it. */
export type LogEntry =
  | { readonly kind: 'vote'; readonly vote: SignedVote }
  | { readonly kind: 'proposal'; readonly proposal: SignedProposal; readonly timely: boolean }
  /** An own proposal that is about to be signed; the signature is absent (zero bytes). */
  | { readonly kind: 'intent'; readonly proposal: SignedProposal }
  /** A whole block: a locked or valid value must be there after a crash of all nodes at once. */
  | { readonly kind: 'block'; readonly block: Uint8Array }
  | { readonly kind: 'validated'; readonly value: Value; readonly valid: boolean }
  | { readonly kind: 'timeout'; readonly timeout: Timeout }
  | { readonly kind: 'transactions-available' };

/** Numbers of the kinds in the log. Append only. */
const TAGS = {
  vote: 1,
  proposal: 2,
  intent: 3,
  block: 4,
  validated: 5,
  timeout: 6,
  'transactions-available': 7,
} as const;
const TIMEOUT_KINDS: readonly TimeoutKind[] = ['empty-block', 'propose', 'prevote', 'precommit'];
const PREFIX_BYTES = 9;

/** Bytes of an entry: tag, height, content. */
export function encodeLogEntry(height: number, entry: LogEntry): Uint8Array {
  return concatBytes(Uint8Array.of(TAGS[entry.kind]), uint64ToBytes(height), contentOf(entry));
}

/** @throws `consensus.log-corrupt` for an intact record of another format */
export function decodeLogEntry(bytes: Uint8Array): { height: number; entry: LogEntry } {
  if (bytes.length < PREFIX_BYTES) throw unreadable();
  const entry = entryOf(bytes[0] as number, bytes.subarray(PREFIX_BYTES));
  const height = bytesToUint64(bytes, 1);
  if (!equalBytes(encodeLogEntry(height, entry), bytes)) throw unreadable();
  return { height, entry };
}

function contentOf(entry: LogEntry): Uint8Array {
  switch (entry.kind) {
    case 'vote':
      return encodeVote(entry.vote);
    case 'proposal':
      return concatBytes(Uint8Array.of(entry.timely ? 1 : 0), encodeProposal(entry.proposal));
    case 'intent':
      return encodeProposal(entry.proposal);
    case 'block':
      return entry.block;
    case 'validated':
      return concatBytes(Uint8Array.of(entry.valid ? 1 : 0), fromHex(entry.value, HASH_BYTES));
    case 'timeout':
      return concatBytes(
        Uint8Array.of(TIMEOUT_KINDS.indexOf(entry.timeout.kind)),
        uint64ToBytes(entry.timeout.round),
      );
    case 'transactions-available':
      return new Uint8Array(0);
  }
}

function entryOf(tag: number, content: Uint8Array): LogEntry {
  const rest = content.subarray(1);
  switch (tag) {
    case TAGS.vote:
      return { kind: 'vote', vote: decodeVote(content) };
    case TAGS.proposal:
      return { kind: 'proposal', proposal: decodeProposal(rest), timely: content[0] === 1 };
    case TAGS.intent:
      return { kind: 'intent', proposal: decodeProposal(content) };
    case TAGS.block:
      return { kind: 'block', block: content };
    case TAGS.validated:
      return { kind: 'validated', value: toHex(rest), valid: content[0] === 1 };
    case TAGS.timeout: {
      const kind = TIMEOUT_KINDS[content[0] ?? -1];
      if (kind === undefined || rest.length !== 8) throw unreadable();
      return { kind: 'timeout', timeout: { kind, round: bytesToUint64(rest) } };
    }
    case TAGS['transactions-available']:
      return { kind: 'transactions-available' };
    default:
      throw unreadable();
  }
}

function unreadable() {
  return consensusError(
    'log-corrupt',
    'the write-ahead log holds a record that this version does not read: start the version that wrote it, or let it finalise a height first',
  );
}

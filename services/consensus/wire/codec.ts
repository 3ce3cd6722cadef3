import {
  BitArray,
  BitListType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { codec, concatBytes, HASH_BYTES, SIGNATURE_BYTES, uint64 } from '#kernel';
import { consensusError } from '../errors.ts';
import { MESSAGE_BYTES_MAX, WANTED_TALLIES_MAX } from '../limits.ts';
import {
  BLOCK_EVIDENCE_MAX,
  BLOCK_TRANSACTIONS_MAX,
  COMMIT_BYTES_MAX,
  COMMIT_VALIDATORS_MAX,
  EVIDENCE_BYTES_MAX,
  HEADER_BYTES_MAX,
  ROUND_MAX,
  VOTE_KINDS,
  type VoteKind,
} from '#services/block';
import type { Step } from '../domain/types.ts';
import type {
  Bitmap,
  ConsensusMessage,
  RoundState,
  SignedProposal,
  SignedVote,
  WantedTally,
} from './messages.ts';

/** Numbers of the kinds on the wire. Append only. */
const MESSAGE_TAGS = { proposal: 1, vote: 2, 'round-state': 3 } as const;
const STEPS: readonly Step[] = ['waiting', 'propose', 'prevote', 'precommit', 'decided'];

const u8 = new UintNumberType(1);
const u32 = new UintNumberType(4);
const hashBytes = new ByteVectorType(HASH_BYTES);
const optionalHash = new ByteListType(HASH_BYTES);
const signatureBytes = new ByteVectorType(SIGNATURE_BYTES);
const bitmap = new BitListType(COMMIT_VALIDATORS_MAX);

const voteType = new ContainerType({
  kind: u8,
  height: uint64,
  round: u32,
  blockHash: optionalHash,
  validatorIndex: u32,
  signature: signatureBytes,
});

const proposalType = new ContainerType({
  height: uint64,
  round: u32,
  /** Round of the proof of lock plus one; 0 for none. */
  polRoundPlusOne: u32,
  blockHash: hashBytes,
  proposerIndex: u32,
  signature: signatureBytes,
  header: new ByteListType(HEADER_BYTES_MAX),
  lastCommit: new ByteListType(COMMIT_BYTES_MAX),
  evidence: new ListCompositeType(new ByteListType(EVIDENCE_BYTES_MAX), BLOCK_EVIDENCE_MAX),
  transactionIds: new ListCompositeType(hashBytes, BLOCK_TRANSACTIONS_MAX),
});

const roundStateType = new ContainerType({
  height: uint64,
  round: u32,
  step: u8,
  prevotes: bitmap,
  precommits: bitmap,
  needsProposal: new ListCompositeType(new ContainerType({ round: u32, blockHash: optionalHash }), 1),
  wanted: new ListCompositeType(
    new ContainerType({ kind: u8, round: u32, blockHash: hashBytes, has: bitmap }),
    WANTED_TALLIES_MAX,
  ),
});

const voteCodec = codec('vote', voteType, 256);
const proposalCodec = codec('proposal', proposalType, MESSAGE_BYTES_MAX);
const roundStateCodec = codec(
  'round state',
  roundStateType,
  1024 + (2 + WANTED_TALLIES_MAX) * (COMMIT_VALIDATORS_MAX / 8 + 64),
);

export function encodeVote({ body, validatorIndex, signature }: SignedVote): Uint8Array {
  const { kind, height, round, blockHash } = body;
  return voteCodec.encodeTrusted({
    kind: VOTE_KINDS[kind],
    height,
    round,
    blockHash: blockHash ?? new Uint8Array(0),
    validatorIndex,
    signature,
  });
}

/** @throws `kernel.malformed-encoding`, `kernel.too-large`, `consensus.malformed-message` */
export function decodeVote(bytes: Uint8Array): SignedVote {
  const { kind, height, round, blockHash, validatorIndex, signature } = voteCodec.decode(bytes);
  return {
    body: { kind: voteKindOf(kind), height, round: roundOf(round), blockHash: optional(blockHash) },
    validatorIndex,
    signature,
  };
}

export function encodeProposal(proposal: SignedProposal): Uint8Array {
  const { body, transactionIds, evidence, ...rest } = proposal;
  const { polRound, ...place } = body;
  return proposalCodec.encodeTrusted({
    ...place,
    ...rest,
    polRoundPlusOne: polRound + 1,
    transactionIds: [...transactionIds],
    evidence: [...evidence],
  });
}

/** @throws `kernel.malformed-encoding`, `kernel.too-large`, `consensus.malformed-message` */
export function decodeProposal(bytes: Uint8Array): SignedProposal {
  const { height, round, polRoundPlusOne, blockHash, ...rest } = proposalCodec.decode(bytes);
  if (polRoundPlusOne > round) throw malformed('a proof of lock is not from an earlier round');
  return { body: { height, round: roundOf(round), polRound: polRoundPlusOne - 1, blockHash }, ...rest };
}

function encodeRoundState(state: RoundState): Uint8Array {
  const { needsProposal, wanted, prevotes, precommits, ...place } = state;
  return roundStateCodec.encodeTrusted({
    ...place,
    step: STEPS.indexOf(state.step),
    prevotes: bits(prevotes),
    precommits: bits(precommits),
    needsProposal:
      needsProposal === undefined
        ? []
        : [{ round: needsProposal.round, blockHash: needsProposal.blockHash ?? new Uint8Array(0) }],
    wanted: wanted.map(({ kind, round, blockHash, has }) => ({
      kind: VOTE_KINDS[kind],
      round,
      blockHash,
      has: bits(has),
    })),
  });
}

/** @throws `kernel.malformed-encoding`, `kernel.too-large`, `consensus.malformed-message` */
function decodeRoundState(bytes: Uint8Array): RoundState {
  const { height, round, step, prevotes, precommits, needsProposal, wanted } = roundStateCodec.decode(bytes);
  const [needed] = needsProposal;
  return {
    height,
    round: roundOf(round),
    step: member(STEPS, step),
    prevotes: prevotes.toBoolArray(),
    precommits: precommits.toBoolArray(),
    needsProposal: needed && { round: needed.round, blockHash: optional(needed.blockHash) },
    wanted: wanted.map((tally): WantedTally => ({
      kind: voteKindOf(tally.kind),
      round: tally.round,
      blockHash: tally.blockHash,
      has: tally.has.toBoolArray(),
    })),
  };
}

/** The message as it travels on the channel `consensus`: a tag byte and the one encoding. */
export function encodeMessage(message: ConsensusMessage): Uint8Array {
  const tag = Uint8Array.of(MESSAGE_TAGS[message.kind]);
  switch (message.kind) {
    case 'proposal':
      return concatBytes(tag, encodeProposal(message.proposal));
    case 'vote':
      return concatBytes(tag, encodeVote(message.vote));
    case 'round-state':
      return concatBytes(tag, encodeRoundState(message.state));
  }
}

/** @throws `kernel.malformed-encoding`, `kernel.too-large`, `consensus.malformed-message` */
export function decodeMessage(bytes: Uint8Array): ConsensusMessage {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case MESSAGE_TAGS.proposal:
      return { kind: 'proposal', proposal: decodeProposal(body) };
    case MESSAGE_TAGS.vote:
      return { kind: 'vote', vote: decodeVote(body) };
    case MESSAGE_TAGS['round-state']:
      return { kind: 'round-state', state: decodeRoundState(body) };
    default:
      throw malformed(`the tag ${bytes[0] ?? 'is absent'}`);
  }
}

/** What a proposal says of itself before it is decoded. */
export type ProposalHead = Pick<SignedProposal, 'body' | 'proposerIndex'>;

/** Bytes of the members of a proposal up to the index of the proposer, behind the tag: all of fixed length. */
const HEAD_BYTES = 1 + 8 + 4 + 4 + HASH_BYTES + 4;

/** The head of an encoded proposal; undefined for another message, and for one that has none. */
export function proposalHead(bytes: Uint8Array): ProposalHead | undefined {
  if (bytes[0] !== MESSAGE_TAGS.proposal || bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const height = Number(view.getBigUint64(1, true));
  const round = view.getUint32(9, true);
  const polRound = view.getUint32(13, true) - 1;
  const blockHash = bytes.subarray(17, 17 + HASH_BYTES);
  return {
    body: { height, round, polRound, blockHash },
    proposerIndex: view.getUint32(17 + HASH_BYTES, true),
  };
}

function bits(map: Bitmap): BitArray {
  return BitArray.fromBoolArray([...map]);
}

function optional(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length !== HASH_BYTES) throw malformed(`a block hash has ${bytes.length} bytes`);
  return bytes;
}

function roundOf(round: number): number {
  if (round > ROUND_MAX) throw malformed(`the round ${round} is beyond ${ROUND_MAX}`);
  return round;
}

function voteKindOf(number: number): VoteKind {
  if (number === VOTE_KINDS.prevote) return 'prevote';
  if (number === VOTE_KINDS.precommit) return 'precommit';
  throw malformed(`the number ${number} names no kind of vote`);
}

function member<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw malformed(`the number ${index} names nothing`);
  return item;
}

function malformed(what: string) {
  return consensusError('malformed-message', `the bytes are not a consensus message: ${what}`);
}

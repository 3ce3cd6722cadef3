import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import {
  ADDRESS_BYTES,
  codec,
  compareBytes,
  concatBytes,
  hash,
  HASH_BYTES,
  SIGNATURE_BYTES,
  uint64,
} from '#kernel';
import { blockError } from '../../errors.ts';
import { COMMIT_VALIDATORS_MAX, EVIDENCE_BYTES_MAX, HEADER_BYTES_MAX, ROUND_MAX } from '../../limits.ts';
import { commitCodec } from '../commit.ts';
import { headerCodec } from '../header.ts';
import { VOTE_KINDS } from '../signed-bodies.ts';
import type {
  DuplicateProposalEvidence,
  DuplicateVoteEvidence,
  Evidence,
  LightClientAttackEvidence,
  SignedChoice,
  SignedOffer,
} from './types.ts';

/** First byte of encoded evidence. Append only. */
const TAGS = { 'duplicate-vote': 1, 'duplicate-proposal': 2, 'light-client-attack': 3 } as const;

const u32 = new UintNumberType(4);
const hashBytes = new ByteVectorType(HASH_BYTES);
const signatureBytes = new ByteVectorType(SIGNATURE_BYTES);
const accountableType = new ContainerType({ address: new ByteVectorType(ADDRESS_BYTES), power: uint64 });
const choiceType = new ContainerType({ blockHash: new ByteListType(HASH_BYTES), signature: signatureBytes });
const offerType = new ContainerType({
  polRoundPlusOne: u32,
  blockHash: hashBytes,
  signature: signatureBytes,
});

const duplicateVoteWire = codec(
  'duplicate vote',
  new ContainerType({
    height: uint64,
    timeMs: uint64,
    validator: accountableType,
    voteKind: new UintNumberType(1),
    round: u32,
    first: choiceType,
    second: choiceType,
  }),
  512,
);
const duplicateProposalWire = codec(
  'duplicate proposal',
  new ContainerType({
    height: uint64,
    timeMs: uint64,
    validator: accountableType,
    round: u32,
    first: offerType,
    second: offerType,
  }),
  512,
);
const lightClientAttackWire = codec(
  'light-client attack',
  new ContainerType({
    height: uint64,
    timeMs: uint64,
    header: new ByteListType(HEADER_BYTES_MAX),
    commit: new ByteListType(EVIDENCE_BYTES_MAX),
    validators: new ListCompositeType(
      new ContainerType({ publicKey: new ByteVectorType(32), power: uint64 }),
      COMMIT_VALIDATORS_MAX,
    ),
    accountable: new ListCompositeType(accountableType, COMMIT_VALIDATORS_MAX),
  }),
  EVIDENCE_BYTES_MAX,
);

type Content<Kind extends Evidence> = Omit<Kind, 'bytes' | 'hash'>;
/** Evidence before it has bytes and an identity. */
export type EvidenceContent =
  | Content<DuplicateVoteEvidence>
  | Content<DuplicateProposalEvidence>
  | Content<LightClientAttackEvidence>;

/**
 * Evidence of its content, with its one encoding and its identity (EVID-1).
 *
 * @throws `kernel.unencodable-value` when a member is outside its type
 */
export function sealEvidence(content: EvidenceContent): Evidence {
  const bytes = concatBytes(Uint8Array.of(TAGS[content.kind]), encodeBody(content));
  // The spread keeps the members of the kind; TypeScript does not follow it through the union.
  return { ...content, bytes, hash: hashEvidence(bytes) };
}

/** 32-byte identity of encoded evidence. */
export function hashEvidence(bytes: Uint8Array): Uint8Array {
  return hash('evidence', bytes);
}

/**
 * The evidence of its bytes. Form only: nothing is verified.
 *
 * @throws `kernel.too-large`, `kernel.malformed-encoding`, `block.malformed-evidence`, `block.malformed-commit`
 */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case TAGS['duplicate-vote']:
      return withIdentity(decodeDuplicateVote(body), bytes);
    case TAGS['duplicate-proposal']:
      return withIdentity(decodeDuplicateProposal(body), bytes);
    case TAGS['light-client-attack']:
      return withIdentity(decodeLightClientAttack(body), bytes);
    default:
      throw malformed(`there is no evidence of the tag ${bytes[0] ?? 'none'}`);
  }
}

/** Order of two choices in their evidence; 0 for the same choice. */
export function compareChoices(a: SignedChoice, b: SignedChoice): number {
  return compareBytes(a.blockHash ?? NIL, b.blockHash ?? NIL);
}

/** Order of two offers in their evidence; 0 for the same offer. */
export function compareOffers(a: SignedOffer, b: SignedOffer): number {
  return compareBytes(a.blockHash, b.blockHash) || a.polRound - b.polRound;
}

const NIL = new Uint8Array(0);

function withIdentity(content: EvidenceContent, bytes: Uint8Array): Evidence {
  const own = Uint8Array.from(bytes);
  return { ...content, bytes: own, hash: hashEvidence(own) };
}

function encodeBody(content: EvidenceContent): Uint8Array {
  switch (content.kind) {
    case 'duplicate-vote': {
      const { height, timeMs, validator, voteKind, round, first, second } = content;
      const sides = { first: choiceToWire(first), second: choiceToWire(second) };
      return duplicateVoteWire.encode({
        height,
        timeMs,
        validator,
        voteKind: VOTE_KINDS[voteKind],
        round,
        ...sides,
      });
    }
    case 'duplicate-proposal': {
      const { height, timeMs, validator, round, first, second } = content;
      const sides = { first: offerToWire(first), second: offerToWire(second) };
      return duplicateProposalWire.encode({ height, timeMs, validator, round, ...sides });
    }
    case 'light-client-attack': {
      const { height, timeMs, validators, accountable } = content;
      return lightClientAttackWire.encode({
        height,
        timeMs,
        header: headerCodec.encode(content.header),
        commit: commitCodec.encode(content.commit),
        validators: [...validators],
        accountable: [...accountable],
      });
    }
  }
}

function decodeDuplicateVote(body: Uint8Array): Content<DuplicateVoteEvidence> {
  const { voteKind: number, first, second, ...place } = duplicateVoteWire.decode(body);
  const voteKind = number === VOTE_KINDS.prevote ? 'prevote' : 'precommit';
  if (number !== VOTE_KINDS[voteKind]) throw malformed(`the number ${number} names no kind of vote`);
  requireRound(place.round);
  const sides = { first: choiceOf(first), second: choiceOf(second) };
  requireOrder(compareChoices(sides.first, sides.second));
  return { kind: 'duplicate-vote', ...place, voteKind, ...sides };
}

function decodeDuplicateProposal(body: Uint8Array): Content<DuplicateProposalEvidence> {
  const { first, second, ...place } = duplicateProposalWire.decode(body);
  requireRound(place.round);
  if (Math.max(first.polRoundPlusOne, second.polRoundPlusOne) > place.round) {
    throw malformed('a proof of lock is not from an earlier round');
  }
  const sides = { first: offerOf(first), second: offerOf(second) };
  requireOrder(compareOffers(sides.first, sides.second));
  return { kind: 'duplicate-proposal', ...place, ...sides };
}

function decodeLightClientAttack(body: Uint8Array): Content<LightClientAttackEvidence> {
  const { header, commit, ...rest } = lightClientAttackWire.decode(body);
  return {
    kind: 'light-client-attack',
    ...rest,
    header: headerCodec.decode(header),
    commit: commitCodec.decode(commit),
  };
}

function choiceToWire({ blockHash, signature }: SignedChoice) {
  return { blockHash: blockHash ?? NIL, signature };
}

function choiceOf({ blockHash, signature }: ReturnType<typeof choiceToWire>): SignedChoice {
  if (blockHash.length !== 0 && blockHash.length !== HASH_BYTES) {
    throw malformed(`a block hash has ${blockHash.length} bytes`);
  }
  return { blockHash: blockHash.length === 0 ? undefined : blockHash, signature };
}

function offerToWire({ polRound, blockHash, signature }: SignedOffer) {
  return { polRoundPlusOne: polRound + 1, blockHash, signature };
}

function offerOf({ polRoundPlusOne, blockHash, signature }: ReturnType<typeof offerToWire>): SignedOffer {
  return { polRound: polRoundPlusOne - 1, blockHash, signature };
}

function requireRound(round: number): void {
  if (round > ROUND_MAX) throw malformed(`the round ${round} is beyond ${ROUND_MAX}`);
}

/** EVID-2: one order, so that one offence has one encoding whichever message came first. */
function requireOrder(order: number): void {
  if (order >= 0) throw malformed('its two messages are the same or not in their order');
}

function malformed(what: string) {
  return blockError('malformed-evidence', `the bytes are not evidence: ${what}`);
}

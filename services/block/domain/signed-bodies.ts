import { ByteListType, ByteVectorType, ContainerType, UintNumberType } from '@chainsafe/ssz';
import { codec, signingDigest, uint64, type Codec } from '#kernel';
import { blockError } from '../errors.ts';
import { ROUND_MAX } from '../limits.ts';
import type { ProposalBody, VoteBody, VoteKind } from './types.ts';

/** Numbers of the vote kinds in encodings. Append only. */
export const VOTE_KINDS: Readonly<Record<VoteKind, number>> = { prevote: 1, precommit: 2 };

const voteWire = codec(
  'vote',
  new ContainerType({
    kind: new UintNumberType(1),
    height: uint64,
    round: new UintNumberType(4),
    blockHash: new ByteListType(32),
  }),
  64,
);
const proposalWire = codec(
  'proposal',
  new ContainerType({
    height: uint64,
    round: new UintNumberType(4),
    polRoundPlusOne: new UintNumberType(4),
    blockHash: new ByteVectorType(32),
  }),
  64,
);

const NIL = new Uint8Array(0);

/** The one encoding of a vote's signed part; a vote for nil holds an empty hash. */
export const voteBodyCodec: Codec<VoteBody> = {
  name: voteWire.name,
  maxBytes: voteWire.maxBytes,
  encode: (vote) => voteWire.encode(voteToWire(vote)),
  encodeTrusted: (vote) => voteWire.encodeTrusted(voteToWire(vote)),
  decode(bytes) {
    const { kind, height, round, blockHash } = voteWire.decode(bytes);
    const name =
      kind === VOTE_KINDS.prevote ? 'prevote' : kind === VOTE_KINDS.precommit ? 'precommit' : undefined;
    if (name === undefined || (blockHash.length !== 0 && blockHash.length !== 32) || round > ROUND_MAX) {
      throw blockError(
        'malformed-vote',
        'the bytes are not a vote: its kind, round or hash is out of range',
        {
          kind,
          round,
          hashBytes: blockHash.length,
        },
      );
    }
    return { kind: name, height, round, blockHash: blockHash.length === 0 ? undefined : blockHash };
  },
};

/** The one encoding of a proposal's signed part. */
export const proposalBodyCodec: Codec<ProposalBody> = {
  name: proposalWire.name,
  maxBytes: proposalWire.maxBytes,
  encode: (body) => proposalWire.encode(proposalToWire(body)),
  encodeTrusted: (body) => proposalWire.encodeTrusted(proposalToWire(body)),
  decode(bytes) {
    const { height, round, polRoundPlusOne, blockHash } = proposalWire.decode(bytes);
    if (round > ROUND_MAX || polRoundPlusOne > round) {
      throw blockError('malformed-proposal', 'the bytes are not a proposal: its rounds are out of range', {
        round,
        polRound: polRoundPlusOne - 1,
      });
    }
    return { height, round, polRound: polRoundPlusOne - 1, blockHash };
  },
};

/**
 * The 32 bytes that a validator signs for a vote; the same for every validator that votes alike.
 *
 * @param genesisHash 32 bytes
 */
export function voteDigest(body: VoteBody, genesisHash: Uint8Array): Uint8Array {
  return signingDigest('vote', genesisHash, voteBodyCodec.encode(body));
}

/** The 32 bytes that a proposer signs. */
export function proposalDigest(body: ProposalBody, genesisHash: Uint8Array): Uint8Array {
  return signingDigest('proposal', genesisHash, proposalBodyCodec.encode(body));
}

function voteToWire(vote: VoteBody) {
  const { height, round, blockHash } = vote;
  return { kind: VOTE_KINDS[vote.kind], height, round, blockHash: blockHash ?? NIL };
}

function proposalToWire(body: ProposalBody) {
  const { height, round, polRound, blockHash } = body;
  return { height, round, polRoundPlusOne: polRound + 1, blockHash };
}

import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import { ADDRESS_BYTES, HASH_BYTES, codec, fromUtf8, uint64, utf8 } from '#kernel';
import { validatorError } from '../../errors.ts';
import {
  ENTRIES_MAX,
  IDENTITY_TEXT_BYTES_MAX,
  NAME_BYTES_MAX,
  SIGNED_BLOCKS_WINDOW_MAX,
  TURNS_KEPT,
} from '../../limits.ts';
import type { StakingParameters } from '../parameters.ts';
import {
  SLASH_REASONS,
  VALIDATOR_STATUSES,
  type ConsensusKeyRecord,
  type Delegation,
  type Performance,
  type Progress,
  type Redelegation,
  type Reputation,
  type Seat,
  type SigningWindow,
  type SlashRecord,
  type StakePool,
  type StakeTotals,
  type Unbonding,
  type UnbondingPool,
  type ValidatorRecord,
} from './records.ts';

/** Bytes of a value and back. */
export interface RecordCodec<Value> {
  readonly encode: (value: Value) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Value;
}

const amount = new UintBigintType(16);
const ratio = new UintBigintType(32);
const key32 = new ByteVectorType(32);
const byte = new UintNumberType(1);
const text = new ByteListType(IDENTITY_TEXT_BYTES_MAX);

/** Every record is made by rules that keep it within its type: it is not read back when it is written. */
function record<Value>(
  name: string,
  type: Parameters<typeof codec<Value>>[1],
  maxBytes: number,
): RecordCodec<Value> {
  const bytes = codec<Value>(name, type, maxBytes);
  return { encode: (value) => bytes.encodeTrusted(value), decode: (encoded) => bytes.decode(encoded) };
}

const validatorBytes = record(
  'validator',
  new ContainerType({
    publicKey: key32,
    status: byte,
    commission: new ContainerType({ rate: uint64, maxRate: uint64, maxDailyChange: uint64 }),
    commissionChangedMs: uint64,
    minSelfStake: amount,
    jailedUntilMs: uint64,
    isExiting: new BooleanType(),
    registeredHeight: uint64,
    identityHeight: uint64,
    identity: new ContainerType({
      name: new ByteListType(NAME_BYTES_MAX),
      website: text,
      contact: text,
      description: text,
      location: text,
    }),
  }),
  4_096,
);

export const validatorCodec: RecordCodec<ValidatorRecord> = {
  encode: (validator) =>
    validatorBytes.encode({
      ...validator,
      status: VALIDATOR_STATUSES.indexOf(validator.status),
      identity: mapTexts(validator.identity, utf8),
    }),
  decode(bytes) {
    const decoded = validatorBytes.decode(bytes);
    const status = VALIDATOR_STATUSES[decoded.status];
    if (status === undefined) throw corrupt(`there is no validator status ${decoded.status}`);
    return { ...decoded, status, identity: mapTexts(decoded.identity, fromUtf8) };
  },
};

function mapTexts<From, To>(
  { name, website, contact, description, location }: Readonly<Record<IdentityMember, From>>,
  map: (value: From) => To,
): Record<IdentityMember, To> {
  return {
    name: map(name),
    website: map(website),
    contact: map(contact),
    description: map(description),
    location: map(location),
  };
}
type IdentityMember = 'name' | 'website' | 'contact' | 'description' | 'location';

export const poolCodec = record<StakePool>(
  'stake pool',
  new ContainerType({
    stake: amount,
    shares: amount,
    selfShares: amount,
    ratio,
    carry: ratio,
    rewards: amount,
    fraction: ratio,
    commission: ratio,
    unbondingPools: uint64,
    redelegationsOut: uint64,
  }),
  256,
);

const membership = new ContainerType({ publicKey: key32, power: uint64 });

export const seatCodec = record<Seat>(
  'seat',
  new ContainerType({
    current: membership,
    before: membership,
    next: membership,
    checkpoint: ratio,
    missedReward: ratio,
    commitsFrom: uint64,
    votes: uint64,
    missed: uint64,
    proposed: uint64,
    proposalsMissed: uint64,
  }),
  512,
);

export const signingWindowCodec = record<SigningWindow>(
  'signing window',
  new ContainerType({ height: uint64, bits: new ByteListType(SIGNED_BLOCKS_WINDOW_MAX / 8) }),
  4_096,
);

const reputationBytes = record(
  'reputation',
  new ContainerType({
    score: uint64,
    signing: new ListBasicType(uint64, 3),
    proposals: uint64,
    faults: uint64,
    cleanEpochs: uint64,
    tenureEpochs: uint64,
  }),
  128,
);
export const reputationCodec: RecordCodec<Reputation> = {
  encode: (value) => reputationBytes.encode({ ...value, signing: [...value.signing] }),
  decode: (bytes) => reputationBytes.decode(bytes),
};

export const performanceCodec = record<Performance>(
  'performance',
  new ContainerType({
    votes: uint64,
    missed: uint64,
    proposed: uint64,
    proposalsMissed: uint64,
    power: uint64,
    score: uint64,
  }),
  64,
);

export const delegationCodec = record<Delegation>(
  'delegation',
  new ContainerType({ shares: amount, ratio, carry: new UintBigintType(8), hopAfterMs: uint64 }),
  64,
);

export const unbondingPoolCodec = record<UnbondingPool>(
  'unbonding pool',
  new ContainerType({ tokens: amount, shares: amount }),
  32,
);

const unbondingBytes = record(
  'unbonding',
  new ContainerType({
    entries: new ListCompositeType(
      new ContainerType({ epoch: uint64, endMs: uint64, shares: amount, hopAfterMs: uint64 }),
      ENTRIES_MAX,
    ),
  }),
  512,
);
export const unbondingCodec: RecordCodec<Unbonding> = {
  encode: ({ entries }) => unbondingBytes.encode({ entries: [...entries] }),
  decode: (bytes) => unbondingBytes.decode(bytes),
};

const redelegationBytes = record(
  'redelegation',
  new ContainerType({
    entries: new ListCompositeType(new ContainerType({ epoch: uint64, endMs: uint64, amount }), ENTRIES_MAX),
  }),
  512,
);
export const redelegationCodec: RecordCodec<Redelegation> = {
  encode: ({ entries }) => redelegationBytes.encode({ entries: [...entries] }),
  decode: (bytes) => redelegationBytes.decode(bytes),
};

const slashBytes = record(
  'slash',
  new ContainerType({
    reason: byte,
    offenceHeight: uint64,
    power: uint64,
    basisPoints: uint64,
    bonded: amount,
    unbonding: amount,
    redelegated: amount,
    evidenceHash: new ByteVectorType(HASH_BYTES),
  }),
  128,
);
export const slashCodec: RecordCodec<SlashRecord> = {
  encode: (slash) => slashBytes.encode({ ...slash, reason: SLASH_REASONS.indexOf(slash.reason) + 1 }),
  decode(bytes) {
    const decoded = slashBytes.decode(bytes);
    const reason = SLASH_REASONS[decoded.reason - 1];
    if (reason === undefined) throw corrupt(`there is no reason ${decoded.reason} of a slash`);
    return { ...decoded, reason };
  },
};

export const consensusKeyCodec = record<ConsensusKeyRecord>(
  'consensus key',
  new ContainerType({ operator: new ByteVectorType(ADDRESS_BYTES) }),
  ADDRESS_BYTES,
);

const progressBytes = record(
  'progress',
  new ContainerType({
    epoch: uint64,
    epochStart: uint64,
    setSince: uint64,
    appliesAt: uint64,
    commits: uint64,
    rewardPerPower: ratio,
    rewardCarry: ratio,
    missedCarry: ratio,
    turns: new ListBasicType(uint64, TURNS_KEPT),
  }),
  512,
);
export const progressCodec: RecordCodec<Progress> = {
  encode: (progress) => progressBytes.encode({ ...progress, turns: [...progress.turns] }),
  decode: (bytes) => progressBytes.decode(bytes),
};

export const totalsCodec = record<StakeTotals>(
  'stake totals',
  new ContainerType({
    bonded: amount,
    unbonding: amount,
    rewards: amount,
    communityPool: amount,
    issued: ratio,
    minted: ratio,
    burnt: ratio,
    validators: uint64,
  }),
  256,
);

export const stakingParametersCodec = record<StakingParameters>(
  'staking parameters',
  new ContainerType({
    activationDelayBlocks: uint64,
    maxChurnBasisPoints: uint64,
    blockReward: amount,
    communityBasisPoints: uint64,
    minDelegation: amount,
    signedBlocksWindow: uint64,
    minSignedBasisPoints: uint64,
    downtimeJailMs: uint64,
    downtimeSlashBasisPoints: uint64,
    equivocationSlashBasisPoints: uint64,
    reputationWeightBasisPoints: uint64,
  }),
  256,
);

/** A leaf whose key says everything. */
export const presenceCodec: RecordCodec<true> = {
  encode: () => Uint8Array.of(1),
  decode(bytes) {
    if (bytes.length !== 1 || bytes[0] !== 1) throw corrupt('a leaf that only marks its key holds something');
    return true;
  },
};

function corrupt(why: string) {
  return validatorError(
    'corrupt-record',
    `a leaf of the state is damaged: ${why}; restore the home from a backup or sync it anew`,
  );
}

import { Type, type TSchema } from 'typebox';
import { LIMITS } from '../limits.ts';
import { Address, Amount, Count, Cursor, Hash, Height, page, strict, Time } from './common.ts';

const Status = Type.Union(
  [Type.Literal('active'), Type.Literal('inactive'), Type.Literal('jailed'), Type.Literal('tombstoned')],
  { description: 'active, inactive, jailed or tombstoned' },
);
/** What validators are ranked by. */
export const SORTS = ['power', 'stake', 'reputation', 'name'] as const;
const Sort = Type.Union(
  [Type.Literal('power'), Type.Literal('stake'), Type.Literal('reputation'), Type.Literal('name')],
  { description: 'power, stake and reputation: largest first; name: by its characters' },
);
const BasisPoints = Type.Integer({ minimum: 0, maximum: 10_000, description: 'basis points' });
const Score = Type.Number({ description: 'reputation, 0 to 100, in steps of 0.0001' });
const Ratio = Type.Number({ description: '0 to 1, in steps of 0.000001' });
const Epoch = Type.Integer({ minimum: 0, description: 'number of the epoch, from 0' });
const stateHeight = Type.Integer({ description: 'the state is that after this height' });

const CommissionJson = Type.Object({ rate: BasisPoints, maxRate: BasisPoints, maxDailyChange: BasisPoints });

/** A validator of a set: what a set says by itself. */
const seatMembers = {
  address: Type.String({ description: 'address of the consensus key' }),
  operator: Address,
  name: Type.String(),
  publicKey: Hash,
  power: Type.Integer({ description: 'voting power at the next height; 0 when not in its set' }),
  share: Type.Number({ description: 'share of the total power, 0 to 1' }),
};

/** What the state holds of it at the tip. */
const recordMembers = {
  stake: Amount,
  status: Status,
  selfStake: Type.String({ description: "the operator's own part of the stake, base units" }),
  minSelfStake: Amount,
  reputation: Score,
  commission: CommissionJson,
  jailedUntil: Type.Union([Time, Type.Null()], { description: 'when it may be let out of jail' }),
  exiting: Type.Boolean({ description: 'it leaves for good' }),
  registeredHeight: Height,
  decidedPower: Type.Optional(
    Type.Integer({ description: 'voting power in the set that is decided and not in force yet' }),
  ),
  nextPublicKey: Type.Optional(Hash),
};

export const SeatJson = Type.Object({
  ...seatMembers,
  stake: Type.Optional(Amount),
  status: Type.Optional(Status),
});
export const ValidatorJson = Type.Object({ ...seatMembers, ...recordMembers });

const TallyMembers = {
  votes: Type.Integer({ description: 'votes that were due' }),
  missed: Type.Integer({ description: 'of these, the ones that were missed' }),
  uptime: Type.Union([Type.Number(), Type.Null()], {
    description: 'part of the votes that were given, 0 to 1; null when none was due',
  }),
  proposed: Count,
  proposalsMissed: Count,
};
export const ValidatorDetailJson = Type.Object({
  ...seatMembers,
  ...recordMembers,
  identity: Type.Object({
    name: Type.String(),
    website: Type.String(),
    contact: Type.String(),
    description: Type.String(),
    location: Type.String(),
  }),
  commissionDue: Type.String({ description: 'commission that the operator can withdraw now, base units' }),
  epoch: Type.Object({ epoch: Epoch, ...TallyMembers }, { description: 'the epoch in progress' }),
  height: stateHeight,
});

const setMembers = {
  totalPower: Type.Integer(),
  height: Type.Integer({ description: 'the height that this set decides' }),
  hash: Hash,
};
export const ValidatorSetJson = Type.Object({ items: Type.Array(SeatJson), ...setMembers });
/** Registered validators, and the set of the next height: members of the items beyond those of a seat are optional. */
export const ValidatorsJson = Type.Object({
  items: Type.Array(Type.Object({ ...seatMembers, ...optional(recordMembers) })),
  ...setMembers,
  nextCursor: Type.Optional(Type.String()),
});
export const TopJson = Type.Object({ items: Type.Array(ValidatorJson), by: Sort, height: stateHeight });

export const ValidatorParams = strict({
  address: Type.String({ maxLength: 90, description: 'address of the consensus key or of the operator' }),
});
const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: LIMITS.pageItemsMax, default: LIMITS.pageItemsMax }),
);
export const ValidatorsQuery = strict({
  height: Type.Optional(Type.Integer({ minimum: 0, description: 'only the set of this height' })),
  status: Type.Optional(Status),
  sort: Type.Optional(Sort),
  limit: Limit,
  cursor: Type.Optional(Cursor),
});
export const ActiveQuery = strict({ sort: Type.Optional(Sort), limit: Limit, cursor: Type.Optional(Cursor) });
export const TopQuery = strict({
  by: Type.Optional(Sort),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.pageItemsMax, default: 10 })),
});
export const EpochsQuery = strict({
  from: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 48, description: 'first epoch' })),
  to: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 48, description: 'last epoch' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LIMITS.pageItemsMax, default: LIMITS.pageItemsDefault }),
  ),
  cursor: Type.Optional(Cursor),
});

const TelemetryJson = Type.Union(
  [
    Type.Object({
      meanCommitLatencyMs: Type.Number({
        description: 'from the arrival of a proposal to that of the precommit for it',
      }),
      precommits: Type.Integer({ description: 'precommits that were seen before their height was final' }),
    }),
    Type.Null(),
  ],
  { description: 'telemetry: what this node saw since its start, no fact of the chain; null for nothing' },
);
const EpochPerformanceJson = Type.Object({
  epoch: Epoch,
  ...TallyMembers,
  telemetry: TelemetryJson,
  power: Type.Integer({ description: 'voting power at the end of the epoch' }),
  reputation: Score,
});
export const PerformanceJson = Type.Object({
  ...ofValidator(EpochPerformanceJson),
  current: Type.Object(
    { epoch: Epoch, ...TallyMembers, telemetry: TelemetryJson },
    { description: 'the epoch in progress, so far' },
  ),
});
export const ReputationJson = Type.Object({
  ...ofValidator(Type.Object({ epoch: Epoch, reputation: Score })),
  reputation: Score,
  parts: Type.Object(
    {
      signing: Type.Object({ lastEpoch: Ratio, about8Epochs: Ratio, about64Epochs: Ratio }),
      proposals: Ratio,
      faults: Type.Number({ description: 'what is left of past faults, 0 for nothing' }),
      cleanEpochs: Count,
      tenureEpochs: Count,
    },
    { description: 'what the score is made of: docs/reputation.md' },
  ),
});
const SlashJson = Type.Object({
  height: Type.Integer({ description: 'the block that carried it out' }),
  reason: Type.String({ description: 'downtime, duplicate-vote, duplicate-proposal or light-client-attack' }),
  offenceHeight: Height,
  power: Type.Integer({ description: 'voting power at the height of the offence' }),
  basisPoints: BasisPoints,
  bonded: Amount,
  unbonding: Amount,
  redelegated: Amount,
  burnt: Type.String({ description: 'the three together, base units' }),
  evidence: Type.Union([Hash, Type.Null()], { description: 'null for downtime: its proof is the commits' }),
});
export const SlashingPage = Type.Object(ofValidator(SlashJson));

const DelegationJson = Type.Object({
  validator: Type.String({ description: 'address of the operator' }),
  account: Address,
  amount: Type.String({ description: 'what the shares are worth now, base units' }),
  shares: Type.String({ description: 'decimal text' }),
  rewards: Type.String({ description: 'what can be withdrawn now, base units' }),
  redelegableFrom: Type.Union([Time, Type.Null()], {
    description: 'before this time none of it may be redelegated: it came by redelegation; null when it may',
  }),
});
export const ValidatorDelegationsPage = Type.Object(ofValidator(DelegationJson));
export const AccountDelegationsPage = Type.Object(ofAccount(DelegationJson));
export const UnbondingsPage = Type.Object(
  ofAccount(
    Type.Object({
      validator: Type.String({ description: 'address of the operator' }),
      account: Address,
      amount: Amount,
      end: Type.String({ description: 'when it is paid out; RFC 3339, UTC' }),
      endMs: Type.String({ description: 'the same as `stake.cancel-unbond` names it' }),
    }),
  ),
);
export const RewardsPage = Type.Object({
  ...ofAccount(Type.Object({ validator: Address, account: Address, rewards: Amount })),
  commission: Type.String({ description: 'what it can withdraw as the operator of a validator, base units' }),
});

export const StakingJson = Type.Object({
  height: stateHeight,
  epoch: Type.Object(
    {
      epoch: Epoch,
      firstHeight: Height,
      lastHeight: Type.Integer({ description: 'at its end the next set is decided' }),
      blocksLeft: Count,
      setSince: Type.Integer({ description: 'first height of the set in force at the next height' }),
      decidedSetFrom: Type.Union([Height, Type.Null()], {
        description: 'first height of the set that is decided and not in force yet',
      }),
    },
    { description: 'the epoch in progress' },
  ),
  totals: Type.Object({
    bonded: Amount,
    unbonding: Amount,
    rewards: Amount,
    communityPool: Amount,
    issued: Amount,
    minted: Amount,
    burnt: Amount,
    validators: Count,
  }),
  parameters: Type.Object({
    epochBlocks: Count,
    maxValidators: Count,
    minSelfStake: Amount,
    powerReduction: Amount,
    unbondingPeriodMs: Count,
    evidenceMaxAgeMs: Count,
    activationDelayBlocks: Count,
    maxChurnBasisPoints: BasisPoints,
    blockReward: Amount,
    communityBasisPoints: BasisPoints,
    minDelegation: Amount,
    signedBlocksWindow: Count,
    minSignedBasisPoints: BasisPoints,
    downtimeJailMs: Count,
    downtimeSlashBasisPoints: BasisPoints,
    equivocationSlashBasisPoints: BasisPoints,
    reputationWeightBasisPoints: BasisPoints,
  }),
});

function ofValidator<Item extends TSchema>(item: Item) {
  return { address: Address, operator: Address, ...page(item).properties, height: stateHeight };
}

function ofAccount<Item extends TSchema>(item: Item) {
  return { account: Address, ...page(item).properties, height: stateHeight };
}

function optional(members: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(members).map(([name, of]) => [name, Type.Optional(of)]));
}

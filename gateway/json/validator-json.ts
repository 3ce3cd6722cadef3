import { addressOfKey, equalBytes, formatAddress, toHex } from '#kernel';
import {
  votesOf,
  type CarriedOutSlash,
  type DelegationState,
  type EpochPerformance,
  type Performance,
  type Progress,
  type Reputation,
  type UnbondingState,
  type ValidatorState,
} from '#services/validator';
import { timeText } from './chain-json.ts';

/** The consensus address that a validator is known by: that of its seat, or of its key when it has none. */
export function consensusKeyOf({ record, seat }: ValidatorState): Uint8Array {
  return seat === undefined || seat.current.power === 0 ? record.publicKey : seat.current.publicKey;
}

/**
 * A registered validator at the tip.
 *
 * @param totalPower of the set of the next height
 */
export function registeredToJson(state: ValidatorState, totalPower: number) {
  const { operator, record, pool, seat, reputation } = state;
  const publicKey = consensusKeyOf(state);
  const power = seat?.current.power ?? 0;
  const isDecided = seat !== undefined && seat.next.power !== power;
  return {
    address: formatAddress(addressOfKey('ed25519', publicKey)),
    operator: formatAddress(operator),
    name: record.identity.name,
    publicKey: toHex(publicKey),
    power,
    share: totalPower === 0 ? 0 : power / totalPower,
    stake: pool.stake.toString(),
    status: record.status,
    selfStake: selfStakeOf(state).toString(),
    minSelfStake: record.minSelfStake.toString(),
    reputation: scoreOf(reputation.score),
    commission: { ...record.commission },
    jailedUntil: record.jailedUntilMs === 0 ? null : timeText(record.jailedUntilMs),
    exiting: record.isExiting,
    registeredHeight: record.registeredHeight,
    ...(isDecided && { decidedPower: seat.next.power }),
    ...(!equalBytes(publicKey, record.publicKey) && { nextPublicKey: toHex(record.publicKey) }),
  };
}

function selfStakeOf({ pool }: ValidatorState): bigint {
  return pool.shares === 0n ? 0n : (pool.selfShares * pool.stake) / pool.shares;
}

/** Parts per million of 100 as a score from 0 to 100. */
export function scoreOf(partsPerMillion: number): number {
  return partsPerMillion / 10_000;
}

/** What a validator did in the epoch that is in progress. */
export function currentTally({ seat }: ValidatorState, progress: Progress) {
  const { missed = 0, proposed = 0, proposalsMissed = 0 } = seat ?? {};
  const votes = seat === undefined ? 0 : votesOf(seat, progress);
  return { epoch: progress.epoch, ...tallyToJson({ votes, missed, proposed, proposalsMissed }) };
}

/** Latency of a validator's precommits in an epoch, as this node saw it. */
export interface CommitTelemetry {
  readonly meanCommitLatencyMs: number;
  readonly precommits: number;
}

export function performanceToJson(
  { epoch, performance }: EpochPerformance,
  telemetry: CommitTelemetry | null,
) {
  const { power, score } = performance;
  return { epoch, ...tallyToJson(performance), telemetry, power, reputation: scoreOf(score) };
}

function tallyToJson({
  votes,
  missed,
  proposed,
  proposalsMissed,
}: Pick<Performance, 'votes' | 'missed' | 'proposed' | 'proposalsMissed'>) {
  const uptime = votes === 0 ? null : (votes - missed) / votes;
  return { votes, missed, uptime, proposed, proposalsMissed };
}

export function reputationToJson({
  score,
  signing,
  proposals,
  faults,
  cleanEpochs,
  tenureEpochs,
}: Reputation) {
  const [lastEpoch = 0, about8Epochs = 0, about64Epochs = 0] = signing.map((part) => part / 1_000_000);
  return {
    reputation: scoreOf(score),
    parts: {
      signing: { lastEpoch, about8Epochs, about64Epochs },
      proposals: proposals / 1_000_000,
      faults: faults / 1_000_000,
      cleanEpochs,
      tenureEpochs,
    },
  };
}

export function slashToJson({ height, slash }: CarriedOutSlash) {
  const { reason, offenceHeight, power, basisPoints, bonded, unbonding, redelegated } = slash;
  return {
    height,
    reason,
    offenceHeight,
    power,
    basisPoints,
    bonded: bonded.toString(),
    unbonding: unbonding.toString(),
    redelegated: redelegated.toString(),
    burnt: (bonded + unbonding + redelegated).toString(),
    evidence: reason === 'downtime' ? null : toHex(slash.evidenceHash),
  };
}

export function delegationToJson({
  operator,
  delegator,
  amount,
  shares,
  rewards,
  hopAfterMs,
}: DelegationState) {
  return {
    validator: formatAddress(operator),
    account: formatAddress(delegator),
    amount: amount.toString(),
    shares: shares.toString(),
    rewards: rewards.toString(),
    redelegableFrom: hopAfterMs === 0 ? null : timeText(hopAfterMs),
  };
}

export function unbondingToJson({ operator, delegator, amount, endMs }: UnbondingState) {
  return {
    validator: formatAddress(operator),
    account: formatAddress(delegator),
    amount: amount.toString(),
    end: timeText(endMs),
    endMs: endMs.toString(),
  };
}

import { DEFAULT_STAKING, decisionsToLeave } from '#services/validator';
import type { GenesisModel } from '../document/model.ts';
import type { Findings } from '../report/findings.ts';

const YEAR_MS = 365 * 86_400_000;
/** Gas of the cheapest transaction: a transfer to one account. */
const GAS_LEAST = 1_500n;
/** Of all power: no bound on churn. */
const BASIS_POINTS = 10_000;

/** Relations between parameters; their own ranges are checked where they are read. */
export function checkParameters(model: GenesisModel, findings: Findings, nowMs: number): void {
  const { ledger, consensus } = model;
  const fails = (path: string, message: string): void =>
    findings.add('genesis.parameter-relation', path, message);
  const { maxBlockGas, maxBlockTransactions, maxBlockBytes, maxValidators } = ledger;
  if (
    maxBlockGas !== undefined &&
    maxBlockTransactions !== undefined &&
    maxBlockGas < maxBlockTransactions * GAS_LEAST
  ) {
    fails(
      '/ledger/maxBlockGas',
      `${maxBlockTransactions} transactions use at least ${maxBlockTransactions * GAS_LEAST} gas; a block has ${maxBlockGas}`,
    );
  }
  if (
    maxBlockBytes !== undefined &&
    maxBlockTransactions !== undefined &&
    maxBlockBytes < maxBlockTransactions * 200n
  ) {
    fails(
      '/ledger/maxBlockBytes',
      `${maxBlockTransactions} transactions take at least ${maxBlockTransactions * 200n} bytes; a block has ${maxBlockBytes}`,
    );
  }
  const { proposeTimeoutMs, emptyBlockIntervalMs, precisionMs, messageDelayMs } = consensus;
  if (proposeTimeoutMs !== undefined && precisionMs !== undefined && precisionMs > 10n * proposeTimeoutMs) {
    fails(
      '/consensus/precisionMs',
      `clocks may differ by ${precisionMs} ms, ten times the time to propose; lower it or raise proposeTimeoutMs`,
    );
  }
  if (messageDelayMs !== undefined && precisionMs !== undefined && messageDelayMs < precisionMs) {
    fails(
      '/consensus/messageDelayMs',
      `messageDelayMs ${messageDelayMs} is below precisionMs ${precisionMs}: proposals of correct clocks would count as late`,
    );
  }
  if (
    emptyBlockIntervalMs !== undefined &&
    proposeTimeoutMs !== undefined &&
    emptyBlockIntervalMs < proposeTimeoutMs / 10n
  ) {
    fails(
      '/consensus/emptyBlockIntervalMs',
      `empty blocks every ${emptyBlockIntervalMs} ms leave no time for a proposal of ${proposeTimeoutMs} ms`,
    );
  }
  const { unbondingPeriodMs, evidenceMaxAgeMs } = ledger;
  if (
    unbondingPeriodMs !== undefined &&
    evidenceMaxAgeMs !== undefined &&
    evidenceMaxAgeMs > unbondingPeriodMs
  ) {
    fails(
      '/ledger/evidenceMaxAgeMs',
      `evidence counts for ${evidenceMaxAgeMs} ms, stake leaves after ${unbondingPeriodMs} ms: who withdraws in time could not be slashed; lower it or raise unbondingPeriodMs`,
    );
  }
  checkEpoch(model, fails);
  checkDelay(model, fails);
  if (maxValidators !== undefined && BigInt(model.validators.length) > maxValidators) {
    findings.add(
      'genesis.too-many-validators',
      '/validators',
      `${model.validators.length} validators are declared; the set holds ${maxValidators}`,
    );
  }
  if (model.timeMs !== undefined && model.timeMs > nowMs + YEAR_MS) {
    findings.add(
      'genesis.time-far',
      '/genesisTime',
      `the chain would begin on ${new Date(model.timeMs).toISOString()}, more than a year from now`,
    );
  }
}

/**
 * Stake stays until the power that it gave has left the set, by the longest time that an epoch takes as long as rounds
 * succeed. With a bound on churn that is a number of decisions, and an epoch for the way to the first and the delay of
 * the last.
 */
function checkEpoch(
  { staking, ledger, consensus }: GenesisModel,
  fails: (path: string, message: string) => void,
): void {
  const { unbondingPeriodMs, epochBlocks } = ledger;
  const { emptyBlockIntervalMs } = consensus;
  if (unbondingPeriodMs === undefined || epochBlocks === undefined || emptyBlockIntervalMs === undefined)
    return;
  const epochMs = epochBlocks * emptyBlockIntervalMs;
  if (epochMs > unbondingPeriodMs) {
    fails(
      '/ledger/epochBlocks',
      `an epoch of ${epochBlocks} blocks can last ${epochMs} ms, stake leaves after ${unbondingPeriodMs} ms: a validator could vote with stake that has left; shorten the epoch or raise unbondingPeriodMs`,
    );
    return;
  }
  const churn = Number(staking.maxChurnBasisPoints ?? DEFAULT_STAKING.maxChurnBasisPoints);
  if (churn >= BASIS_POINTS) return;
  const epochs = BigInt(decisionsToLeave(churn) + 1);
  if (epochs * epochMs > unbondingPeriodMs) {
    fails(
      '/ledger/unbondingPeriodMs',
      `power can take ${epochs} epochs to leave when ${churn} basis points may at a time, which can last ${epochs * epochMs} ms; stake leaves after ${unbondingPeriodMs} ms: a validator could vote with stake that has left; raise maxChurnBasisPoints or unbondingPeriodMs, or shorten the epoch`,
    );
  }
}

/** A set is in force before the next is decided. */
function checkDelay({ staking, ledger }: GenesisModel, fails: (path: string, message: string) => void): void {
  const { activationDelayBlocks } = staking;
  const { epochBlocks } = ledger;
  if (
    activationDelayBlocks !== undefined &&
    epochBlocks !== undefined &&
    activationDelayBlocks >= epochBlocks
  ) {
    fails(
      '/staking/activationDelayBlocks',
      `a set would come into force ${activationDelayBlocks} blocks after its decision, an epoch has ${epochBlocks}: the next would be decided before; lower it`,
    );
  }
}

import { pointer, type Findings } from '../report/findings.ts';
import { formatForeignAddress, moduleAddress } from './addresses.ts';
import { TOTAL_POWER_MAX, type TopValidator } from './check-top-validators.ts';
import { shown } from './encoding.ts';
import { formatDecimal, readDecimal, readInteger, readTime } from './numbers.ts';
import { balanceOf, type Accounts } from './read-accounts.ts';
import { at, listAt, textAt } from './shape.ts';
import type { StakedValidator } from './staked-validators.ts';

export interface StakingContext {
  readonly document: unknown;
  readonly accounts: Accounts;
  readonly denomination: string;
  readonly staked: readonly StakedValidator[];
  readonly top: readonly TopValidator[];
  readonly findings: Findings;
}

/** Checks the staking state as a whole: delegations, pools, powers, and the validators at top level against it. */
export function checkStaking(context: StakingContext): void {
  const operators = new Map(context.staked.map((validator) => [validator.operator, validator]));
  checkDelegations(context, operators);
  const unbonding = sumUnbonding(context, operators);
  checkPools(context, unbonding);
  const powers = readLastPowers(context, operators);
  checkTop(context, powers);
}

function checkDelegations(
  { document, staked, findings }: StakingContext,
  operators: ReadonlyMap<string, StakedValidator>,
): void {
  const base = '/app_state/staking/delegations';
  const delegations = listAt(document, 'app_state', 'staking', 'delegations');
  const sums = new Map<string, bigint>();
  for (const [i, delegation] of delegations.entries()) {
    const operator = operatorOf(delegation);
    if (!operators.has(operator))
      findings.add(
        'foreign.delegation',
        `${pointer(base, i)}/validator_address`,
        `there is no validator ${operator.slice(0, 80)}`,
      );
    const shares = readDecimal(at(delegation, 'shares'));
    if (shares === undefined || shares <= 0n)
      findings.add(
        'foreign.delegation',
        `${pointer(base, i)}/shares`,
        `${shown(at(delegation, 'shares'))} is no number of shares above 0`,
      );
    else sums.set(operator, (sums.get(operator) ?? 0n) + shares);
  }
  for (const { path, operator, shares } of staked) {
    const sum = sums.get(operator) ?? 0n;
    if (operator === '' || shares === undefined || shares < 0n || shares === sum) continue;
    findings.add(
      'foreign.shares',
      `${path}/delegator_shares`,
      `the shares are ${formatDecimal(shares)}; the delegations sum to ${formatDecimal(sum)}`,
    );
  }
}

function operatorOf(value: unknown): string {
  return (textAt(value, 'validator_address') ?? textAt(value, 'validator_addr') ?? '').toLowerCase();
}

function sumUnbonding(
  { document, findings }: StakingContext,
  operators: ReadonlyMap<string, StakedValidator>,
): bigint {
  const base = '/app_state/staking/unbonding_delegations';
  let sum = 0n;
  for (const [i, unbonding] of listAt(document, 'app_state', 'staking', 'unbonding_delegations').entries()) {
    const path = pointer(base, i);
    // A validator that is gone may still have unbondings: only what can be no address is told.
    if (operatorOf(unbonding) === '' && operators.size > 0)
      findings.add('foreign.delegation', `${path}/validator_address`, 'the unbonding names no validator');
    for (const [j, entry] of listAt(unbonding, 'entries').entries()) {
      const balance = readInteger(at(entry, 'balance'));
      const completion = at(entry, 'completion_time');
      if (balance === undefined || balance < 0n)
        findings.add('foreign.amount', `${path}/entries/${j}/balance`, 'expected a whole amount as text');
      if (completion !== undefined && readTime(completion) === undefined)
        findings.add(
          'foreign.number',
          `${path}/entries/${j}/completion_time`,
          `${shown(completion)} is no time`,
        );
      sum += balance ?? 0n;
    }
  }
  return sum;
}

/** What the module's accounts hold (or, to SDK 0.35, what is stated of them) against the tokens of the validators. */
function checkPools(
  { document, accounts, denomination, staked, findings }: StakingContext,
  unbonding: bigint,
): void {
  const tokensOf = (isBonded: boolean): bigint =>
    staked
      .filter((validator) => validator.isBonded === isBonded)
      .reduce((sum, { tokens }) => sum + tokens, 0n);
  const bonded = tokensOf(true);
  const stated = readInteger(at(document, 'app_state', 'staking', 'pool', 'bonded_tokens'));
  if (stated !== undefined) {
    if (stated !== bonded)
      findings.add(
        'foreign.pool',
        '/app_state/staking/pool/bonded_tokens',
        `the bonded tokens are stated as ${stated}; the bonded validators have ${bonded}`,
      );
    return;
  }
  const { prefix } = accounts;
  if (prefix === undefined) return;
  for (const [name, expected] of [
    ['bonded_tokens_pool', bonded],
    ['not_bonded_tokens_pool', tokensOf(false) + unbonding],
  ] as const) {
    const address = formatForeignAddress(prefix, moduleAddress(name));
    const account = accounts.byText.get(address);
    const held = balanceOf(account, denomination);
    if (held === expected) continue;
    const message = `${name} (${address}) holds ${held} ${denomination}; it stands for ${expected}`;
    if (held === 0n) findings.add('foreign.pool-missing', '/app_state/staking/validators', message);
    else findings.add('foreign.pool', account === undefined ? '' : accounts.pathOf(account), message);
  }
}

function readLastPowers(
  { document, findings }: StakingContext,
  operators: ReadonlyMap<string, StakedValidator>,
): ReadonlyMap<StakedValidator, bigint> {
  const base = '/app_state/staking/last_validator_powers';
  const powers = new Map<StakedValidator, bigint>();
  let sum = 0n;
  for (const [i, entry] of listAt(document, 'app_state', 'staking', 'last_validator_powers').entries()) {
    // The first generations named the members as their fields are named in Go.
    const isOld = at(entry, 'Address') !== undefined;
    const address = textAt(entry, isOld ? 'Address' : 'address') ?? '';
    const power = readInteger(at(entry, isOld ? 'Power' : 'power'));
    const validator = operators.get(address.toLowerCase());
    if (power === undefined || power <= 0n)
      findings.add(
        'foreign.power',
        `${pointer(base, i)}/${isOld ? 'Power' : 'power'}`,
        'the power must be positive',
      );
    if (validator === undefined)
      findings.add(
        'foreign.validator-set',
        `${pointer(base, i)}/${isOld ? 'Address' : 'address'}`,
        `there is no validator ${address.slice(0, 80)}`,
      );
    else powers.set(validator, power ?? 0n);
    sum += power ?? 0n;
  }
  if (sum > TOTAL_POWER_MAX)
    findings.add('foreign.power', base, `the powers sum to ${sum}, more than ${TOTAL_POWER_MAX}`);
  const total = readInteger(at(document, 'app_state', 'staking', 'last_total_power'));
  if (total !== undefined && total !== sum)
    findings.add(
      'foreign.power',
      '/app_state/staking/last_total_power',
      `the last total power is stated as ${total}; the powers sum to ${sum}`,
    );
  return powers;
}

/** CometBFT and the application must start with the same set: the SDK compares them, and stops. */
function checkTop(
  { document, staked, top, findings }: StakingContext,
  powers: ReadonlyMap<StakedValidator, bigint>,
): void {
  if (top.length === 0 || staked.length === 0) return;
  const byKey = new Map(staked.map((validator) => [validator.key, validator]));
  const isExported = at(document, 'app_state', 'staking', 'exported') === true && powers.size > 0;
  const reduction = reductionOf(top, byKey);
  for (const { path, power, key } of top) {
    const validator = key === undefined ? undefined : byKey.get(key);
    if (key === undefined) continue;
    if (validator === undefined) {
      findings.add('foreign.validator-set', path, 'no validator of the staking state has this key');
      continue;
    }
    const last = powers.get(validator);
    if (isExported && last !== power)
      findings.add(
        'foreign.validator-set',
        pointer(path, 'power'),
        `the power is ${power}; the staking state has ${last ?? 'none'} for ${validator.operator}`,
      );
    else if (validator.tokens / reduction !== power)
      findings.add(
        'foreign.power-tokens',
        pointer(path, 'power'),
        `the power is ${power}; ${validator.operator} has ${validator.tokens} tokens`,
      );
    if (validator.isJailed)
      findings.add('foreign.validator-set', path, `${validator.operator} is jailed: it has no power`);
  }
  if (isExported && top.length !== powers.size)
    findings.add(
      'foreign.validator-set',
      '/app_state/staking/last_validator_powers',
      `${powers.size} validators have power; at top level there are ${top.length}`,
    );
}

/** Tokens for one unit of power: the power of ten that fits the first validator; a million unless it tells. */
function reductionOf(
  top: readonly TopValidator[],
  byKey: ReadonlyMap<string | undefined, StakedValidator>,
): bigint {
  const largest = top.toSorted((a, b) => (a.power > b.power ? -1 : Number(a.power < b.power)));
  for (const { key, power } of largest.slice(0, 3)) {
    const tokens = byKey.get(key)?.tokens ?? 0n;
    for (let reduction = 1n; reduction <= 10n ** 24n; reduction *= 10n)
      if (tokens / reduction === power) return reduction;
  }
  return 1_000_000n;
}

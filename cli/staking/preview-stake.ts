import type { DelegationFacts, StakeRules, UnbondingFacts, ValidatorFacts } from './facts.ts';
import {
  change,
  effectLine,
  line,
  nameOf,
  powerLines,
  time,
  wouldFail,
  type Preview,
  type PreviewLine,
} from './preview.ts';

/** What the sender has at the validator, and the clock, where a preview depends on them. */
export interface Standing {
  readonly rules: StakeRules;
  readonly nowMs: number;
}

/** @throws `cli.would-fail` */
export function previewBond(
  { rules }: Standing,
  validator: ValidatorFacts,
  own: DelegationFacts,
  amount: bigint,
): Preview {
  refuseClosed(validator);
  if (amount < rules.minDelegation) {
    throw wouldFail('stake.dust', `a delegation has at least ${rules.minDelegation} base units: bond more`);
  }
  return {
    title: `bond ${amount} to ${nameOf(validator)}`,
    lines: [
      change('delegation', 'bonded by you', own.amount, own.amount + amount),
      ...powerLines(rules, validator, validator.stake + amount),
      effectLine(rules),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewUnbond(
  { rules, nowMs }: Standing,
  validator: ValidatorFacts,
  own: DelegationFacts,
  amount: bigint,
): Preview {
  refuseRelease(rules, validator, own, amount);
  return {
    title: `unbond ${amount} from ${nameOf(validator)}`,
    lines: [
      change('delegation', 'bonded by you', own.amount, own.amount - amount),
      line('rewards', 'rewards paid with it', own.rewards),
      ...powerLines(rules, validator, validator.stake - amount),
      effectLine(rules),
      time('unbondingEnds', 'unbonding ends', nowMs + rules.unbondingPeriodMs, 'about '),
      line('untilThen', 'until then', 'slashable', 'it earns nothing, and a slash still reaches it'),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewRedelegate(
  { rules, nowMs }: Standing,
  { source, destination }: { readonly source: ValidatorFacts; readonly destination: ValidatorFacts },
  own: { readonly source: DelegationFacts; readonly destination: DelegationFacts },
  amount: bigint,
): Preview {
  if (source.operator === destination.operator) {
    throw wouldFail('stake.same-validator', 'source and destination are the same validator');
  }
  refuseClosed(destination);
  if (own.source.hopAfterMs > nowMs) {
    const until = new Date(own.source.hopAfterMs).toISOString();
    throw wouldFail('stake.hop', `stake at the source came by redelegation: it can move on after ${until}`);
  }
  refuseRelease(rules, source, own.source, amount);
  const arriving = own.destination.amount;
  const reached = nowMs + rules.unbondingPeriodMs;
  const from = powerLines(rules, source, source.stake - amount);
  const to = powerLines(rules, destination, destination.stake + amount);
  return {
    title: `redelegate ${amount} from ${nameOf(source)} to ${nameOf(destination)}`,
    lines: [
      change('sourceDelegation', 'bonded at the source', own.source.amount, own.source.amount - amount),
      change('destinationDelegation', 'at the destination', arriving, arriving + amount),
      line('rewards', 'rewards paid with it', own.source.rewards + own.destination.rewards),
      ...from.map((one) => prefixed('source', one)),
      ...to.map((one) => prefixed('destination', one)),
      effectLine(rules),
      time('answersForSourceUntil', 'may not move on before', reached, 'about '),
    ],
  };
}

/** A line of one of two validators. */
function prefixed(which: string, { key, label, value, text }: PreviewLine): PreviewLine {
  return {
    key: `${which}${key.charAt(0).toUpperCase()}${key.slice(1)}`,
    label: `${which}: ${label}`,
    value,
    text,
  };
}

/** @throws `cli.would-fail` */
export function previewCancelUnbond(
  { rules }: Standing,
  validator: ValidatorFacts,
  { own, entry }: { readonly own: DelegationFacts; readonly entry: UnbondingFacts },
  amount: bigint,
): Preview {
  refuseClosed(validator);
  if (amount > entry.amount) {
    throw wouldFail('stake.more-than-unbonding', `the entry holds ${entry.amount} base units`);
  }
  return {
    title: `bond ${amount} of what ${nameOf(validator)} is releasing again`,
    lines: [
      time('unbondingEnds', 'entry that ends', entry.endMs),
      change('entry', 'left in the entry', entry.amount, entry.amount - amount),
      change('delegation', 'bonded by you', own.amount, own.amount + amount),
      ...powerLines(rules, validator, validator.stake + amount),
      effectLine(rules),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewWithdraw(
  validator: ValidatorFacts,
  own: DelegationFacts,
  isOperator: boolean,
): Preview {
  const commission = isOperator ? validator.commissionDue : 0n;
  if (own.rewards + commission === 0n) {
    throw wouldFail('stake.no-rewards', `there is nothing to withdraw at ${nameOf(validator)} yet`);
  }
  return {
    title: `withdraw rewards at ${nameOf(validator)}`,
    lines: [
      line('rewards', 'rewards', own.rewards, `${own.rewards}, or more by then`),
      ...(isOperator ? [line('commission', 'commission', commission, `${commission}, or more by then`)] : []),
    ],
  };
}

function refuseClosed({ status, isExiting, ...validator }: ValidatorFacts): void {
  if (status === 'tombstoned') {
    throw wouldFail('validator.tombstoned', `${validator.name} is tombstoned for good: choose another`);
  }
  if (isExiting) throw wouldFail('validator.exiting', `${validator.name} is on its way out: choose another`);
}

function refuseRelease(
  { minDelegation }: StakeRules,
  validator: ValidatorFacts,
  own: DelegationFacts,
  amount: bigint,
): void {
  if (own.amount === 0n) throw wouldFail('stake.no-delegation', `you have no stake at ${nameOf(validator)}`);
  if (amount > own.amount) {
    throw wouldFail('stake.more-than-bonded', `you have bonded ${own.amount}: give no more, or "all"`);
  }
  const rest = own.amount - amount;
  if (amount === 0n || (rest > 0n && rest < minDelegation)) {
    throw wouldFail('stake.dust', `${rest} of at least ${minDelegation} base units would stay: give "all"`);
  }
}

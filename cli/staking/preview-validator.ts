import type { CommissionTerms, EditPayload, RegisterPayload, ValidatorIdentity } from '#services/transaction';
import { percentage } from '../percentage.ts';
import type { ValidatorFacts } from './facts.ts';
import type { Standing } from './preview-stake.ts';
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

const AT_ONCE = 'with the block that holds it';

/** @throws `cli.would-fail` */
export function previewRegister(
  { rules }: Standing,
  operator: string,
  terms: Pick<RegisterPayload, 'identity' | 'commission' | 'minSelfStake' | 'stake'>,
): Preview {
  const { identity, commission, minSelfStake, stake } = terms;
  if (minSelfStake < rules.minSelfStake || stake < minSelfStake) {
    const least = minSelfStake < rules.minSelfStake ? rules.minSelfStake : minSelfStake;
    const why = `stake and minimum self-stake must be ${least} base units or more, the minimum at most the stake`;
    throw wouldFail('validator.self-stake-too-small', why);
  }
  const name = identity.name;
  const none = { operator, name, status: 'inactive', isExiting: false, stake: 0n, selfStake: 0n };
  const facts = { ...none, minSelfStake, power: 0, commission, commissionDue: 0n, jailedUntilMs: 0 };
  const isTooSmall = stake < rules.powerReduction;
  const hint = `${rules.powerReduction} base units give the first unit of power: bond more to be chosen`;
  return {
    title: `register the validator ${nameOf(facts)}`,
    lines: [
      ...identityLines(identity),
      ...commissionLines(commission),
      line('minSelfStake', 'minimum self-stake', minSelfStake, `${minSelfStake}; it can only go up`),
      ...powerLines(rules, facts, stake),
      isTooSmall ? line('takesEffectAtHeight', 'takes effect', null, hint) : effectLine(rules),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewEdit(validator: ValidatorFacts, payload: EditPayload): Preview {
  refuseExiting(validator);
  const { identity, commissionRate, minSelfStake } = payload;
  const { rate, maxRate, maxDailyChange } = validator.commission;
  if (commissionRate !== undefined && commissionRate > maxRate) {
    throw wouldFail('validator.commission-range', `the commission is at most ${percentage(maxRate)}`);
  }
  if (commissionRate !== undefined && Math.abs(commissionRate - rate) > maxDailyChange) {
    const why = `it is ${percentage(rate)} and changes by at most ${percentage(maxDailyChange)} in a day`;
    throw wouldFail('validator.commission-jump', why);
  }
  if (minSelfStake !== undefined && minSelfStake < validator.minSelfStake) {
    const why = `the minimum self-stake is ${validator.minSelfStake}, and only goes up`;
    throw wouldFail('validator.self-stake-lowered', why);
  }
  if (minSelfStake !== undefined && minSelfStake > validator.selfStake) {
    const why = `the operator has bonded ${validator.selfStake}: bond more first`;
    throw wouldFail('validator.self-stake-too-small', why);
  }
  const least = 'minimum self-stake';
  return {
    title: `edit the validator ${nameOf(validator)}`,
    lines: [
      ...(identity === undefined ? [] : identityLines(identity)),
      ...(commissionRate === undefined
        ? []
        : [change('commissionRate', 'commission', rate, commissionRate, percentage)]),
      ...(minSelfStake === undefined
        ? []
        : [change('minSelfStake', least, validator.minSelfStake, minSelfStake)]),
      line('takesEffect', 'takes effect', 'at-once', AT_ONCE),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewUnjail({ rules, nowMs }: Standing, validator: ValidatorFacts): Preview {
  refuseExiting(validator);
  const { status, jailedUntilMs, selfStake, minSelfStake } = validator;
  refuseTombstoned(validator);
  if (status !== 'jailed') throw wouldFail('validator.not-jailed', `the validator is ${status}, not in jail`);
  if (nowMs < jailedUntilMs) {
    const until = new Date(jailedUntilMs).toISOString();
    throw wouldFail('validator.jail-not-over', `the validator stays in jail until ${until}: try then`);
  }
  if (selfStake < minSelfStake) {
    const why = `the operator has bonded ${selfStake}, the minimum is ${minSelfStake}: bond more first`;
    throw wouldFail('validator.self-stake-too-small', why);
  }
  const isSeated = validator.power > 0;
  return {
    title: `let the validator ${nameOf(validator)} out of jail`,
    lines: [
      change('status', 'status', status, isSeated ? 'active' : 'inactive'),
      isSeated ? line('takesEffect', 'takes effect', 'at-once', AT_ONCE) : effectLine(rules),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewExit({ rules, nowMs }: Standing, validator: ValidatorFacts): Preview {
  refuseExiting(validator);
  const { selfStake } = validator;
  return {
    title: `take the validator ${nameOf(validator)} out for good`,
    lines: [
      line('unbonds', 'unbonds your own stake', selfStake),
      ...powerLines(rules, validator, 0n).slice(1),
      effectLine(rules),
      time('unbondingEnds', 'unbonding ends', nowMs + rules.unbondingPeriodMs, 'about '),
      line('keepRunning', 'until it takes effect', true, 'keep the node running: it still votes'),
      line('irrevocable', 'cannot be taken back', true, 'its consensus keys can never be used again'),
    ],
  };
}

/** @throws `cli.would-fail` */
export function previewRotateKey(
  { rules }: Standing,
  validator: ValidatorFacts,
  keys: { readonly before: string; readonly after: string },
): Preview {
  refuseExiting(validator);
  refuseTombstoned(validator);
  if (keys.before === keys.after) {
    throw wouldFail('validator.key-used', 'it is the consensus key of the validator: make a new one');
  }
  return {
    title: `give the validator ${nameOf(validator)} another consensus key`,
    lines: [
      change('consensusKey', 'consensus key', keys.before, keys.after),
      effectLine(rules),
      line(
        'keepRunning',
        'until then',
        true,
        'the node signs with the old key, from then on with the new one',
      ),
      line('oldKey', 'the old key', 'answerable', 'stays answerable for what it signs'),
    ],
  };
}

function identityLines(identity: ValidatorIdentity): PreviewLine[] {
  return Object.entries(identity)
    .filter(([, text]) => text !== '')
    .map(([member, text]) => line(member, member, text));
}

function commissionLines({ rate, maxRate, maxDailyChange }: CommissionTerms): PreviewLine[] {
  const bounds = `at most ${percentage(maxRate)}, changes by at most ${percentage(maxDailyChange)} in a day`;
  const text = `${percentage(rate)}; ${bounds}, for good`;
  return [line('commission', 'commission', { rate, maxRate, maxDailyChange }, text)];
}

function refuseExiting({ isExiting }: ValidatorFacts): void {
  if (isExiting) throw wouldFail('validator.exiting', 'the validator is on its way out');
}

function refuseTombstoned({ status }: ValidatorFacts): void {
  if (status === 'tombstoned') {
    throw wouldFail('validator.tombstoned', 'the validator is tombstoned for good: register another');
  }
}

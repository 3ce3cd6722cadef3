import type { Findings } from '../report/findings.ts';
import type { CoinReader } from './coins.ts';
import { shown } from './encoding.ts';
import { ONE, readDecimal, readDuration, readInteger, readUint64 } from './numbers.ts';
import { at, isShape } from './shape.ts';

/** What a member of a module's parameters can be, and how that is said. */
const KINDS = {
  count: ['a whole number of 64 bits', (value: unknown) => readUint64(value) !== undefined],
  positive: ['a whole number above 0', (value: unknown) => (readUint64(value) ?? 0n) > 0n],
  amount: ['a whole number, 0 or more', (value: unknown) => (readInteger(value) ?? -1n) >= 0n],
  decimal: ['a decimal, 0 or more', (value: unknown) => (readDecimal(value) ?? -1n) >= 0n],
  fraction: ['a decimal from 0 to 1', (value: unknown) => isFraction(value)],
  share: ['a decimal above 0, at most 1', (value: unknown) => isFraction(value) && readDecimal(value) !== 0n],
  duration: ['a duration above 0', (value: unknown) => (readDuration(value) ?? 0n) > 0n],
} as const satisfies Readonly<Record<string, readonly [string, (value: unknown) => boolean]>>;

function isFraction(value: unknown): boolean {
  const atoms = readDecimal(value);
  return atoms !== undefined && atoms >= 0n && atoms <= ONE;
}

type Kind = keyof typeof KINDS;

/** Members whose range every generation of their module checks, by place under `app_state`. */
const MEMBERS: readonly (readonly [Kind, string, ...string[]])[] = [
  ['positive', 'auth/params', 'max_memo_characters', 'tx_sig_limit', 'tx_size_cost_per_byte'],
  ['positive', 'auth/params', 'sig_verify_cost_ed25519', 'sig_verify_cost_secp256k1'],
  ['positive', 'capability', 'index'],
  ['duration', 'evidence/params', 'max_evidence_age'],
  ['duration', 'staking/params', 'unbonding_time'],
  ['positive', 'staking/params', 'max_validators', 'max_entries'],
  ['count', 'staking/params', 'historical_entries'],
  ['fraction', 'staking/params', 'min_commission_rate'],
  ['amount', 'staking', 'last_total_power'],
  ['amount', 'staking/pool', 'bonded_tokens'],
  ['decimal', 'mint/minter', 'inflation', 'annual_provisions'],
  ['fraction', 'mint/params', 'inflation_rate_change', 'inflation_max', 'inflation_min'],
  ['share', 'mint/params', 'goal_bonded'],
  ['positive', 'mint/params', 'blocks_per_year'],
  ...['distr', 'distribution', 'distr/params', 'distribution/params'].map(
    (place) => ['fraction', place, 'community_tax', 'base_proposer_reward', 'bonus_proposer_reward'] as const,
  ),
  ['positive', 'slashing/params', 'signed_blocks_window'],
  ['fraction', 'slashing/params', 'min_signed_per_window'],
  ['fraction', 'slashing/params', 'slash_fraction_double_sign', 'slash_fraction_downtime'],
  ['duration', 'slashing/params', 'downtime_jail_duration', 'max_evidence_age'],
  ['positive', 'gov', 'starting_proposal_id'],
  ...['gov/params', 'gov/deposit_params', 'gov/voting_params'].map(
    (place) => ['duration', place, 'max_deposit_period', 'voting_period', 'expedited_voting_period'] as const,
  ),
  ...['gov/params', 'gov/tally_params'].flatMap(
    (place) =>
      [
        ['fraction', place, 'quorum'],
        ['share', place, 'threshold', 'expedited_threshold', 'veto', 'veto_threshold'],
      ] as const,
  ),
  ['fraction', 'gov/params', 'min_initial_deposit_ratio', 'proposal_cancel_ratio', 'min_deposit_ratio'],
];

/** Denominations and coins of parameters. */
const COIN_LISTS = [
  'gov/deposit_params/min_deposit',
  'gov/params/min_deposit',
  'gov/params/expedited_min_deposit',
];
const DENOMINATIONS = ['staking/params/bond_denom', 'mint/params/mint_denom'];
const DECIMAL_COINS = ['distr/fee_pool/community_pool', 'distribution/fee_pool/community_pool'];

/** Checks the parameters of the modules, each by its range, and then those that depend on one another. */
export function checkModuleParameters(document: unknown, coinReader: CoinReader, findings: Findings): void {
  const state = at(document, 'app_state');
  const find = (place: string): unknown => at(state, ...place.split('/'));
  for (const [kind, place, ...names] of MEMBERS) {
    const section = find(place);
    if (!isShape(section)) continue;
    const [says, isRight] = KINDS[kind];
    for (const name of names) {
      if (!Object.hasOwn(section, name) || isRight(section[name])) continue;
      findings.add(
        'foreign.module-parameter',
        `/app_state/${place}/${name}`,
        `${name} is ${shown(section[name])}; it must be ${says}`,
      );
    }
  }
  for (const place of COIN_LISTS) coinReader.list(find(place), () => `/app_state/${place}`);
  for (const place of DECIMAL_COINS) coinReader.decimals(find(place), `/app_state/${place}`);
  for (const place of DENOMINATIONS) {
    const value = find(place) ?? undefined;
    if (value !== undefined) coinReader.denomination(value, () => `/app_state/${place}`);
  }
  const fee = find('crisis/constant_fee') ?? undefined;
  if (fee !== undefined) coinReader.coin(fee, () => '/app_state/crisis/constant_fee');
  checkRelations(document, findings);
}

function checkRelations(document: unknown, findings: Findings): void {
  const decimal = (...path: string[]): bigint | undefined => readDecimal(at(document, 'app_state', ...path));
  const duration = (...path: string[]): bigint | undefined =>
    readDuration(at(document, 'app_state', ...path));
  const fails = (path: string, message: string): void =>
    findings.add('foreign.module-parameter', `/app_state/${path}`, message);
  const [low, high] = [
    decimal('mint', 'params', 'inflation_min'),
    decimal('mint', 'params', 'inflation_max'),
  ];
  if (low !== undefined && high !== undefined && low > high)
    fails('mint/params/inflation_min', 'the least inflation is above the largest');
  for (const place of [['distr'], ['distribution'], ['distr', 'params'], ['distribution', 'params']]) {
    const shares = ['community_tax', 'base_proposer_reward', 'bonus_proposer_reward'].map((name) =>
      decimal(...place, name),
    );
    if (shares.reduce<bigint>((sum, share) => sum + (share ?? 0n), 0n) > ONE)
      fails(`${place.join('/')}/community_tax`, 'tax and proposer rewards sum to more than 1');
  }
  const [expedited, usual] = [
    decimal('gov', 'params', 'expedited_threshold'),
    decimal('gov', 'params', 'threshold'),
  ];
  if (expedited !== undefined && usual !== undefined && expedited <= usual)
    fails(
      'gov/params/expedited_threshold',
      'the threshold of expedited proposals must be above that of others',
    );
  const [quick, slow] = [
    duration('gov', 'params', 'expedited_voting_period'),
    duration('gov', 'params', 'voting_period'),
  ];
  if (quick !== undefined && slow !== undefined && quick >= slow)
    fails('gov/params/expedited_voting_period', 'expedited proposals must be voted on for a shorter time');
  checkWeak(document, findings);
}

const MINUTE = 60_000_000_000n;

function checkWeak(document: unknown, findings: Findings): void {
  const weak = (path: string, message: string): void =>
    findings.add('foreign.module-parameter-weak', path, message);
  const window = readUint64(at(document, 'app_state', 'slashing', 'params', 'signed_blocks_window'));
  if (window !== undefined && window > 0n && window < 10n)
    weak(
      '/app_state/slashing/params/signed_blocks_window',
      `a window of ${window} blocks jails for a short fault`,
    );
  const jail = readDuration(at(document, 'app_state', 'slashing', 'params', 'downtime_jail_duration'));
  if (jail !== undefined && jail > 0n && jail < MINUTE)
    weak('/app_state/slashing/params/downtime_jail_duration', 'a jailed validator is back within a minute');
  const unbonding = readDuration(at(document, 'app_state', 'staking', 'params', 'unbonding_time'));
  for (const [path, ...steps] of [
    ['/consensus_params/evidence/max_age_duration', 'consensus_params', 'evidence', 'max_age_duration'],
    ['/consensus/params/evidence/max_age_duration', 'consensus', 'params', 'evidence', 'max_age_duration'],
    ['/app_state/slashing/params/max_evidence_age', 'app_state', 'slashing', 'params', 'max_evidence_age'],
  ] as const) {
    const age = readDuration(at(document, ...steps));
    if (age !== undefined && unbonding !== undefined && age > 0n && unbonding > 0n && age < unbonding)
      weak(path, 'evidence expires before stake is released: who misbehaved can keep it by waiting');
  }
}

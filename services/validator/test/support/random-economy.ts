import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressOfKey, toHex } from '#kernel';
import type { StakePayload } from '#services/transaction';
import type { StakePool } from '../../domain/records/records.ts';
import {
  DELEGATIONS,
  POOLS,
  UNBONDINGS,
  UNBONDING_POOLS,
  VALIDATORS,
  addressIn,
} from '../../domain/records/tables.ts';
import {
  addressOf,
  bond,
  cancelUnbond,
  consensusKeyOf,
  Economy,
  PARAMETERS,
  redelegate,
  register,
  unbond,
  withdraw,
} from './economy.ts';
import { checkInvariants } from './invariants.ts';
import { EconomyModel } from './model.ts';

const FOUNDERS = ['ada', 'ben', 'cyd'] as const;
const LATER = ['dan', 'eve', 'fay'] as const;
const OPERATORS = [...FOUNDERS, ...LATER] as const;
const OTHERS = ['gus', 'hal', 'ida', 'joe'] as const;
const ACCOUNTS = [...OPERATORS, ...OTHERS] as const;
const FUNDS = 100_000n;
const RATES: Readonly<Record<string, number>> = {
  ada: 1_000,
  ben: 0,
  cyd: 2_500,
  dan: 500,
  eve: 10_000,
  fay: 0,
};
const commissionOf = (name: string) => ({ rate: RATES[name] ?? 0, maxRate: 10_000, maxDailyChange: 10_000 });

const KINDS = ['bond', 'unbond', 'redelegate', 'cancel', 'withdraw', 'register', 'unjail', 'exit'] as const;

interface Asked {
  readonly kind: (typeof KINDS)[number];
  readonly account: number;
  readonly validator: number;
  readonly to: number;
  /** Thousandths of what there is. */
  readonly part: number;
}

interface Step {
  readonly asked: readonly Asked[];
  readonly absent: readonly number[];
  readonly offender: number | undefined;
  readonly elapsedMs: number;
  readonly fees: number;
}

const account = fc.nat({ max: ACCOUNTS.length - 1 });
const validator = fc.nat({ max: OPERATORS.length - 1 });
/** Thousandths of what there is; more than all of it now and then. */
const part = fc.oneof(fc.nat({ max: 1_000 }), fc.constantFrom(0, 1_000, 1_001, 1_500));
const FREQUENT = ['bond', 'unbond', 'redelegate', 'redelegate'] as const;
const asked: fc.Arbitrary<Asked> = fc.record({
  kind: fc.constantFrom(...FREQUENT, ...FREQUENT, ...KINDS),
  account,
  validator,
  to: validator,
  part,
});
const step: fc.Arbitrary<Step> = fc.record({
  asked: fc.array(asked, { maxLength: 4 }),
  absent: fc.oneof(fc.constant([]), fc.array(validator, { maxLength: 2 }), fc.constant([0])),
  offender: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: validator }),
  elapsedMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(1_000) },
    { weight: 1, arbitrary: fc.constantFrom(1, 20_000) },
  ),
  fees: fc.oneof(fc.constant(0), fc.nat({ max: 999 })),
});

/** Random blocks. */
export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: 1, maxLength, size: 'max' });

/** What a run did, to see that it did enough. */
export interface RunCounts {
  blocks: number;
  operations: number;
  succeeded: number;
  slashes: number;
  rotations: number;
}

/**
 * Drives the rules and the model through the same blocks, and compares them all along.
 *
 * @param maxChurnBasisPoints below 10,000 power outlives its stake
 */
export async function runAgainstModel(
  sequence: readonly Step[],
  maxChurnBasisPoints = 10_000,
): Promise<RunCounts> {
  const parameters = { ...PARAMETERS, blockReward: 1_009n, maxChurnBasisPoints };
  const founders = FOUNDERS.map((name, i) => ({
    name,
    stake: BigInt(30_000 - 7_000 * i),
    commission: commissionOf(name),
  }));
  const balances = Object.fromEntries([...ACCOUNTS, 'payer'].map((name) => [name, FUNDS]));
  const economy = await Economy.start(founders, balances, parameters);
  const model = new EconomyModel(parameters);
  for (const name of ACCOUNTS) model.add(name, FUNDS);
  for (const { name, stake } of founders) {
    model.add(name, stake);
    model.register(name, stake, RATES[name]);
  }
  const run = new Run(economy, model);
  for (const taken of sequence) await run.block(taken);
  await run.settle();
  run.compare();
  return run.counts;
}

class Run {
  readonly #economy: Economy;
  readonly #model: EconomyModel;
  /** By height: who was in the set, with which power. */
  readonly #sets = new Map<number, readonly { readonly name: string; readonly power: number }[]>();
  readonly #deserved = new Map<string, number>();
  readonly counts: RunCounts = { blocks: 0, operations: 0, succeeded: 0, slashes: 0, rotations: 0 };

  constructor(economy: Economy, model: EconomyModel) {
    this.#economy = economy;
    this.#model = model;
  }

  async block({ asked, absent, offender, elapsedMs, fees }: Step): Promise<void> {
    const economy = this.#economy;
    const height = economy.height + 1;
    this.#sets.set(height, membersOf(economy));
    const offence = this.#offenceOf(offender, height);
    const timeMs = economy.timeMs + elapsedMs;
    const operations = asked.map((one) => this.#operation(one));
    const feesBefore = economy.fees;
    const result = await economy.block({
      operations: operations.map(({ sender, payload }) => [sender, payload] as const),
      absent: absent.map((index) => OPERATORS[index] as string),
      offences: offence === undefined ? [] : [offence.given],
      elapsedMs,
      fees: BigInt(fees),
    });
    this.#begin(
      height,
      timeMs,
      feesBefore,
      new Set(absent.map((index) => OPERATORS[index] as string)),
      offence,
    );
    for (const [i, { sender, payload }] of operations.entries()) {
      this.counts.operations++;
      if (result.codes[i] === 'ok') this.#applyToModel(sender, payload, timeMs);
      else assert.match(result.codes[i] as string, /^(stake|validator)\.[a-z-]+$/);
    }
    this.#model.endBlock(height);
    this.counts.blocks++;
    if (result.events.some(({ type }) => type === 'validator-set.rotated')) this.#checkRotation();
    if (height > 1 && (height - 1) % PARAMETERS.epochBlocks === 0) this.#noteStakes();
    const slashed = result.events.filter(({ type }) => type === 'validator.slashed');
    this.counts.slashes += slashed.length;
    checkInvariants(economy);
    this.compareStakes();
  }

  #begin(
    height: number,
    timeMs: number,
    fees: bigint,
    absent: ReadonlySet<string>,
    offence: { name: string; power: number; height: number } | undefined,
  ): void {
    const model = this.#model;
    const committee = this.#sets.get(height - 1) ?? [];
    const down = new Set<string>();
    if (committee.length > 0) {
      model.pay(fees + 1_009n, committee, absent);
      for (const { name } of committee)
        if (absent.has(name) && model.of(name).state === 'free' && model.miss(name, height - 1))
          down.add(name);
    }
    if (offence !== undefined && model.of(offence.name).state !== 'tombstoned') {
      model.slash(offence.name, { ...offence, basisPoints: PARAMETERS.equivocationSlashBasisPoints });
      model.of(offence.name).state = 'tombstoned';
    }
    for (const { name, power } of committee) {
      if (!down.has(name) || model.of(name).state !== 'free') continue;
      model.slash(name, { power, height: height - 1, basisPoints: PARAMETERS.downtimeSlashBasisPoints });
      model.of(name).state = 'jailed';
      model.of(name).missed.clear();
    }
    model.release(timeMs);
  }

  /** Somebody of a recent set, at its height. */
  #offenceOf(offender: number | undefined, height: number) {
    if (offender === undefined) return undefined;
    const at = Math.max(1, height - 1 - (offender % 4) * 3);
    const name = OPERATORS[offender] as string;
    const power = this.#sets.get(at)?.find((member) => member.name === name)?.power;
    if (power === undefined || at >= height) return undefined;
    const given = {
      validator: addressOfKey('ed25519', consensusKeyOf(name)),
      kind: 'duplicate-vote' as const,
      height: at,
      power,
      evidenceHash: new Uint8Array(32).fill(7),
    };
    return { name, power, height: at, given };
  }

  #operation(asked: Asked): { sender: string; payload: StakePayload } {
    const own = OPERATORS[asked.validator] as string;
    if (asked.kind === 'register') {
      return { sender: own, payload: register(own, 5_000n, { commission: commissionOf(own) }) };
    }
    if (asked.kind === 'unjail') return { sender: own, payload: { type: 'validator.unjail' } };
    if (asked.kind === 'exit') return { sender: own, payload: { type: 'validator.exit' } };
    const of = (whole: bigint): bigint => (whole * BigInt(asked.part)) / 1_000n;
    if (asked.kind === 'bond') {
      const sender = ACCOUNTS[asked.account] as string;
      return { sender, payload: bond(own, of(this.#economy.balanceOf(sender) / 4n)) };
    }
    const table = asked.kind === 'cancel' ? UNBONDINGS : DELEGATIONS;
    const { sender, name } = this.#someone(table, asked.account * OPERATORS.length + asked.validator);
    const bonded = of(this.#bonded(name, sender));
    if (asked.kind === 'unbond') return { sender, payload: unbond(name, bonded) };
    if (asked.kind === 'withdraw') return { sender, payload: withdraw(name) };
    if (asked.kind === 'redelegate') {
      return { sender, payload: redelegate(name, OPERATORS[asked.to] as string, bonded) };
    }
    const unbonding = this.#economy.record(UNBONDINGS, addressOf(name), addressOf(sender));
    const entry = unbonding?.entries[asked.part % (unbonding.entries.length || 1)];
    const amount = of(this.#unbonding(name, sender, entry?.endMs));
    return { sender, payload: cancelUnbond(name, entry?.endMs ?? 1, amount) };
  }

  /** An account that has something at a validator, or, now and then, one that may have nothing. */
  #someone(table: typeof DELEGATIONS | typeof UNBONDINGS, pick: number): { sender: string; name: string } {
    const keys =
      table === DELEGATIONS ? this.#economy.records(DELEGATIONS) : this.#economy.records(UNBONDINGS);
    const key = pick % 8 === 0 ? undefined : keys[pick % (keys.length || 1)]?.key;
    if (key === undefined) return { sender: ACCOUNTS[pick % ACCOUNTS.length] as string, name: 'ada' };
    const named = (index: number, names: readonly string[]): string =>
      names.find((name) => toHex(addressOf(name)) === toHex(addressIn(key, index))) as string;
    return { sender: named(1, ACCOUNTS), name: named(0, OPERATORS) };
  }

  #applyToModel(sender: string, payload: StakePayload, timeMs: number): void {
    this.counts.succeeded++;
    const model = this.#model;
    const endMs = timeMs + PARAMETERS.unbondingPeriodMs;
    const nameOf = (address: Uint8Array): string =>
      OPERATORS.find((name) => toHex(addressOf(name)) === toHex(address)) as string;
    switch (payload.type) {
      case 'validator.register':
        return model.register(sender, payload.stake, payload.commission.rate);
      case 'validator.unjail':
        model.of(sender).state = 'free';
        return undefined;
      case 'validator.exit':
        return model.unbond(sender, sender, model.bonded(sender, sender), endMs);
      case 'stake.bond':
        return model.bond(sender, nameOf(payload.validator), payload.amount);
      case 'stake.unbond':
        return model.unbond(sender, nameOf(payload.validator), payload.amount, endMs);
      case 'stake.cancel-unbond':
        return model.cancel(sender, nameOf(payload.validator), payload.amount, payload.endMs);
      case 'stake.redelegate':
        return model.redelegate(
          sender,
          nameOf(payload.source),
          nameOf(payload.destination),
          payload.amount,
          endMs,
        );
      default:
        return undefined;
    }
  }

  /** Power is that of the stake when the set was decided; nobody with more stake who could serve was left out. */
  #checkRotation(): void {
    this.counts.rotations++;
    const { validators } = this.#economy.validators;
    assert(validators.length <= PARAMETERS.maxValidators);
    // What a bound on churn holds back is looked at in rotation.test.ts.
    if (this.#economy.parameters.maxChurnBasisPoints < 10_000) return;
    const seated = new Map(validators.map(({ name, power }) => [name, power]));
    for (const [name, power] of seated) assert.equal(power, this.#deserved.get(name), `power of ${name}`);
    const least = Math.min(...seated.values());
    const isFull = validators.length === PARAMETERS.maxValidators;
    for (const [name, power] of this.#deserved)
      if (!seated.has(name) && power > 0) assert(isFull && power <= least, `${name} was left out`);
  }

  /** What a decision at the end of this block would go by. */
  #noteStakes(): void {
    this.#deserved.clear();
    for (const { key, value } of this.#economy.records(VALIDATORS)) {
      const { stake, shares, selfShares } = this.#economy.record(POOLS, addressIn(key, 0)) as StakePool;
      const isFree = (value.status === 'active' || value.status === 'inactive') && !value.isExiting;
      const own = shares === 0n ? 0n : (selfShares * stake) / shares;
      const mayServe = isFree && own >= value.minSelfStake;
      this.#deserved.set(value.identity.name, mayServe ? Number(stake / 1_000n) : 0);
    }
  }

  #bonded(name: string, account: string): bigint {
    const pool = this.#economy.record(POOLS, addressOf(name));
    const shares = this.#economy.record(DELEGATIONS, addressOf(name), addressOf(account))?.shares ?? 0n;
    return pool === undefined || pool.shares === 0n ? 0n : (shares * pool.stake) / pool.shares;
  }

  #unbonding(name: string, account: string, endMs?: number): bigint {
    const entries = this.#economy.record(UNBONDINGS, addressOf(name), addressOf(account))?.entries ?? [];
    return entries
      .filter((entry) => endMs === undefined || entry.endMs === endMs)
      .reduce((sum, { epoch, shares }) => {
        const pool = this.#economy.record(UNBONDING_POOLS, addressOf(name), epoch);
        return pool === undefined ? sum : sum + (shares * pool.tokens) / pool.shares;
      }, 0n);
  }

  /** Each operation may be off by a base unit, towards the pool. */
  #isClose(found: bigint, expected: bigint, what: string): void {
    const bound = BigInt(10 + 2 * this.counts.succeeded + 20 * this.counts.slashes);
    const difference = found > expected ? found - expected : expected - found;
    assert(difference <= bound, `${what}: ${found} found, ${expected} expected, may differ by ${bound}`);
  }

  compareStakes(): void {
    for (const name of this.#model.validators.keys()) {
      for (const holder of ACCOUNTS) {
        this.#isClose(this.#bonded(name, holder), this.#model.bonded(name, holder), `${holder} at ${name}`);
        const unbonding = this.#model.unbonding(name, holder);
        this.#isClose(this.#unbonding(name, holder), unbonding, `${holder} leaving ${name}`);
      }
      const record = this.#economy.record(VALIDATORS, addressOf(name));
      const state = this.#model.of(name).state;
      if (record === undefined) continue;
      const isHeld = record.status === 'jailed' || record.status === 'tombstoned';
      assert.equal(isHeld ? record.status : 'free', state, name);
    }
    this.#isClose(this.#economy.totals().burnt, this.#model.burntUnits(), 'burnt');
  }

  /** Everybody withdraws everywhere. */
  async settle(): Promise<void> {
    for (const name of this.#model.validators.keys()) {
      const operations = ACCOUNTS.map((holder) => [holder, withdraw(name)] as const);
      this.#sets.set(this.#economy.height + 1, membersOf(this.#economy));
      const [height, fees] = [this.#economy.height + 1, this.#economy.fees];
      await this.#economy.block({ operations });
      this.#begin(height, this.#economy.timeMs, fees, new Set(), undefined);
      this.#model.endBlock(height);
      checkInvariants(this.#economy);
    }
  }

  compare(): void {
    this.compareStakes();
    for (const holder of ACCOUNTS) {
      // What came since an account withdrew at one validator and now, at another, is still due.
      const pending = 1_009n * BigInt(OPERATORS.length);
      const [found, expected] = [this.#economy.balanceOf(holder), this.#model.balance(holder)];
      const bound = BigInt(10 + 2 * this.counts.succeeded + 20 * this.counts.slashes);
      assert(
        found <= expected + bound && found + bound + pending >= expected,
        `${holder}: ${found}, ${expected}`,
      );
    }
  }
}

function membersOf(economy: Economy): { name: string; power: number }[] {
  return economy.validators.validators.map(({ name, power }) => ({ name, power }));
}

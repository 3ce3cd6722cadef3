import { concatBytes, toHex, type Amount } from '#kernel';
import { SCALE } from '../domain/arithmetic.ts';
import type {
  Performance,
  Progress,
  Reputation,
  Seat,
  SlashRecord,
  StakePool,
  StakeTotals,
  ValidatorRecord,
} from '../domain/records/records.ts';
import {
  CONSENSUS_KEYS,
  DELEGATIONS,
  PERFORMANCES,
  POOLS,
  PROGRESS,
  REPUTATIONS,
  SEATS,
  SLASHES,
  TIES,
  TOTALS,
  UNBONDINGS,
  UNBONDING_POOLS,
  VALIDATORS,
  addressIn,
  numberIn,
} from '../domain/records/tables.ts';
import { rewardsOf } from '../domain/rewards/pay-delegation.ts';
import { settleValidator } from '../domain/rewards/settle.ts';
import { StakeView } from '../domain/stake-view.ts';
import { valueOf } from '../domain/stake.ts';
import { entryValue } from '../domain/unbonding.ts';
import { hotRecord, isHot, needHot, validatorsOf, type HotRecords } from './hot-records.ts';
import { endOfPrefix, type RecordReader } from './record-reader.ts';

/** A validator as its records say. */
export interface ValidatorState {
  readonly operator: Uint8Array;
  readonly record: ValidatorRecord;
  readonly pool: StakePool;
  /** Undefined when it is in no set and was in none in this epoch. */
  readonly seat: Seat | undefined;
  readonly reputation: Reputation;
  /** Base units of commission that the operator can withdraw now. */
  readonly commissionDue: Amount;
}

/** Stake of an account at a validator. */
export interface DelegationState {
  readonly operator: Uint8Array;
  readonly delegator: Uint8Array;
  readonly shares: bigint;
  /** What the shares are worth now, and the rewards that could be withdrawn now; base units. */
  readonly amount: Amount;
  readonly rewards: Amount;
  /** Until when none of it may be redelegated, Unix milliseconds; 0 for no such time. */
  readonly hopAfterMs: number;
}

/** A release under way. */
export interface UnbondingState {
  readonly operator: Uint8Array;
  readonly delegator: Uint8Array;
  readonly endMs: number;
  readonly amount: Amount;
}

/** What a validator did in an epoch. */
export interface EpochPerformance {
  readonly epoch: number;
  readonly performance: Performance;
}

/** A slash, with the height of the block that carried it out. */
export interface CarriedOutSlash {
  readonly height: number;
  readonly slash: SlashRecord;
}

/** Where a page begins: after this address. */
export interface AddressPage {
  readonly after?: Uint8Array;
  readonly limit: number;
}

/** A page of what an account has. */
export interface AccountHoldings<Item> {
  readonly items: Item[];
  /** After this validator the next page begins; undefined at the end. A page may be empty and not the last. */
  readonly next: Uint8Array | undefined;
}

/** Reads of the context's state at the tip. Lists are by address; what is small is in memory. */
export interface StakeQueries {
  validator(operator: Uint8Array): ValidatorState | undefined;
  /** All of them: at most `VALIDATORS_MAX`. */
  validators(): ValidatorState[];
  /** Whose a consensus key is or was, by its 20-byte address. */
  operatorOfKey(key: Uint8Array): Promise<Uint8Array | undefined>;
  delegations(operator: Uint8Array, page: AddressPage): Promise<DelegationState[]>;
  /** What an account has bonded, by validator. */
  delegationsOf(account: Uint8Array, page: AddressPage): Promise<AccountHoldings<DelegationState>>;
  /** What an account is releasing, by validator and end. Both read a page of the validators that it is tied to. */
  unbondingsOf(account: Uint8Array, page: AddressPage): Promise<AccountHoldings<UnbondingState>>;
  /** By epoch, from `from` on up to `to`; epochs in which nothing was due and the reputation stayed are left out. */
  performance(
    operator: Uint8Array,
    range: { readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<EpochPerformance[]>;
  /** The latest first. */
  slashes(
    operator: Uint8Array,
    page: { readonly upTo?: number; readonly limit: number },
  ): Promise<CarriedOutSlash[]>;
  progress(): Progress;
  totals(): StakeTotals;
  /** What every account has beside its balance, an account maybe more than once: for exports, not for requests. */
  holdings(): AsyncGenerator<{ readonly account: Uint8Array; readonly amount: Amount }>;
}

type Pair = readonly [operator: Uint8Array, delegator: Uint8Array];

/** @param hot gives the hot records of the tip */
export function createStakeQueries(reader: RecordReader, hot: () => HotRecords): StakeQueries {
  return new StakeReads(reader, hot);
}

class StakeReads implements StakeQueries {
  readonly #reader: RecordReader;
  readonly #hot: () => HotRecords;

  constructor(reader: RecordReader, hot: () => HotRecords) {
    this.#reader = reader;
    this.#hot = hot;
  }

  validator(operator: Uint8Array): ValidatorState | undefined {
    return stateOf(this.#hot(), operator);
  }

  validators(): ValidatorState[] {
    const records = this.#hot();
    return validatorsOf(records).flatMap(({ operator }) => stateOf(records, operator) ?? []);
  }

  async operatorOfKey(key: Uint8Array): Promise<Uint8Array | undefined> {
    const [bytes] = await this.#reader.getMany([CONSENSUS_KEYS.keyOf(key)]);
    return bytes === undefined ? undefined : CONSENSUS_KEYS.decode(bytes).operator;
  }

  async delegations(operator: Uint8Array, page: AddressPage): Promise<DelegationState[]> {
    const keys = await keysAfter(this.#reader, DELEGATIONS.prefixOf(operator), page);
    return this.#delegationsAt(keys.map((key) => [operator, addressIn(key, 1)]));
  }

  delegationsOf(account: Uint8Array, page: AddressPage): Promise<AccountHoldings<DelegationState>> {
    return this.#holdingsOf(account, page, (pairs) => this.#delegationsAt(pairs));
  }

  unbondingsOf(account: Uint8Array, page: AddressPage): Promise<AccountHoldings<UnbondingState>> {
    return this.#holdingsOf(account, page, (pairs) => this.#unbondingsAt(pairs));
  }

  async performance(
    operator: Uint8Array,
    { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<EpochPerformance[]> {
    const [first, after] = [PERFORMANCES.keyOf(operator, from), PERFORMANCES.keyOf(operator, to + 1)];
    const entries = await this.#reader.range(first, after, limit);
    return entries.map(({ key, value }) => ({
      epoch: numberIn(key),
      performance: PERFORMANCES.decode(value),
    }));
  }

  async slashes(
    operator: Uint8Array,
    { upTo = Number.MAX_SAFE_INTEGER - 1, limit }: { readonly upTo?: number; readonly limit: number },
  ): Promise<CarriedOutSlash[]> {
    const after = SLASHES.prefixOf(operator, upTo + 1);
    const entries = await this.#reader.range(SLASHES.prefixOf(operator), after);
    const latest = entries.toReversed().slice(0, limit);
    return latest.map(({ key, value }) => ({ height: numberIn(key), slash: SLASHES.decode(value) }));
  }

  progress(): Progress {
    return needHot(this.#hot(), PROGRESS);
  }

  totals(): StakeTotals {
    return needHot(this.#hot(), TOTALS);
  }

  async *holdings(): AsyncGenerator<{ readonly account: Uint8Array; readonly amount: Amount }> {
    for (const { operator, commissionDue } of this.validators()) {
      if (commissionDue > 0n) yield { account: operator, amount: commissionDue };
      for (const { delegator, amount, rewards } of await this.#delegationsAt(
        await this.#pairsUnder(DELEGATIONS.prefixOf(operator)),
      ))
        yield { account: delegator, amount: amount + rewards };
      for (const { delegator, amount } of await this.#unbondingsAt(
        await this.#pairsUnder(UNBONDINGS.prefixOf(operator)),
      ))
        yield { account: delegator, amount };
    }
  }

  async #pairsUnder(prefix: Uint8Array): Promise<Pair[]> {
    const entries = await this.#reader.range(prefix, endOfPrefix(prefix));
    return entries.map(({ key }) => [addressIn(key, 0), addressIn(key, 1)]);
  }

  /** Whatever an account's ties on a page lead to. */
  async #holdingsOf<Item>(
    account: Uint8Array,
    { limit, ...start }: AddressPage,
    read: (pairs: readonly Pair[]) => Promise<Item[]>,
  ): Promise<AccountHoldings<Item>> {
    const keys = await keysAfter(this.#reader, TIES.prefixOf(account), { ...start, limit: limit + 1 });
    const operators = keys.slice(0, limit).map((key) => addressIn(key, 1));
    const items = await read(operators.map((operator): Pair => [operator, account]));
    return { items, next: keys.length > limit ? operators.at(-1) : undefined };
  }

  async #delegationsAt(pairs: readonly Pair[]): Promise<DelegationState[]> {
    const records = this.#hot();
    const pools = new Map<string, StakePool>();
    const stored = await this.#reader.getMany(pairs.map((pair) => DELEGATIONS.keyOf(...pair)));
    return pairs.flatMap(([operator, delegator], i) => {
      const bytes = stored[i];
      if (bytes === undefined || hotRecord(records, POOLS, operator) === undefined) return [];
      const delegation = DELEGATIONS.decode(bytes);
      const pool = pools.get(toHex(operator)) ?? settledPool(records, operator);
      pools.set(toHex(operator), pool);
      const { shares, hopAfterMs } = delegation;
      const [amount, rewards] = [valueOf(pool, shares), rewardsOf(delegation, pool)];
      return [{ operator, delegator, shares, amount, rewards, hopAfterMs }];
    });
  }

  async #unbondingsAt(pairs: readonly Pair[]): Promise<UnbondingState[]> {
    const stored = await this.#reader.getMany(pairs.map((pair) => UNBONDINGS.keyOf(...pair)));
    const entries = pairs.flatMap(([operator, delegator], i) => {
      const bytes = stored[i];
      const found = bytes === undefined ? [] : UNBONDINGS.decode(bytes).entries;
      return found.map((entry) => ({ operator, delegator, entry }));
    });
    const pools = await this.#reader.getMany(
      entries.map(({ operator, entry }) => UNBONDING_POOLS.keyOf(operator, entry.epoch)),
    );
    return entries.flatMap(({ operator, delegator, entry }, i) => {
      const bytes = pools[i];
      if (bytes === undefined) return [];
      const amount = entryValue(UNBONDING_POOLS.decode(bytes), entry);
      return [{ operator, delegator, endMs: entry.endMs, amount }];
    });
  }
}

function stateOf(records: HotRecords, operator: Uint8Array): ValidatorState | undefined {
  const record = hotRecord(records, VALIDATORS, operator);
  if (record === undefined) return undefined;
  const pool = settledPool(records, operator);
  return {
    operator,
    record,
    pool,
    seat: hotRecord(records, SEATS, operator),
    reputation: needHot(records, REPUTATIONS, operator),
    commissionDue: pool.commission / SCALE,
  };
}

/** The pool as it would be if its validator were paid now. */
function settledPool(records: HotRecords, operator: Uint8Array): StakePool {
  const view = new StakeView(records, { balanceOf: () => 0n, setBalance: () => {} }, isHot);
  settleValidator(view, operator);
  return view.need(POOLS, operator);
}

async function keysAfter(
  reader: RecordReader,
  prefix: Uint8Array,
  { after, limit }: AddressPage,
): Promise<Uint8Array[]> {
  const first = after === undefined ? prefix : concatBytes(prefix, after, Uint8Array.of(0));
  return (await reader.range(first, endOfPrefix(prefix), limit)).map(({ key }) => key);
}

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
import { isHot, validatorsOf, type HotRecords } from './hot-records.ts';
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
  /** By epoch, from `from` on up to `to`; epochs in which nothing was due are left out. */
  performance(
    operator: Uint8Array,
    range: { readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<(Performance & { readonly epoch: number })[]>;
  /** The latest first. */
  slashes(
    operator: Uint8Array,
    page: { readonly upTo?: number; readonly limit: number },
  ): Promise<(SlashRecord & { readonly height: number })[]>;
  progress(): Progress;
  totals(): StakeTotals;
  /** What every account has beside its balance, an account maybe more than once: for exports, not for requests. */
  holdings(): AsyncGenerator<{ readonly account: Uint8Array; readonly amount: Amount }>;
}

/** @param hot gives the hot records of the tip */
export function createStakeQueries(reader: RecordReader, hot: () => HotRecords): StakeQueries {
  const read = <Value>(records: HotRecords, key: Uint8Array): Value | undefined =>
    records.get(toHex(key))?.value as Value | undefined;

  function stateOf(records: HotRecords, operator: Uint8Array): ValidatorState | undefined {
    const record = read<ValidatorRecord>(records, VALIDATORS.keyOf(operator));
    if (record === undefined) return undefined;
    const pool = settledPool(records, operator);
    return {
      operator,
      record,
      pool,
      seat: read<Seat>(records, SEATS.keyOf(operator)),
      reputation: read<Reputation>(records, REPUTATIONS.keyOf(operator)) as Reputation,
      commissionDue: pool.commission / SCALE,
    };
  }

  async function delegationsAt(
    pairs: readonly (readonly [operator: Uint8Array, delegator: Uint8Array])[],
  ): Promise<DelegationState[]> {
    const records = hot();
    const pools = new Map<string, StakePool>();
    const stored = await reader.getMany(pairs.map((pair) => DELEGATIONS.keyOf(...pair)));
    return pairs.flatMap(([operator, delegator], i) => {
      const bytes = stored[i];
      if (bytes === undefined || !records.has(toHex(POOLS.keyOf(operator)))) return [];
      const delegation = DELEGATIONS.decode(bytes);
      const pool = pools.get(toHex(operator)) ?? settledPool(records, operator);
      pools.set(toHex(operator), pool);
      const { shares, hopAfterMs } = delegation;
      const [amount, rewards] = [valueOf(pool, shares), rewardsOf(delegation, pool)];
      return [{ operator, delegator, shares, amount, rewards, hopAfterMs }];
    });
  }

  async function unbondingsAt(
    pairs: readonly (readonly [operator: Uint8Array, delegator: Uint8Array])[],
  ): Promise<UnbondingState[]> {
    const stored = await reader.getMany(pairs.map((pair) => UNBONDINGS.keyOf(...pair)));
    const entries = pairs.flatMap(([operator, delegator], i) => {
      const bytes = stored[i];
      const found = bytes === undefined ? [] : UNBONDINGS.decode(bytes).entries;
      return found.map((entry) => ({ operator, delegator, entry }));
    });
    const pools = await reader.getMany(
      entries.map(({ operator, entry }) => UNBONDING_POOLS.keyOf(operator, entry.epoch)),
    );
    return entries.flatMap(({ operator, delegator, entry }, i) => {
      const bytes = pools[i];
      if (bytes === undefined) return [];
      const amount = entryValue(UNBONDING_POOLS.decode(bytes), entry);
      return [{ operator, delegator, endMs: entry.endMs, amount }];
    });
  }

  type Pairs = readonly (readonly [operator: Uint8Array, delegator: Uint8Array])[];

  /** Whatever an account's ties on a page lead to. */
  async function holdingsOf<Item>(
    account: Uint8Array,
    { limit, ...start }: AddressPage,
    read: (pairs: Pairs) => Promise<Item[]>,
  ): Promise<AccountHoldings<Item>> {
    const keys = await keysAfter(reader, TIES.prefixOf(account), { ...start, limit: limit + 1 });
    const operators = keys.slice(0, limit).map((key) => addressIn(key, 1));
    const items = await read(operators.map((operator) => [operator, account] as const));
    return { items, next: keys.length > limit ? operators.at(-1) : undefined };
  }

  return {
    validator: (operator) => stateOf(hot(), operator),
    validators() {
      const records = hot();
      return validatorsOf(records).flatMap(({ operator }) => stateOf(records, operator) ?? []);
    },
    async operatorOfKey(key) {
      const [bytes] = await reader.getMany([CONSENSUS_KEYS.keyOf(key)]);
      return bytes === undefined ? undefined : CONSENSUS_KEYS.decode(bytes).operator;
    },
    async delegations(operator, page) {
      const keys = await keysAfter(reader, DELEGATIONS.prefixOf(operator), page);
      return delegationsAt(keys.map((key) => [operator, addressIn(key, 1)] as const));
    },
    delegationsOf: (account, page) => holdingsOf(account, page, delegationsAt),
    unbondingsOf: (account, page) => holdingsOf(account, page, unbondingsAt),
    async performance(operator, { from, to, limit }) {
      const [first, after] = [PERFORMANCES.keyOf(operator, from), PERFORMANCES.keyOf(operator, to + 1)];
      const entries = await reader.range(first, after, limit);
      return entries.map(({ key, value }) => ({ epoch: numberIn(key), ...PERFORMANCES.decode(value) }));
    },
    async slashes(operator, { upTo = Number.MAX_SAFE_INTEGER - 1, limit }) {
      const after = SLASHES.prefixOf(operator, upTo + 1);
      const entries = await reader.range(SLASHES.prefixOf(operator), after);
      return entries
        .toReversed()
        .slice(0, limit)
        .map(({ key, value }) => ({ height: numberIn(key), ...SLASHES.decode(value) }));
    },
    progress: () => read<Progress>(hot(), PROGRESS.keyOf()) as Progress,
    totals: () => read<StakeTotals>(hot(), TOTALS.keyOf()) as StakeTotals,
    async *holdings() {
      for (const { operator, commissionDue } of this.validators()) {
        if (commissionDue > 0n) yield { account: operator, amount: commissionDue };
        for (const table of [DELEGATIONS, UNBONDINGS] as const) {
          const prefix = table.prefixOf(operator);
          const entries = await reader.range(prefix, endOfPrefix(prefix));
          const pairs = entries.map(({ key }) => [operator, addressIn(key, 1)] as const);
          const found = table === DELEGATIONS ? await delegationsAt(pairs) : await unbondingsAt(pairs);
          for (const held of found) {
            const rewards = 'rewards' in held ? held.rewards : 0n;
            yield { account: held.delegator, amount: held.amount + rewards };
          }
        }
      }
    },
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

import assert from 'node:assert/strict';
import { equalBytes, toHex } from '#kernel';
import {
  DELEGATIONS,
  MATURITIES,
  NOBODY,
  POOLS,
  REDELEGATIONS,
  SEATS,
  TIES,
  UNBONDINGS,
  UNBONDING_POOLS,
  VALIDATORS,
  addressIn,
  maturityIn,
  numberIn,
} from '../../domain/records/tables.ts';
import type { Economy } from './economy.ts';

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);
const names = (...parts: readonly (Uint8Array | number)[]): string =>
  parts.map((part) => (typeof part === 'number' ? String(part) : toHex(part))).join('/');

/** Everything that must hold of the records after any block, worked out anew from all of them. */
export function checkInvariants(economy: Economy): void {
  checkSupply(economy);
  checkShares(economy);
  checkEntries(economy);
  checkTies(economy);
}

/** Nothing comes into being but block rewards, nothing is gone but what was burnt. */
function checkSupply(economy: Economy): void {
  const totals = economy.totals();
  for (const balance of economy.balances.values()) assert(balance >= 0n, 'no balance is negative');
  for (const [name, value] of Object.entries(totals)) assert(value >= 0, `${name} is not negative`);
  const there =
    sum(economy.balances.values()) +
    economy.fees +
    totals.bonded +
    totals.unbonding +
    totals.rewards +
    totals.communityPool;
  assert.equal(there, totals.issued + totals.minted - totals.burnt, 'the supply is conserved');
  const pools = economy.records(POOLS).map(({ value }) => value);
  assert.equal(totals.bonded, sum(pools.map(({ stake }) => stake)), 'bonded is what the pools hold');
  const released = economy.records(UNBONDING_POOLS).map(({ value }) => value.tokens);
  assert.equal(totals.unbonding, sum(released), 'unbonding is what the unbonding pools hold');
  const due = sum(pools.map(({ rewards, commission }) => rewards + commission / 10n ** 18n));
  assert(due <= totals.rewards, 'there are the rewards that are due');
  assert.equal(totals.validators, economy.records(VALIDATORS).length);
}

function checkShares(economy: Economy): void {
  const delegations = economy.records(DELEGATIONS);
  for (const { key, value: pool } of economy.records(POOLS)) {
    const operator = addressIn(key, 0);
    const own = delegations.filter((delegation) => equalBytes(addressIn(delegation.key, 0), operator));
    assert.equal(pool.shares, sum(own.map(({ value }) => value.shares)), 'shares are those of delegations');
    assert.equal(
      pool.selfShares,
      sum(
        own.filter(({ key: at }) => equalBytes(addressIn(at, 1), operator)).map(({ value }) => value.shares),
      ),
    );
    assert.equal(pool.shares === 0n, pool.stake === 0n, 'stake has owners');
    const due = own.map(
      ({ value }) => (value.shares * (pool.ratio - value.ratio) + value.carry) / 10n ** 18n,
    );
    assert(sum(due) <= pool.rewards, 'a pool has the rewards that its delegations are due');
    assert(own.every(({ value }) => value.shares > 0n && value.ratio <= pool.ratio));
  }
  for (const { value } of economy.records(SEATS)) assert(value.current.power >= 0 && value.missed <= 10 ** 6);
}

function checkEntries(economy: Economy): void {
  const shares = new Map<string, bigint>();
  const ends = new Set<string>();
  for (const { key, value } of economy.records(UNBONDINGS)) {
    assert(value.entries.length > 0 && value.entries.length <= 7);
    for (const { epoch, endMs, shares: held } of value.entries) {
      const [operator, delegator] = [addressIn(key, 0), addressIn(key, 1)];
      shares.set(names(operator, epoch), (shares.get(names(operator, epoch)) ?? 0n) + held);
      ends.add(names(endMs, operator, delegator, NOBODY));
    }
  }
  const out = new Map<string, number>();
  for (const { key, value } of economy.records(REDELEGATIONS)) {
    const [source, delegator, destination] = [addressIn(key, 0), addressIn(key, 1), addressIn(key, 2)];
    assert(value.entries.length > 0 && value.entries.length <= 7);
    out.set(toHex(source), (out.get(toHex(source)) ?? 0) + value.entries.length);
    for (const { endMs } of value.entries) ends.add(names(endMs, source, delegator, destination));
  }
  const pools = economy.records(UNBONDING_POOLS);
  assert.deepEqual(
    new Map(pools.map(({ key, value }) => [names(addressIn(key, 0), numberIn(key)), value.shares])),
    shares,
    'unbonding pools are those of the entries',
  );
  const maturities = economy.records(MATURITIES).map(({ key }) => maturityIn(key));
  assert.deepEqual(
    new Set(
      maturities.map(({ endMs, operator, delegator, destination }) =>
        names(endMs, operator, delegator, destination),
      ),
    ),
    ends,
    'every entry has its end',
  );
  for (const { key, value } of economy.records(POOLS)) {
    const operator = addressIn(key, 0);
    assert.equal(value.redelegationsOut, out.get(toHex(operator)) ?? 0);
    const own = pools.filter(({ key: at }) => equalBytes(addressIn(at, 0), operator));
    assert.equal(value.unbondingPools, own.length);
  }
}

function checkTies(economy: Economy): void {
  const tied = [...economy.records(DELEGATIONS), ...economy.records(UNBONDINGS)].map(({ key }) =>
    names(addressIn(key, 1), addressIn(key, 0)),
  );
  const found = economy.records(TIES).map(({ key }) => names(addressIn(key, 0), addressIn(key, 1)));
  assert.deepEqual(new Set(found), new Set(tied), 'accounts know what they have');
}

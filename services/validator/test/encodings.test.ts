import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCodedError, toHex } from '#kernel';
import { DEFAULT_STAKING } from '../domain/parameters.ts';
import type { Seat, StakePool, ValidatorRecord } from '../domain/records/records.ts';
import {
  CONSENSUS_KEYS,
  DELEGATIONS,
  MATURITIES,
  PERFORMANCES,
  POOLS,
  PROGRESS,
  REDELEGATIONS,
  REPUTATIONS,
  SEATS,
  SIGNING_WINDOWS,
  SLASHES,
  STAKE_TAGS,
  STAKING_PARAMETERS,
  TIES,
  TOTALS,
  UNBONDINGS,
  UNBONDING_POOLS,
  VALIDATORS,
  maturityIn,
  type Table,
} from '../domain/records/tables.ts';

const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(20).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const key = new Uint8Array(32).fill(9);
const member = (power: number) => ({ publicKey: key, power });

const validator: ValidatorRecord = {
  publicKey: key,
  status: 'jailed',
  identity: { name: 'Łódź 1', website: 'w', contact: '', description: 'd', location: '' },
  identityHeight: 4,
  commission: { rate: 1, maxRate: 2, maxDailyChange: 3 },
  commissionChangedMs: 5,
  minSelfStake: 6n,
  jailedUntilMs: 7,
  isExiting: true,
  registeredHeight: 8,
};
const pool: StakePool = {
  stake: 2n ** 100n,
  shares: 2n,
  selfShares: 3n,
  ratio: 2n ** 200n,
  carry: 4n,
  rewards: 5n,
  fraction: 6n,
  commission: 7n,
  unbondingPools: 8,
  redelegationsOut: 9,
};
const seat: Seat = {
  current: member(1),
  before: member(2),
  next: member(3),
  checkpoint: 4n,
  missedReward: 5n,
  commitsFrom: 6,
  votes: 7,
  missed: 8,
  proposed: 9,
  proposalsMissed: 10,
};

interface Sample {
  readonly name: string;
  readonly key: Uint8Array;
  readonly encoded: Uint8Array;
  /** The bytes of what the bytes are decoded to. */
  readonly again: (bytes: Uint8Array) => Uint8Array;
}

function sample<const Id extends readonly (Uint8Array | number)[], Value>(
  table: Table<Id, Value>,
  value: Value,
  ...id: Id
): Sample {
  const encoded = table.encode(value);
  assert.deepEqual(table.decode(encoded), value);
  return {
    name: table.name,
    key: table.keyOf(...id),
    encoded,
    again: (bytes) => table.encode(table.decode(bytes)),
  };
}

const SAMPLES: readonly Sample[] = [
  sample(VALIDATORS, validator, a),
  sample(POOLS, pool, a),
  sample(SEATS, seat, a),
  sample(SIGNING_WINDOWS, { height: 258, bits: Uint8Array.of(1, 2) }, a),
  sample(
    REPUTATIONS,
    { score: 1, signing: [2, 3, 4], proposals: 5, faults: 6, cleanEpochs: 7, tenureEpochs: 8 },
    a,
  ),
  sample(PERFORMANCES, { votes: 1, missed: 2, proposed: 3, proposalsMissed: 4, power: 5, score: 6 }, a, 258),
  sample(DELEGATIONS, { shares: 1n, ratio: 2n ** 200n, carry: 3n, hopAfterMs: 4 }, a, b),
  sample(UNBONDINGS, { entries: [{ epoch: 1, endMs: 2, shares: 3n, hopAfterMs: 4 }] }, a, b),
  sample(UNBONDING_POOLS, { tokens: 1n, shares: 2n }, a, 258),
  sample(REDELEGATIONS, { entries: [{ epoch: 1, endMs: 2, amount: 3n }] }, a, b, c),
  sample(MATURITIES, true, 258, a, b, c),
  sample(TIES, true, b, a),
  sample(CONSENSUS_KEYS, { operator: a }, b),
  sample(
    SLASHES,
    {
      reason: 'duplicate-vote',
      offenceHeight: 1,
      power: 2,
      basisPoints: 3,
      bonded: 4n,
      unbonding: 5n,
      redelegated: 6n,
      evidenceHash: key,
    },
    a,
    258,
    1,
  ),
  sample(PROGRESS, {
    epoch: 1,
    epochStart: 2,
    setSince: 3,
    appliesAt: 4,
    commits: 5,
    rewardPerPower: 6n,
    rewardCarry: 7n,
    missedCarry: 8n,
    turns: [9, 10],
  }),
  sample(TOTALS, {
    bonded: 1n,
    unbonding: 2n,
    rewards: 3n,
    communityPool: 4n,
    issued: 2n ** 130n,
    minted: 5n,
    burnt: 6n,
    validators: 7,
  }),
  sample(STAKING_PARAMETERS, DEFAULT_STAKING),
];

// Part of the protocol: the state root is over them.
const FROZEN: Readonly<Record<string, readonly [key: string, value: string]>> = {
  validator: [
    '010101010101010101010101010101010101010101',
    '090909090909090909090909090909090909090909090909090909090909090902010000000000000002000000000000000300000000000000050000000000000006000000000000000000000000000000070000000000000001080000000000000004000000000000006e000000140000001d0000001e0000001e0000001f000000c581c3b364c5ba20317764',
  ],
  pool: [
    '120101010101010101010101010101010101010101',
    '00000000000000000000000010000000020000000000000000000000000000000300000000000000000000000000000000000000000000000000000000000000000000000000000000010000000000000400000000000000000000000000000000000000000000000000000000000000050000000000000000000000000000000600000000000000000000000000000000000000000000000000000000000000070000000000000000000000000000000000000000000000000000000000000008000000000000000900000000000000',
  ],
  seat: [
    '130101010101010101010101010101010101010101',
    '0909090909090909090909090909090909090909090909090909090909090909010000000000000009090909090909090909090909090909090909090909090909090909090909090200000000000000090909090909090909090909090909090909090909090909090909090909090903000000000000000400000000000000000000000000000000000000000000000000000000000000050000000000000000000000000000000000000000000000000000000000000006000000000000000700000000000000080000000000000009000000000000000a00000000000000',
  ],
  signingWindow: ['140101010101010101010101010101010101010101', '02010000000000000c0000000102'],
  reputation: [
    '150101010101010101010101010101010101010101',
    '01000000000000002c0000000500000000000000060000000000000007000000000000000800000000000000020000000000000003000000000000000400000000000000',
  ],
  performance: [
    '1601010101010101010101010101010101010101010000000000000102',
    '010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000',
  ],
  delegation: [
    '1001010101010101010101010101010101010101010202020202020202020202020202020202020202',
    '01000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000003000000000000000400000000000000',
  ],
  unbonding: [
    '1101010101010101010101010101010101010101010202020202020202020202020202020202020202',
    '0400000001000000000000000200000000000000030000000000000000000000000000000400000000000000',
  ],
  unbondingPool: [
    '1701010101010101010101010101010101010101010000000000000102',
    '0100000000000000000000000000000002000000000000000000000000000000',
  ],
  redelegation: [
    '18010101010101010101010101010101010101010102020202020202020202020202020202020202020303030303030303030303030303030303030303',
    '040000000100000000000000020000000000000003000000000000000000000000000000',
  ],
  maturity: [
    '190000000000000102010101010101010101010101010101010101010102020202020202020202020202020202020202020303030303030303030303030303030303030303',
    '01',
  ],
  tie: ['1a02020202020202020202020202020202020202020101010101010101010101010101010101010101', '01'],
  consensusKey: ['1b0202020202020202020202020202020202020202', '0101010101010101010101010101010101010101'],
  slash: [
    '1c010101010101010101010101010101010101010100000000000001020000000000000001',
    '020100000000000000020000000000000003000000000000000400000000000000000000000000000005000000000000000000000000000000060000000000000000000000000000000909090909090909090909090909090909090909090909090909090909090909',
  ],
  progress: [
    '1d',
    '010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000000000000000000000000000000000000000000000000000070000000000000000000000000000000000000000000000000000000000000008000000000000000000000000000000000000000000000000000000000000008c00000009000000000000000a00000000000000',
  ],
  totals: [
    '1e',
    '010000000000000000000000000000000200000000000000000000000000000003000000000000000000000000000000040000000000000000000000000000000000000000000000000000000000000004000000000000000000000000000000050000000000000000000000000000000000000000000000000000000000000006000000000000000000000000000000000000000000000000000000000000000700000000000000',
  ],
  stakingParameters: [
    '1f',
    '0100000000000000c40900000000000000000000000000000000000000000000c80000000000000001000000000000000000000000000000e8030000000000008813000000000000c0270900000000000100000000000000f4010000000000000000000000000000',
  ],
};

test('keys and encodings of records are part of the protocol', () => {
  assert.deepEqual(new Set(SAMPLES.map(({ name }) => name)), new Set(Object.keys(STAKE_TAGS)));
  for (const { name, key: found, encoded } of SAMPLES)
    assert.deepEqual([toHex(found), toHex(encoded)], FROZEN[name], name);
});

test('records have one encoding: other bytes are refused with a code or are another record', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SAMPLES),
      fc.nat(),
      fc.nat({ max: 255 }),
      ({ encoded, again }, at, byte) => {
        const bytes = encoded.slice();
        bytes[at % bytes.length] = byte;
        try {
          assert.deepEqual(again(bytes), bytes);
        } catch (error) {
          if (!isCodedError(error)) throw error;
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('no key is the beginning of another', () => {
  const lengths = new Map<number, number>();
  for (const { key: found } of SAMPLES) lengths.set(found[0] ?? 0, found.length);
  assert.equal(lengths.size, SAMPLES.length);
});

test('what ends when is said by its key', () => {
  const maturity = { endMs: 258, operator: a, delegator: b, destination: c };
  assert.deepEqual(maturityIn(MATURITIES.keyOf(258, a, b, c)), maturity);
});

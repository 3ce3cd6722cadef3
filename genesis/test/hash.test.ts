import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, toHex, utf8 } from '#kernel';
import { buildGenesisState } from '#services/blockchain';
import { genesisHashOf, loadGenesis } from '../index.ts';
import { CLOCK, judge, makeDocument, type Loose } from './fixtures/documents.ts';

/** Frozen: whoever changes these changes the identity of every chain that exists. */
const FROZEN = {
  genesisHash: '7aa8c78d51e3b487569f768b065b3cf7634f6593eef9bfabac0864673e50f2b9',
  stateRoot: '3d3d1a4e068f7935f444019d821b57426ac29c906c12477749d734211a5910bb',
};

const frozenText = await readFile(join(import.meta.dirname, 'fixtures/frozen-genesis.json'), 'utf8');
const frozen: Loose = JSON.parse(frozenText);

test('the frozen document has its hash, its state root and its report', async () => {
  const report = await judge(frozenText);
  assert.deepEqual(report, {
    valid: true,
    format: 'node0',
    chainId: 'frozen-1',
    genesisHash: FROZEN.genesisHash,
    summary: {
      accounts: 6,
      validators: 4,
      totalSupply: '1012000000',
      totalStake: '1000000000',
      denomination: 'BZR',
      haltingCoalition: 1,
      controllingCoalition: 2,
      largestPowerShare: 0.4,
      declarationSignatures: { valid: 4, invalid: 0, uncheckable: 0 },
      stateRoot: FROZEN.stateRoot,
    },
    validatorSet: frozen.validators
      .map(({ operator, stake, identity }: Loose) => ({
        name: identity.name,
        operator,
        stake,
        power: String(Number(stake) / Number(frozen.ledger.powerReduction)),
        share: Number(stake) / 1e9,
      }))
      .toSorted((a: Loose, b: Loose) => b.share - a.share),
    findings: [
      {
        rule: 'genesis.can-halt',
        severity: 'warning',
        path: '/validators',
        message:
          'the largest validator holds 40.0 % of the power, a third or more: it can stop the chain alone',
      },
      {
        rule: 'genesis.halting-coalition',
        severity: 'info',
        path: '/validators',
        message: '1 of 4 validators together can stop the chain, 2 can decide alone',
      },
    ],
    omitted: {},
  });
  assert.equal(toHex(genesisHashOf(frozen)), FROZEN.genesisHash);
});

test('the frozen document leads to the state that it describes', async () => {
  const { state, genesisHash, chainId } = await loadGenesis(utf8(frozenText), { clock: CLOCK });
  assert.equal(chainId, 'frozen-1');
  assert.deepEqual(state.identity, { chainId, genesisHash });
  assert.equal(state.initialHeight, 17);
  assert.equal(new Date(state.timeMs).toISOString(), frozen.genesisTime);
  assert.deepEqual(
    [...state.accounts].map(({ address, balance }) => [formatAddress(address), balance]),
    frozen.accounts.map(({ address, balance }: Loose, i: number) => [address, i < 2 ? BigInt(balance) : 0n]),
    'a stake leaves the balance of its operator',
  );
  assert.deepEqual(
    state.validators.map(({ operator, publicKey, stake, name }) => [
      formatAddress(operator),
      toHex(publicKey),
      stake.toString(),
      name,
    ]),
    frozen.validators.map((v: Loose) => [v.operator, v.consensusKey.value, v.stake, v.identity.name]),
  );
  const { stateRoot, validators } = await buildGenesisState(state);
  assert.equal(toHex(stateRoot), FROZEN.stateRoot);
  assert.deepEqual(
    validators.validators.map(({ power }) => power),
    [400, 300, 200, 100],
  );
});

/** The same JSON value with the members of every object in another order. */
function reordered(value: Loose, order: (names: string[]) => string[]): Loose {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => reordered(item, order));
  return Object.fromEntries(order(Object.keys(value)).map((name) => [name, reordered(value[name], order)]));
}

test('neither white space, nor the order of members, nor escapes change the hash', async () => {
  const backwards = reordered(frozen, (names) => names.toReversed());
  const escaped = JSON.stringify(frozen).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  assert.match(escaped, /\\ud83d/);
  for (const text of [
    JSON.stringify(frozen),
    JSON.stringify(frozen, undefined, '\t').replaceAll('\n', '\r\n'),
    `\n  ${JSON.stringify(backwards)}  \n`,
    escaped,
    JSON.stringify(frozen).replace('"rate":1000', '"rate":1e3'),
  ]) {
    assert.equal((await judge(text)).genesisHash, FROZEN.genesisHash);
  }
});

test('any order of members gives the same hash', () => {
  const expected = toHex(genesisHashOf(frozen));
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (stream) => {
      const shuffled = reordered(frozen, (names) =>
        names
          .map((name) => ({ name, at: stream.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ name }) => name),
      );
      assert.equal(toHex(genesisHashOf(shuffled)), expected);
    }),
    { numRuns: 50 },
  );
});

test('any change of content changes the hash', () => {
  const hashes = new Map<string, string>([[FROZEN.genesisHash, 'unchanged']]);
  const note = (what: string, changed: unknown): void => {
    const hash = toHex(genesisHashOf(changed));
    assert.equal(hashes.get(hash), undefined, `${what} has the hash of ${hashes.get(hash)}`);
    hashes.set(hash, what);
  };
  const visit = (path: readonly string[], value: Loose): void => {
    const name = path.at(-1);
    if (name !== undefined) {
      const removed = structuredClone(frozen);
      delete path.slice(0, -1).reduce((node, step) => node[step], removed)[name];
      // A hole in a list reads as null, which is another document as well.
      note(`without ${path.join('/')}`, removed);
    }
    if (typeof value === 'object') {
      for (const step of Object.keys(value)) visit([...path, step], value[step]);
      return;
    }
    const changed = structuredClone(frozen);
    path.slice(0, -1).reduce((node, step) => node[step], changed)[name ?? ''] =
      typeof value === 'number' ? value + 1 : `${value} `;
    note(`another ${path.join('/')}`, changed);
  };
  visit([], frozen);
  const swapped = structuredClone(frozen);
  swapped.accounts.reverse();
  note('accounts in another order', swapped);
  assert.ok(hashes.size > 150);
});

test('what has no canonical form has no hash', async () => {
  const text = JSON.stringify(makeDocument());
  for (const [piece, by] of [
    ['"founders"', '"\\udfff"'],
    ['"version":1', '"version":1,"version":1'],
    ['"version":1', '"version":1e999'],
  ] as const) {
    const report = await judge(text.replace(piece, by));
    assert.equal(report.genesisHash, null);
    assert.equal(report.valid, false);
  }
});

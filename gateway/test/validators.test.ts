import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { addressOfKey, formatAddress } from '#kernel';
import type { SlashRecord } from '#services/validator';
import { buildGateway } from '../build-gateway.ts';
import { validatorOfTest } from './fake-stake.ts';
import { ALICE, BOB, FakeNode } from './fakes.ts';

const filled = (byte: number) => new Uint8Array(20).fill(byte);
const alice = formatAddress(ALICE);
const bob = formatAddress(BOB);

let node: FakeNode;
let app: FastifyInstance;
beforeEach(async () => {
  node = new FakeNode();
  for (let height = 1; height <= 5; height++) node.finalise();
  app = await buildGateway(node.components());
});
afterEach(() => app.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await app.inject({ url: `/api/v2${path}`, headers });
  const body = response.body === '' ? undefined : response.json();
  return { status: response.statusCode, body, headers: response.headers };
};
const namesIn = (body: { items: { name: string }[] }) => body.items.map(({ name }) => name);

function register(count: number): void {
  for (let index = 1; index <= count; index++) {
    const given = { name: `v${index}`, key: 10 + index, stake: BigInt(index), score: 10_000 * index };
    node.stake.registered.push(validatorOfTest(filled(index), given));
  }
}

describe('lists of validators', () => {
  it('hold all that are registered, filtered, sorted and in pages', async () => {
    register(5);
    node.stake.registered.push(
      validatorOfTest(filled(60), { name: 'caught', key: 60, status: 'jailed', stake: 1n }),
    );
    const { body } = await get('/validators');
    assert.deepEqual([body.items.length, body.items[0].name, body.totalPower], [7, 'first', 10]);
    assert.deepEqual(namesIn((await get('/validators?status=jailed')).body), ['caught']);
    const first = (await get('/validators?sort=stake&limit=3')).body;
    assert.deepEqual(namesIn(first), ['first', 'v5', 'v4']);
    const second = (await get(`/validators?sort=stake&limit=3&cursor=${first.nextCursor}`)).body;
    assert.deepEqual(namesIn(second), ['v3', 'v2', 'v1']);
    const last = (await get(`/validators?sort=stake&limit=3&cursor=${second.nextCursor}`)).body;
    assert.deepEqual([namesIn(last), last.nextCursor], [['caught'], undefined]);
    assert.deepEqual(namesIn((await get('/validators/active')).body), ['first']);
  });

  it('are read once a block, and told to be the same by their tag', async () => {
    const { headers } = await get('/validators?limit=1');
    const tag = { 'if-none-match': String(headers.etag) };
    assert.equal((await get('/validators?limit=1', tag)).status, 304);
    assert.equal((await get('/validators?limit=2', tag)).status, 200);
    await get('/validators/top');
    assert.equal(node.stake.lists, 1);
    node.finalise();
    assert.equal((await get('/validators?limit=1', tag)).status, 200);
    assert.equal(node.stake.lists, 2);
  });

  it('show the first by stake, reputation, power or name', async () => {
    register(12);
    assert.deepEqual(namesIn((await get('/validators/top?by=reputation&limit=2')).body), ['first', 'v12']);
    const { body } = await get('/validators/top');
    assert.deepEqual([body.by, body.items.length, body.items[1].name], ['stake', 10, 'v12']);
  });

  it('are refused with the reason when they cannot be made', async () => {
    for (const [path, code] of [
      ['/validators?status=gone', 'gateway.invalid-request'],
      ['/validators?sort=age', 'gateway.invalid-request'],
      ['/validators?height=2&sort=stake', 'gateway.invalid-request'],
      ['/validators?cursor=x', 'gateway.malformed-cursor'],
      ['/validators/top?limit=101', 'gateway.invalid-request'],
      ['/validators/set/8', 'gateway.height-ahead'],
      ['/validators/set/0', 'gateway.block-not-found'],
      ['/validators/set/x', 'gateway.invalid-request'],
    ] as const) {
      assert.equal((await get(path)).body.code, code, path);
    }
  });

  it('of a height are final once the height is decided', async () => {
    const { body, headers } = await get('/validators/set/6');
    assert.deepEqual([body.height, body.items.length, body.items[0].operator], [6, 1, alice]);
    assert.match(String(headers['cache-control']), /immutable/);
    assert.deepEqual((await get('/validators?height=6')).body.items, body.items);
  });
});

describe('a validator', () => {
  it('is found by its operator, its key, and a key that it replaced', async () => {
    const key = formatAddress(addressOfKey('ed25519', new Uint8Array(32).fill(3)));
    node.stake.oldKeys.set(formatAddress(filled(77)), ALICE);
    for (const name of [alice, key, formatAddress(filled(77))]) {
      const { body } = await get(`/validators/${name}`);
      assert.deepEqual([body.name, body.address, body.operator], ['first', key, alice], name);
      assert.equal(body.reputation, 50);
      assert.deepEqual(body.epoch, {
        epoch: 7,
        votes: 4,
        missed: 2,
        uptime: 0.5,
        proposed: 1,
        proposalsMissed: 1,
      });
      assert.deepEqual([body.commissionDue, body.jailedUntil, body.height], ['17', null, 5]);
    }
  });

  it('that nobody registered is told apart, whatever is asked of it', async () => {
    for (const part of ['', '/performance', '/reputation', '/slashing', '/delegations', '/evidence']) {
      const { status, body } = await get(`/validators/${bob}${part}`);
      assert.deepEqual([status, body.code], [404, 'gateway.validator-not-found'], part);
      assert.equal((await get(`/validators/bizra1x${part}`)).body.code, 'kernel.malformed-address', part);
    }
  });

  it('shows its epochs by range and page, the latest when nothing is asked', async () => {
    const tally = { votes: 10, missed: 1, proposed: 3, proposalsMissed: 0, power: 10 };
    for (let epoch = 0; epoch < 7; epoch++)
      node.stake.epochs.push({ epoch, performance: { ...tally, score: 10_000 * epoch } });
    const epochsIn = (body: { items: { epoch: number }[] }) => body.items.map(({ epoch }) => epoch);
    node.latencies.set(5, { meanMs: 12.5, precommits: 4 });
    const { body } = await get(`/validators/${alice}/performance?limit=3`);
    assert.deepEqual(
      [body.items[1].telemetry, body.current.telemetry],
      [{ meanCommitLatencyMs: 12.5, precommits: 4 }, null],
    );
    assert.deepEqual(epochsIn(body), [4, 5, 6]);
    assert.deepEqual(
      [body.items[0].uptime, body.items[0].reputation, body.current.epoch, body.nextCursor],
      [0.9, 4, 7, undefined],
    );
    assert.deepEqual(epochsIn((await get(`/validators/${alice}/performance?to=4&limit=2`)).body), [3, 4]);
    const part = (await get(`/validators/${alice}/performance?from=1&to=5&limit=3`)).body;
    assert.deepEqual(epochsIn(part), [1, 2, 3]);
    const rest = (await get(`/validators/${alice}/reputation?to=5&limit=3&cursor=${part.nextCursor}`)).body;
    assert.deepEqual(rest.items, [
      { epoch: 4, reputation: 4 },
      { epoch: 5, reputation: 5 },
    ]);
    assert.deepEqual(
      [rest.reputation, rest.parts.signing.about8Epochs, rest.nextCursor],
      [50, 0.9, undefined],
    );
    assert.deepEqual(epochsIn((await get(`/validators/${alice}/performance?from=9`)).body), []);
    assert.equal(
      (await get(`/validators/${alice}/performance?cursor=x`)).body.code,
      'gateway.malformed-cursor',
    );
  });

  it('shows what it was slashed for, page by page through slashes of one height', async () => {
    const slash: SlashRecord = {
      reason: 'downtime',
      offenceHeight: 3,
      power: 10,
      basisPoints: 1,
      bonded: 5n,
      unbonding: 2n,
      redelegated: 1n,
      evidenceHash: new Uint8Array(32),
    };
    const double = { ...slash, reason: 'duplicate-vote', evidenceHash: new Uint8Array(32).fill(1) } as const;
    node.stake.slashed.push({ height: 9, slash: double }, { height: 9, slash }, { height: 4, slash });
    const found: unknown[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page++) {
      const { body } = await get(`/validators/${alice}/slashing?limit=1${cursor}`);
      found.push(
        ...body.items.map(({ height, reason }: SlashRecord & { height: number }) => [height, reason]),
      );
      assert.equal(body.nextCursor === undefined, page === 2);
      cursor = `&cursor=${body.nextCursor}`;
    }
    assert.deepEqual(found, [
      [9, 'duplicate-vote'],
      [9, 'downtime'],
      [4, 'downtime'],
    ]);
    const { items } = (await get(`/validators/${alice}/slashing`)).body;
    assert.deepEqual([items[0].evidence, items[1].evidence, items[1].burnt], ['01'.repeat(32), null, '8']);
  });

  it('shows its delegations by account, never more than a page of them', async () => {
    for (let index = 1; index <= 120; index++) bond(ALICE, filled(index));
    const first = (await get(`/validators/${alice}/delegations?limit=100`)).body;
    assert.deepEqual([first.items.length, first.nextCursor], [100, formatAddress(filled(100))]);
    const rest = (await get(`/validators/${alice}/delegations?limit=100&cursor=${first.nextCursor}`)).body;
    assert.deepEqual([rest.items.length, rest.nextCursor], [20, undefined]);
    assert.equal(rest.items[0].account, formatAddress(filled(101)));
    assert.ok(node.stake.largestPage <= 101);
    const refused = await get(`/validators/${alice}/delegations?cursor=x`);
    assert.equal(refused.body.code, 'gateway.malformed-cursor');
  });
});

function bond(operator: Uint8Array, delegator: Uint8Array): void {
  node.stake.bonded.push({ operator, delegator, shares: 9n, amount: 8n, rewards: 7n, hopAfterMs: 0 });
}

describe('stake of an account', () => {
  it('comes in pages of validators; one without a delegation makes a page short and not the last', async () => {
    bond(filled(1), BOB);
    node.stake.releasing.push({ operator: filled(2), delegator: BOB, amount: 3n, endMs: 1_700_000_000_000 });
    bond(filled(3), BOB);
    const pages: number[] = [];
    let cursor = '';
    do {
      const { body } = await get(`/accounts/${bob}/delegations?limit=1${cursor}`);
      pages.push(body.items.length);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    assert.deepEqual(pages, [1, 0, 1]);
    const { body } = await get(`/accounts/${bob}/unbondings`);
    assert.deepEqual(body.items, [
      {
        validator: formatAddress(filled(2)),
        account: bob,
        amount: '3',
        end: '2023-11-14T22:13:20.000Z',
        endMs: '1700000000000',
      },
    ]);
  });

  it('earns rewards by validator, and commission for an operator', async () => {
    bond(filled(1), ALICE);
    const { body } = await get(`/accounts/${alice}/rewards`);
    assert.deepEqual(body.items, [{ validator: formatAddress(filled(1)), account: alice, rewards: '7' }]);
    assert.deepEqual([body.commission, body.height], ['17', 5]);
    assert.deepEqual((await get(`/accounts/${bob}/rewards`)).body.items, []);
  });

  it('that moved by redelegation says from when it may move on', async () => {
    const { bonded } = node.stake;
    const held = { operator: filled(1), delegator: BOB, shares: 9n, amount: 8n, rewards: 0n };
    bonded.push({ ...held, hopAfterMs: 1_700_000_000_000 });
    const { items } = (await get(`/accounts/${bob}/delegations`)).body;
    assert.equal(items[0].redelegableFrom, '2023-11-14T22:13:20.000Z');
  });

  it('is of one height: it is read again when a block came in between', async () => {
    bond(filled(1), BOB);
    const read = node.stake.delegationsOf.bind(node.stake);
    let reads = 0;
    node.stake.delegationsOf = async (account, page) => {
      if (reads++ === 0) node.finalise();
      return read(account, page);
    };
    const { body } = await get(`/accounts/${bob}/delegations`);
    assert.deepEqual([reads, body.height], [2, 6]);
  });
});

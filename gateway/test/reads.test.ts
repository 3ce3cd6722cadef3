import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { formatAddress, fromHex, toHex, verifyListProof } from '#kernel';
import { systemClock } from '#runtime';
import { stateKey } from '#services/blockchain';
import { buildGateway } from '../build-gateway.ts';
import { ALICE, BOB, FakeNode, makeTransaction } from './fakes.ts';

const node = new FakeNode();
let app: FastifyInstance;
before(async () => {
  app = await buildGateway(node.components());
});
after(() => app.close());

const get = async (url: string) => {
  const response = await app.inject(`/api/v2${url}`);
  return { status: response.statusCode, body: response.json() };
};
const alice = formatAddress(ALICE);

describe('before the first block', () => {
  it('status names the genesis as the tip', async () => {
    const { body } = await get('/status');
    assert.deepEqual([body.height, body.blockHash], [0, body.genesisHash]);
  });

  it('status says how long the chain waits for its genesis time, if it does', async () => {
    assert.ok(!('secondsToGenesis' in (await get('/status')).body));
    const { genesisTimeMs } = node;
    node.genesisTimeMs = systemClock.now() + 3_600_000;
    const { body } = await get('/status');
    assert.ok([3_600, 3_599, 3_598].includes(body.secondsToGenesis), String(body.secondsToGenesis));
    node.genesisTimeMs = genesisTimeMs;
    assert.ok(!('secondsToGenesis' in (await get('/status')).body));
  });

  it('a proof is refused because no header holds a root', async () => {
    const { status, body } = await get(`/accounts/${alice}?proof=true`);
    assert.deepEqual([status, body.code], [409, 'gateway.proof-not-ready']);
  });
});

describe('with blocks', () => {
  before(() => {
    for (let height = 1; height <= 5; height++)
      node.finalise(...[1, 2, 3].map((n) => makeTransaction(height * 10 + n)));
  });

  it('status follows the tip, the peers and the state of syncing', async () => {
    assert.equal((await get('/status')).body.height, 5);
    node.isSyncing = true;
    node.peerList = [
      {
        id: 'p',
        address: '/ip4/127.0.0.1',
        direction: 'inbound',
        role: 'validator',
        agent: 'a',
        height: 5,
        score: 100,
        connectedAtMs: 1,
        bytesIn: 0,
        bytesOut: 0,
      },
    ];
    const { body } = await get('/status');
    assert.deepEqual([body.syncing, body.peers, body.validators], [true, 1, 1]);
    assert.equal(body.blockTime, '2023-11-14T22:13:20.005Z');
    const { body: peers } = await get('/peers');
    assert.deepEqual([peers.self, peers.items[0].role], ['me', 'validator']);
  });

  it('blocks come newest first in pages that join', async () => {
    const heights: number[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await get(`/blocks?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      heights.push(...body.items.map(({ height }: { height: number }) => height));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(heights, [5, 4, 3, 2, 1]);
  });

  it('a block is found by height, hash and latest; the rest is told apart', async () => {
    const hash = toHex(node.blocks[4]?.block.hash as Uint8Array);
    for (const ref of ['5', hash, 'latest']) assert.equal((await get(`/blocks/${ref}`)).body.hash, hash);
    assert.equal((await get('/blocks/6')).body.code, 'gateway.height-ahead');
    assert.equal((await get('/blocks/0')).body.code, 'gateway.block-not-found');
    assert.equal((await get(`/blocks/${'0'.repeat(64)}`)).body.code, 'gateway.block-not-found');
    for (const bad of ['-1', '1e3', '007', 'abc', '99999999999999999999']) {
      assert.equal((await get(`/blocks/${bad}`)).body.code, 'gateway.malformed-reference', bad);
    }
  });

  it("a block's transactions come in pages with their outcomes", async () => {
    const first = (await get('/blocks/2/transactions?limit=2')).body;
    assert.deepEqual(
      first.items.map(({ index }: { index: number }) => index),
      [0, 1],
    );
    assert.equal(first.items[0].fee, '1400');
    const second = (await get(`/blocks/2/transactions?limit=2&cursor=${first.nextCursor}`)).body;
    assert.deepEqual([second.items.length, second.nextCursor], [1, undefined]);
    assert.equal((await get('/blocks/2/transactions?cursor=9')).body.code, 'gateway.malformed-cursor');
  });

  it('a commit shows who signed and who did not', async () => {
    const { body } = await get('/blocks/3/commit');
    assert.equal(body.height, 3);
    assert.deepEqual([body.signatures[0].length, body.signatures[1]], [128, null]);
  });

  it('an account that does not exist has nothing', async () => {
    const { body } = await get(`/accounts/${formatAddress(BOB)}`);
    assert.deepEqual([body.balance, body.nonce, body.height], ['0', 0, 5]);
  });

  it('large balances lose no digit', async () => {
    assert.equal((await get(`/accounts/${alice}`)).body.balance, (10n ** 30n).toString());
  });

  it('an address that is not one is refused with the reason', async () => {
    const { status, body } = await get(`/accounts/${alice.slice(0, -1)}x`);
    assert.deepEqual([status, body.code], [400, 'kernel.malformed-address']);
  });

  it('a proof is of the state that the tip commits to, with its header and commit', async () => {
    const { body } = await get(`/accounts/${alice}?proof=true`);
    assert.equal(body.height, 4);
    const { proof } = body;
    assert.deepEqual([proof.stateHeight, proof.header.height, proof.commit.height], [4, 5, 5]);
    assert.equal(proof.stateRoot, proof.header.stateRoot);
    assert.equal(proof.blockHash, proof.commit.blockHash);
    assert.equal(proof.key, toHex(stateKey.account(ALICE)));
    const past = (await get(`/accounts/${alice}?proof=true&height=2`)).body;
    assert.deepEqual([past.height, past.proof.header.height], [2, 3]);
  });

  it('heights that cannot be read say why', async () => {
    assert.equal((await get(`/accounts/${alice}?height=6`)).body.code, 'gateway.height-ahead');
    assert.equal((await get(`/accounts/${alice}?height=5&proof=true`)).body.code, 'gateway.proof-not-ready');
    assert.equal((await get(`/accounts/${alice}?height=0`)).body.code, 'fake.height-not-retained');
  });

  it("an account's transactions carry its role", async () => {
    const { body } = await get(`/accounts/${alice}/transactions?limit=3`);
    assert.deepEqual(
      body.items.map(({ role }: { role: string }) => role),
      ['sender', 'sender', 'sender'],
    );
  });

  it('attestations of a digest are listed, and none is an empty list', async () => {
    const digest = new Uint8Array(32).fill(6);
    node.attested.push({ digest, address: ALICE, label: 'contract', height: 2, timeMs: 0 });
    const { body } = await get(`/attestations/${toHex(digest)}`);
    assert.deepEqual(body.items, [
      {
        digest: toHex(digest),
        address: alice,
        label: 'contract',
        height: 2,
        time: '1970-01-01T00:00:00.000Z',
      },
    ]);
    assert.deepEqual((await get(`/attestations/${'00'.repeat(32)}`)).body.items, []);
    assert.equal((await get('/attestations/zz')).status, 400);
  });

  it('a transaction is shown with a proof that verifies against its header', async () => {
    const { id } = makeTransaction(32);
    const { body } = await get(`/transactions/${id}?proof=true`);
    assert.deepEqual([body.status, body.height, body.index], ['finalized', 3, 1]);
    const { transaction, receipt } = body.proof;
    assert.equal(transaction.root, transaction.header.transactionRoot);
    const proof = { index: 1, total: 3, path: transaction.path.map((text: string) => fromHex(text)) };
    assert.ok(verifyListProof(fromHex(transaction.root), fromHex(transaction.item), proof));
    assert.equal(transaction.item, id);
    assert.equal(receipt, null);
  });

  it('validators are shown for the next height, found by either address, and refused otherwise', async () => {
    const { body } = await get('/validators');
    assert.deepEqual(
      [body.height, body.totalPower, body.items[0].name, body.items[0].stake],
      [6, 10, 'first', '1' + '0'.repeat(25)],
    );
    assert.equal((await get(`/validators/${alice}`)).body.name, 'first');
    assert.equal((await get(`/validators/${body.items[0].address}`)).body.operator, alice);
    assert.equal((await get(`/validators/${formatAddress(BOB)}`)).body.code, 'gateway.validator-not-found');
    assert.equal((await get('/validators?height=9')).body.code, 'gateway.height-ahead');
  });

  it('snapshots are listed newest first; a node without any has an empty list', async () => {
    assert.deepEqual((await get('/snapshots')).body, { items: [] });
    const stateRoot = new Uint8Array(32).fill(1);
    const manifest = { height: 8, stateRoot, entries: 5, bytes: 900, depths: Uint8Array.of(1, 2, 2) };
    const other = await buildGateway(node.components({ snapshots: { list: async () => [manifest] } }));
    const { items } = (await other.inject('/api/v2/snapshots')).json();
    assert.deepEqual(items, [{ height: 8, stateRoot: '01'.repeat(32), chunks: 3, entries: 5, bytes: 900 }]);
    await other.close();
  });

  it('consensus shows addresses as text', async () => {
    assert.deepEqual((await get('/consensus')).body, {
      height: 6,
      round: 0,
      step: 'propose',
      proposer: alice,
    });
  });
});

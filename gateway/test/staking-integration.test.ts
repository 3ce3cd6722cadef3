import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { addressOfKey, ed25519Key, formatAddress, toHex } from '#kernel';
import {
  gasOf,
  keyPossessionDigest,
  transactionToJson,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import { DEFAULT_STAKING } from '#services/validator';
import { buildGateway } from '../build-gateway.ts';
import { alice, genesis, identity, openRealNode, sign } from './real-node.ts';
import { Stream, type Message } from './stream-harness.ts';

const EPOCH = 4;
const own = ed25519Key(new Uint8Array(32).fill(54));
const ownAddress = formatAddress(addressOfKey('ed25519', own.publicKey));
const aliceText = formatAddress(alice);
const first = new Uint8Array(20).fill(90);
const firstText = formatAddress(first);

const register: TransactionPayload = {
  type: 'validator.register',
  publicKey: own.publicKey,
  proof: own.sign(keyPossessionDigest(identity.genesisHash, alice, own.publicKey)),
  identity: { name: 'alice', website: 'https://example.org', contact: '', description: '', location: 'Oslo' },
  commission: { rate: 500, maxRate: 2_000, maxDailyChange: 100 },
  minSelfStake: 1n,
  stake: 10n ** 9n,
};

let node: Awaited<ReturnType<typeof openRealNode>>;
let app: FastifyInstance;
let nonce = 0;
before(async () => {
  node = await openRealNode({
    ...genesis,
    ledger: { ...genesis.ledger, epochBlocks: EPOCH, unbondingPeriodMs: 60_000 },
    staking: {
      ...DEFAULT_STAKING,
      maxChurnBasisPoints: 10_000,
      blockReward: 1_000_000n,
      signedBlocksWindow: 6,
      minSignedBasisPoints: 5_000,
      downtimeSlashBasisPoints: 100,
    },
  });
  app = await buildGateway(node.components);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
after(async () => {
  await app.close();
  await node.close();
});

const get = async (path: string) => {
  const response = await app.inject(`/api/v2${path}`);
  assert.equal(response.statusCode, 200, `${path}: ${response.body}`);
  return response.json();
};
const post = async (path: string, payload: object) => {
  const response = await app.inject({ method: 'POST', url: `/api/v2${path}`, payload });
  return { status: response.statusCode, body: response.json() };
};

/** Submits in the JSON form and makes the next block. */
async function submit(payload: TransactionPayload): Promise<Transaction> {
  const transaction = sign(nonce++, payload, gasOf(payload, 'ed25519'));
  const { status, body } = await post('/transactions', transactionToJson(transaction));
  assert.equal(status, 202, JSON.stringify(body));
  await node.grow();
  return transaction;
}

async function growTo(height: number): Promise<void> {
  while (node.chain.tip().height < height) await node.grow();
}

describe('stake on a real ledger', () => {
  it('an operator learns the rules and the epoch in progress before it registers', async () => {
    const { height, epoch, parameters, totals } = await get('/staking');
    assert.deepEqual([height, epoch.epoch, epoch.firstHeight, epoch.lastHeight], [0, 0, 1, 1 + EPOCH]);
    assert.equal(epoch.blocksLeft, 1 + EPOCH);
    assert.deepEqual([parameters.epochBlocks, parameters.blockReward], [EPOCH, '1000000']);
    assert.deepEqual([totals.bonded, totals.validators], ['3000000000', 3]);
  });

  it('a registration is estimated and submitted in JSON, and reads back as it was signed', async () => {
    const form = transactionToJson(sign(0, register));
    const { status, body } = await post('/transactions/estimate', {
      sender: aliceText,
      payload: form.payload,
    });
    assert.deepEqual([status, body.gasLimit, body.nonce], [200, gasOf(register, 'ed25519'), 0]);
    const { id } = await submit(register);
    const final = await get(`/transactions/${id}`);
    assert.deepEqual([final.status, final.height], ['finalized', 1]);
    assert.deepEqual(final.transaction.payload, form.payload);
    assert.deepEqual((await get('/blocks/1')).transactions, [id]);
    const { items } = await get('/blocks/1/transactions');
    assert.equal(items[0].transaction.payload.consensusKey, toHex(own.publicKey));
  });

  it('the new validator is found by either address, with no power before the set rotates', async () => {
    for (const name of [aliceText, ownAddress]) {
      const found = await get(`/validators/${name}`);
      assert.deepEqual(
        [found.name, found.status, found.power, found.stake, found.selfStake, found.registeredHeight],
        ['alice', 'inactive', 0, '1000000000', '1000000000', 1],
      );
      assert.deepEqual([found.identity.location, found.commission.rate], ['Oslo', 500]);
    }
    assert.equal((await get('/validators')).items.length, 4);
    assert.equal((await get('/validators/active')).items.length, 3);
    assert.equal((await get('/validators?status=inactive')).items[0].operator, aliceText);
  });

  it('what is bonded shows at the validator and at the account', async () => {
    await submit({ type: 'stake.bond', validator: first, amount: 500_000_000n });
    const { items } = await get(`/validators/${firstText}/delegations`);
    assert.deepEqual(
      new Map(items.map(({ account, amount }: { account: string; amount: string }) => [account, amount])),
      new Map([
        [aliceText, '500000000'],
        [firstText, '1000000000'],
      ]),
    );
    const held = await get(`/accounts/${aliceText}/delegations`);
    assert.deepEqual(
      held.items.map(({ validator }: { validator: string }) => validator).toSorted(),
      [aliceText, firstText].toSorted(),
    );
    const one = await get(`/accounts/${aliceText}/delegations?limit=1`);
    const two = await get(`/accounts/${aliceText}/delegations?limit=1&cursor=${one.nextCursor}`);
    assert.deepEqual([...one.items, ...two.items], held.items);
    assert.equal(two.nextCursor, undefined);
    assert.deepEqual((await get('/validators/top?by=stake&limit=1')).items[0].operator, firstText);
  });

  it('at the end of the epoch the set is decided, and after the delay the new validator is in it', async () => {
    await growTo(1 + EPOCH);
    const decided = await get('/staking');
    assert.deepEqual([decided.epoch.epoch, decided.epoch.decidedSetFrom], [1, 3 + EPOCH]);
    assert.equal((await get(`/validators/${aliceText}`)).decidedPower, 1_000);
    await growTo(2 + EPOCH);
    const { epoch } = await get('/staking');
    assert.deepEqual([epoch.setSince, epoch.decidedSetFrom], [3 + EPOCH, null]);
    const found = await get(`/validators/${aliceText}`);
    assert.deepEqual([found.status, found.power], ['active', 1_000]);
    assert.equal((await get(`/validators/set/${2 + EPOCH}`)).items.length, 3);
    const next = await get(`/validators/set/${3 + EPOCH}`);
    assert.equal(next.items.length, 4);
    assert.deepEqual((await get('/validators')).hash, next.hash);
  });

  it('an epoch that ended shows what its validators did, and moves their reputation', async () => {
    const { items, current } = await get(`/validators/${firstText}/performance?from=0`);
    assert.deepEqual([items.length, items[0].epoch, items[0].missed, items[0].uptime], [1, 0, 0, 1]);
    assert.equal(current.epoch, 1);
    const reputation = await get(`/validators/${firstText}/reputation`);
    assert.equal(reputation.items[0].reputation, reputation.reputation);
    assert.equal((await get(`/validators/${firstText}`)).reputation, reputation.reputation);
  });

  it('rewards grow, are withdrawn, and then begin again', async () => {
    const rewardAt = async (): Promise<bigint> => {
      const { items } = await get(`/accounts/${aliceText}/rewards`);
      const found = items.find(({ validator }: { validator: string }) => validator === firstText);
      return BigInt(found.rewards);
    };
    const due = await rewardAt();
    assert.ok(due > 0n);
    const { id } = await submit({ type: 'rewards.withdraw', validator: first });
    const { events } = await get(`/transactions/${id}`);
    assert.equal(events[0].type, 'rewards.withdrawn');
    assert.ok((await rewardAt()) < due);
    assert.ok(BigInt((await get(`/validators/${firstText}`)).commissionDue) >= 0n);
  });

  it('what is unbonded waits until its end, in the form in which it can be cancelled', async () => {
    await submit({ type: 'stake.unbond', validator: first, amount: 200_000_000n });
    const { items } = await get(`/accounts/${aliceText}/unbondings`);
    assert.deepEqual([items.length, items[0].validator, items[0].amount], [1, firstText, '200000000']);
    const end = node.chain.tip().blockTimeMs + 60_000;
    assert.deepEqual([items[0].endMs, items[0].end], [end.toString(), new Date(end).toISOString()]);
    await submit({ type: 'stake.cancel-unbond', validator: first, endMs: end, amount: 200_000_000n });
    assert.deepEqual((await get(`/accounts/${aliceText}/unbondings`)).items, []);
  });

  it('a validator that does not sign is jailed and slashed, and both can be read', async () => {
    await growTo(20);
    const jailed = await get(`/validators/${ownAddress}`);
    assert.deepEqual([jailed.status, jailed.stake], ['jailed', '990000000']);
    assert.ok(Date.parse(jailed.jailedUntil) > node.chain.tip().blockTimeMs);
    const { items } = await get(`/validators/${ownAddress}/slashing`);
    assert.deepEqual(
      [items.length, items[0].reason, items[0].bonded, items[0].burnt, items[0].evidence],
      [1, 'downtime', '10000000', '10000000', null],
    );
    assert.deepEqual((await get('/validators?status=jailed')).items.length, 1);
  });

  it('every step is an event with an identity of its own; a client resumes after any of them', async () => {
    const { height } = node.chain.tip();
    await node.grow();
    const all = await follow('0', height);
    const types = new Set(all.map(({ data }) => data?.['type']));
    for (const type of [
      'ValidatorRegistered',
      'StakeUpdated',
      'ReputationScoreChanged',
      'ValidatorActivated',
      'ValidatorSetRotated',
      'RewardsWithdrawn',
      'ValidatorSlashed',
      'ValidatorJailed',
    ]) {
      assert.ok(types.has(type), type);
    }
    const ids = all.map(({ data }) => data?.['id']);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(all.map(({ cursor }) => cursor)).size, all.length);
    const [registered] = all;
    assert.deepEqual(registered?.data, {
      specversion: '1.0',
      id: '1.0.0',
      source: '/chains/real-1',
      type: 'ValidatorRegistered',
      subject: aliceText,
      time: new Date(genesis.timeMs + 1_000).toISOString(),
      datacontenttype: 'application/json',
      data: {
        event: 'validator.registered',
        validator: aliceText,
        name: 'alice',
        stake: '1000000000',
        block: 1,
        transaction: 0,
      },
    });
    const middle = Math.floor(all.length / 2);
    const rest = await follow(all[middle]?.cursor ?? '', height);
    assert.deepEqual(rest, all.slice(middle + 1));
  });
});

/** Events of validators after a cursor, up to a height. */
async function follow(cursor: string, last: number): Promise<Message[]> {
  const { port } = app.server.address() as AddressInfo;
  const query = `topics=validators,blocks&cursor=${cursor}`;
  const stream = new Stream(`ws://127.0.0.1:${port}/api/v2/stream?${query}`, {});
  const messages: Message[] = [];
  for (;;) {
    const message = await stream.next();
    if (message.topic === 'blocks' && message.data?.['height'] === last + 1) break;
    if (message.topic === 'validators') messages.push(message);
  }
  stream.socket.terminate();
  await stream.closed;
  return messages;
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { formatAddress, toHex } from '#kernel';
import { buildGateway } from '../build-gateway.ts';
import { LIMITS } from '../limits.ts';
import { SubmissionGate } from '../submission/submission-gate.ts';
import { ALICE, BOB, FakeNode, framed, makeTransaction } from './fakes.ts';

let node: FakeNode;
let app: FastifyInstance;
beforeEach(async () => {
  node = new FakeNode();
  app = await buildGateway(node.components());
});
afterEach(() => app.close());

async function submit(payload: string | Buffer, type = 'application/octet-stream') {
  const headers = { 'content-type': type };
  const response = await app.inject({ method: 'POST', url: '/api/v2/transactions', payload, headers });
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}
const json = (value: object) => submit(JSON.stringify(value), 'application/json');
const read = async (path: string) => (await app.inject(`/api/v2${path}`)).json();

/** A promise and its switch. */
function lever() {
  let pull: () => void = () => assert.fail('not made yet');
  const pulled = new Promise<void>((resolve) => (pull = resolve));
  return { pulled, pull };
}

/** Ends when a request waits for finality. */
async function untilWaiting(): Promise<void> {
  for (;;) {
    const { body } = await app.inject('/metrics');
    if (body.includes('node0_gateway_waiting_requests 1\n')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Ends when `condition` holds; each turn lets I/O run. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a submission', () => {
  it('of one answers its hash, in every form', async () => {
    const one = makeTransaction(5);
    const answer = { hash: one.id, hashes: [one.id] };
    assert.deepEqual(await submit(framed(one)).then(({ status, body }) => [status, body]), [202, answer]);
    assert.deepEqual((await json({ transaction: toHex(one.bytes) })).body, answer);
    assert.deepEqual((await json({ transactions: [toHex(one.bytes)] })).body, answer);
    assert.deepEqual([...new Set(node.sources)], ['api:127.0.0.1']);
  });

  it('of one that is refused answers the reason as the problem', async () => {
    const refused = await submit(framed(makeTransaction(0)));
    assert.deepEqual([refused.status, refused.body.code], [409, 'fake.nonce-too-low']);
    assert.equal(refused.body.detail, 'use nonce 4');
  });

  it('of many answers each, when some are refused', async () => {
    const [good, bad, other] = [makeTransaction(5), makeTransaction(0), makeTransaction(6)];
    const { status, body } = await submit(framed(good, bad, other));
    assert.equal(status, 202);
    assert.deepEqual(body.hashes, [good.id, other.id]);
    assert.deepEqual(body.results, [
      { hash: good.id },
      { code: 'fake.nonce-too-low', detail: 'use nonce 4' },
      { hash: other.id },
    ]);
  });

  it('of many that are all refused is a problem that says so of each', async () => {
    const { status, body } = await submit(framed(makeTransaction(0), makeTransaction(0)));
    assert.deepEqual([status, body.code], [422, 'gateway.all-refused']);
    assert.match(body.detail, /use nonce 4/);
    assert.equal(body.details.results.length, 2);
  });

  it('over the limits of size and count is refused before the mempool sees it', async () => {
    const large = await submit(Buffer.alloc(LIMITS.submissionBytesMax + 1));
    assert.deepEqual([large.status, large.body.code], [413, 'gateway.body-too-large']);
    const tiny = Array.from({ length: LIMITS.submissionCountMax + 1 }, () => ({ bytes: Uint8Array.of(1) }));
    assert.equal((await submit(framed(...tiny))).body.code, 'gateway.too-many-transactions');
    assert.deepEqual(node.sources, []);
  });

  it('that is malformed is refused with the offset', async () => {
    const { status, body } = await submit(Buffer.from([0, 0, 1, 0, 5]));
    assert.deepEqual([status, body.code, body.details.offset], [400, 'gateway.malformed-submission', 0]);
    assert.equal((await json({ transaction: 'zz' })).body.code, 'gateway.malformed-submission');
    assert.equal((await json({ payload: {}, signature: '00' })).body.code, 'transaction.malformed-json');
    assert.equal((await json([])).body.code, 'gateway.invalid-request');
    assert.equal((await json({ transactions: [], x: 1 })).body.code, 'gateway.invalid-request');
  });

  it('is pushed back, not queued, when too many wait', async () => {
    const gate = new SubmissionGate(10);
    const { pulled, pull } = lever();
    const first = gate.pass(8, () => pulled);
    await assert.rejects(
      gate.pass(3, () => Promise.resolve()),
      { code: 'gateway.busy', status: 503 },
    );
    await gate.pass(2, () => Promise.resolve());
    pull();
    await first;
    assert.equal(gate.inFlight, 0);
    await assert.rejects(gate.pass(10, () => Promise.reject(new Error('x'))));
    assert.equal(gate.inFlight, 0);
  });
});

describe('a transaction', () => {
  it('is pending, then final', async () => {
    const one = makeTransaction(5);
    await submit(framed(one));
    const pending = await read(`/transactions/${one.id}`);
    assert.deepEqual([pending.status, pending.height], ['pending', undefined]);
    assert.equal((await read('/mempool')).size, 1);
    assert.equal((await read('/mempool/transactions')).items[0].hash, one.id);
    node.finalise(one);
    const final = await read(`/transactions/${one.id}`);
    assert.deepEqual([final.status, final.height, final.index, final.gasUsed], ['finalized', 1, 0, 700]);
    assert.equal((await read('/mempool')).size, 0);
  });

  it('that is unknown is a problem of its own', async () => {
    const found = await read(`/transactions/${'0'.repeat(64)}`);
    assert.deepEqual([found.status, found.code], [404, 'gateway.transaction-not-found']);
    assert.equal((await read('/transactions/12')).code, 'gateway.invalid-request');
  });

  it('is waited for until it is final, even before it is known', async () => {
    const one = makeTransaction(5);
    const waiting = read(`/transactions/${one.id}?wait=30000`);
    await untilWaiting();
    node.finalise(one);
    assert.equal((await waiting).status, 'finalized');
  });

  it('is not missed when it becomes final while the request is read', async () => {
    const one = makeTransaction(5);
    const components = node.components();
    const { chain } = components;
    let isFirst = true;
    const transaction: typeof chain.transaction = async (hash) => {
      const found = await chain.transaction(hash);
      if (isFirst) node.finalise(one);
      isFirst = false;
      return found;
    };
    const other = await buildGateway({ ...components, chain: { ...chain, transaction } });
    const response = await other.inject(`/api/v2/transactions/${one.id}?wait=30000`);
    assert.equal(response.json().status, 'finalized');
    await other.close();
  });

  it('is answered as it is when the wait is over', async () => {
    const one = makeTransaction(5);
    await submit(framed(one));
    assert.equal((await read(`/transactions/${one.id}?wait=20`)).status, 'pending');
    assert.equal((await read(`/transactions/${one.id}?wait=30001`)).code, 'gateway.invalid-request');
  });

  it('that was dropped ends the wait and says why', async () => {
    const one = makeTransaction(5);
    await submit(framed(one));
    const waiting = read(`/transactions/${one.id}?wait=30000`);
    await untilWaiting();
    node.drop(one);
    const found = await waiting;
    assert.deepEqual([found.code, found.details.reason], ['gateway.transaction-not-found', 'fake.expired']);
    assert.match(found.detail, /it was valid until 5 only/);
    assert.equal((await read(`/transactions/${one.id}?wait=30000`)).code, 'gateway.transaction-not-found');
  });

  it('still waited for is answered when the app closes', async () => {
    const one = makeTransaction(5);
    await submit(framed(one));
    const waiting = read(`/transactions/${one.id}?wait=30000`);
    await untilWaiting();
    await app.close();
    assert.equal((await waiting).status, 'pending');
    assert.equal(node.listeners, 0);
  });
});

describe('an estimate', () => {
  const estimate = async (payload: object) => {
    const response = await app.inject({ method: 'POST', url: '/api/v2/transactions/estimate', payload });
    return response.json();
  };
  const transfer = { type: 'transfer', outputs: [{ to: formatAddress(BOB), amount: '5' }] };

  it('gives gas, price, fee and the next nonce', async () => {
    const found = await estimate({ sender: formatAddress(ALICE), payload: transfer });
    assert.deepEqual(found, { gasLimit: 1_500, gasPrice: '3', fee: '4500', nonce: 4 });
  });

  it('counts the slower signature of a secp256k1 key', async () => {
    const found = await estimate({ senderKeyType: 'secp256k1', payload: transfer });
    assert.deepEqual(found, { gasLimit: 2_500, gasPrice: '3', fee: '7500' });
    const refused = await estimate({ senderKeyType: 'rsa', payload: transfer });
    assert.equal(refused.code, 'gateway.invalid-request');
  });

  it('counts what of the sender waits', async () => {
    await submit(framed(makeTransaction(5), makeTransaction(6)));
    assert.equal((await estimate({ sender: formatAddress(ALICE), payload: transfer })).nonce, 6);
  });

  it('needs no sender, and an unknown one begins at 0', async () => {
    assert.equal((await estimate({ payload: transfer })).nonce, undefined);
    assert.equal((await estimate({ sender: formatAddress(BOB), payload: transfer })).nonce, 0);
    const attest = { type: 'attest', digest: '00'.repeat(32), label: 'x' };
    assert.equal((await estimate({ payload: attest })).gasLimit, 3_000);
  });

  it('refuses an address whose checksum is wrong', async () => {
    const to = `${formatAddress(BOB).slice(0, -1)}x`;
    const found = await estimate({ payload: { type: 'transfer', outputs: [{ to, amount: '5' }] } });
    assert.equal(found.code, 'kernel.malformed-address');
  });
});

describe('genesis', () => {
  const validate = (payload: Buffer | string, type = 'application/json') =>
    app.inject({
      method: 'POST',
      url: '/api/v2/genesis/validate',
      payload,
      headers: { 'content-type': type },
    });

  it('shows document, hash and report', async () => {
    const found = await read('/genesis');
    assert.deepEqual([found.document.chainId, found.report.valid, found.seal], ['test-1', true, null]);
    assert.equal(found.genesisHash, (await read('/status')).genesisHash);
  });

  it('answers 304 to who has the genesis, and names the length to who has not', async () => {
    const first = await app.inject('/api/v2/genesis');
    assert.equal(Number(first.headers['content-length']), first.rawPayload.length);
    const { genesisHash } = first.json();
    assert.equal(first.headers.etag, `"${genesisHash}"`);
    const again = await app.inject({
      url: '/api/v2/genesis',
      headers: { 'if-none-match': `"${genesisHash}"` },
    });
    assert.deepEqual([again.statusCode, again.rawPayload.length], [304, 0]);
  });

  it('judges any bytes of any type, invalid JSON included', async () => {
    for (const type of ['application/json', 'application/octet-stream', 'text/plain', 'x/y']) {
      const response = await validate('{"broken', type);
      assert.deepEqual([response.statusCode, response.json()], [200, { valid: false, bytes: 8 }]);
    }
  });

  /** Sends the head of a request and a part of its body to a listening app. */
  async function halfRequest(length: number, part: string) {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(`POST /api/v2/genesis/validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`);
    socket.write(`content-length: ${length}\r\n\r\n${part}`);
    return socket;
  }
  const untilFree = async (): Promise<void> => {
    // A refusal needs no I/O: a turn of the loop lets that of the other request go on.
    while ((await validate('{}')).statusCode !== 200) await new Promise((resolve) => setImmediate(resolve));
  };

  it('judges one at a time', async () => {
    const { pulled, pull } = lever();
    let calls = 0;
    node.validate = async () => {
      calls++;
      await pulled;
      return { valid: true };
    };
    const first = validate('{}');
    await until(() => calls === 1);
    const second = await validate('{}');
    assert.deepEqual([second.statusCode, second.json().code], [503, 'gateway.busy']);
    assert.equal(second.headers['retry-after'], '5');
    pull();
    assert.equal((await first).statusCode, 200);
    assert.equal((await validate('{}')).statusCode, 200);
  });

  it('counts work that goes on for a client that went away', async () => {
    const { pulled, pull } = lever();
    let calls = 0;
    node.validate = async () => {
      calls++;
      await pulled;
      return {};
    };
    const closed = once(app.server, 'connection').then(([socket]) => once(socket, 'close'));
    const socket = await halfRequest(2, '{}');
    await until(() => calls === 1);
    socket.destroy();
    await closed;
    assert.equal((await validate('{}')).statusCode, 503);
    pull();
    await untilFree();
  });

  it('counts an upload that is under way, until it ends in any way', async () => {
    const arrived = once(app.server, 'request');
    const socket = await halfRequest(1_000, '{');
    await arrived;
    assert.equal((await validate('{}')).statusCode, 503);
    socket.destroy();
    await untilFree();
  });

  it('has room again after a failure and after a body that is too large', async () => {
    node.validate = () => Promise.reject(new Error('broken'));
    assert.equal((await validate('{}')).statusCode, 500);
    node.validate = async () => ({ valid: true });
    assert.equal((await validate(Buffer.alloc(LIMITS.genesisBytesMax + 1))).statusCode, 413);
    assert.equal((await validate('{}')).statusCode, 200);
  });
});

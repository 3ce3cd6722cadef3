import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCodedError, silentLogger } from '#kernel';
import { frameTransactions, packIds, unframeTransactions } from '../gossip/frames.ts';
import { createTransactionFetch, decodeTransaction } from '../index.ts';
import { FETCH_IDS_MAX, FETCH_RESPONSE_BYTES_MAX } from '../limits.ts';
import { filled, forged, IDENTITY, outputs, signed, signedByAccount, VERIFIER } from './support/samples.ts';
import { idsOf } from './support/test-mempool.ts';
import { World } from './support/world.ts';

const PROTOCOL = '/bizra/transactions/1';

/** A world in which `b` asks `a`, who answers every request with the given bytes. */
function answering(response: Uint8Array) {
  const world = new World();
  const b = world.node('b');
  world.network.connect('a', 'b');
  world.network
    .transport('a')
    .onRequest(PROTOCOL, { maxRequestBytes: 10 ** 6, maxConcurrent: 9 }, async () => response);
  return { world, b };
}

async function codeOfFetch(fetching: Promise<unknown>): Promise<string> {
  try {
    await fetching;
    return 'ok';
  } catch (error) {
    if (isCodedError(error)) return error.code;
    throw error;
  }
}

describe('fetch of transactions', () => {
  it('brings those that the peer has, and skips the others', async () => {
    const world = new World();
    const a = world.node('a');
    const b = world.node('b', ['a']);
    const [one, two, three] = [signed(0), signed(1), signedByAccount(2)];
    await a.test.submit(one, three);
    assert.deepEqual(await b.fetch.fetch('a', idsOf([three, two, one])), [three, one]);
    assert.deepEqual(await b.fetch.fetch('a', []), []);
    assert.deepEqual(world.network.reports, []);
  });

  it('asks for many in requests of a bounded size', async () => {
    const { world, b } = answering(new Uint8Array(0));
    const ids = Array.from({ length: FETCH_IDS_MAX + 1 }, (_, index) => index.toString(16).padStart(64, '0'));
    assert.deepEqual(await b.fetch.fetch('a', ids), []);
    assert.deepEqual(
      world.network.requests.map(({ body }) => body.length),
      [FETCH_IDS_MAX * 32, 32],
    );
  });

  it('answers with no more than a response may hold', async () => {
    const world = new World();
    world.network.connect('asker', 'a');
    const payload = { type: 'transfer', outputs: outputs(256) } as const;
    const count = Math.ceil(FETCH_RESPONSE_BYTES_MAX / 9_000) + 20;
    const large = Array.from({ length: count }, (_, nonce) => signed(0, { nonce, payload }));
    const byId = new Map(large.map((transaction) => [transaction.id, transaction]));
    createTransactionFetch(
      { identity: IDENTITY },
      {
        transport: world.network.transport('a'),
        verifier: VERIFIER,
        lookup: (id) => byId.get(id),
        logger: silentLogger,
      },
    ).start();
    const response = await world.network.transport('asker').request('a', PROTOCOL, packIds(idsOf(large)), {
      timeoutMs: 1_000,
      maxResponseBytes: FETCH_RESPONSE_BYTES_MAX,
    });
    const given = unframeTransactions(response);
    assert.ok(given.length > 400 && given.length < count, `${given.length} of ${count}`);
    assert.deepEqual(given[0], large[0]?.bytes);
  });

  it('reports who answers with anything else than what was asked for', async () => {
    const asked = signed(0);
    const frameOf = (...encoded: readonly Uint8Array[]) => frameTransactions(encoded);
    const cases: readonly [what: string, response: Uint8Array, code: string][] = [
      ['another transaction', frameOf(signed(1).bytes), 'transaction-gossip.unrequested-transaction'],
      ['the same one twice', frameOf(asked.bytes, asked.bytes), 'transaction-gossip.unrequested-transaction'],
      // The id is of the bytes, so other bytes were never asked for.
      ['a forged one', frameOf(forged(asked)), 'transaction-gossip.unrequested-transaction'],
      ['half a frame', frameOf(asked.bytes).subarray(1), 'transaction-gossip.malformed-frame'],
      ['no transaction', frameOf(filled(9, 1)), 'kernel.malformed-encoding'],
    ];
    for (const [what, response, code] of cases) {
      const { world, b } = answering(response);
      assert.equal(await codeOfFetch(b.fetch.fetch('a', [asked.id])), code, what);
      assert.deepEqual(world.network.reports, [{ by: 'b', peer: 'a', offence: 'invalid' }], what);
    }
  });

  it('reports who gives a transaction that nobody signed, under its own id', async () => {
    const { id, bytes } = decodeTransaction(forged(signed(0)), IDENTITY);
    const { world, b } = answering(frameTransactions([bytes]));
    assert.equal(await codeOfFetch(b.fetch.fetch('a', [id])), 'transaction.invalid-signature');
    assert.deepEqual(world.network.reports, [{ by: 'b', peer: 'a', offence: 'invalid' }]);
  });

  it('reports who asks for what are no ids, refuses too many, and answers nothing', async () => {
    const world = new World();
    world.node('a');
    world.network.connect('bad', 'a');
    const bad = world.network.transport('bad');
    const options = { timeoutMs: 1_000, maxResponseBytes: 1_000 };
    assert.equal(
      await codeOfFetch(bad.request('a', PROTOCOL, filled(33, 1), options)),
      'network.request-failed',
    );
    assert.deepEqual(world.network.reports, [{ by: 'a', peer: 'bad', offence: 'malformed' }]);
    const tooMany = new Uint8Array((FETCH_IDS_MAX + 1) * 32);
    assert.equal(await codeOfFetch(bad.request('a', PROTOCOL, tooMany, options)), 'network.request-refused');
  });

  it('blames nobody for a peer that is gone', async () => {
    const world = new World();
    const b = world.node('b');
    assert.equal(await codeOfFetch(b.fetch.fetch('a', [signed().id])), 'network.peer-gone');
    assert.deepEqual(world.network.reports, []);
  });
});

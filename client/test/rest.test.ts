import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { isCodedError, referenceVerifier } from '#kernel';
import { buildGateway } from '#gateway';
import { alice, bob, genesis, identity, openRealNode, sign } from '../../gateway/test/real-node.ts';
import {
  createApi,
  createLightClient,
  createVerifiedReader,
  restLightSource,
  type LightClient,
  type VerifiedReader,
} from '../index.ts';

const DIGEST = new Uint8Array(32).fill(6);
const first = sign(0, { type: 'transfer', outputs: [{ to: bob, amount: 7n }] });
const attest = sign(1, { type: 'attest', digest: DIGEST, label: 'contract' });
const last = sign(2, { type: 'transfer', outputs: [{ to: bob, amount: 5n }] });
const NOBODY = new Uint8Array(20).fill(77);

let node: Awaited<ReturnType<typeof openRealNode>>;
let app: FastifyInstance;
before(async () => {
  node = await openRealNode();
  app = await buildGateway(node.components);
  await node.components.mempool.submit([first.bytes, attest.bytes], 'test');
  await node.grow();
  await node.grow();
  await node.components.mempool.submit([last.bytes], 'test');
  await node.grow();
});
after(async () => {
  await app.close();
  await node.close();
});

type Tamper = (path: string, body: unknown) => unknown;

/** `fetch` that asks the app, with a liar between. */
function fetchOf(tamper: Tamper = (_, body) => body): typeof globalThis.fetch {
  return async (input) => {
    const { pathname, search } = new URL(input);
    const response = await app.inject(`${pathname}${search}`);
    const body = response.statusCode === 200 ? tamper(pathname, response.json()) : response.json();
    return new Response(JSON.stringify(body), { status: response.statusCode });
  };
}

function open(tamper?: Tamper): { client: LightClient; reader: VerifiedReader } {
  const api = createApi({ url: 'http://node', fetch: fetchOf(tamper) });
  const validators = genesis.validators.map(({ publicKey, stake }) => ({
    publicKey,
    power: Number(stake / genesis.ledger.powerReduction),
  }));
  const client = createLightClient({
    identity,
    trust: { kind: 'genesis', initialHeight: 1, timeMs: genesis.timeMs, validators },
    rules: { trustingPeriodMs: 86_400_000 },
  })({
    primary: restLightSource(api, identity),
    clock: { now: () => genesis.timeMs + 10_000 },
    verifier: referenceVerifier,
  });
  return { client, reader: createVerifiedReader(api, client) };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}

/** Every text, number and list of a document, by a way to replace it. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item, at) => places(item, [...path, at]))];
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => places(member, [...path, name]));
  }
  return [path];
}

function replaced(
  value: unknown,
  path: readonly (string | number)[],
  to: (old: unknown) => unknown,
): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return to(value);
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[name] = replaced(copy[name], rest, to);
  return copy;
}

/** Another value of about the same form. */
function other(old: unknown): unknown {
  if (typeof old === 'number') return old + 1;
  if (typeof old === 'string' && /^[0-9a-f]{2,}$/.test(old)) {
    return `${old.startsWith('0') ? '1' : '0'}${old.slice(1)}`;
  }
  if (typeof old === 'string') return `${old}0`;
  if (Array.isArray(old)) return old.length > 0 ? old.slice(1) : [{}];
  return old === null ? 'ff' : null;
}

describe('a node over REST', () => {
  it('LIGHT-15 gives accounts with proof, present and absent, at the tip and before', async () => {
    const { reader } = open();
    const { nonce, exists, height } = await reader.account(alice);
    assert.deepEqual([nonce, exists, height], [2, true, 2]);
    assert.deepEqual(await reader.account(NOBODY), { balance: 0n, nonce: 0, exists: false, height: 2 });
    assert.deepEqual(await reader.account(bob, 1), { balance: 7n, nonce: 0, exists: true, height: 1 });
    assert.equal((await reader.account(bob, 0)).exists, false);
  });

  it('LIGHT-15 gives attestations with proof, present and absent', async () => {
    const { reader } = open();
    const { record, height } = await reader.attestation(DIGEST, alice);
    assert.deepEqual([record?.label, record?.height, height], ['contract', 1, 2]);
    assert.equal((await reader.attestation(DIGEST, bob)).record, undefined);
    assert.equal((await reader.attestation(DIGEST, alice, 0)).record, undefined);
  });

  it('LIGHT-16 gives transactions and receipts with proof; the newest has no receipt yet', async () => {
    const { reader } = open();
    const { transaction, height, receipt } = await reader.transaction(attest.hash);
    assert.deepEqual([transaction.id, height, receipt?.status], [attest.id, 1, 'finalized']);
    assert.equal((await reader.transaction(last.hash)).receipt, undefined);
    assert.equal(await codeOf(reader.transaction(DIGEST)), 'light.not-available');
  });

  it('LIGHT-17 says what it does not have', async () => {
    const { client } = open();
    assert.equal((await client.latest()).header.height, 3);
    assert.equal(await codeOf(client.verifiedAt(99)), 'light.not-available');
  });

  it('LIGHT-17 that answers something else is refused by code', async () => {
    const garbage = [null, 5, 'text', [], {}, { header: null }, { header: { version: '1' } }];
    for (const body of garbage) {
      assert.equal(await codeOf(open(() => body).client.latest()), 'light.malformed-answer');
    }
    const broken = createApi({ url: 'http://node', fetch: async () => new Response('<html>') });
    assert.equal(await codeOf(broken.get('/status')), 'light.malformed-answer');
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20)) });
    const large = createApi({ url: 'http://node', fetch: async () => new Response(endless) });
    assert.equal(await codeOf(large.get('/status')), 'light.not-available');
  });

  it('LIGHT-15 LIGHT-16 that alters any member of an answer changes nothing or is found out', async () => {
    const reads = [
      { path: '/accounts/', read: (reader: VerifiedReader) => reader.account(alice) },
      { path: '/accounts/', read: (reader: VerifiedReader) => reader.account(NOBODY) },
      { path: '/attestations/', read: (reader: VerifiedReader) => reader.attestation(DIGEST, alice) },
      { path: '/transactions/', read: (reader: VerifiedReader) => reader.transaction(first.hash) },
      { path: '/light/', read: (reader: VerifiedReader) => reader.account(alice) },
    ];
    let found = 0;
    for (const { path, read } of reads) {
      const truth = await read(open().reader);
      const bodies: unknown[] = [];
      await read(open((asked, body) => (asked.includes(path) && bodies.push(body), body)).reader);
      for (const place of places(bodies[0])) {
        const { reader } = open((asked, body) =>
          asked.includes(path) ? replaced(body, place, other) : body,
        );
        try {
          assert.deepEqual(await read(reader), truth, `${path} ${place.join('.')}`);
        } catch (error) {
          if (!isCodedError(error)) throw error;
          assert.match(error.code, /^(light|kernel)\./, place.join('.'));
          found += 1;
        }
      }
    }
    assert.ok(found > 40, `${found} alterations mattered`);
  });

  it('LIGHT-17 never brings the reader down, whatever it answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        const { reader } = open(() => body);
        for (const read of [
          reader.account(alice),
          reader.attestation(DIGEST, bob),
          reader.transaction(first.hash),
        ]) {
          assert.match(await codeOf(read), /^light\./);
        }
      }),
      { numRuns: 100 },
    );
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { silentLogger } from '#kernel';
import { buildGateway } from '../build-gateway.ts';
import { parseClientMessage } from '../stream/messages.ts';
import { FakeNode, makeTransaction } from './fakes.ts';

const node = new FakeNode();
const failures: unknown[] = [];
let app: FastifyInstance;
before(async () => {
  for (let n = 1; n <= 3; n++) node.finalise(makeTransaction(n));
  const error = (fields: object) => void failures.push(fields);
  app = await buildGateway(node.components({ logger: { ...silentLogger, error } }));
});
after(() => app.close());

const PATHS = [
  '/status',
  '/transactions',
  '/transactions/X',
  '/transactions/estimate',
  '/mempool',
  '/mempool/transactions',
  '/blocks',
  '/blocks/X',
  '/blocks/X/transactions',
  '/blocks/X/commit',
  '/accounts/X',
  '/accounts/X/transactions',
  '/attestations/X',
  '/validators',
  '/validators/X',
  '/validators/active',
  '/validators/top',
  '/validators/set/X',
  '/validators/X/performance',
  '/validators/X/reputation',
  '/validators/X/slashing',
  '/validators/X/delegations',
  '/accounts/X/delegations',
  '/accounts/X/unbondings',
  '/accounts/X/rewards',
  '/staking',
  '/consensus',
  '/peers',
  '/genesis',
  '/genesis/validate',
  '/stream',
];
const known = fc.constantFrom(
  '1',
  '2',
  'latest',
  makeTransaction(1).id,
  'bizra1ygsjhfzz582xv7mguaswneneqyx60vxedjkjaq',
  '0'.repeat(64),
);
const word = fc.oneof(known, fc.string({ maxLength: 80, unit: 'binary' }), fc.integer().map(String));
const query = fc.dictionary(
  fc.constantFrom(
    'limit',
    'cursor',
    'height',
    'proof',
    'wait',
    'topics',
    'status',
    'sort',
    'by',
    'from',
    'to',
    'x',
  ),
  word,
  { maxKeys: 3 },
);
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record(
      {
        sender: word,
        payload: fc.record(
          {
            type: fc.constantFrom('transfer', 'attest', 'x'),
            outputs: fc.anything(),
            digest: word,
            label: word,
          },
          { requiredKeys: ['type'] },
        ),
      },
      { requiredKeys: ['payload'] },
    )
    .map((value) => JSON.stringify(value) ?? ''),
);

describe('any request', () => {
  it('is answered, never with a failure of the node, and every refusal is a problem', async () => {
    const method = fc.constantFrom('GET' as const, 'POST' as const, 'PUT' as const, 'DELETE' as const);
    const type = fc.constantFrom('application/json', 'application/octet-stream', 'text/plain', 'x/y');
    await fc.assert(
      fc.asyncProperty(
        method,
        fc.constantFrom(...PATHS),
        word,
        query,
        body,
        type,
        async (method, path, at, given, payload, contentType) => {
          const { wait: _wait, ...rest } = given;
          const search = new URLSearchParams(rest).toString();
          const url = `/api/v2${path.replace('X', encodeURIComponent(at))}${search === '' ? '' : `?${search}`}`;
          const response = await app.inject({
            method,
            url,
            ...(method === 'GET' ? {} : { payload, headers: { 'content-type': contentType } }),
          });
          assert.ok(
            response.statusCode < 500 || response.json().code === 'gateway.busy',
            `${url}: ${response.body}`,
          );
          if (response.statusCode < 400) return;
          assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8', url);
          assert.match(response.json().code, /^[a-z]+(\.[a-z-]+)+$/);
        },
      ),
      { numRuns: 600 },
    );
    assert.deepEqual(failures, []);
  });

  it('that is no HTTP is refused on the socket, and the node goes on', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    for (const garbage of [
      '\0\x01\x02\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
    ]) {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('data', (data) => (text += data)).on('error', () => undefined);
      socket.write(garbage);
      await once(socket, 'close');
      assert.match(text, /^HTTP\/1\.1 4\d\d /);
      assert.match(text, /gateway\.malformed-request/);
    }
    assert.equal((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200);
  });
});

describe('any message of a stream', () => {
  it('is understood or refused by code', () => {
    const message = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ subscribe: fc.anything(), id: fc.anything() }).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(message, (text) => {
        try {
          parseClientMessage(text);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'gateway.malformed-message');
        }
      }),
      { numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { toHex } from '#kernel';
import { buildGateway } from '../build-gateway.ts';
import { FakeNode, makeTransaction } from './fakes.ts';

const node = new FakeNode();
let app: FastifyInstance;
before(async () => {
  node.finalise();
  node.finalise(makeTransaction(1));
  app = await buildGateway(node.components());
});
after(() => app.close());

async function problem(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  body?: string,
  type = 'application/json',
) {
  const response = await app.inject({
    method,
    url,
    ...(body === undefined ? {} : { payload: body, headers: { 'content-type': type } }),
  });
  assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8', response.body);
  const document = response.json();
  assert.equal(document.status, response.statusCode);
  assert.equal(document.type, `urn:bizra:error:${document.code}`);
  assert.equal(document.requestId, response.headers['x-request-id']);
  for (const member of ['title', 'detail', 'instance']) assert.equal(typeof document[member], 'string');
  return { ...document, headers: response.headers };
}

describe('errors', () => {
  it('hints at the right place when a path is unknown', async () => {
    const found = await problem('GET', '/status?x=1');
    assert.equal(found.code, 'gateway.not-found');
    assert.match(found.detail, /did you mean \/api\/v2\/status\?/);
    assert.equal(found.instance, '/status');
    assert.match((await problem('GET', '/api/v1/blocks/5')).detail, /\/api\/v2\/blocks\/5/);
    assert.match((await problem('GET', '/api/v2/nonsense')).detail, /\/api\/v2\/docs/);
  });

  it('names the methods that a resource takes', async () => {
    const found = await problem('PUT', '/api/v2/blocks/1');
    assert.equal(found.code, 'gateway.method-not-allowed');
    assert.equal(found.headers.allow, 'GET, HEAD');
  });

  it('refuses unknown query parameters by name, and all faults at once', async () => {
    const found = await problem('GET', '/api/v2/blocks?limit=1000&colour=red');
    assert.equal(found.code, 'gateway.invalid-request');
    assert.deepEqual(
      found.errors.map(({ path, part }: { path: string; part: string }) => [path, part]).toSorted(),
      [
        ['/colour', 'querystring'],
        ['/limit', 'querystring'],
      ],
    );
  });

  it('points at the member of a body that is wrong, in the branch that was meant', async () => {
    const url = '/api/v2/transactions/estimate';
    const payload = { type: 'transfer', outputs: [{ to: 'bizra1', amount: 5, memo: 'x' }] };
    const found = await problem('POST', url, JSON.stringify({ payload }));
    const paths = found.errors.map(({ path }: { path: string }) => path).toSorted();
    assert.deepEqual(paths, [
      '/payload/outputs/0/amount',
      '/payload/outputs/0/memo',
      '/payload/outputs/0/to',
    ]);
    const other = await problem('POST', url, JSON.stringify({ payload: { type: 'mint' } }));
    assert.ok(
      other.errors.every(({ path }: { path: string }) => path === '/payload/type'),
      other.detail,
    );
    assert.equal((await problem('POST', url, '{}')).errors[0].path, '/payload');
  });

  it('tells malformed JSON, wrong types and large bodies apart', async () => {
    const url = '/api/v2/transactions/estimate';
    assert.equal((await problem('POST', url, '{"a":')).code, 'gateway.malformed-json');
    assert.equal((await problem('POST', url, '')).code, 'gateway.malformed-json');
    assert.equal((await problem('POST', url, '{"__proto__":{"x":1}}')).code, 'gateway.malformed-json');
    const text = await problem('POST', url, 'x', 'text/plain');
    assert.deepEqual([text.code, text.status], ['gateway.unsupported-media-type', 415]);
    const large = await problem('POST', url, `"${'x'.repeat(70_000)}"`);
    assert.deepEqual([large.code, large.status], ['gateway.body-too-large', 413]);
  });

  it('keeps the reason of a failure of the node to its log', async () => {
    const logged: object[] = [];
    const components = node.components();
    const logger = { ...components.logger, error: (fields: object) => void logged.push(fields) };
    const ledger = {
      ...components.ledger,
      account: () => Promise.reject(new Error('secret path /data/state')),
    };
    const other = await buildGateway({ ...components, logger, ledger });
    const address = 'bizra1ygsjhfzz582xv7mguaswneneqyx60vxedjkjaq';
    const response = await other.inject(`/api/v2/accounts/${address}`);
    assert.equal(response.statusCode, 500);
    assert.equal(response.json().code, 'gateway.internal');
    assert.doesNotMatch(response.body, /secret/);
    assert.equal(logged.length, 1);
    await other.close();
  });

  it('answers an unreadable target with a problem', async () => {
    const response = await app.inject('/api/v2/blocks/%zz');
    assert.equal(response.statusCode, 400);
    assert.equal(response.json().code, 'gateway.malformed-request');
  });
});

describe('headers', () => {
  it('secure every answer and carry the request id', async () => {
    for (const url of ['/api/v2/status', '/nowhere', '/health/live']) {
      const { headers } = await app.inject(url);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
    const given = await app.inject({ url: '/api/v2/status', headers: { 'x-request-id': 'trace-7' } });
    assert.equal(given.headers['x-request-id'], 'trace-7');
    const bad = await app.inject({ url: '/api/v2/status', headers: { 'x-request-id': 'a b\tc' } });
    assert.notEqual(bad.headers['x-request-id'], 'a b\tc');
  });

  it('let what is final be kept for ever, and answer 304 to who has it', async () => {
    const hash = toHex(node.blocks[0]?.block.hash as Uint8Array);
    for (const ref of ['1', hash]) {
      const { headers } = await app.inject(`/api/v2/blocks/${ref}`);
      assert.match(String(headers['cache-control']), /immutable/);
      assert.equal(headers.etag, `"${hash}"`);
      const again = await app.inject({
        url: `/api/v2/blocks/${ref}`,
        headers: { 'if-none-match': headers.etag },
      });
      assert.deepEqual([again.statusCode, again.body], [304, '']);
    }
    const latest = await app.inject('/api/v2/blocks/latest');
    assert.equal(latest.headers['cache-control'], 'no-cache');
  });

  it('limit the rate of an address beyond loopback and say when to come again', async () => {
    const limited = await buildGateway(node.components({ rateLimit: { perSecond: 1, burst: 3 } }));
    const from = (remoteAddress: string) => limited.inject({ url: '/api/v2/status', remoteAddress });
    const codes: number[] = [];
    for (let i = 0; i < 5; i++) codes.push((await from('10.0.0.9')).statusCode);
    assert.deepEqual(codes, [200, 200, 200, 429, 429]);
    const refused = await from('10.0.0.9');
    assert.equal(refused.json().code, 'gateway.rate-limited');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal((await from('10.0.0.10')).statusCode, 200);
    for (let i = 0; i < 10; i++) assert.equal((await from('127.0.0.1')).statusCode, 200);
    await limited.close();
  });
});

describe('health', () => {
  it('is 503 with the reasons while the node is not ready', async () => {
    assert.equal((await app.inject('/health/ready')).statusCode, 200);
    node.reasons = ['no block for 20 s'];
    const response = await app.inject('/health/ready');
    assert.equal(response.statusCode, 503);
    assert.deepEqual(response.json(), { status: 'not-ready', reasons: ['no block for 20 s'] });
    assert.equal((await app.inject('/health/live')).statusCode, 200);
    node.reasons = [];
  });

  it('gives the metrics as the node makes them', async () => {
    const response = await app.inject('/metrics');
    assert.match(response.body, /^up 1\n/);
    assert.match(
      response.body,
      /node0_gateway_requests_total\{[^}]*route="\/health\/ready",status="503"\} 1/,
    );
    assert.match(String(response.headers['content-type']), /text\/plain/);
  });
});

describe('documents', () => {
  it('describe every resource in OpenAPI with problems for its errors', async () => {
    const document = (await app.inject('/api/v2/openapi.json')).json();
    assert.equal(document.openapi, '3.1.0');
    const paths = Object.keys(document.paths);
    for (const path of [
      '/api/v2/status',
      '/api/v2/transactions',
      '/api/v2/transactions/{hash}',
      '/api/v2/transactions/estimate',
      '/api/v2/mempool',
      '/api/v2/mempool/transactions',
      '/api/v2/blocks',
      '/api/v2/blocks/{ref}',
      '/api/v2/blocks/{ref}/transactions',
      '/api/v2/blocks/{ref}/commit',
      '/api/v2/accounts/{address}',
      '/api/v2/accounts/{address}/transactions',
      '/api/v2/attestations/{digest}',
      '/api/v2/validators',
      '/api/v2/validators/{address}',
      '/api/v2/validators/active',
      '/api/v2/validators/top',
      '/api/v2/validators/set/{height}',
      '/api/v2/validators/{address}/performance',
      '/api/v2/validators/{address}/reputation',
      '/api/v2/validators/{address}/slashing',
      '/api/v2/validators/{address}/delegations',
      '/api/v2/accounts/{address}/delegations',
      '/api/v2/accounts/{address}/unbondings',
      '/api/v2/accounts/{address}/rewards',
      '/api/v2/staking',
      '/api/v2/validators/{address}/evidence',
      '/api/v2/evidence',
      '/api/v2/evidence/{hash}',
      '/api/v2/consensus',
      '/api/v2/peers',
      '/api/v2/genesis',
      '/api/v2/genesis/validate',
      '/api/v2/stream',
      '/health/live',
      '/health/ready',
    ]) {
      assert.ok(paths.includes(path), `${path} is missing`);
    }
    const { get } = document.paths['/api/v2/blocks'];
    assert.equal(get.parameters.find(({ name }: { name: string }) => name === 'limit').schema.maximum, 100);
    assert.ok(get.responses['4XX']);
  });

  it('are pages whose policy lets their own script run and nothing else', async () => {
    for (const url of ['/', '/api/v2/docs']) {
      const { headers, body } = await app.inject(url);
      assert.match(String(headers['content-type']), /text\/html/);
      assert.match(
        String(headers['content-security-policy']),
        /script-src 'sha256-[^']+'; style-src 'sha256-/,
      );
      assert.doesNotMatch(body, /(src|href)="https?:/);
      assert.doesNotMatch(body, / on[a-z]+=|style="/);
    }
  });
});

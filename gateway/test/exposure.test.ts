import assert from 'node:assert/strict';
import { Script } from 'node:vm';
import { describe, it } from 'node:test';
import { buildGateway } from '../build-gateway.ts';
import { isOpenToPublic } from '../http/exposure.ts';
import { FakeNode, framed, makeTransaction } from './fakes.ts';

describe('a gateway beyond loopback', () => {
  it('still takes reads and signed transactions', async () => {
    const app = await buildGateway(new FakeNode().components({ publicExposure: true }));
    assert.equal((await app.inject('/api/v2/status')).statusCode, 200);
    const response = await app.inject({
      method: 'POST',
      url: '/api/v2/transactions',
      payload: framed(makeTransaction(5)),
      headers: { 'content-type': 'application/octet-stream' },
    });
    assert.equal(response.statusCode, 202);
    assert.equal((await app.inject({ method: 'DELETE', url: '/api/v2/status' })).statusCode, 405);
    await app.close();
  });

  it('closes every command that is not named as open', () => {
    assert.ok(isOpenToPublic('POST', '/api/v2/transactions'));
    assert.ok(!isOpenToPublic('PUT', '/api/v2/transactions'));
    assert.ok(!isOpenToPublic('POST', '/api/v2/configuration'));
  });
});

describe('a gateway behind a proxy', () => {
  const forwarded = { remoteAddress: '10.1.0.1', headers: { 'x-forwarded-for': '203.0.113.7' } };
  const submit = {
    method: 'POST' as const,
    url: '/api/v2/transactions',
    payload: framed(makeTransaction(5)),
  };
  const octets = { 'content-type': 'application/octet-stream' };

  it('takes the word of a trusted proxy for the address of the client, and of nobody else', async () => {
    for (const [trustedProxies, source] of [
      [['10.1.0.0/16'], 'api:203.0.113.7'],
      [undefined, 'api:10.1.0.1'],
    ] as const) {
      const node = new FakeNode();
      const app = await buildGateway(node.components(trustedProxies === undefined ? {} : { trustedProxies }));
      await app.inject({ ...forwarded, ...submit, headers: { ...forwarded.headers, ...octets } });
      assert.deepEqual(node.sources, [source]);
      await app.close();
    }
  });
});

describe('the scripts of the pages', () => {
  it('are well formed', async () => {
    const app = await buildGateway(new FakeNode().components());
    for (const url of ['/', '/api/v2/docs']) {
      const { body } = await app.inject(url);
      const scripts = [...body.matchAll(/<script>([\s\S]*?)<\/script>/g)];
      assert.equal(scripts.length, 1);
      for (const [, text = ''] of scripts) assert.ok(new Script(text));
    }
    await app.close();
  });
});

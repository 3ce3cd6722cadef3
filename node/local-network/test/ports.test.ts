import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { freePorts, isPortFree } from '../ports.ts';

describe('free ports', () => {
  it('are none that systems give to outgoing connections, and never the same twice', async () => {
    const ports = [...(await freePorts(100)), ...(await freePorts(100))];
    assert.equal(new Set(ports).size, 200);
    // Linux: /proc/sys/net/ipv4/ip_local_port_range; others from 49152.
    assert.ok(ports.every((port) => port >= 10_000 && port < 32_768));
  });

  it('are none that are meant for somebody else', async () => {
    // All but a few thousand: what is left is what is found.
    const meant = Array.from({ length: 20_000 }, (_, index) => 10_000 + index);
    assert.ok((await freePorts(20, meant)).every((port) => port >= 30_000));
  });

  it('are told from those in use', async (t) => {
    const [port = 0] = await freePorts(1);
    assert.equal(await isPortFree(port), true);
    const server = createServer().listen(port, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    assert.equal(await isPortFree(port), false);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, it } from 'node:test';
import { until } from '../../harness/until.ts';
import { checkSameBlocks } from '../invariants/same-blocks.ts';
import { checkSupply, FeeCount } from '../invariants/supply.ts';
import { ChaosNode } from '../nodes/chaos-node.ts';
import { ChainWatch } from '../watch/chain-watch.ts';

type Answers = Record<string, unknown>;

describe('the invariants', () => {
  const servers: Server[] = [];
  const watches: ChainWatch[] = [];
  afterEach(async () => {
    for (const watch of watches.splice(0)) await watch.stop();
    for (const server of servers.splice(0)) server.close();
  });

  /** A node that answers what it is told to, and says that it runs. */
  async function fakeNode(name: string, answers: Answers): Promise<ChaosNode> {
    const server = createServer((request, response) => {
      const answer = answers[(request.url ?? '').replace('/api/v2', '')];
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(JSON.stringify(answer ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const options = { name, home: '', api: `127.0.0.1:${port}`, root: '', prefix: [], clockOffsetSeconds: 0 };
    const node = new ChaosNode(options);
    Object.defineProperty(node, 'isRunning', { get: () => true });
    return node;
  }

  function watch(...nodes: ChaosNode[]): ChainWatch {
    const made = new ChainWatch(nodes);
    watches.push(made);
    made.start();
    return made;
  }

  const block = (height: number, hash: string, stateRoot = 's') => ({ height, hash, stateRoot });
  const LIST = '/blocks?limit=100';

  it('see another block at a height, on a later page too', async () => {
    const a = await fakeNode('a', { [LIST]: { items: [block(2, 'x'), block(1, 'y')] } });
    const b = await fakeNode('b', {
      [LIST]: { items: [block(2, 'x')], nextCursor: '2' },
      [`${LIST}&cursor=2`]: { items: [block(1, 'z')] },
    });
    const { holds, says } = await checkSameBlocks([a, b], new ChainWatch([]));
    assert.equal(holds, false);
    assert.match(says.join(), /height 1: a has y, b has z/);
    assert.equal((await checkSameBlocks([a, a], new ChainWatch([]))).holds, true);
  });

  it('see another state root, a node that does not answer, and that nothing was compared', async () => {
    const a = await fakeNode('a', { [LIST]: { items: [block(1, 'x')] } });
    const b = await fakeNode('b', { [LIST]: { items: [block(1, 'x', 't')] } });
    const silent = await fakeNode('c', {});
    for (const nodes of [[a, b], [a, silent], [a]]) {
      assert.equal((await checkSameBlocks(nodes, new ChainWatch([]))).holds, false);
    }
  });

  it('see a height that goes back, and two blocks at one height while the run goes on', async () => {
    const answers: Answers = { '/status': { height: 5, blockHash: 'x', stateRoot: 's' } };
    const node = await fakeNode('a', answers);
    const other = await fakeNode('b', { '/status': { height: 4, blockHash: 'y', stateRoot: 's' } });
    const made = watch(node, other);
    await until('both are heard', async () => made.heightOf('a') === 5 && made.heightOf('b') === 4);
    assert.deepEqual(made.findings, []);
    answers['/status'] = { height: 4, blockHash: 'x', stateRoot: 's' };
    await until('two findings', async () => new Set(made.findings.map(({ kind }) => kind)).size === 2);
  });

  it('see a balance that came from nowhere', async () => {
    const node = await fakeNode('a', {
      '/status': { height: 1, blockHash: 'x', stateRoot: 's' },
      '/blocks/1/transactions': { items: [{ hash: 'h', fee: '3' }] },
      '/accounts/p?height=1': { balance: '60' },
      '/accounts/q?height=1': { balance: '37' },
    });
    const made = new ChainWatch([node]);
    const fees = new FeeCount(made);
    watches.push(made);
    made.start();
    await until('the block is read', async () => made.followed === 1);
    const check = (before: bigint) =>
      checkSupply({ nodes: [node], accounts: ['p', 'q'], height: 1, fees, before });
    assert.equal((await check(100n)).holds, true);
    assert.match((await check(99n)).says.join(), /balances 97 and fees 3 at height 1, 99 at the beginning/);
  });
});

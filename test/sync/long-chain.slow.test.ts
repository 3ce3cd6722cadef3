import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createPeerHeaders } from '#client/peers';
import { silentLogger } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import { syncState } from '#services/block';
import { createSnapshots, memorySnapshots, type Snapshots } from '#services/blockchain';
import { until } from '../harness/until.ts';
import {
  GENESIS_TIME_MS,
  IDENTITY,
  VERIFIER,
  genesisOf,
  grow,
  openNetwork,
  openNode,
  openServer,
  openSync,
  temporaryEngine,
  transfer,
  unsynced,
  type OpenNode,
} from './fixture.ts';

const ACCOUNTS = 100_000;
const SNAPSHOT_HEIGHT = 20_000;
const HEIGHT = SNAPSHOT_HEIGHT + 50;

describe(`a chain of ${HEIGHT} blocks with ${ACCOUNTS} accounts`, { timeout: 900_000 }, () => {
  const genesis = genesisOf(ACCOUNTS);
  const closing: (() => Promise<void>)[] = [];
  const servers: Awaited<ReturnType<typeof openServer>>[] = [];
  let source: OpenNode;
  let snapshots: Snapshots;
  let madeMs = 0;
  let lies = 0;
  before(async () => {
    const { engine, remove } = await temporaryEngine();
    closing.push(remove);
    source = await openNode(unsynced(engine), genesis);
    snapshots = createSnapshots({ interval: SNAPSHOT_HEIGHT, keep: 1 })({
      engine,
      store: memorySnapshots(),
      scheduler: systemScheduler,
      logger: silentLogger,
    });
    const startedMs = performance.now();
    for (let height = 1; height <= HEIGHT; height++) {
      // A transaction a block, from a thousand senders in turn, to accounts old and new.
      await grow(source.chain, [
        transfer(
          height % 1_000,
          Math.floor((height - (height % 1_000)) / 1_000) - Number(height % 1_000 === 0),
          height * 7,
        ),
      ]);
      snapshots.finalised(height);
    }
    await snapshots.idle();
    madeMs = performance.now() - startedMs;
    const lying = {
      list: () => snapshots.list(),
      async chunk(...asked: Parameters<Snapshots['chunk']>) {
        lies += 1;
        const chunk = await snapshots.chunk(...asked);
        return chunk?.map((byte, index) => (index === chunk.length - 1 ? byte ^ 1 : byte));
      },
    };
    for (const [index, offered] of [snapshots, snapshots, lying].entries()) {
      const server = await openServer(10 + index, source.chain, offered);
      servers.push(server);
      closing.push(() => server.stop());
    }
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  it('SYNC-1 SYNC-3 SYNC-5 is joined by its state, from two honest peers and a liar, without replaying the history', async (context) => {
    const [manifest] = await snapshots.list();
    context.diagnostic(
      `made ${HEIGHT} blocks in ${(madeMs / 1000).toFixed(1)} s; snapshot: ${manifest?.entries} entries, ${manifest?.depths.length} chunks, ${((manifest?.bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`,
    );
    const { engine, remove } = await temporaryEngine();
    const addresses = servers.flatMap(({ network }) => network.addresses());
    let height = 0;
    const network = await openNetwork(30, addresses, () => height);
    await network.start();
    const reports: string[] = [];
    const report = network.report.bind(network);
    network.report = (peer, offence, reason) => {
      reports.push(peer);
      report(peer, offence, reason);
    };
    const headers = createPeerHeaders({
      identity: IDENTITY,
      trust: {
        kind: 'genesis',
        initialHeight: 1,
        timeMs: GENESIS_TIME_MS,
        validators: source.chain.tip().validators.validators,
      },
      rules: { trustingPeriodMs: 20 * 86_400_000 },
    })({
      transport: network,
      clock: { now: () => GENESIS_TIME_MS + HEIGHT * 1_000 },
      verifier: VERIFIER,
    });
    const startedMs = performance.now();
    const outcome = await syncState(
      {
        identity: IDENTITY,
        engine,
        transport: network,
        headers,
        verifier: VERIFIER,
        clock: systemClock,
        scheduler: systemScheduler,
        logger: silentLogger,
        limits: { discoveryMs: 500 },
      },
      new AbortController().signal,
    );
    const restoredMs = performance.now() - startedMs;
    assert.equal(outcome?.height, SNAPSHOT_HEIGHT);
    const { chain, ledger } = await openNode(engine, genesis);
    const sync = openSync(network, chain);
    sync.start();
    await until('the node is at the tip', async () => chain.tip().height === HEIGHT);
    const caughtUpMs = performance.now() - startedMs;
    height = chain.tip().height;
    context.diagnostic(
      `state in ${(restoredMs / 1000).toFixed(2)} s (0.5 s of it waits for peers), the tip in ${(caughtUpMs / 1000).toFixed(2)} s; ${lies} lies were told`,
    );
    assert.equal(sync.statistics().blocksFinalised, HEIGHT - SNAPSHOT_HEIGHT, 'no history is replayed');
    assert.deepEqual(chain.tip().stateRoot, source.chain.tip().stateRoot);
    assert.deepEqual(await ledger.supply(), await source.ledger.supply());
    assert.ok(lies > 0);
    assert.deepEqual(new Set(reports), new Set([servers[2]?.network.self]), 'the liar pays, nobody else');
    await sync.stop();
    await network.stop();
    await remove();
  });

  it('is synced block by block from zero', async (context) => {
    const { engine, remove } = await temporaryEngine();
    const { chain } = await openNode(engine, genesis);
    const addresses = servers.slice(0, 2).flatMap(({ network }) => network.addresses());
    const network = await openNetwork(31, addresses, () => chain.tip().height);
    const sync = openSync(network, chain);
    sync.start();
    const startedMs = performance.now();
    await network.start();
    await until('the node is at the tip', async () => chain.tip().height === HEIGHT, { withinMs: 600_000 });
    const elapsedMs = performance.now() - startedMs;
    context.diagnostic(
      `${HEIGHT} blocks of one transaction in ${(elapsedMs / 1000).toFixed(1)} s: ${(HEIGHT / (elapsedMs / 1000)).toFixed(0)} blocks/s`,
    );
    // At a block a second it took 20,050 s to make: a tenth of that is far away.
    assert.ok(elapsedMs < HEIGHT * 100);
    await sync.stop();
    await network.stop();
    await remove();
  });
});

describe('a chain of full blocks', { timeout: 600_000 }, () => {
  const BLOCKS = 60;
  const PER_BLOCK = 1_000;

  it('is synced from zero, measured in transactions a second', async (context) => {
    const genesis = genesisOf(20_000);
    const first = await temporaryEngine();
    const source = await openNode(unsynced(first.engine), genesis);
    for (let height = 1; height <= BLOCKS; height++) {
      const transactions = Array.from({ length: PER_BLOCK }, (_, sender) =>
        transfer(sender, height - 1, height * PER_BLOCK + sender),
      );
      await grow(source.chain, transactions);
    }
    const none = { list: async () => [], chunk: async () => undefined };
    const servers = [await openServer(40, source.chain, none), await openServer(41, source.chain, none)];
    const second = await temporaryEngine();
    const { chain } = await openNode(second.engine, genesis);
    const network = await openNetwork(
      42,
      servers.flatMap((server) => server.network.addresses()),
      () => chain.tip().height,
    );
    const sync = openSync(network, chain);
    sync.start();
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    await network.start();
    await until('the node is at the tip', async () => chain.tip().height === BLOCKS, { withinMs: 300_000 });
    const seconds = (performance.now() - startedMs) / 1000;
    const cpu = process.cpuUsage(startedCpu);
    const cpuSeconds = (cpu.user + cpu.system) / 1e6;
    const count = BLOCKS * PER_BLOCK;
    context.diagnostic(
      `${count} transactions in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(0)} tx/s; ${cpuSeconds.toFixed(1)} s of CPU with both servers: ${(count / cpuSeconds).toFixed(0)} tx a CPU second`,
    );
    assert.deepEqual(chain.tip().stateRoot, source.chain.tip().stateRoot);
    await sync.stop();
    await network.stop();
    for (const server of servers) await server.stop();
    await first.remove();
    await second.remove();
  });
});

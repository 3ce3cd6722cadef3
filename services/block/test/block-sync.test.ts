import assert from 'node:assert/strict';
import { before, beforeEach, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { isCodedError, silentLogger } from '#kernel';
import type { Chain } from '../chain/face.ts';
import { commitCodec } from '../domain/commit.ts';
import type { SyncLimits } from '../limits.ts';
import { createBlockSync } from '../sync/create-block-sync.ts';
import type { BlockSync } from '../sync/face.ts';
import {
  BLOCKS_PROTOCOL,
  rangeRequestCodec,
  rangeResponseCodec,
  statusCodec,
  type EncodedFinal,
} from '../sync/messages.ts';
import { openFinal } from '../sync/open-final.ts';
import { serveRange } from '../sync/serve-ranges.ts';
import { filled } from './fixtures/samples.ts';
import { growChain, IDENTITY, openTestChain, transfer, VERIFIER } from './fixtures/test-chain.ts';
import { TestNetwork } from './fixtures/test-network.ts';
import { TurnTime } from './fixtures/turn-time.ts';

const HEIGHT = 60;
/** A chain of `HEIGHT` blocks that the tests only read. */
let source: Chain;
let time: TurnTime;
beforeEach(() => {
  time = new TurnTime();
});

before(async () => {
  source = (await openTestChain()).chain;
  for (let height = 1; height <= HEIGHT; height++) {
    await growChain(source, height % 3 === 0 ? [transfer(0, height / 3 - 1)] : []);
  }
});

const QUICK: Partial<SyncLimits> = {
  rangeBlocks: 8,
  windowBlocks: 32,
  runBlocks: 8,
  runTail: 12,
  requestTimeoutMs: 60,
  hedgeMs: 20,
  graceMs: 40,
  stallMs: 100,
  tickMs: 5,
  restMs: 10,
  statusIntervalMs: 1,
  statusRepeatMs: 50,
};

interface SyncNode {
  readonly chain: Chain;
  readonly sync: BlockSync;
  readonly fatal: unknown[];
}

function startSync(
  context: TestContext,
  network: TestNetwork,
  id: string,
  chain: Chain,
  limits: Partial<SyncLimits> = {},
  needsState?: (height: number) => boolean,
): SyncNode {
  const fatal: unknown[] = [];
  const sync = createBlockSync({
    identity: IDENTITY,
    transport: network.transport(id),
    chain,
    verifier: VERIFIER,
    clock: time,
    scheduler: time,
    logger: silentLogger,
    onFatal: (error) => fatal.push(error),
    limits: { ...QUICK, ...limits },
    ...(needsState !== undefined && { needsState }),
  });
  sync.start();
  context.after(() => sync.stop());
  return { chain, sync, fatal };
}

async function emptyNode(context: TestContext, network: TestNetwork, limits?: Partial<SyncLimits>) {
  const { chain } = await openTestChain();
  return startSync(context, network, 'node', chain, limits);
}

type Tamper = (finals: EncodedFinal[], request: { from: number; count: number }) => EncodedFinal[] | 'silent';

/** A peer that serves the source chain through `tamper` and claims `claimed`. */
function connectLiar(network: TestNetwork, id: string, claimed: number, tamper: Tamper) {
  const transport = network.transport(id);
  const served = { count: 0 };
  transport.onRequest(BLOCKS_PROTOCOL, { maxRequestBytes: 16, maxConcurrent: 8 }, async (_, body) => {
    served.count += 1;
    const { response } = await serveRange(source, body, 1_000_000);
    const request = rangeRequestCodec.decode(body);
    const outcome = tamper([...rangeResponseCodec.decode(response)], request);
    if (outcome === 'silent') return new Promise<Uint8Array>(() => {});
    return rangeResponseCodec.encode(outcome);
  });
  const claim = () => transport.broadcast('status', statusCodec.encode({ height: claimed, earliest: 1 }));
  const claimOn = () => {
    claim();
    time.after(10, claimOn);
  };
  network.connect('node', id);
  claimOn();
  return served;
}

test('a node catches up with a peer, pauses consensus meanwhile and says when it is done', async (context) => {
  const network = new TestNetwork(time);
  const { chain, sync } = await emptyNode(context, network);
  const states: boolean[] = [];
  const caughtUp: number[] = [];
  sync.onStateChange((syncing) => states.push(syncing));
  sync.onCaughtUp((height) => caughtUp.push(height));
  startSync(context, network, 'peer', source);
  network.connect('node', 'peer');
  await time.until(() => caughtUp.length > 0, 'the node has caught up');
  assert.deepEqual(chain.tip().blockHash, source.tip().blockHash);
  assert.deepEqual(states, [true, false]);
  assert.equal(caughtUp.at(-1), HEIGHT);
  assert.equal(sync.behind(), 0);
  assert.equal(sync.statistics().blocksFinalised, HEIGHT);
  const { requestsSent } = sync.statistics();
  assert.ok(
    requestsSent <= Math.ceil(HEIGHT / 8) + 2,
    `whole ranges are asked for, not ${requestsSent} bits`,
  );
  assert.deepEqual(await chain.block(HEIGHT), await source.block(HEIGHT));
  assert.deepEqual(network.reports, []);
});

test('SYNC-9: far behind, states in between are not made, but for those that are needed and the last ones', async (context) => {
  const network = new TestNetwork(time);
  const { chain, ledger } = await openTestChain();
  startSync(context, network, 'node', chain, {}, (height) => height % 10 === 0);
  startSync(context, network, 'peer', source);
  network.connect('node', 'peer');
  await time.until(() => chain.tip().height === HEIGHT, 'the node has caught up');
  const made: number[] = [];
  for (let height = 0; height <= HEIGHT; height++) {
    const found = await ledger.prove(filled(4, 1), height).catch((error: unknown) => error);
    if (!(found instanceof Error)) made.push(height);
    else assert.ok(isCodedError(found, 'blockchain.height-not-retained'), String(found));
  }
  for (const height of [10, 20, 30, 40]) assert.ok(made.includes(height), `height ${height} has its state`);
  for (let height = HEIGHT - 10; height <= HEIGHT; height++)
    assert.ok(made.includes(height), `${height} too`);
  assert.ok(made.length < HEIGHT - 10, `states were left out, but for ${made.length}`);
});

test('a node that starts to sync after it was connected learns the heights at once', async (context) => {
  const network = new TestNetwork(time);
  startSync(context, network, 'peer', source, { statusRepeatMs: 60_000 });
  network.connect('node', 'peer');
  await time.pass(10);
  const { chain } = await emptyNode(context, network, { statusRepeatMs: 60_000 });
  await time.until(() => chain.tip().height === HEIGHT, 'the node has caught up');
});

test('three peers share the work', async (context) => {
  const network = new TestNetwork(time);
  const peers = ['one', 'two', 'three'].map((id) => startSync(context, network, id, source));
  const { chain } = await emptyNode(context, network);
  for (const id of ['one', 'two', 'three']) network.connect('node', id);
  await time.until(() => chain.tip().height === HEIGHT, 'the node has caught up');
  for (const { sync } of peers) assert.ok(sync.statistics().blocksServed > 0);
});

const LIES: Record<string, Tamper> = {
  'sends a forged commit': (finals) =>
    finals.map(({ block, commit }) => {
      const forged = commitCodec.decode(commit);
      const signatures = forged.signatures.map(() => filled(64, 1));
      return { block, commit: commitCodec.encode({ ...forged, signatures }) };
    }),
  'sends a block with other transactions under a valid commit': (finals) =>
    finals.map(({ block, commit }) => {
      const forged = block.slice();
      forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
      return { block: forged, commit };
    }),
  'sends blocks of other heights': (finals) => finals.toReversed(),
  'sends nothing though it claims to have it': () => [],
  'sends garbage for blocks': (finals) => finals.map(({ commit }) => ({ block: filled(50, 7), commit })),
  'sends more than was asked for': (finals) => [...finals, ...finals],
};
for (const [lie, tamper] of Object.entries(LIES)) {
  test(`a peer that ${lie} is reported, and the blocks come from another`, async (context) => {
    const network = new TestNetwork(time);
    const node = await emptyNode(context, network);
    connectLiar(network, 'liar', HEIGHT, tamper);
    await time.until(() => network.reports.length > 0, 'the liar is reported');
    assert.ok(network.reports.every(({ peer }) => peer === 'liar'));
    assert.equal(node.sync.behind(), 0, 'what a liar claims does not count');
    startSync(context, network, 'honest', source);
    network.connect('node', 'honest');
    await time.until(() => node.chain.tip().height === HEIGHT, 'the node has caught up');
    assert.deepEqual(node.fatal, []);
    assert.ok(network.reports.every(({ peer }) => peer === 'liar'));
  });
}

test('a poisoned maximum height neither stalls the node nor pauses its consensus', async (context) => {
  const network = new TestNetwork(time);
  const { chain, sync } = await emptyNode(context, network);
  startSync(context, network, 'honest', source);
  connectLiar(network, 'liar', 2 ** 52, (finals) => finals);
  network.connect('node', 'honest');
  await time.until(() => chain.tip().height === HEIGHT && !sync.syncing, 'the node has caught up');
  await time.until(() => sync.behind() === 0, 'the false claim is discarded');
  assert.ok(network.reports.some(({ peer, offence }) => peer === 'liar' && offence === 'useless'));
});

test('a claim without a block behind it never pauses consensus', async (context) => {
  const network = new TestNetwork(time);
  const { sync } = await emptyNode(context, network);
  const states: boolean[] = [];
  sync.onStateChange((syncing) => states.push(syncing));
  const served = connectLiar(network, 'liar', 2 ** 52, () => 'silent');
  await time.until(() => served.count >= 3, 'the silent peer was asked several times');
  await time.until(() => network.reports.some(({ offence }) => offence === 'timeout'), 'it is reported');
  assert.deepEqual(states, []);
});

test('a peer that starts well and then stalls holds consensus back for the stall time only', async (context) => {
  const network = new TestNetwork(time);
  const { chain, sync } = await emptyNode(context, network, { requestTimeoutMs: 60_000, stallMs: 60 });
  const states: boolean[] = [];
  sync.onStateChange((syncing) => states.push(syncing));
  connectLiar(network, 'staller', 2 ** 52, (finals, { from }) => (from < 9 ? finals : 'silent'));
  await time.until(() => states.length === 2, 'consensus was paused and let go on');
  assert.deepEqual(states, [true, false]);
  assert.equal(chain.tip().height, 8);
  assert.ok(sync.behind() > 0);
});

test('a silent peer delays the others by the hedge only', async (context) => {
  const network = new TestNetwork(time);
  const node = await emptyNode(context, network, { requestTimeoutMs: 60_000 });
  connectLiar(network, 'silent', HEIGHT, () => 'silent');
  await time.until(() => node.sync.statistics().requestsSent > 0, 'the silent peer is asked');
  startSync(context, network, 'honest', source);
  network.connect('node', 'honest');
  await time.until(() => node.chain.tip().height === HEIGHT, 'the node has caught up');
});

test('a peer that vanishes in the middle is replaced', async (context) => {
  const network = new TestNetwork(time);
  const { chain } = await emptyNode(context, network);
  let answers = 0;
  connectLiar(network, 'leaver', HEIGHT, (finals) => {
    answers += 1;
    if (answers < 3) return finals;
    network.disconnect('node', 'leaver');
    return 'silent';
  });
  await time.until(() => chain.tip().height > 0, 'the first blocks came');
  startSync(context, network, 'honest', source);
  network.connect('node', 'honest');
  await time.until(() => chain.tip().height === HEIGHT, 'the node has caught up');
});

test('one block behind is left to consensus for the grace time, then fetched', async (context) => {
  const network = new TestNetwork(time);
  const { chain: ahead } = await openTestChain();
  const { chain, sync } = await emptyNode(context, network, { graceMs: 60 });
  startSync(context, network, 'peer', ahead);
  network.connect('node', 'peer');
  const states: boolean[] = [];
  sync.onStateChange((syncing) => states.push(syncing));
  await growChain(ahead, [transfer(0, 0)]);
  await time.until(() => sync.behind() === 1, 'the node hears of the block');
  const heardMs = time.now();
  await time.until(() => chain.tip().height === 1, 'the node has the block');
  const passedMs = time.now() - heardMs;
  assert.ok(passedMs >= 59 && passedMs < 80, `${passedMs} ms`);
  assert.deepEqual(states, [], 'consensus was not paused for one block');
});

test('a node that both sides of a fetch finalise at once stays consistent', async (context) => {
  const network = new TestNetwork(time);
  const { chain } = await emptyNode(context, network, { graceMs: 0 });
  startSync(context, network, 'peer', source);
  network.connect('node', 'peer');
  for (let height = 1; height <= HEIGHT; height++) {
    const [block, commit] = await Promise.all([source.block(height), source.commit(height)]);
    assert.ok(block && commit);
    if (block.header.height <= chain.tip().height + 1) await chain.finalise(block, commit);
  }
  await time.until(() => chain.tip().height === HEIGHT, 'the node has caught up');
});

test('a peer that takes back its claim is believed the lower one', async (context) => {
  const network = new TestNetwork(time);
  const { sync } = await emptyNode(context, network);
  const peer = network.transport('peer');
  network.connect('node', 'peer');
  peer.send('node', 'status', statusCodec.encode({ height: 100, earliest: 1 }));
  await time.until(() => sync.target() === 100, 'the claim is heard');
  peer.send('node', 'status', statusCodec.encode({ height: 3, earliest: 1 }));
  await time.until(() => sync.target() === 3, 'the lower claim is heard');
  network.disconnect('node', 'peer');
  assert.equal(sync.target(), 0, 'what a peer claimed goes with it');
});

test('no change of a delivered block or commit is taken for the block', async () => {
  const { chain } = await openTestChain();
  const { validators } = chain.tip();
  const against = { height: 1, validators, identity: IDENTITY, verifier: VERIFIER };
  const source1 = (await openTestChain()).chain;
  await growChain(source1, [transfer(0, 0)]);
  const { response } = await serveRange(
    source1,
    rangeRequestCodec.encode({ from: 1, count: 1, maxBytes: 0 }),
    0,
  );
  const [genuine] = rangeResponseCodec.decode(response);
  assert.ok(genuine);
  assert.equal(openFinal(genuine, against).block.header.height, 1);
  const parts = fc.constantFrom('block' as const, 'commit' as const);
  const flips = fc.integer({ min: 1, max: 255 });
  fc.assert(
    fc.property(parts, fc.nat(), flips, (part, position, flip) => {
      const bytes = genuine[part].slice();
      bytes[position % bytes.length] = (bytes[position % bytes.length] as number) ^ flip;
      let opened = true;
      try {
        openFinal({ ...genuine, [part]: bytes }, against);
      } catch (error) {
        assert.ok(isCodedError(error), String(error));
        opened = false;
      }
      assert.ok(!opened, `a flip in byte ${position % bytes.length} of the ${part}`);
    }),
    { numRuns: 300 },
  );
});

test('a pruned peer is not asked for what it told it has no more', async (context) => {
  const network = new TestNetwork(time);
  const { chain: pruned } = await openTestChain();
  for (let height = 1; height <= 5; height++) await growChain(pruned);
  await pruned.prune(4, 10);
  const { sync } = await emptyNode(context, network);
  startSync(context, network, 'peer', pruned);
  network.connect('node', 'peer');
  await time.until(() => sync.behind() === 5, 'the node knows that it is behind');
  await time.pass(30);
  assert.equal(sync.statistics().requestsSent, 0);
  assert.deepEqual(network.reports, []);
});

test('malformed statuses and requests are reported and change nothing', async (context) => {
  const network = new TestNetwork(time);
  const { sync } = await emptyNode(context, network);
  const stranger = network.transport('stranger');
  network.connect('node', 'stranger');
  stranger.send('node', 'status', filled(3, 1));
  stranger.send('node', 'status', filled(16, 0xff));
  await time.until(() => network.reports.length === 2, 'both statuses are reported');
  const options = { timeoutMs: 1_000, maxResponseBytes: 1_000 };
  for (const body of [filled(2, 1), rangeRequestCodec.encode({ from: 1, count: 4_000_000, maxBytes: 1 })]) {
    await assert.rejects(stranger.request('node', BLOCKS_PROTOCOL, body, options));
  }
  assert.equal(network.reports.length, 4);
  assert.equal(sync.behind(), 0);
});

test('a response stays within its bytes, with one block at least', async () => {
  const request = (maxBytes: number, from = 1) =>
    serveRange(source, rangeRequestCodec.encode({ from, count: 20, maxBytes }), 1_000_000);
  const all = rangeResponseCodec.decode((await request(1_000_000)).response);
  assert.equal(all.length, 20);
  const bytes = all.slice(0, 3).reduce((total, final) => total + final.block.length + final.commit.length, 0);
  assert.equal((await request(bytes)).blocks, 3);
  assert.equal((await request(bytes - 1)).blocks, 2);
  assert.equal((await request(0)).blocks, 1);
  assert.equal((await request(1_000_000, HEIGHT + 1)).blocks, 0);
});

test('a chain that halts stops the sync and is reported once', async (context) => {
  const network = new TestNetwork(time);
  const { chain } = await openTestChain();
  const full = () => Promise.reject(new Error('disk full'));
  const halts: Chain = { ...chain, finalise: full, finaliseRun: full };
  const { sync, fatal } = startSync(context, network, 'node', halts);
  startSync(context, network, 'peer', source);
  network.connect('node', 'peer');
  await time.until(() => fatal.length > 0, 'the fault is reported');
  await sync.stop();
  assert.equal(fatal.length, 1);
  assert.deepEqual(network.reports, [], 'no peer is blamed for it');
  assert.equal(sync.statistics().blocksFinalised, 0);
});

test('a stopped sync asks, answers statuses and finalises no more', async (context) => {
  const network = new TestNetwork(time);
  const { chain, sync } = await emptyNode(context, network);
  startSync(context, network, 'peer', source);
  network.connect('node', 'peer');
  await time.until(() => chain.tip().height > 0, 'it works');
  await sync.stop();
  const { height } = chain.tip();
  const { requestsSent } = sync.statistics();
  await time.pass(30);
  assert.equal(chain.tip().height, height);
  assert.equal(sync.statistics().requestsSent, requestsSent);
  sync.start();
  await time.until(() => chain.tip().height === HEIGHT, 'a restarted sync goes on');
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodedError, silentLogger, toHex, type Clock, type Scheduler } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import { isEmpty, manifestCodec, type Snapshots, type SnapshotManifest } from '#services/blockchain';
import { createBlockSync } from '../sync/create-block-sync.ts';
import { ServeBudget } from '../state-sync/budget.ts';
import {
  CHUNKS_PROTOCOL,
  LIGHT_PROTOCOL,
  SNAPSHOTS_PROTOCOL,
  chunkRequestCodec,
  lightPartsCodec,
  lightRequestCodec,
  manifestsCodec,
} from '../state-sync/messages.ts';
import type { HeaderVerifier } from '../state-sync/ports.ts';
import {
  IDENTITY,
  VERIFIER,
  commitBlock,
  openTestChain,
  proposerOf,
  PROPOSE,
} from './fixtures/test-chain.ts';
import { headersOf, LIMITS, makeSource, run, serve, type Source } from './fixtures/state-source.ts';
import { TestNetwork, until } from './fixtures/test-network.ts';
import { filled } from './fixtures/samples.ts';

const flipped = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes?.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

/** Lists of a peer that each time offers two other snapshots, far above the chain. */
function inventing({ snapshots }: Source, step = 1): Snapshots['list'] {
  let height = 1_000_000;
  return async () => {
    const [manifest] = await snapshots.list();
    assert.ok(manifest !== undefined);
    height += 2 * step;
    return [
      { ...manifest, height },
      { ...manifest, height: height + step },
    ];
  };
}

/**
 * Headers of the source, with a clock on which it takes five seconds to find out that one cannot be verified.
 *
 * @param refuses how often also those of the snapshot cannot be
 */
function costlyHeaders(source: Source, { refuses = 0 } = {}) {
  const believed = headersOf(source);
  const refused: number[] = [];
  let left = refuses;
  let nowMs = 0;
  const headers: HeaderVerifier = {
    async verifiedAt(height) {
      if (height <= 6 && left === 0) return believed.verifiedAt(height);
      if (height <= 6) left -= 1;
      nowMs += 5_000;
      refused.push(height);
      throw new CodedError({ code: 'test.no', status: 1, action: 'retry', title: '' }, 'nobody has it');
    },
  };
  const clock: Clock = { now: () => nowMs, monotonic: () => nowMs };
  return { headers, clock, refused };
}

/** A scheduler whose waits of a second and more end when the test lets the time pass; shorter ones by themselves. */
function passingTime(): Scheduler & { pass(ms: number): void; readonly waits: number } {
  const waits = new Map<object, { readonly atMs: number; readonly task: () => void }>();
  let nowMs = 0;
  return {
    soon: (task) => systemScheduler.soon(task),
    after(delayMs, task) {
      if (delayMs < 1_000) return systemScheduler.after(delayMs, task);
      const wait = { cancel: () => void waits.delete(wait) };
      waits.set(wait, { atMs: nowMs + delayMs, task });
      return wait;
    },
    pass(ms) {
      nowMs += ms;
      for (const [wait, { atMs, task }] of waits) {
        if (atMs > nowMs) continue;
        waits.delete(wait);
        task();
      }
    },
    get waits() {
      return waits.size;
    },
  };
}

describe('a node that joins by state sync', () => {
  test('SYNC-3 SYNC-5 takes the snapshot from honest peers and a liar, and follows without the history', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    let lies = 0;
    const liar: Partial<Snapshots> = {
      chunk: async (height, place) => {
        lies += 1;
        return flipped(await source.snapshots.chunk(height, place));
      },
    };
    const syncs = [
      serve(network, 'one', source),
      serve(network, 'two', source),
      serve(network, 'liar', source, liar),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const { engine, outcome } = await run(network, source);
    assert.equal(outcome?.height, 4);
    assert.ok(outcome.chunks > 4, `${outcome.chunks} chunks`);
    assert.ok(lies > 0 && lies <= LIMITS.requestsPerPeer, 'a liar is asked no more');
    assert.ok(network.reports.length > 0, 'the liar pays');
    assert.ok(network.reports.every(({ peer, offence }) => peer === 'liar' && offence === 'invalid'));

    const { chain } = await openTestChain(engine);
    assert.equal(chain.tip().height, 4);
    assert.equal(chain.earliest(), 5);
    assert.deepEqual(await chain.summary(4), await source.chain.summary(4));
    assert.equal(await chain.summary(3), undefined);
    await assert.rejects(chain.block(4), { code: 'block.not-retained' });
    assert.deepEqual(await chain.commit(4), await source.chain.commit(4));
    assert.deepEqual((await chain.validatorSet(4))?.hash, (await source.chain.validatorSet(4))?.hash);

    const follower = createBlockSync({
      identity: IDENTITY,
      transport: network.transport('node'),
      chain,
      verifier: VERIFIER,
      clock: systemClock,
      scheduler: systemScheduler,
      logger: silentLogger,
    });
    context.after(() => follower.stop());
    follower.start();
    await until(() => chain.tip().height === 6, 'the node reaches the tip');
    assert.deepEqual(chain.tip().stateRoot, source.chain.tip().stateRoot);
    assert.equal(follower.statistics().blocksFinalised, 2);
  });

  test('SYNC-5 can propose the next block, also when the commit came with garbage in a spare place', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const sync = serve(network, 'one', source);
    context.after(() => sync.stop());
    const believed = headersOf(source);
    const { engine } = await run(
      network,
      source,
      {},
      {
        async verifiedAt(height) {
          const verified = await believed.verifiedAt(height);
          const signatures = verified.commit.signatures.with(3, filled(64, 3));
          return { ...verified, commit: { ...verified.commit, signatures } };
        },
      },
    );
    const joined = (await openTestChain(engine)).chain;
    const proposed = await joined.assemble({ ...PROPOSE, proposer: proposerOf(joined), transactions: [] });
    const judge = await openTestChain();
    for (let height = 1; height <= 4; height++) {
      const block = await source.chain.block(height);
      assert.ok(block !== undefined);
      await judge.chain.finalise(block, commitBlock(judge.chain, block));
    }
    assert.deepEqual(await judge.chain.validate(proposed), { ok: true, value: undefined });
  });

  test('SYNC-2 prefers the newest; one that the header does not confirm costs its peers, and the next is taken', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const fake = async (): Promise<SnapshotManifest[]> =>
      (await source.snapshots.list()).map(({ entries, bytes, depths }) => {
        return { height: 5, stateRoot: filled(32, 9), entries, bytes, depths };
      });
    const syncs = [serve(network, 'liar', source, { list: fake }), serve(network, 'one', source)];
    for (const sync of syncs) context.after(() => sync.stop());
    const { outcome } = await run(network, source);
    assert.equal(outcome?.height, 4);
    assert.deepEqual(network.reports, [{ by: 'node', peer: 'liar', offence: 'invalid' }]);
  });

  test('SYNC-2 a snapshot that its only peer does not give is left for another', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const [manifest] = await source.snapshots.list();
    assert.ok(manifest !== undefined);
    const { stateRoot } = (await source.chain.header(6)) ?? manifest;
    const syncs = [
      serve(network, 'silent', source, {
        list: async () => [{ ...manifest, height: 5, stateRoot }],
        chunk: async () => undefined,
      }),
      serve(network, 'one', source),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const { outcome } = await run(network, source);
    assert.equal(outcome?.height, 4);
    assert.deepEqual(network.reports, [], 'to have nothing is no lie');
  });

  for (const [way, step] of [
    ['rise', 1],
    ['fall', -1],
  ] as const) {
    test(`SYNC-2 a peer with ever other snapshots that nobody can verify, whose heights ${way}, costs one attempt`, async (context) => {
      const source = await makeSource();
      const network = new TestNetwork();
      const syncs = [
        serve(network, 'liar', source, { list: inventing(source, step) }),
        serve(network, 'one', source),
      ];
      for (const sync of syncs) context.after(() => sync.stop());
      const chain = costlyHeaders(source);
      const { outcome } = await run(network, source, { giveUpMs: 60_000 }, chain.headers, chain.clock);
      assert.equal(outcome?.height, 4);
      assert.equal(chain.refused.length, 1, `heights in vain: ${chain.refused.join(' ')}`);
    });
  }

  test('SYNC-2 after a failure the older snapshot of an honest peer comes before the newer one of a liar', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const [manifest] = await source.snapshots.list();
    assert.ok(manifest !== undefined);
    const syncs = [
      serve(network, 'liar', source, { list: inventing(source) }),
      // The header after its newest one is not there yet.
      serve(network, 'one', source, { list: async () => [{ ...manifest, height: 6 }, manifest] }),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const chain = costlyHeaders(source);
    const { outcome } = await run(network, source, { giveUpMs: 60_000 }, chain.headers, chain.clock);
    assert.equal(outcome?.height, 4);
    assert.deepEqual(chain.refused.slice(1), [7], 'one attempt of the liar, then one of the honest peer');
  });

  test('SYNC-2 an honest snapshot that failed is tried again though a liar always has another', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const syncs = [
      serve(network, 'liar', source, { list: inventing(source) }),
      serve(network, 'one', source),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const chain = costlyHeaders(source, { refuses: 2 });
    const { outcome } = await run(network, source, { giveUpMs: 60_000 }, chain.headers, chain.clock);
    assert.equal(outcome?.height, 4);
    const ofLiar = chain.refused.filter((height) => height > 6).length;
    assert.ok(ofLiar <= 3, `${ofLiar} attempts of the liar while the honest peer had three`);
  });

  test('SYNC-2 waits once, and not for long, for a peer that does not say what it has', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const silence = Promise.withResolvers<SnapshotManifest[]>();
    const syncs = [
      serve(network, 'silent', source, { list: () => silence.promise }),
      serve(network, 'one', source),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const limits = { manifestTimeoutMs: 100 };
    const { outcome } = await run(network, source, limits);
    silence.resolve([]);
    assert.equal(outcome?.height, 4);
    assert.ok(outcome.elapsedMs < 30_000, `${outcome.elapsedMs} ms`);
  });

  test('SYNC-2 a peer that answers late again and again does not hold up the attempts', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const silence = Promise.withResolvers<SnapshotManifest[]>();
    const invent = inventing(source);
    let asked = 0;
    const syncs = [
      serve(network, 'late', source, {
        list: () => {
          asked += 1;
          return asked === 1 ? invent() : silence.promise;
        },
      }),
      serve(network, 'one', source),
    ];
    for (const sync of syncs) context.after(() => sync.stop());
    const { outcome } = await run(network, source, {}, costlyHeaders(source).headers);
    silence.resolve([]);
    assert.equal(outcome?.height, 4);
    assert.ok(asked > 1, 'it was asked anew');
    assert.ok(outcome.elapsedMs < 30_000, `${outcome.elapsedMs} ms`);
  });

  test('SYNC-1 SYNC-6 without a header that is verified it gives up, and the home is empty', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const sync = serve(network, 'one', source);
    context.after(() => sync.stop());
    const refuse: HeaderVerifier = {
      verifiedAt: async () => {
        throw new CodedError({ code: 'test.no', status: 1, action: 'penalise', title: '' }, 'forged');
      },
    };
    const { engine, outcome } = await run(network, source, { giveUpMs: 50 }, refuse);
    assert.equal(outcome, undefined);
    assert.ok(await isEmpty(engine));
    assert.deepEqual(await engine.rangeAll('state', { limit: 1 }), []);
  });

  test('SYNC-3 gives up on peers that all lie, and leaves no half state', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const lie: Partial<Snapshots> = {
      chunk: async (height, place) =>
        place.prefix[0] === 0 ? source.snapshots.chunk(height, place) : new Uint8Array(50),
    };
    const syncs = ['a', 'b'].map((id) => serve(network, id, source, lie));
    for (const sync of syncs) context.after(() => sync.stop());
    // The time is up once both have lied.
    const monotonic = (): number => (new Set(network.reports.map(({ peer }) => peer)).size < 2 ? 0 : 1e9);
    const { engine, outcome } = await run(network, source, {}, headersOf(source), {
      now: monotonic,
      monotonic,
    });
    assert.equal(outcome, undefined);
    for (const family of ['state', 'tree', 'meta', 'blocks'] as const) {
      assert.deepEqual(await engine.rangeAll(family, { limit: 1 }), []);
    }
    assert.deepEqual(new Set(network.reports.map(({ peer }) => peer)), new Set(['a', 'b']));
  });

  for (const [way, progressBytes, answers] of [
    ['gives every chunk just in time', 4_000, true],
    ['stops to answer', 1, false],
  ] as const) {
    test(`SYNC-3 a snapshot whose only peer ${way} is left for another`, async (context) => {
      const newer = await makeSource({ heights: 10, snapshotAt: 8 });
      const older = await makeSource({ heights: 10, snapshotAt: 4 });
      const network = new TestNetwork();
      const time = passingTime();
      let given = 0;
      const slow: Partial<Snapshots> = {
        async chunk(height, place) {
          time.pass(15_000);
          given += 1;
          return answers || given <= 3 ? newer.snapshots.chunk(height, place) : new Promise(() => {});
        },
      };
      const syncs = [serve(network, 'slow', newer, slow), serve(network, 'one', older)];
      for (const sync of syncs) context.after(() => sync.stop());
      const limits = { progressMs: 60_000, progressBytes, requestTimeoutMs: 60_000 };
      const silence = answers ? undefined : until(() => given === 5, 'two requests are open');
      const running = run(network, newer, limits, headersOf(newer), systemClock, time);
      await silence;
      if (!answers) time.pass(60_000);
      const { outcome } = await running;
      assert.equal(outcome?.height, 4);
      assert.ok(given <= 5, `${given} chunks were asked for`);
      assert.deepEqual(network.reports, [], 'to be slow is no lie');
      assert.equal(time.waits, 0, 'nothing is waited for any more');
    });
  }

  test('SYNC-3 a peer that is slow all the time is waited for, as long as enough comes', async (context) => {
    const source = await makeSource({ heights: 10, snapshotAt: 8 });
    const network = new TestNetwork();
    const time = passingTime();
    let given = 0;
    const slow: Partial<Snapshots> = {
      chunk(height, place) {
        time.pass(10_000);
        given += 1;
        return source.snapshots.chunk(height, place);
      },
    };
    const sync = serve(network, 'slow', source, slow);
    context.after(() => sync.stop());
    const limits = { progressMs: 60_000, progressBytes: 40 };
    const { outcome } = await run(network, source, limits, headersOf(source), systemClock, time);
    assert.equal(outcome?.height, 8);
    assert.ok(given * 10_000 > 3 * limits.progressMs, `${given} chunks`);
  });

  test('SYNC-4 takes the block of the snapshot by its hash alone', async (context) => {
    const source = await makeSource();
    const network = new TestNetwork();
    const other: Source = {
      ...source,
      chain: { ...source.chain, encodedBlock: () => source.chain.encodedBlock(3) },
    };
    const syncs = [serve(network, 'wrong', other), serve(network, 'one', source)];
    for (const sync of syncs) context.after(() => sync.stop());
    const { outcome } = await run(network, source);
    assert.equal(outcome?.height, 4);
    assert.deepEqual(network.reports, [{ by: 'node', peer: 'wrong', offence: 'invalid' }]);
  });
});

describe('what a joining node is served', () => {
  test('SYNC-7 is a list, chunks and light blocks; what is not there is an empty answer', async () => {
    const source = await makeSource();
    const network = new TestNetwork();
    const sync = serve(network, 'one', source);
    await sync.stop();
    const ask = (protocol: string, body: Uint8Array) =>
      network
        .transport('node')
        .request('one', protocol, body, { timeoutMs: 1_000, maxResponseBytes: 10 ** 6 });
    const [manifest] = manifestsCodec.decode(await ask(SNAPSHOTS_PROTOCOL, new Uint8Array(0)));
    assert.deepEqual(manifest, (await source.snapshots.list())[0]);
    assert.ok(manifest !== undefined && toHex(manifestCodec.encode(manifest)).length > 0);
    const nothing = { height: 3, depth: 0, prefix: new Uint8Array(32) };
    assert.equal((await ask(CHUNKS_PROTOCOL, chunkRequestCodec.encode(nothing))).length, 0);
    const parts = lightPartsCodec.decode(await ask(LIGHT_PROTOCOL, lightRequestCodec.encode({ height: 0 })));
    assert.deepEqual(parts.header, await source.chain.header(6));
    assert.equal(parts.validators.length, 4);
    assert.equal((await ask(LIGHT_PROTOCOL, lightRequestCodec.encode({ height: 7 }))).length, 0);
    const misplaced = { height: 4, depth: 3, prefix: filled(32, 1) };
    await assert.rejects(ask(CHUNKS_PROTOCOL, chunkRequestCodec.encode(misplaced)));
    await assert.rejects(ask(LIGHT_PROTOCOL, new Uint8Array(3)));
    assert.deepEqual(
      network.reports.map(({ by, peer, offence }) => [by, peer, offence]),
      [
        ['one', 'node', 'malformed'],
        ['one', 'node', 'malformed'],
      ],
    );
  });

  test('SYNC-7 is so many bytes a second and peer', () => {
    let nowMs = 0;
    const clock: Clock = { now: () => nowMs, monotonic: () => nowMs };
    const budget = new ServeBudget(clock, { bytesPerSecond: 100, burstBytes: 300, peersMax: 2 });
    budget.note('a', 299);
    assert.ok(budget.allows('a'));
    budget.note('a', 201);
    assert.ok(!budget.allows('a') && budget.allows('b'));
    nowMs = 2_000;
    assert.ok(!budget.allows('a'));
    nowMs = 2_010;
    assert.ok(budget.allows('a'));
  });
});

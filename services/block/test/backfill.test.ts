import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MemoryStateEngine, StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import { systemClock } from '#runtime';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';
import type { Chain } from '../chain/face.ts';
import { commitCodec } from '../domain/commit.ts';
import { sealEvidence } from '../domain/evidence/codec.ts';
import { headerCodec } from '../domain/header.ts';
import { HEADERS_MAX } from '../limits.ts';
import {
  HEADERS_BYTES_MAX,
  HEADERS_PROTOCOL,
  headersCodec,
  headersRequestCodec,
  LIGHT_PROTOCOL,
  lightPartsCodec,
  type EncodedSignedHeader,
} from '../state-sync/messages.ts';
import { isNameless, pastValidators } from '../state-sync/past-validators.ts';
import { serveState } from '../state-sync/serve-state.ts';
import { equivocation, lunatic } from './fixtures/attacks.ts';
import {
  BACKFILL,
  backfillOf,
  changingSource,
  fill,
  firstHeight,
  follow,
  HEIGHTS,
  join,
  SNAPSHOT,
} from './fixtures/backfill.ts';
import { doubleProposal, doubleVote } from './fixtures/evidence.ts';
import { filled, setOf } from './fixtures/samples.ts';
import { serve, type Source } from './fixtures/state-source.ts';
import { codeOf, commitBlock, growChain, openTestChain, PROPOSE, proposerOf } from './fixtures/test-chain.ts';
import { TestNetwork, until } from './fixtures/test-network.ts';

/** Turns of the event loop, in memory enough for many a request. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function setAt({ chain }: Source, height: number): Promise<ValidatorSet> {
  const set = await chain.validatorSet(height);
  assert.ok(set !== undefined);
  return set;
}

/** Everything that is kept of the heights below the snapshot is what the source has. */
async function assertSame(chain: Chain, from: Source, lowest = 1): Promise<void> {
  for (let height = lowest; height < SNAPSHOT; height++) {
    const header = await from.chain.header(height);
    assert.ok(header !== undefined);
    assert.deepEqual(await chain.header(height), header);
    assert.deepEqual(await chain.commit(height), await from.chain.commit(height));
    assert.deepEqual(await chain.validatorSet(height), await from.chain.validatorSet(height));
  }
  assert.equal(await chain.header(lowest - 1), undefined);
}

/** Makes the peer answer otherwise than the honest peer `one`. */
function answerOtherwise(
  network: TestNetwork,
  id: string,
  protocol: string,
  change: (honest: Uint8Array) => Uint8Array,
): { asked: number } {
  const state = { asked: 0 };
  network.transport(id).onRequest(protocol, { maxRequestBytes: 64, maxConcurrent: 4 }, async (_, body) => {
    state.asked += 1;
    const options = { timeoutMs: 1_000, maxResponseBytes: HEADERS_BYTES_MAX };
    return change(await network.transport('node').request('one', protocol, body, options));
  });
  return state;
}

type Change = (headers: readonly EncodedSignedHeader[]) => readonly EncodedSignedHeader[];

function changed(change: Change): (honest: Uint8Array) => Uint8Array {
  return (honest) => headersCodec.encode(change(headersCodec.decode(honest)));
}

/** The honest answer with another member at a place. */
function altered(place: number, alter: (item: EncodedSignedHeader) => EncodedSignedHeader): Change {
  return (headers) => headers.map((item, index) => (index === place ? alter(item) : item));
}

describe('a node that came by a snapshot', () => {
  test('SYNC-10 fetches headers, commits and validators back to the first block, and no bodies', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from, ['one', 'two']);
    const { chain, network } = joined;
    const sets = new Set<string>();
    for (let height = 1; height < SNAPSHOT; height++) {
      sets.add(toHex((await from.chain.validatorSet(height))?.hash ?? filled(32, 0)));
    }
    assert.ok(sets.size >= 3, `${sets.size} sets`);
    await fill(context, joined);
    await assertSame(chain, from);
    const reopened = (await openTestChain(joined.engine)).chain;
    await assertSame(reopened, from);
    assert.deepEqual(await chain.evidences({ limit: 10 }), await from.chain.evidences({ limit: 10 }));
    assert.equal((await chain.evidences({ limit: 10 })).items.length, 1);
    assert.equal(chain.earliest(), SNAPSHOT + 1);
    await assert.rejects(chain.block(3), { code: 'block.not-retained' });
    const hash = (await from.chain.summary(3))?.hash ?? filled(32, 0);
    assert.deepEqual(await chain.header(hash), await from.chain.header(3));
    await assert.rejects(chain.block(hash), { code: 'block.not-retained' });
    assert.equal(await chain.receipts(3), undefined);
    assert.equal(await chain.transactionProof(3, 0), undefined);
    assert.equal((await chain.blocks({ limit: 10 })).items.length, 1, 'the list is of blocks');
    assert.deepEqual(network.reports, []);
  });

  test('SYNC-10, EVID-15: judges evidence of heights before the snapshot, and takes blocks that hold it', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    const { chain } = joined;
    await follow(joined, from);
    const evidence = [
      await doubleVote(from.chain, { height: 2 }),
      await doubleProposal(from.chain, { height: 1, index: 2 }),
      await doubleVote(from.chain, { height: 9, index: 1 }),
      sealEvidence(await equivocation(from.chain, await setAt(from, 3), { both: [1, 2, 3] })),
      sealEvidence(await lunatic(from.chain, await setAt(from, 2))),
    ];
    const block = await from.chain.assemble({
      ...PROPOSE,
      timeMs: from.chain.tip().blockTimeMs + 1_000,
      proposer: proposerOf(from.chain),
      transactions: [],
      evidence,
    });
    assert.equal(block.evidence.length, evidence.length);
    for (const item of evidence) {
      assert.equal(await codeOf(chain.checkEvidence(item)), 'block.evidence-not-checkable');
    }
    assert.equal(await codeOf(chain.validate(block)), 'block.evidence-not-checkable');
    await fill(context, joined);
    for (const item of evidence) assert.equal(await codeOf(chain.checkEvidence(item)), 'accepted');
    assert.equal(await codeOf(chain.validate(block)), 'accepted');
    await chain.finalise(block, commitBlock(from.chain, block));
    for (const item of evidence) {
      assert.equal(await codeOf(chain.checkEvidence(item)), 'block.evidence-recorded');
    }
  });

  test('SYNC-10 stops where evidence has expired', async (context) => {
    const from = await changingSource(4_000);
    const joined = await join(context, from);
    // Block times are a second apart: evidence may carry the time of height 8, and that of 7 is too old.
    await fill(context, joined, SNAPSHOT - 5, { limits: { ...BACKFILL, headersPerRequest: 1 } });
    await assertSame(joined.chain, from, SNAPSHOT - 5);
    const recent = await doubleVote(from.chain, { height: SNAPSHOT - 3 });
    assert.equal(await codeOf(joined.chain.checkEvidence(recent)), 'accepted');
    const old = await doubleVote(from.chain, { height: SNAPSHOT - 4 });
    assert.equal(await codeOf(joined.chain.checkEvidence(old)), 'block.evidence-expired');
    const again = backfillOf(joined, { limits: BACKFILL });
    let asked = 0;
    const bounds = { maxRequestBytes: 64, maxConcurrent: 4 };
    joined.network.transport('one').onRequest(HEADERS_PROTOCOL, bounds, async () => {
      asked += 1;
      return headersCodec.encode([]);
    });
    again.start();
    await turns(20);
    await again.stop();
    assert.equal(asked, 0);
  });

  const forgeries: readonly [what: string, change: (honest: Uint8Array) => Uint8Array][] = [
    [
      'another header',
      changed(
        altered(1, ({ header, commit }) => {
          const decoded = headerCodec.decode(header);
          return { header: headerCodec.encode({ ...decoded, timeMs: decoded.timeMs + 1 }), commit };
        }),
      ),
    ],
    [
      'another commit',
      changed(
        altered(1, ({ header, commit }) => {
          const decoded = commitCodec.decode(commit);
          const signatures = decoded.signatures.with(0, undefined);
          return { header, commit: commitCodec.encode({ ...decoded, signatures }) };
        }),
      ),
    ],
    ['a header left out', changed((headers) => headers.toSpliced(1, 1))],
    ['headers in the other order', changed((headers) => headers.toReversed())],
    ['a commit that is none', changed(altered(0, ({ header }) => ({ header, commit: filled(9, 1) })))],
    ['no list', () => filled(33, 7)],
  ];
  for (const [what, change] of forgeries) {
    test(`SYNC-10 a peer that gives ${what} pays, is asked no more, and is not believed`, async (context) => {
      const from = await changingSource();
      const joined = await join(context, from, ['liar', 'one']);
      const liar = answerOtherwise(joined.network, 'liar', HEADERS_PROTOCOL, change);
      await fill(context, joined);
      await assertSame(joined.chain, from);
      assert.equal(liar.asked, 1);
      assert.deepEqual(joined.network.reports, [{ by: 'node', peer: 'liar', offence: 'invalid' }]);
    });
  }

  test('SYNC-10 a peer that gives more than was asked for pays, be it true', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from, ['eager', 'one']);
    const { network } = joined;
    const bounds = { maxRequestBytes: 64, maxConcurrent: 4 };
    network.transport('eager').onRequest(HEADERS_PROTOCOL, bounds, async (_, body) => {
      const { from: start, count } = headersRequestCodec.decode(body);
      const more = headersRequestCodec.encode({ from: start, count: count + 1 });
      const options = { timeoutMs: 1_000, maxResponseBytes: HEADERS_BYTES_MAX };
      return network.transport('node').request('one', HEADERS_PROTOCOL, more, options);
    });
    await fill(context, joined);
    await assertSame(joined.chain, from);
    assert.deepEqual(network.reports, [{ by: 'node', peer: 'eager', offence: 'invalid' }]);
  });

  test('SYNC-10 members of a set that is not known after it remain without operator and name', () => {
    const before = makeValidatorSet(setOf([40, 30, 20]).validators);
    const after = makeValidatorSet(before.validators.slice(1));
    const set = pastValidators(before.validators, before.hash, after);
    for (const validator of set.validators) {
      const known = after.validators.find(({ name }) => name === validator.name);
      assert.equal(isNameless(validator), known === undefined);
      if (known !== undefined) assert.deepEqual(validator.operator, known.operator);
    }
    assert.equal(set.validators.filter(isNameless).length, 1);
  });

  const otherSets: readonly [what: string, change: (honest: Uint8Array) => Uint8Array][] = [
    [
      'other validators',
      (honest) => {
        const parts = lightPartsCodec.decode(honest);
        const validators = parts.validators.map((validator) => ({
          ...validator,
          power: validator.power + 1,
        }));
        return lightPartsCodec.encode({ ...parts, validators });
      },
    ],
    [
      'a validator twice',
      (honest) => {
        const parts = lightPartsCodec.decode(honest);
        return lightPartsCodec.encode({ ...parts, validators: [...parts.validators, ...parts.validators] });
      },
    ],
    ['no light block', () => filled(20, 3)],
  ];
  for (const [what, change] of otherSets) {
    test(`SYNC-10 a peer that gives ${what} for a set pays, and another is asked`, async (context) => {
      const from = await changingSource();
      const joined = await join(context, from, ['liar', 'one']);
      const liar = answerOtherwise(joined.network, 'liar', LIGHT_PROTOCOL, change);
      await fill(context, joined);
      await assertSame(joined.chain, from);
      assert.equal(liar.asked, 1);
      assert.deepEqual(joined.network.reports, [{ by: 'node', peer: 'liar', offence: 'invalid' }]);
    });
  }

  test('SYNC-10 to have nothing is no lie: another is asked', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from, ['poor', 'one']);
    const poor = answerOtherwise(joined.network, 'poor', HEADERS_PROTOCOL, () => headersCodec.encode([]));
    answerOtherwise(joined.network, 'poor', LIGHT_PROTOCOL, () => new Uint8Array(0));
    await fill(context, joined);
    await assertSame(joined.chain, from);
    assert.ok(poor.asked > 0);
    assert.deepEqual(joined.network.reports, []);
  });

  test('SYNC-11 asks nobody while the node is busy, and one thing at a time', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    let [asked, underWay, most] = [0, 0, 0];
    const transport = joined.network.transport('node');
    const counting: typeof transport = {
      ...transport,
      async request(...parameters) {
        asked += 1;
        most = Math.max(most, ++underWay);
        try {
          return await transport.request(...parameters);
        } finally {
          underWay -= 1;
        }
      },
    };
    let looks = 0;
    let busy = true;
    const isBusy = () => {
      looks += 1;
      return busy;
    };
    const backfill = backfillOf(joined, { transport: counting, isBusy });
    context.after(() => backfill.stop());
    backfill.start();
    await until(() => looks >= 3, 'it looks whether the node is busy');
    assert.equal(asked, 0);
    busy = false;
    let lowest: number | undefined;
    await until(() => {
      void firstHeight(joined.engine).then((found) => (lowest = found));
      return lowest === 1;
    }, 'it is done');
    assert.ok(asked > 0);
    assert.equal(most, 1);
  });

  test('SYNC-11 ends at once when it is stopped, while a peer is silent or while it rests', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    let asked = 0;
    const bounds = { maxRequestBytes: 64, maxConcurrent: 4 };
    joined.network.transport('one').onRequest(HEADERS_PROTOCOL, bounds, () => {
      asked += 1;
      return new Promise(() => undefined);
    });
    const limits = { ...BACKFILL, requestTimeoutMs: 60_000, pollMs: 60_000 };
    const waiting = backfillOf(joined, { limits });
    waiting.start();
    await until(() => asked === 1, 'it asks');
    let looks = 0;
    const resting = backfillOf(joined, { limits, isBusy: () => ++looks > 0 });
    resting.start();
    await until(() => looks === 1, 'it rests');
    const startedMs = performance.now();
    await Promise.all([waiting.stop(), resting.stop()]);
    assert.ok(performance.now() - startedMs < 30_000);
    assert.deepEqual(joined.network.reports, [], 'the silent peer is not blamed for the stop');
  });

  test('SYNC-11 goes on where a crash at any write left it, without a gap', async (context) => {
    const from = await changingSource();
    let crashes = 0;
    for (let write = 1; ; write++) {
      const { network, engine } = await join(context, from);
      const memory = engine as MemoryStateEngine;
      let count = 0;
      let failure: Error | undefined;
      let lowest: number | undefined;
      const failing: StateEngine = {
        ...memory,
        async write(batch, options) {
          count += 1;
          if (count === write) throw new Error('power loss');
          return memory.write(batch, options);
        },
      };
      const before = { network, engine: failing, chain: (await openTestChain(memory)).chain };
      const backfill = backfillOf(before, { onFatal: (error) => (failure = error as Error) });
      backfill.start();
      await until(() => {
        void firstHeight(memory).then((found) => (lowest = found));
        return failure !== undefined || lowest === 1;
      }, 'it is done, or the power is lost');
      await backfill.stop();
      if (failure === undefined) break;
      assert.equal(failure.message, 'power loss');
      crashes += 1;
      // Of what was not synced, half is there.
      const left = memory.crash(Math.floor(memory.unsynced / 2));
      const joined = { network, engine: left, chain: (await openTestChain(left)).chain };
      const reached = await firstHeight(left);
      assert.ok(reached !== undefined);
      await assertSame(joined.chain, from, reached);
      await fill(context, joined);
      await assertSame(joined.chain, from);
    }
    assert.ok(crashes >= 4, `${crashes} writes were interrupted`);
  });

  test('SYNC-11 a node that has all from the genesis asks nobody', async () => {
    const from = await changingSource();
    const network = new TestNetwork();
    const asked: string[] = [];
    const transport = network.transport('node');
    const watched: typeof transport = {
      ...transport,
      request: (peer, protocol, body, options) => {
        asked.push(protocol);
        return transport.request(peer, protocol, body, options);
      },
    };
    network.connect('node', 'other');
    for (const opened of [from, await openTestChain()]) {
      const backfill = backfillOf(
        { network, chain: opened.chain, engine: opened.engine },
        { transport: watched },
      );
      backfill.start();
      await turns(20);
      await backfill.stop();
    }
    assert.deepEqual(asked, []);
  });
});

describe('the headers that a node serves', () => {
  test('SYNC-7 SYNC-10 go down from the height asked for, below the tip alone, and within bounds', async () => {
    const from = await changingSource();
    const network = new TestNetwork();
    await serve(network, 'one', from).stop();
    const ask = async (start: number, count: number) => {
      const body = headersRequestCodec.encode({ from: start, count });
      const options = { timeoutMs: 1_000, maxResponseBytes: HEADERS_BYTES_MAX };
      const answer = headersCodec.decode(
        await network.transport('node').request('one', HEADERS_PROTOCOL, body, options),
      );
      return answer.map(({ header }) => headerCodec.decode(header).height);
    };
    assert.deepEqual(await ask(5, 3), [5, 4, 3]);
    assert.deepEqual(await ask(2, HEADERS_MAX), [2, 1]);
    // The commit of the tip is whatever the node collected: the next block may name another.
    assert.deepEqual(await ask(HEIGHTS, 1), []);
    assert.deepEqual(await ask(HEIGHTS - 1, 1), [HEIGHTS - 1]);
    assert.deepEqual(await ask(HEIGHTS + 1, 2), []);
    await assert.rejects(ask(5, 0));
    await assert.rejects(ask(5, HEADERS_MAX + 1));
    assert.deepEqual(
      network.reports.map(({ by, peer, offence }) => [by, peer, offence]),
      [
        ['one', 'node', 'malformed'],
        ['one', 'node', 'malformed'],
      ],
    );
  });

  test('SYNC-7 are cut where the answer is long enough, and one is always there', async () => {
    const { chain } = await openTestChain();
    for (let height = 1; height <= 3; height++) await growChain(chain);
    const commit = await chain.commit(1);
    assert.ok(commit !== undefined);
    const large = { ...commit, signatures: Array.from({ length: 5_000 }, () => filled(64, 1)) };
    const network = new TestNetwork();
    serveState({
      transport: network.transport('one'),
      chain: {
        tip: () => ({ ...chain.tip(), height: 10 }),
        header: (ref) => chain.header(ref === 0 ? 0 : 1),
        commit: async () => large,
        validatorSet: (height) => chain.validatorSet(height),
      },
      snapshots: { list: async () => [], chunk: async () => undefined },
      clock: systemClock,
    });
    network.connect('node', 'one');
    const body = headersRequestCodec.encode({ from: 9, count: 9 });
    const options = { timeoutMs: 1_000, maxResponseBytes: HEADERS_BYTES_MAX };
    const answer = await network.transport('node').request('one', HEADERS_PROTOCOL, body, options);
    assert.equal(headersCodec.decode(answer).length, 2);
    assert.ok(answer.length <= HEADERS_BYTES_MAX);
  });
});

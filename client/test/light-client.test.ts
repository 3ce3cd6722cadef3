import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCodedError, referenceVerifier, type SignatureCheck } from '#kernel';
import { verifySignature } from '#runtime';
import { blockHash, type Header } from '#services/block/portable';
import {
  createLightClient,
  memoryLightStore,
  type Divergence,
  type LightBlock,
  type LightBlockSource,
} from '../index.ts';
import { GeneratedChain, IDENTITY, lightBlock, members, sign } from './fixtures/generated-chain.ts';

const DAY_MS = 86_400_000;

/** A verifier that counts. */
function counting() {
  let checked = 0;
  return {
    get checked() {
      return checked;
    },
    verifyBatch: async (checks: readonly SignatureCheck[]) => {
      checked += checks.length;
      return checks.map(verifySignature);
    },
  };
}

function clientOf(
  chain: GeneratedChain,
  options: {
    primary?: LightBlockSource;
    witnesses?: readonly LightBlockSource[];
    trust?: Parameters<typeof createLightClient>[0]['trust'];
    nowMs?: number;
    verifier?: Parameters<ReturnType<typeof createLightClient>>[0]['verifier'];
    onDivergence?: (divergence: Divergence) => void;
  } = {},
) {
  const { trust = chain.genesis, nowMs = chain.timeMs + 500, verifier = counting(), ...components } = options;
  return createLightClient({ identity: IDENTITY, trust, rules: { trustingPeriodMs: 14 * DAY_MS } })({
    primary: chain.source('primary'),
    clock: { now: () => nowMs },
    verifier,
    ...components,
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}

/** A header that differs from the chain's, made final by the places of the set that sign it. */
function forged(
  chain: GeneratedChain,
  height: number,
  changes: Partial<Header>,
  signs: (place: number) => boolean = () => true,
): LightBlock {
  const header = { ...chain.headerAt(height), ...changes };
  const set = chain.setAt(height);
  return lightBlock(header, sign(set, { height, blockHash: blockHash(header) }, signs), set);
}

/** Rotates a quarter of the set at each of many heights: skipping reaches only so far. */
const rotating = new GeneratedChain(
  64,
  Array.from({ length: 8 }, (_, epoch) => ({ from: 1 + epoch * 8, members: members(epoch, 4) })),
);
const steady = new GeneratedChain(50, [{ from: 1, members: members(0, 4) }]);

describe('a light client that skips', () => {
  it('LIGHT-9 takes one step where the validators did not change, and three of four signatures', async () => {
    const verifier = counting();
    const primary = steady.source('primary');
    const latest = await clientOf(steady, { verifier, primary }).latest();
    assert.equal(latest.header.height, 50);
    assert.deepEqual(primary.asked, [50]);
    assert.equal(verifier.checked, 3);
  });

  it('LIGHT-9 LIGHT-6 bisects where they changed, and fetches far fewer headers than there are', async () => {
    const primary = rotating.source('primary');
    const latest = await clientOf(rotating, { primary }).latest();
    assert.deepEqual(latest.hash, rotating.blockAt(64).hash);
    assert.ok(primary.asked.length > 2 && primary.asked.length < 20, `${primary.asked.length} fetches`);
  });

  it('LIGHT-9 reaches a head with a wholly new set, which adjacent headers alone lead to', async () => {
    const chain = new GeneratedChain(40, [
      { from: 1, members: members(0, 4) },
      { from: 23, members: members(10, 4) },
    ]);
    const primary = chain.source('primary');
    assert.equal((await clientOf(chain, { primary }).latest()).header.height, 40);
    assert.ok(primary.asked.includes(22) && primary.asked.includes(23));
  });

  it('LIGHT-9 gives up on a node that leads it on without end', async () => {
    const far = new GeneratedChain(
      1_400,
      Array.from({ length: 1_400 }, (_, epoch) => ({ from: 1 + epoch, members: members(epoch * 2, 2) })),
    );
    assert.equal(await codeOf(clientOf(far).latest()), 'light.too-many-steps');
  });

  it('LIGHT-10 finds earlier headers by their children, and no forged one', async () => {
    const trust = { kind: 'header', height: 30, hash: steady.blockAt(30).hash } as const;
    const client = clientOf(steady, { trust });
    assert.deepEqual((await client.verifiedAt(12)).hash, steady.blockAt(12).hash);
    const primary = steady.source('primary', {
      forge: (height) => (height === 20 ? forged(steady, 20, { timeMs: 1 }) : undefined),
    });
    assert.equal(await codeOf(clientOf(steady, { trust, primary }).verifiedAt(12)), 'light.wrong-parent');
  });

  it('LIGHT-10 walks back from a verified header above when what is trusted below has expired, and only then', async () => {
    for (const from of ['genesis', 'header'] as const) {
      let nowMs = steady.timeMs;
      const store = memoryLightStore();
      const forger = steady.source('forger', {
        forge: (height) => (height === 35 ? forged(steady, 35, { timeMs: 1 }) : undefined),
      });
      const [client, deceived] = [steady.source('primary'), forger].map((primary) =>
        createLightClient({
          identity: IDENTITY,
          trust: steady.genesis,
          rules: { trustingPeriodMs: DAY_MS },
        })({ primary, store, clock: { now: () => nowMs }, verifier: counting() }),
      );
      assert.ok(client !== undefined && deceived !== undefined);
      if (from === 'header') await client.verifiedAt(10);
      await client.verifiedAt(40);
      nowMs += 2 * DAY_MS;
      assert.equal(await codeOf(deceived.verifiedAt(30)), 'light.wrong-parent');
      assert.equal((await store.above(10))?.header.height, 40, 'nothing of it is kept');
      assert.deepEqual((await client.verifiedAt(30)).hash, steady.blockAt(30).hash);
      assert.deepEqual((await store.atOrBelow(39))?.hash, steady.blockAt(30).hash);
      assert.equal(await codeOf(client.verifiedAt(45)), 'light.trust-expired');
    }
    const primary = steady.source('primary');
    const client = clientOf(steady, { primary });
    await client.verifiedAt(10);
    await client.verifiedAt(40);
    await client.verifiedAt(30);
    assert.deepEqual(primary.asked, [10, 40, 30], 'while it is trusted, one step is enough');
  });

  it('LIGHT-10 LIGHT-2 what is above is of no use when it is too far', async () => {
    let nowMs = steady.timeMs;
    const store = memoryLightStore();
    const client = createLightClient({
      identity: IDENTITY,
      trust: steady.genesis,
      rules: { trustingPeriodMs: DAY_MS },
    })({ primary: steady.source('primary'), store, clock: { now: () => nowMs }, verifier: counting() });
    const far = { ...steady.headerAt(50), height: 10_031 };
    const set = steady.setAt(50);
    await store.put(lightBlock(far, sign(set, { height: 10_031, blockHash: blockHash(far) }), set));
    nowMs += 2 * DAY_MS;
    assert.equal(await codeOf(client.verifiedAt(30)), 'light.trust-expired');
  });

  it('LIGHT-11 starts from a header that the user trusts, and from no other', async () => {
    const trust = { kind: 'header', height: 30, hash: steady.blockAt(30).hash } as const;
    assert.equal((await clientOf(steady, { trust }).latest()).header.height, 50);
    const other = { ...trust, hash: steady.blockAt(31).hash };
    assert.equal(await codeOf(clientOf(steady, { trust: other }).latest()), 'light.wrong-trust');
    const unsigned = steady.source('primary', {
      forge: (height) => (height === 30 ? forged(steady, 30, {}, (place) => place < 2) : undefined),
    });
    assert.equal(
      await codeOf(clientOf(steady, { trust, primary: unsigned }).latest()),
      'light.invalid-commit',
    );
  });

  it('LIGHT-2 trusts no header for longer than the trusting period', async () => {
    const nowMs = steady.timeMs + 15 * DAY_MS;
    assert.equal(await codeOf(clientOf(steady, { nowMs }).latest()), 'light.trust-expired');
  });

  it('LIGHT-3 takes no header from the future', async () => {
    const nowMs = steady.timeMs - 10_000;
    assert.equal(await codeOf(clientOf(steady, { nowMs }).latest()), 'light.from-the-future');
    assert.equal(await codeOf(clientOf(steady, { nowMs: nowMs + 1 }).latest()), 'accepted');
  });

  it('refuses rules that are not safe', () => {
    for (const trustLevel of [
      { numerator: 1, denominator: 4 },
      { numerator: 1, denominator: 1 },
      { numerator: 20, denominator: 60 },
    ]) {
      const rules = { trustingPeriodMs: 1, trustLevel };
      assert.throws(() => createLightClient({ identity: IDENTITY, trust: steady.genesis, rules }), {
        code: 'light.wrong-rules',
      });
    }
  });

  it('says the same by the portable verifier', async () => {
    const latest = await clientOf(rotating, { verifier: referenceVerifier }).latest();
    assert.deepEqual(latest.hash, rotating.blockAt(64).hash);
  });
});

describe('witnesses', () => {
  it('LIGHT-12 confirm a header; one that lags or is away does not hinder', async () => {
    const witnesses = [steady.source('slow', { upTo: 10 }), steady.source('good')];
    const client = clientOf(steady, { witnesses });
    assert.equal((await client.latest()).header.height, 50);
    assert.deepEqual(client.witnesses(), ['slow', 'good']);
  });

  it('LIGHT-12 LIGHT-14 without one that confirms it a header is neither given nor kept', async () => {
    const store = memoryLightStore();
    const witnesses = [steady.source('slow', { upTo: 10 })];
    const client = createLightClient({
      identity: IDENTITY,
      trust: steady.genesis,
      rules: { trustingPeriodMs: DAY_MS },
    })({
      primary: steady.source('primary'),
      witnesses,
      store,
      clock: { now: () => steady.timeMs },
      verifier: counting(),
    });
    assert.equal(await codeOf(client.latest()), 'light.no-agreeing-witness');
    assert.equal(await store.atOrBelow(50), undefined);
    assert.equal((await client.verifiedAt(10)).header.height, 10);
  });

  it('LIGHT-12 that cannot prove what they say are believed no more', async () => {
    const liar = steady.source('liar', {
      forge: (height) => forged(steady, height, { timeMs: 5 }, (place) => place < 1 || place === 2),
    });
    const client = clientOf(steady, { witnesses: [liar, steady.source('good')] });
    assert.equal((await client.latest()).header.height, 50);
    assert.deepEqual(client.witnesses(), ['good']);
  });

  it('LIGHT-13 that prove another header give evidence with the last common height, and stop the client', async () => {
    const timeMs = rotating.headerAt(64).timeMs - 1;
    const attacker = rotating.source('attacker', {
      forge: (height) => (height === 64 ? forged(rotating, 64, { timeMs }) : undefined),
    });
    const heard: Divergence[] = [];
    const options = { witnesses: [attacker], onDivergence: (found: Divergence) => heard.push(found) };
    assert.equal(await codeOf(clientOf(rotating, options).latest()), 'light.divergence');
    const [evidence] = heard;
    assert.ok(evidence !== undefined && evidence.commonHeight < 64);
    assert.equal(evidence.ofWitness.header.timeMs, timeMs);
    assert.deepEqual(evidence.ofPrimary.hash, rotating.blockAt(64).hash);
  });

  it('LIGHT-13 uncover a primary that lies with a quorum of its validators', async () => {
    const lying = rotating.source('lying', {
      forge: (height) =>
        height > 40 ? forged(rotating, height, { stateRoot: new Uint8Array(32) }) : undefined,
    });
    const options = { primary: lying, witnesses: [rotating.source('good')] };
    assert.equal(await codeOf(clientOf(rotating, options).latest()), 'light.divergence');
  });
});

describe('verified blocks in memory', () => {
  it('LIGHT-14 are bounded, and the lowest stays', async () => {
    const store = memoryLightStore(5);
    for (let height = 10; height <= 30; height++) await store.put(steady.blockAt(height));
    assert.equal((await store.above(0))?.header.height, 10);
    assert.equal((await store.atOrBelow(26))?.header.height, 10);
    assert.equal((await store.atOrBelow(99))?.header.height, 30);
    assert.equal((await store.above(10))?.header.height, 27);
  });
});

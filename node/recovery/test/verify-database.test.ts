import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine, STATE_FAMILIES, type StateEngine, type StateFamily } from '#engines/state';
import { equalBytes, silentLogger, toHex } from '#kernel';
import { systemScheduler } from '#runtime';
import { createChain, rollBack } from '#services/block';
import { createEvidenceStore } from '../../../services/consensus/evidence/evidence-store.ts';
import { doubleProposal, doubleVote } from '../../../services/block/test/fixtures/evidence.ts';
import { createLedger } from '#services/blockchain';
import type { Validator } from '#services/validator';
import {
  BACKFILL,
  changingSource,
  fill,
  follow,
  HEIGHTS as JOINED_HEIGHTS,
  join,
  SNAPSHOT,
} from '../../../services/block/test/fixtures/backfill.ts';
import {
  accountKey,
  addressOf,
  GENESIS_TIME_MS,
  genesisState,
  growChain,
  IDENTITY,
  openTestChain,
  transfer,
  VERIFIER,
} from '../../../services/block/test/fixtures/test-chain.ts';
import { blocksKey } from '../../../services/block/store/keys.ts';
import { validatorsCodec } from '../../../services/block/store/records.ts';
import { fromStoredValue, toStoredValue } from '../../../services/block/store/stored-value.ts';
import { verifyDatabase, type DatabaseReport } from '../verify-database.ts';

const HEIGHTS = 7;
const FAULTS_MAX = 20;
/** Kinds of records in the family `blocks`. */
const BLOCK_RECORDS = 8;
/** One more, of a chain that began at a snapshot. */
const PAST_HEADERS = 9;

/**
 * A chain with transfers of several accounts, among them new ones, attestations, evidence in block 5, and evidence that
 * waits for a block.
 */
async function makeChain(): Promise<StateEngine> {
  const { chain, engine } = await openTestChain();
  for (let height = 1; height <= HEIGHTS; height++) {
    const nonce = height - 1;
    const news = { to: addressOf(accountKey(40 + height)), amount: 3n };
    const digest = new Uint8Array(32).fill(height);
    const attest = { payload: { type: 'attest' as const, digest, label: `of ${height}` } };
    const many = Array.from({ length: height === 3 ? 70 : 2 }, (_, index) =>
      transfer(3, nonceOf(height, index)),
    );
    const evidence =
      height === 5
        ? [await doubleVote(chain, { height: 4 }), await doubleProposal(chain, { height: 3, index: 1 })]
        : [];
    await growChain(
      chain,
      [transfer(0, nonce, [news]), transfer(1, nonce), transfer(2, nonce, [], attest), ...many],
      evidence,
    );
  }
  await createEvidenceStore(engine, silentLogger).add(await doubleVote(chain, { height: HEIGHTS, index: 2 }));
  await chain.close();
  return engine;
}

/** Nonces of the account that sends 70 transfers in block 3 and two in every other. */
function nonceOf(height: number, index: number): number {
  return (height <= 3 ? 2 * (height - 1) : 4 + 70 + 2 * (height - 4)) + index;
}

function verify(engine: StateEngine, range: { from?: number; to?: number } = {}): Promise<DatabaseReport> {
  return verifyDatabase({
    engine,
    identity: IDENTITY,
    initialHeight: 1,
    genesisTimeMs: GENESIS_TIME_MS,
    retainedHeights: 100,
    scheduler: systemScheduler,
    verifier: VERIFIER,
    from: range.from,
    to: range.to,
    faultsMax: FAULTS_MAX,
    onProgress: () => {},
  });
}

interface Entry {
  readonly family: StateFamily;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A family; the family `blocks` by the kinds of its records, which are the first byte of the key. */
function kindOf({ family, key }: Entry): string {
  return family === 'blocks' ? `blocks ${key[0]}` : family;
}

async function contentOf(engine: StateEngine): Promise<Entry[]> {
  const content: Entry[] = [];
  for (const family of STATE_FAMILIES) {
    for await (const { key, value } of engine.range(family, {})) content.push({ family, key, value });
  }
  return content;
}

async function put(
  engine: StateEngine,
  family: StateFamily,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Promise<void> {
  const batch = engine.batch();
  if (value === undefined) batch.delete(family, key);
  else batch.put(family, key, value);
  await engine.write(batch);
}

/** zstd has bits that mean nothing: a value that decompresses to the same content is not damaged. */
function isSameContent(family: StateFamily, before: Uint8Array, after: Uint8Array): boolean {
  if (family !== 'blocks' && family !== 'receipts') return false;
  try {
    return equalBytes(fromStoredValue(before), fromStoredValue(after));
  } catch {
    return false;
  }
}

describe('the verification of a database', () => {
  it('finds nothing in a sound one, and executes every block again', async () => {
    const report = await verify(await makeChain());
    assert.deepEqual(report.faults, []);
    assert.deepEqual(report.states, { first: 0, last: HEIGHTS });
    assert.equal(report.executed, HEIGHTS);
    assert.equal(report.isCutOff, false);
  });

  it('looks at some heights alone when it is asked to', async () => {
    const report = await verify(await makeChain(), { from: 3, to: 5 });
    assert.deepEqual(report.faults, []);
    assert.deepEqual(
      [report.from, report.to, report.states, report.executed],
      [3, 5, { first: 2, last: 5 }, 3],
    );
  });

  it('refuses heights after the last block, of which it could only say that nothing is wrong', async () => {
    await assert.rejects(verify(await makeChain(), { from: HEIGHTS + 1 }), {
      code: 'blockchain.future-height',
    });
  });

  it('detects any flipped bit in any stored value, and says where', async () => {
    const engine = await makeChain();
    const kinds = Map.groupBy(await contentOf(engine), kindOf);
    assert.deepEqual([...kinds.keys()].filter((kind) => kind.startsWith('blocks')).length, BLOCK_RECORDS);
    const families = new Set([...kinds.values()].map(([entry]) => entry?.family));
    assert.equal(families.size, STATE_FAMILIES.length);
    // Each kind as often as any other, however many entries it has.
    const numRuns = Math.ceil(Number(process.env['FLIPS'] ?? 100) / kinds.size);
    for (const [kind, entries] of kinds) {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(7), async (entry, at, bit) => {
          const chosen = entries[entry % entries.length];
          assert.ok(chosen !== undefined, kind);
          const { family, key, value } = chosen;
          const changed = value.slice();
          const position = at % Math.max(1, value.length);
          changed[position] = (changed[position] ?? 0) ^ (1 << bit);
          await put(engine, family, key, changed);
          try {
            const code = await verify(engine).then(
              ({ faults }) => faults[0]?.code,
              (error: { code?: string }) => error.code,
            );
            const isHarmless = isSameContent(family, value, changed);
            assert.equal(
              code !== undefined,
              !isHarmless,
              `${family} ${toHex(key)}, byte ${position}, bit ${bit}`,
            );
          } finally {
            await put(engine, family, key, value);
          }
        }),
        { numRuns },
      );
    }
    assert.deepEqual((await verify(engine)).faults, []);
  });

  it('detects an entry that is missing, and one that no block accounts for', async () => {
    const engine = await makeChain();
    const content = await contentOf(engine);
    for (const [kind, entries] of Map.groupBy(content, kindOf)) {
      const { family, key, value } = entries[Math.floor(entries.length / 2)] ?? assert.fail(kind);
      await put(engine, family, key, undefined);
      const missing = await verify(engine).then(
        ({ faults }) => faults.length,
        () => 1,
      );
      // Evidence that waits for a block is accounted for by nothing: a node may have it or not.
      assert.equal(missing > 0, family !== 'evidence', `${family} ${toHex(key)} is missing`);
      await put(engine, family, key, value);
    }
    for (const family of ['transactions', 'history', 'receipts', 'state', 'evidence'] as const) {
      const key = new Uint8Array(32).fill(0xee);
      await put(engine, family, key, Uint8Array.of(1));
      assert.ok((await verify(engine)).faults.length > 0, `${family} has one more`);
      await put(engine, family, key, undefined);
    }
    assert.deepEqual((await verify(engine)).faults, []);
  });

  it('detects a state that follows from no block, however well its tree is hashed', async () => {
    // Another genesis balance: every hash is right, and no block leads there.
    const other = genesisState();
    const engine = await makeChain();
    const forged = createMemoryStateEngine();
    const ledger = createLedger({ identity: IDENTITY, engine: forged, retainedHeights: 100 })({
      scheduler: systemScheduler,
    });
    await ledger.open({ ...other, accounts: [{ address: addressOf(accountKey(0)), balance: 1n }] });
    for (const { family, key, value } of await contentOf(forged)) {
      if (family === 'state' || family === 'tree') await put(engine, family, key, value);
    }
    assert.ok((await verify(engine)).faults.length > 0);
  });

  it('names no more faults than asked', async () => {
    const engine = await makeChain();
    for (const { family, key } of await contentOf(engine))
      if (family === 'receipts' || family === 'transactions') await put(engine, family, key, undefined);
    const report = await verify(engine);
    assert.equal(report.faults.length, FAULTS_MAX);
    assert.equal(report.isCutOff, true);
  });
});

describe('the verification of a database that began at a snapshot', () => {
  const sound = (engine: StateEngine) =>
    verify(engine).then(
      ({ faults }) => faults.length === 0,
      () => false,
    );

  it('SYNC-10 finds nothing in a sound one, before its backfill, in the midst, and after', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    for (const lowest of [SNAPSHOT, 8, 1]) {
      const limits = { ...BACKFILL, headersPerRequest: SNAPSHOT - lowest, pollMs: 60_000, paceMs: 60_000 };
      if (lowest < SNAPSHOT) await fill(context, joined, lowest, { limits });
      const report = await verify(joined.engine);
      assert.deepEqual(report.faults, [], `from ${lowest}`);
      assert.deepEqual([report.from, report.to], [lowest, SNAPSHOT]);
    }
    await follow(joined, from);
    const report = await verify(joined.engine);
    assert.deepEqual(report.faults, []);
    assert.equal(report.executed, 2);
    assert.deepEqual((await verify(joined.engine, { from: 3, to: 7 })).faults, []);
  });

  it('SYNC-10 detects what is altered or missing of the heights before', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    const { engine } = joined;
    await fill(context, joined);
    await follow(joined, from);
    const following = toHex(joined.chain.tip().validators.hash);
    const content = (await contentOf(engine)).filter(
      ({ family }) => family === 'blocks' || family === 'meta',
    );
    const kinds = Map.groupBy(content, kindOf);
    assert.ok(kinds.has(`blocks ${PAST_HEADERS}`));
    for (const [kind, entries] of kinds) {
      for (const { family, key, value } of entries.length < 8 ? entries : entries.slice(-2)) {
        const middle = Math.floor(value.length / 2);
        await put(engine, family, key, value.with(middle, (value[middle] ?? 0) ^ 4));
        assert.equal(await sound(engine), false, `${kind}: ${toHex(key)} altered`);
        await put(engine, family, key, undefined);
        // The validators of the height after the tip are in the state, and stored again with the next block.
        const isInState = family === 'blocks' && toHex(key.subarray(1)) === following;
        assert.equal(await sound(engine), isInState, `${kind}: ${toHex(key)} missing`);
        await put(engine, family, key, value);
      }
    }
    assert.ok(await sound(engine));
  });

  it('SYNC-10 bears a member of a set without operator and name, and none with others', async (context) => {
    const from = await changingSource();
    const joined = await join(context, from);
    const { engine } = joined;
    await fill(context, joined);
    await follow(joined, from);
    assert.notDeepEqual(
      (await joined.chain.validatorSet(JOINED_HEIGHTS + 1))?.hash,
      (await joined.chain.validatorSet(JOINED_HEIGHTS))?.hash,
    );
    for (const height of [3, JOINED_HEIGHTS + 1]) {
      const set = await joined.chain.validatorSet(height);
      assert.ok(set !== undefined);
      const key = blocksKey.validators(set.hash);
      const stored = await engine.get('blocks', key);
      const write = async ({ operator, name }: Pick<Validator, 'operator' | 'name'>) => {
        const validators = set.validators.map(({ address, publicKey, power }) => {
          return { address, publicKey, power, operator, name };
        });
        await put(engine, 'blocks', key, toStoredValue(validatorsCodec.encode(validators)));
        return sound(engine);
      };
      const operator = new Uint8Array(20);
      assert.equal(await write({ operator, name: '' }), true);
      assert.equal(await write({ operator, name: 'other' }), false);
      assert.equal(await write({ operator: operator.with(0, 1), name: '' }), false);
      await put(engine, 'blocks', key, stored);
    }
  });
});

describe('a rollback', () => {
  const open = async (engine: StateEngine) => {
    const ledger = createLedger({ identity: IDENTITY, engine, retainedHeights: 100 })({
      scheduler: systemScheduler,
    });
    await ledger.open(genesisState());
    const chain = createChain({
      identity: IDENTITY,
      engine,
      initialHeight: 1,
      genesisTimeMs: GENESIS_TIME_MS,
    })({
      ledger,
      verifier: VERIFIER,
      logger: silentLogger,
    });
    return { ledger, chain };
  };

  it('puts the state back by one height, and the next start executes the block again, to the byte', async () => {
    const engine = await makeChain();
    const before = await contentOf(engine);
    const { blockHeight, stateHeight } = await rollBack(engine, IDENTITY);
    assert.deepEqual([blockHeight, stateHeight], [HEIGHTS, HEIGHTS - 1]);
    const { ledger, chain } = await open(engine);
    assert.equal(ledger.tip().height, HEIGHTS - 1);
    assert.equal(
      await ledger.account(addressOf(accountKey(40 + HEIGHTS))),
      undefined,
      'the account is not there yet',
    );
    await chain.open();
    assert.equal(chain.tip().height, HEIGHTS);
    assert.deepEqual(await contentOf(engine), before);
    assert.deepEqual((await verify(engine)).faults, []);
  });

  it('repairs what a faulty execution left: state, tree and receipts of the last height', async () => {
    const engine = await makeChain();
    const before = await contentOf(engine);
    const last = before.filter(
      ({ family, key }) =>
        ['tree', 'receipts'].includes(family) &&
        toHex(key).startsWith(toHex(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, HEIGHTS))),
    );
    assert.ok(last.length > 2);
    for (const { family, key } of last) await put(engine, family, key, Uint8Array.of(7));
    await put(
      engine,
      'state',
      before.find(({ family }) => family === 'state')?.key ?? assert.fail(),
      Uint8Array.of(9),
    );
    await rollBack(engine, IDENTITY);
    const { chain } = await open(engine);
    await chain.open();
    assert.deepEqual(await contentOf(engine), before);
  });

  it('is refused twice in a row, and before the first block', async () => {
    const engine = await makeChain();
    await rollBack(engine, IDENTITY);
    await assert.rejects(rollBack(engine, IDENTITY), { code: 'blockchain.rolled-back-already' });
    await assert.rejects(verify(engine), { code: 'blockchain.rolled-back-already' });
    const { engine: empty } = await openTestChain();
    await assert.rejects(rollBack(empty, IDENTITY), { code: 'block.nothing-to-roll-back' });
  });

  it('survives power loss at its write: the home opens at the same block', async () => {
    const engine = createMemoryStateEngine();
    const { chain } = await openTestChain(engine);
    for (let height = 1; height <= 3; height++) await growChain(chain, [transfer(0, height - 1)]);
    const root = toHex(chain.tip().stateRoot);
    await rollBack(engine, IDENTITY);
    const reopened = await open(engine.crash());
    await reopened.chain.open();
    assert.deepEqual([reopened.chain.tip().height, toHex(reopened.chain.tip().stateRoot)], [3, root]);
  });
});

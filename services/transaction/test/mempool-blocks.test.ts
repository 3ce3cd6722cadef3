import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMempool } from '../index.ts';
import { mempoolError } from '../errors.ts';
import { silentLogger } from '#kernel';
import { codeOf, IDENTITY, signed, VERIFIER } from './support/samples.ts';
import { idsOf, memoryJournal, TestAccounts, TestMempool } from './support/test-mempool.ts';

const COST = 20_005n;

describe('mempool after a final block', () => {
  it('lets go of what the block holds, without a word, and knows it still', async () => {
    const test = new TestMempool();
    const [included, waiting] = [signed(0), signed(0, { nonce: 1 })];
    await test.submit(included, waiting);
    test.finalise([included], { 0: { nonce: 1 } });
    assert.deepEqual(idsOf(test.select()), [waiting.id]);
    assert.deepEqual(test.dropped, []);
    assert.equal(test.mempool.knows(included.id), true);
    assert.deepEqual(await test.submit(included), ['mempool.already-final']);
    assert.equal(test.mempool.bytes, waiting.bytes.length);
  });

  it('drops what can no longer be: nonces that others took', async () => {
    const test = new TestMempool();
    const mine = signed(0);
    await test.submit(mine, signed(0, { nonce: 1 }), signed(0, { nonce: 2 }));
    const theirs = [signed(0, { validUntil: 900 }), signed(0, { nonce: 1, validUntil: 900 })];
    test.finalise(theirs, { 0: { nonce: 2 } });
    assert.deepEqual(
      test.dropped.map(({ transaction, code }) => [transaction.nonce, code]),
      [
        [0, 'mempool.nonce-too-low'],
        [1, 'mempool.nonce-too-low'],
      ],
    );
    assert.deepEqual(
      test.select().map(({ nonce }) => nonce),
      [2],
    );
    assert.deepEqual(await test.submit(mine), ['mempool.nonce-too-low']);
  });

  it('drops from the end of a sender what its new balance does not cover', async () => {
    const test = new TestMempool();
    test.accounts.set(0, { balance: 4n * COST });
    await test.submit(...[0, 1, 2, 3].map((nonce) => signed(0, { nonce })));
    test.finalise([], { 0: { balance: 2n * COST } });
    assert.deepEqual(
      test.dropped.map(({ transaction, code }) => [transaction.nonce, code]),
      [
        [3, 'mempool.insufficient-balance'],
        [2, 'mempool.insufficient-balance'],
      ],
    );
    assert.equal(test.select().length, 2);
    test.finalise([], { 0: { balance: 0n } });
    assert.deepEqual([test.mempool.size, test.mempool.bytes, test.mempool.hasSelectable()], [0, 0, false]);
  });

  it('lets transactions go at the height after which no block may hold them', async () => {
    const test = new TestMempool();
    const sent = [2, 3, 1_000].map((validUntil, nonce) => signed(0, { nonce, validUntil }));
    await test.submit(...sent);
    test.finalise([]);
    // The next block is of height 2: the first may still be in it.
    assert.equal(test.mempool.size, 3);
    test.finalise([]);
    assert.deepEqual(
      test.dropped.map(({ transaction, code }) => [transaction.id, code]),
      [[sent[0]?.id, 'mempool.expired']],
    );
    // What stood behind it waits for the gap to close, and can still be used then.
    assert.deepEqual([test.mempool.size, test.mempool.hasSelectable()], [2, false]);
    await test.submit(signed(0));
    assert.equal(test.select().length, 3);
    assert.deepEqual(await test.submit(signed(1, { validUntil: 2 })), ['transaction.expired']);
  });

  it('forgets a sender of which nothing waits, and reads its account again', async () => {
    const test = new TestMempool();
    await test.submit(signed(0));
    test.finalise([signed(0)], { 0: { nonce: 1 } });
    assert.equal(test.mempool.nextNonce(signed(0).sender), undefined);
    test.accounts.reads = 0;
    await test.submit(signed(0, { nonce: 1 }), signed(0, { nonce: 2 }));
    assert.equal(test.accounts.reads, 1);
    await test.submit(signed(0, { nonce: 3 }));
    assert.equal(test.accounts.reads, 1);
  });

  it('judges a submission by a block that became final while it was under way', async () => {
    for (const moment of ['reading', 'verifying'] as const) {
      const accounts = new TestAccounts();
      const pause = Promise.withResolvers<void>();
      const mempool = createMempool(
        { identity: IDENTITY, limits: { maxTransactions: 10, maxBytes: 10_000, maxPerAccount: 10 } },
        {
          accounts: {
            async accounts(addresses) {
              const found = await accounts.accounts(addresses);
              if (moment === 'reading') await pause.promise;
              return found;
            },
          },
          rules: () => ({ height: 1, parameters: { minGasPrice: 1n, maxBlockGas: 10 ** 9 } }),
          verifier: {
            async verifyBatch(checks, source) {
              if (moment === 'verifying') await pause.promise;
              return VERIFIER.verifyBatch(checks, source);
            },
          },
          journal: memoryJournal(),
          logger: silentLogger,
        },
      );
      const sent = [signed(0), signed(0, { nonce: 1 }), signed(1)];
      const results = mempool.submit(
        sent.map(({ bytes }) => bytes),
        'peer',
      );
      assert.equal(mempool.knows(signed(0).id), true);
      const changed = [0, 1].map((index) => {
        const account = accounts.set(index, index === 0 ? { nonce: 1 } : { balance: COST - 1n });
        return [Buffer.from(signed(index).sender).toString('hex'), account] as const;
      });
      mempool.finalised(1, [signed(0, { validUntil: 900 })], new Map(changed));
      pause.resolve();
      assert.deepEqual(
        (await results).map(codeOf),
        ['mempool.nonce-too-low', 'ok', 'mempool.insufficient-balance'],
        moment,
      );
      assert.equal(mempool.size, 1);
    }
  });
});

describe('a submission whose sender expires meanwhile', () => {
  it('is judged by the account that was known', async () => {
    const pause = Promise.withResolvers<void>();
    let paused = false;
    const test = new TestMempool({
      verifier: {
        async verifyBatch(checks, source) {
          if (paused) await pause.promise;
          return VERIFIER.verifyBatch(checks, source);
        },
      },
    });
    test.accounts.set(0, { nonce: 4 });
    await test.submit(signed(0, { nonce: 4, validUntil: 1 }));
    paused = true;
    const late = test.submit(signed(0, { nonce: 4 }), signed(0, { nonce: 5 }));
    test.finalise([]);
    assert.equal(test.mempool.size, 0);
    pause.resolve();
    assert.deepEqual(await late, ['ok', 'ok']);
    assert.equal(test.mempool.nextNonce(signed().sender), 6);
  });
});

describe('a submission that a block overtakes', () => {
  it('is not admitted when its last height passed meanwhile', async () => {
    const pause = Promise.withResolvers<void>();
    const test = new TestMempool({
      verifier: {
        async verifyBatch(checks, source) {
          await pause.promise;
          return VERIFIER.verifyBatch(checks, source);
        },
      },
    });
    const late = test.submit(signed(0, { validUntil: 1 }), signed(1, { validUntil: 2 }));
    test.finalise([]);
    pause.resolve();
    assert.deepEqual(await late, ['mempool.expired', 'ok']);
    assert.deepEqual([test.mempool.size, test.select().length], [1, 1]);
  });
});

describe('list of what waits', () => {
  it('comes in pages in order of arrival, none twice and none left out', async () => {
    const test = new TestMempool();
    const sent = Array.from({ length: 7 }, (_, sender) => signed(sender, { gasPrice: BigInt(sender + 1) }));
    await test.submit(...sent);
    for (const limit of [1, 2, 3, 7, 100]) assert.deepEqual(idsOf(test.pages(limit)), idsOf(sent));
    assert.equal(test.mempool.pending(undefined, 7).next, undefined);
    assert.deepEqual(new TestMempool().mempool.pending(undefined, 5), { items: [] });
  });

  it('goes on after its cursor although things came and went', async () => {
    const test = new TestMempool();
    const sent = [0, 1, 2, 3].map((sender) => signed(sender));
    await test.submit(...sent);
    const first = test.mempool.pending(undefined, 2);
    // The one at the cursor goes, and one comes.
    test.finalise([sent[1] ?? signed(1)], { 1: { nonce: 1 } });
    const late = signed(5);
    await test.submit(late);
    const rest = test.mempool.pending(first.next, 10);
    assert.deepEqual(idsOf(rest.items), [sent[2]?.id, sent[3]?.id, late.id]);
  });

  it('refuses a cursor that it did not give', () => {
    const { mempool } = new TestMempool();
    for (const cursor of ['', 'x', '-1', '1.5', '0x1', '1'.repeat(16), ' 1']) {
      assert.throws(() => mempool.pending(cursor, 10), { code: 'mempool.malformed-cursor' });
    }
    assert.equal(mempoolError('malformed-cursor', '').status, 400);
  });
});

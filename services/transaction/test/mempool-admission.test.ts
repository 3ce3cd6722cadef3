import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodedError } from '#kernel';
import { decodeTransaction, signTransaction } from '../index.ts';
import {
  codeOf,
  filled,
  forged,
  IDENTITY,
  keyOf,
  signed,
  signedByAccount,
  VERIFIER,
} from './support/samples.ts';
import { idsOf, TestAccounts, TestMempool } from './support/test-mempool.ts';

describe('admission to the mempool', () => {
  it('answers every input in order, each with its own code, and tells who is interested', async () => {
    const test = new TestMempool();
    const good = signed(0);
    const results = await test.mempool.submit(
      [
        good.bytes,
        signed(1, { chainId: 'test-chain-2' }).bytes,
        filled(10, 1),
        forged(signed(2)),
        signed(3, { gasPrice: 0n }).bytes,
        good.bytes,
        signed(4, { nonce: 50 }).bytes,
      ],
      'peer',
    );
    assert.deepEqual(results.map(codeOf), [
      'ok',
      'transaction.wrong-chain',
      'kernel.malformed-encoding',
      'transaction.invalid-signature',
      'transaction.gas-price-too-low',
      'mempool.already-known',
      'mempool.nonce-too-high',
    ]);
    assert.deepEqual(test.admitted, [{ ids: [good.id], source: 'peer' }]);
    assert.deepEqual(test.mempool.lookup(good.id), good);
    assert.equal(test.mempool.size, 1);
    assert.equal(test.mempool.bytes, good.bytes.length);
    assert.equal(test.mempool.lookup(signed(2).id), undefined);
  });

  it('refuses a transaction that was signed for the same chain id of another genesis', async () => {
    const key = keyOf(0);
    const { bytes } = signTransaction(signed(0), key, { ...IDENTITY, genesisHash: filled(32, 1) });
    const test = new TestMempool();
    assert.deepEqual(await test.submit(decodeTransaction(bytes, IDENTITY)), [
      'transaction.invalid-signature',
    ]);
  });

  it('takes transactions of secp256k1 keys beside others, and refuses forged ones', async () => {
    const test = new TestMempool();
    const [own, other] = [signedByAccount(0), signed(0)];
    const results = await test.mempool.submit([own.bytes, other.bytes, forged(signedByAccount(1))], 'peer');
    assert.deepEqual(results.map(codeOf), ['ok', 'ok', 'transaction.invalid-signature']);
    assert.deepEqual(new Set(idsOf(test.select())), new Set([own.id, other.id]));
  });

  it('refuses a key that is no point as a signature that is not its sender’s', async () => {
    // There is no point with x = 5.
    const senderKey = Uint8Array.of(2, ...filled(31, 0), 5);
    assert.deepEqual(await new TestMempool().submit(signedByAccount(0, { senderKey })), [
      'transaction.invalid-signature',
    ]);
  });

  it('verifies nothing for nonces that it would not take, nor for what it knows', async () => {
    let verified = 0;
    const accounts = new TestAccounts();
    accounts.set(0, { nonce: 5 });
    const test = new TestMempool({
      accounts,
      verifier: {
        verifyBatch(checks, source) {
          verified += checks.length;
          return VERIFIER.verifyBatch(checks, source);
        },
      },
    });
    const first = signed(0, { nonce: 5 });
    await test.submit(first);
    assert.equal(verified, 1);
    assert.deepEqual(await test.submit(first, signed(0, { nonce: 4 }), signed(0, { nonce: 55 })), [
      'mempool.already-known',
      'mempool.nonce-too-low',
      'mempool.nonce-too-high',
    ]);
    assert.equal(verified, 1);
  });

  it('verifies nothing for senders who cannot pay', async () => {
    let verified = 0;
    const accounts = new TestAccounts();
    // 2,000 of gas at 10, and 5.
    accounts.set(0, { balance: 20_004n });
    accounts.set(1, { balance: 20_005n });
    const test = new TestMempool({
      accounts,
      verifier: {
        verifyBatch(checks, source) {
          verified += checks.length;
          return VERIFIER.verifyBatch(checks, source);
        },
      },
    });
    assert.deepEqual(await test.submit(signed(0), signed(1)), ['mempool.insufficient-balance', 'ok']);
    assert.equal(verified, 1);
  });

  it('takes one that two sources send at once only once', async () => {
    let verified = 0;
    const test = new TestMempool({
      verifier: {
        verifyBatch(checks, source) {
          verified += checks.length;
          return VERIFIER.verifyBatch(checks, source);
        },
      },
    });
    const transaction = signed();
    const [one, other] = await Promise.all([test.submit(transaction), test.submitAs('other', transaction)]);
    assert.deepEqual([...one, ...other].toSorted(), ['mempool.already-known', 'ok']);
    assert.deepEqual([test.mempool.size, verified], [1, 1]);
  });

  it('gives every input of a source the reason when its signatures cannot be checked', async () => {
    const definition = { code: 'signature.budget-exhausted', status: 429, title: '' };
    const failing = (action: 'ignore' | 'halt') => {
      return new TestMempool({
        verifier: {
          verifyBatch: () => Promise.reject(new CodedError({ ...definition, action }, 'spent')),
        },
      });
    };
    const test = failing('ignore');
    const code = 'signature.budget-exhausted';
    assert.deepEqual(await test.submit(signed(0), signed(1), signed(2, { nonce: 99 })), [
      code,
      code,
      'mempool.nonce-too-high',
    ]);
    assert.equal(test.mempool.knows(signed(0).id), false);
    await assert.rejects(failing('halt').submit(signed(0)), { code });
  });

  it('checks nonces against the account, whose next it tells', async () => {
    const test = new TestMempool();
    test.accounts.set(0, { nonce: 7 });
    assert.equal(test.mempool.nextNonce(signed().sender), undefined);
    assert.deepEqual(await test.submit(...[6, 7, 8, 56, 57].map((nonce) => signed(0, { nonce }))), [
      'mempool.nonce-too-low',
      'ok',
      'ok',
      'ok',
      'mempool.nonce-too-high',
    ]);
    assert.equal(test.mempool.nextNonce(signed().sender), 9);
  });

  it('holds no more of an account than its limit, but replacements', async () => {
    const test = new TestMempool({ limits: { maxPerAccount: 3 } });
    const sent = [0, 1, 2].map((nonce) => signed(0, { nonce }));
    assert.deepEqual(await test.submit(...sent), ['ok', 'ok', 'ok']);
    assert.deepEqual(await test.submit(signed(0, { nonce: 3 })), ['mempool.nonce-too-high']);
    assert.deepEqual(await test.submit(signed(0, { nonce: 2, gasPrice: 20n }), signed(1)), ['ok', 'ok']);
    assert.equal(test.mempool.size, 4);
  });

  it('replaces at ten percent more, rounded up, and for nothing less', async () => {
    const cases: readonly [price: bigint, offered: bigint, code: string][] = [
      [100n, 110n, 'ok'],
      [100n, 109n, 'mempool.underpriced-replacement'],
      [100n, 100n, 'mempool.underpriced-replacement'],
      [100n, 1n, 'mempool.underpriced-replacement'],
      [101n, 112n, 'ok'],
      [101n, 111n, 'mempool.underpriced-replacement'],
      [1n, 2n, 'ok'],
      [10n, 11n, 'ok'],
      [9n, 10n, 'ok'],
    ];
    for (const [gasPrice, offered, code] of cases) {
      const test = new TestMempool();
      const before = signed(0, { gasPrice });
      const replacement = signed(0, { gasPrice: offered, validUntil: 999 });
      await test.submit(before);
      assert.deepEqual(await test.submit(replacement), [code], `${gasPrice} by ${offered}`);
      const [stays, goes] = code === 'ok' ? [replacement, before] : [before, replacement];
      assert.deepEqual(idsOf(test.select()), [stays.id]);
      assert.equal(test.mempool.lookup(goes.id), undefined);
      assert.deepEqual(
        test.dropped.map((drop) => [drop.transaction.id, drop.code]),
        code === 'ok' ? [[before.id, 'mempool.replaced']] : [],
      );
      assert.equal(test.mempool.bytes, stays.bytes.length);
    }
  });

  it('tells by how much a replacement is too cheap', async () => {
    const test = new TestMempool();
    await test.submit(signed(0, { gasPrice: 101n }));
    const [result] = await test.mempool.submit([signed(0, { gasPrice: 111n }).bytes], 'peer');
    assert.ok(result?.ok === false);
    assert.deepEqual(result.error.details, { least: '112' });
  });

  it('lets an account promise no more than its balance, over everything that waits', async () => {
    const test = new TestMempool();
    // Each costs 2,000 gas at 10, and 5.
    test.accounts.set(0, { balance: 3n * 20_005n });
    const sent = [0, 1, 2].map((nonce) => signed(0, { nonce }));
    assert.deepEqual(await test.submit(...sent), ['ok', 'ok', 'ok']);
    assert.deepEqual(await test.submit(signed(0, { nonce: 3 })), ['mempool.insufficient-balance']);
    assert.deepEqual(await test.submit(signed(0, { nonce: 2, gasPrice: 11n })), [
      'mempool.insufficient-balance',
    ]);
    assert.deepEqual(await test.submit(signed(0, { nonce: 2, gasPrice: 12n, gasLimit: 1_500 })), ['ok']);
    assert.deepEqual(await test.submit(signed(0, { nonce: 3, gasPrice: 1n, gasLimit: 1_995 })), ['ok']);
    test.accounts.set(1, { balance: 20_004n });
    test.accounts.set(2, { balance: 20_005n });
    assert.deepEqual(await test.submit(signed(1), signed(2)), ['mempool.insufficient-balance', 'ok']);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bigger, signed } from './support/samples.ts';
import { idsOf, TestMempool } from './support/test-mempool.ts';

/** Transactions as `sender:nonce`. */
function names(test: TestMempool, limits: Parameters<TestMempool['select']>[0] = {}): string[] {
  const senders = new Map(Array.from({ length: 10 }, (_, index) => [signed(index).sender.toString(), index]));
  return test.select(limits).map(({ sender, nonce }) => `${senders.get(sender.toString())}:${nonce}`);
}

describe('order of the mempool', () => {
  it('is by gas price, then by arrival, and by nonce within a sender', async () => {
    const test = new TestMempool();
    await test.submit(
      signed(0, { gasPrice: 10n }),
      signed(1, { gasPrice: 20n }),
      signed(2, { gasPrice: 20n }),
      signed(3, { gasPrice: 30n }),
      // Better than everything, and yet after the cheap one before it.
      signed(0, { nonce: 1, gasPrice: 40n }),
      signed(3, { nonce: 1, gasPrice: 15n }),
    );
    assert.deepEqual(names(test), ['3:0', '1:0', '2:0', '3:1', '0:0', '0:1']);
  });

  it('counts the arrival of a replacement anew', async () => {
    const test = new TestMempool();
    await test.submit(signed(0, { gasPrice: 10n }), signed(1, { gasPrice: 11n }));
    await test.submit(signed(0, { gasPrice: 11n }));
    assert.deepEqual(names(test), ['1:0', '0:0']);
  });

  it('leaves out what waits behind a gap until the gap is filled', async () => {
    const test = new TestMempool();
    await test.submit(signed(0, { nonce: 2 }), signed(0, { nonce: 3 }), signed(0, { nonce: 0 }));
    assert.deepEqual(names(test), ['0:0']);
    assert.equal(test.mempool.nextNonce(signed(0).sender), 1);
    await test.submit(signed(0, { nonce: 1 }));
    assert.deepEqual(names(test), ['0:0', '0:1', '0:2', '0:3']);
    assert.equal(test.mempool.nextNonce(signed(0).sender), 4);
  });

  it('respects the limits of count, bytes and gas, and passes over a sender whose next does not fit', async () => {
    const test = new TestMempool();
    const big = bigger(0, 10, { gasPrice: 50n });
    const small = [1, 2, 3].map((sender) => signed(sender));
    await test.submit(big, signed(0, { nonce: 1, gasPrice: 50n }), ...small);
    assert.deepEqual(names(test, { maxCount: 2 }), ['0:0', '0:1']);
    assert.deepEqual(names(test, { maxCount: 0 }), []);
    const [{ length }] = small.map(({ bytes }) => bytes) as [Uint8Array];
    assert.deepEqual(names(test, { maxBytes: 2 * length }), ['1:0', '2:0']);
    assert.deepEqual(names(test, { maxBytes: 2 * length - 1 }), ['1:0']);
    assert.deepEqual(names(test, { maxBytes: big.bytes.length }), ['0:0']);
    // Gas counts by the limit, which is what the block reserves.
    assert.deepEqual(names(test, { maxGas: 4_000 }), ['1:0', '2:0']);
    assert.deepEqual(names(test, { maxGas: big.gasLimit }), ['0:0']);
    assert.deepEqual(names(test, { maxGas: 1_999 }), []);
  });

  it('takes nothing out by selecting', async () => {
    const test = new TestMempool();
    await test.submit(signed(0), signed(1), signed(0, { nonce: 1 }));
    assert.deepEqual(idsOf(test.select()), idsOf(test.select()));
    assert.equal(test.mempool.size, 3);
  });
});

describe('availability for a block', () => {
  it('is told when something could go into a block and nothing could before', async () => {
    const test = new TestMempool();
    assert.equal(test.mempool.hasSelectable(), false);
    await test.submit(signed(0, { nonce: 1 }));
    assert.deepEqual([test.mempool.hasSelectable(), test.available], [false, 0]);
    const [first, second] = [signed(0), signed(1)];
    await test.submit(first, second);
    assert.deepEqual([test.mempool.hasSelectable(), test.available], [true, 1]);
    await test.submit(signed(2));
    assert.equal(test.available, 1);
  });

  it('ends with the block that takes everything, and begins again', async () => {
    const test = new TestMempool();
    await test.submit(signed(0), signed(1));
    test.finalise([signed(0), signed(1)], { 0: { nonce: 1 }, 1: { nonce: 1 } });
    assert.deepEqual([test.mempool.hasSelectable(), test.mempool.size], [false, 0]);
    await test.submit(signed(0, { nonce: 1 }));
    assert.deepEqual([test.mempool.hasSelectable(), test.available], [true, 2]);
  });

  it('is told when a final block closes a gap, by a transaction that this node never saw', async () => {
    const test = new TestMempool();
    await test.submit(signed(0, { nonce: 1 }));
    test.finalise([signed(0)], { 0: { nonce: 1 } });
    assert.deepEqual([test.mempool.hasSelectable(), test.available], [true, 1]);
  });

  it('is not told to who unsubscribed', async () => {
    const test = new TestMempool();
    let told = 0;
    const unsubscribe = test.mempool.onAvailable(() => {
      told++;
    });
    unsubscribe();
    await test.submit(signed(0));
    assert.deepEqual([told, test.available], [0, 1]);
  });
});

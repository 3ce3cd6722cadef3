import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bigger, signed } from './support/samples.ts';
import { idsOf, TestMempool } from './support/test-mempool.ts';

describe('a full mempool', () => {
  it('lets the cheapest go for one that pays better, and says so', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 3 } });
    const waiting = [30n, 10n, 20n].map((gasPrice, sender) => signed(sender, { gasPrice }));
    await test.submit(...waiting);
    assert.deepEqual(await test.submit(signed(5, { gasPrice: 11n })), ['ok']);
    assert.deepEqual(
      test.dropped.map(({ transaction, code }) => [transaction.id, code]),
      [[waiting[1]?.id, 'mempool.evicted']],
    );
    assert.equal(test.mempool.size, 3);
    assert.equal(test.mempool.lookup(waiting[1]?.id ?? ''), undefined);
  });

  it('refuses one that pays no better than the cheapest', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 2 } });
    await test.submit(signed(0, { gasPrice: 10n }), signed(1, { gasPrice: 20n }));
    assert.deepEqual(await test.submit(signed(2, { gasPrice: 10n }), signed(3, { gasPrice: 9n })), [
      'mempool.full',
      'mempool.full',
    ]);
    assert.deepEqual(test.dropped, []);
    assert.equal(test.mempool.size, 2);
  });

  it('lets the later of two at one price go', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 2 } });
    const [early, late] = [signed(0), signed(1)];
    await test.submit(early, late);
    await test.submit(signed(2, { gasPrice: 11n }));
    assert.deepEqual(idsOf(test.dropped.map(({ transaction }) => transaction)), [late.id]);
  });

  it('takes from the end of a sender, so that no gap comes to be', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 3 } });
    // The cheapest is in the middle of a run: what goes is the run's last, although it pays better.
    const run = [50n, 10n, 20n].map((gasPrice, nonce) => signed(0, { nonce, gasPrice }));
    await test.submit(...run);
    await test.submit(signed(1, { gasPrice: 30n }));
    await test.submit(signed(2, { gasPrice: 30n }));
    assert.deepEqual(idsOf(test.dropped.map(({ transaction }) => transaction)), [run[2]?.id, run[1]?.id]);
    assert.equal(test.mempool.nextNonce(signed(0).sender), 1);
    // Its last at 50 pays better than a third newcomer.
    assert.deepEqual(await test.submit(signed(3, { gasPrice: 30n })), ['mempool.full']);
  });

  it('never evicts a transaction of a sender for a later one of it', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 2 } });
    await test.submit(signed(0, { gasPrice: 10n }), signed(1, { gasPrice: 50n }));
    assert.deepEqual(await test.submit(signed(0, { nonce: 1, gasPrice: 40n })), ['mempool.full']);
    assert.equal(test.mempool.size, 2);
  });

  it('takes a replacement without another place', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 2 } });
    await test.submit(signed(0, { gasPrice: 10n }), signed(1, { gasPrice: 50n }));
    assert.deepEqual(await test.submit(signed(0, { gasPrice: 11n })), ['ok']);
    assert.deepEqual(
      test.dropped.map(({ code }) => code),
      ['mempool.replaced'],
    );
  });

  it('is full by bytes too, and lets as many go as one takes', async () => {
    const small = [10n, 11n, 12n, 90n].map((gasPrice, sender) => signed(sender, { gasPrice }));
    const [one] = small.map(({ bytes }) => bytes.length) as [number];
    const big = bigger(5, 10, { gasPrice: 50n });
    const test = new TestMempool({ limits: { maxBytes: 4 * one } });
    await test.submit(...small);
    assert.ok(big.bytes.length > 2 * one && big.bytes.length < 3 * one);
    assert.deepEqual(await test.submit(big), ['ok']);
    assert.deepEqual(
      idsOf(test.dropped.map(({ transaction }) => transaction)),
      small.slice(0, 3).map(({ id }) => id),
    );
    assert.equal(test.mempool.bytes, big.bytes.length + one);
  });

  it('keeps everything, in its order, when the cheaper ones are not enough for a newcomer', async () => {
    const small = [10n, 90n, 91n, 92n].map((gasPrice, sender) => signed(sender, { gasPrice }));
    const [one] = small.map(({ bytes }) => bytes.length) as [number];
    const test = new TestMempool({ limits: { maxBytes: 4 * one } });
    await test.submit(...small);
    assert.deepEqual(await test.submit(bigger(5, 10, { gasPrice: 50n })), ['mempool.full']);
    assert.deepEqual(test.dropped, []);
    assert.equal(test.mempool.bytes, 4 * one);
    assert.deepEqual(idsOf(test.pages(2)), idsOf(small));
    assert.deepEqual(idsOf(test.select()), idsOf(small.toReversed()));
  });

  it('spares a sender whose earlier transactions cannot go either', async () => {
    // Both of sender 0 are cheaper, one of sender 1 is not, and two places are not enough.
    const waiting = [
      signed(0, { gasPrice: 12n }),
      signed(0, { nonce: 1, gasPrice: 11n }),
      signed(1, { gasPrice: 90n }),
    ];
    const [one] = waiting.map(({ bytes }) => bytes.length) as [number];
    const test = new TestMempool({ limits: { maxBytes: 3 * one } });
    await test.submit(...waiting);
    assert.deepEqual(await test.submit(bigger(5, 10, { gasPrice: 50n })), ['mempool.full']);
    assert.equal(test.mempool.nextNonce(signed(0).sender), 2);
    assert.deepEqual(idsOf(test.pages(1)), idsOf(waiting));
    // They can still be evicted afterwards, the last of the sender first.
    assert.deepEqual(await test.submit(signed(6, { gasPrice: 50n }), signed(7, { gasPrice: 50n })), [
      'ok',
      'ok',
    ]);
    assert.deepEqual(
      test.dropped.map(({ transaction }) => transaction.nonce),
      [1, 0],
    );
  });

  it('says in its result what became of one that another of the same submission drove out', async () => {
    const test = new TestMempool({ limits: { maxTransactions: 2 } });
    const sent = [
      signed(0, { gasPrice: 10n }),
      signed(1, { gasPrice: 20n }),
      signed(2, { gasPrice: 30n }),
      signed(1, { gasPrice: 40n }),
    ];
    assert.deepEqual(await test.submitAs('api:x', ...sent), [
      'mempool.evicted',
      'mempool.replaced',
      'ok',
      'ok',
    ]);
    // Who listens hears of those that stay, and of no other.
    assert.deepEqual(test.admitted, [{ ids: idsOf(sent.slice(2)), source: 'api:x' }]);
    assert.deepEqual(test.dropped, []);
    assert.equal(test.mempool.size, 2);
  });

  it('has no place for anything when its limits say so', async () => {
    const test = new TestMempool({ limits: { maxBytes: 10 } });
    assert.deepEqual(await test.submit(signed(0)), ['mempool.full']);
    assert.deepEqual([test.mempool.size, test.mempool.bytes, test.mempool.hasSelectable()], [0, 0, false]);
    assert.equal(test.mempool.nextNonce(signed(0).sender), undefined);
  });
});

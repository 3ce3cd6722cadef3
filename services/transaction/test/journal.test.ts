import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openFileJournal, type Journal, type Transaction } from '../index.ts';
import { JOURNAL_BYTES_COMPACT } from '../limits.ts';
import { bigger, filled, forged, signed } from './support/samples.ts';
import { idsOf, TestAccounts, TestMempool } from './support/test-mempool.ts';

async function newPath(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'journal-'));
  context.after(() => rm(directory, { recursive: true }));
  // A folder that is not there yet.
  return join(directory, 'mempool', 'journal');
}

/** A mempool over a journal, with the transactions of that loaded. */
async function openMempool(journal: Journal, accounts?: TestAccounts) {
  const test = new TestMempool({ journal, ...(accounts === undefined ? {} : { accounts }) });
  return { test, loaded: await test.mempool.load() };
}

/** A journal that is always big enough to be rewritten. */
function alwaysCompacting(journal: Journal): Journal {
  let bytes = JOURNAL_BYTES_COMPACT;
  return {
    async append(encoded) {
      await journal.append(encoded);
      bytes *= 3;
    },
    read: () => journal.read(),
    rewrite: (encoded) => journal.rewrite(encoded),
    close: () => journal.close(),
    get bytes() {
      return bytes;
    },
  };
}

describe('journal of the mempool', () => {
  it('brings back what the API acknowledged, in order, after a process that just ended', async (context) => {
    const path = await newPath(context);
    const first = new TestMempool({ journal: await openFileJournal(path) });
    const sent = [signed(0), signed(0, { nonce: 1 }), signed(1, { gasPrice: 20n }), bigger(2, 50)];
    await first.submitAs('api:somebody', ...sent.slice(0, 2));
    await first.submitAs('api:somebody', ...sent.slice(2), forged0());
    await first.submit(signed(3));

    const { test, loaded } = await openMempool(await openFileJournal(path));
    assert.equal(loaded, 4);
    assert.deepEqual(idsOf(test.pages(10)), idsOf(sent));
    assert.deepEqual(
      test.admitted.map(({ source }) => source),
      ['journal'],
    );
    // What it brought back stays in it: the next process finds it too.
    await test.mempool.close();
    assert.equal((await openMempool(await openFileJournal(path))).loaded, 4);
  });

  it('keeps what is appended while a rewrite waits for its turn', async (context) => {
    const journal = await openFileJournal(await newPath(context));
    const appended = [journal.append([signed(0).bytes]), journal.append([signed(1).bytes])];
    const rewritten = journal.rewrite([signed(1).bytes]);
    appended.push(journal.append([signed(2).bytes]));
    await Promise.all([...appended, rewritten]);
    assert.deepEqual(
      (await journal.read()).map((bytes) => Buffer.from(bytes)),
      [signed(1), signed(2)].map(({ bytes }) => Buffer.from(bytes)),
    );
    await journal.close();
  });

  it('judges what it brings back by the state of today, and keeps only what waits', async (context) => {
    const path = await newPath(context);
    const before = new TestMempool({ journal: await openFileJournal(path) });
    const stays = signed(2);
    await before.submitAs('api:x', signed(0), signed(1, { validUntil: 3 }), stays, signed(3));
    await before.mempool.close();
    const accounts = new TestAccounts();
    accounts.set(0, { nonce: 1 });
    accounts.set(3, { balance: 1n });
    const journal = await openFileJournal(path);
    const test = new TestMempool({ journal, accounts });
    test.height = 3;
    assert.equal(await test.mempool.load(), 1);
    assert.deepEqual(idsOf(test.select()), [stays.id]);
    assert.deepEqual(await journal.read(), [stays.bytes]);
    assert.equal(journal.bytes, (await stat(path)).size);
  });

  it('believes no forged transaction that stands in the file', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    await journal.append([forged(signed(0)), filled(20, 1), signed(1).bytes]);
    const { test, loaded } = await openMempool(journal);
    assert.equal(loaded, 1);
    assert.deepEqual(idsOf(test.pages(10)), [signed(1).id]);
  });

  it('loads the intact beginning of a file that was cut at any byte, and goes on from there', async (context) => {
    const path = await newPath(context);
    const first = signed(0).bytes;
    const whole = [first, signed(1).bytes];
    const late = signed(2);
    const journal = await openFileJournal(path);
    await journal.append(whole);
    await journal.close();
    const content = await readFile(path);
    const end = 4 + first.length;
    for (let length = 0; length <= content.length; length++) {
      await writeFile(path, content.subarray(0, length));
      const intact = length === content.length ? whole : whole.slice(0, length >= end ? 1 : 0);
      const torn = await openFileJournal(path);
      assert.deepEqual(await torn.read(), intact, `cut at ${length}`);
      // What is appended is found again, torn end or not.
      if (length % 16 < 2 || Math.abs(length - end) < 5) {
        await torn.append([late.bytes]);
        assert.deepEqual(await torn.read(), [...intact, late.bytes], `appended after a cut at ${length}`);
        assert.equal(torn.bytes, (await stat(path)).size);
      }
      await torn.close();
    }
  });

  it('leaves garbage at the end out', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    await journal.append([signed(0).bytes]);
    await journal.close();
    await appendFile(path, filled(100, 0xff));
    const again = await openFileJournal(path);
    assert.deepEqual(await again.read(), [signed(0).bytes]);
    await again.close();
  });

  it('syncs what comes together once, and acknowledges nothing before', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    const handle = await open(path, 'r');
    const datasync = handle.datasync.bind(handle);
    const held = Promise.withResolvers<void>();
    const sync = context.mock.method(Object.getPrototypeOf(handle) as FileHandle, 'datasync', async () => {
      await held.promise;
      return datasync();
    });
    let acknowledged = 0;
    const appending = [0, 1, 2, 3].map((sender) =>
      journal.append([signed(sender).bytes]).then(() => (acknowledged += 1)),
    );
    while (sync.mock.callCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(acknowledged, 0);
    held.resolve();
    await Promise.all(appending);
    assert.equal(sync.mock.callCount(), 1);
    await Promise.all([handle.close(), journal.close()]);
  });

  it('acknowledges nothing after a sync that failed, until a new file is written', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    const handle = await open(path, 'r');
    const failing = context.mock.method(Object.getPrototypeOf(handle) as FileHandle, 'datasync', async () => {
      throw new Error('input/output error');
    });
    await assert.rejects(journal.append([signed(0).bytes]), /input\/output error/);
    failing.mock.restore();
    // The disk says that it is well again, and nobody knows what it has of the file.
    await assert.rejects(journal.append([signed(1).bytes]), /input\/output error/);
    await journal.rewrite([signed(2).bytes]);
    await journal.append([signed(3).bytes]);
    assert.deepEqual(await journal.read(), [signed(2).bytes, signed(3).bytes]);
    await Promise.all([handle.close(), journal.close()]);
  });

  it('keeps everything that waits when it is rewritten while more is acknowledged', async (context) => {
    const path = await newPath(context);
    const file = await openFileJournal(path);
    const test = new TestMempool({ journal: alwaysCompacting(file) });
    const perSender = 12;
    const acknowledged: Transaction[] = [];
    const submitAll = Array.from({ length: 5 }, async (_, sender) => {
      for (let nonce = 0; nonce < perSender; nonce++) {
        const transaction = signed(sender, { nonce });
        assert.deepEqual(await test.submitAs(`api:${sender}`, transaction), ['ok']);
        acknowledged.push(transaction);
        // Blocks go on meanwhile.
        if (sender === 0 && nonce % 4 === 3) {
          test.finalise([transaction], { 0: { nonce: nonce + 1 } });
        }
      }
    });
    await Promise.all(submitAll);
    await test.mempool.close();
    const { test: again } = await openMempool(await openFileJournal(path), test.accounts);
    const waiting = acknowledged.filter(({ id }) => test.mempool.lookup(id) !== undefined);
    assert.equal(waiting.length, 4 * perSender);
    assert.deepEqual(idsOf(again.pages(100)).toSorted(), idsOf(waiting).toSorted());
  });

  it('is rewritten when it has grown, without what is final', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    const test = new TestMempool({ journal: alwaysCompacting(journal) });
    await test.submitAs('api:x', signed(0), signed(1));
    test.finalise([signed(0)], { 0: { nonce: 1 } });
    await test.submitAs('api:x', signed(2));
    await test.mempool.close();
    const again = await openFileJournal(path);
    assert.deepEqual(await again.read(), [signed(1).bytes, signed(2).bytes]);
    await again.close();
  });

  it('is not written again at each append when what waits is more than the bound', async (context) => {
    const journal = await openFileJournal(await newPath(context));
    const kept = { bytes: 0, rewritings: 0 };
    const large: Journal = {
      append: async (encoded) => {
        kept.bytes += JOURNAL_BYTES_COMPACT / 8;
        await journal.append(encoded);
      },
      read: () => journal.read(),
      rewrite: async () => void kept.rewritings++,
      close: () => journal.close(),
      get bytes() {
        return 2 * JOURNAL_BYTES_COMPACT + kept.bytes;
      },
    };
    const test = new TestMempool({ journal: large });
    for (let nonce = 0; nonce < 12; nonce++) await test.submitAs('api:x', signed(0, { nonce }));
    await test.mempool.close();
    assert.equal(kept.rewritings, 1);
  });

  it('is not misled by a rewriting that a crash cut short', async (context) => {
    const path = await newPath(context);
    const journal = await openFileJournal(path);
    await journal.append([signed(0).bytes]);
    await writeFile(`${path}.new`, filled(1_000, 1));
    await journal.rewrite([signed(1).bytes]);
    await journal.append([signed(2).bytes]);
    assert.deepEqual(await journal.read(), [signed(1).bytes, signed(2).bytes]);
    await journal.close();
  });

  it('acknowledges nothing that it could not write', async (context) => {
    const journal = await openFileJournal(await newPath(context));
    const test = new TestMempool({ journal });
    await journal.close();
    const told: string[] = [];
    test.mempool.onAdmitted((transactions) => told.push(...transactions.map(({ id }) => id)));
    await assert.rejects(test.submitAs('api:x', signed(0)));
    // It waits all the same, and may be proposed here: peers hear of it.
    assert.deepEqual(told, [signed(0).id]);
    assert.deepEqual(await test.submit(signed(1)), ['ok']);
    await test.mempool.close();
  });
});

/** A transaction object whose bytes are forged. */
function forged0(): Transaction {
  return { ...signed(4), bytes: forged(signed(4)) };
}

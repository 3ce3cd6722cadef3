import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { silentLogger, toHex, type Logger } from '#kernel';
import { blockchainError } from '#services/blockchain';
import { makeBlock } from '../domain/block.ts';
import type { Block, Header } from '../domain/types.ts';
import { filled, GENESIS_HASH } from './fixtures/samples.ts';
import {
  codeOf,
  PROPOSE,
  proposerOf,
  accountKey,
  addressOf,
  commitBlock,
  FUNDS,
  genesisState,
  growChain,
  openTestChain,
  transfer,
} from './fixtures/test-chain.ts';

test('before the first block the tip is the genesis', async () => {
  const { chain } = await openTestChain();
  const tip = chain.tip();
  assert.equal(tip.height, 0);
  assert.deepEqual(tip.blockHash, GENESIS_HASH);
  assert.equal(tip.commit, undefined);
  assert.deepEqual(await chain.blocks({ limit: 10 }), { items: [] });
  assert.equal(await chain.block(0), undefined);
});

test('an assembled block is valid, and final with its receipts, state and indexes once finalised', async () => {
  const { chain, ledger } = await openTestChain();
  const receiver = filled(20, 0xaa);
  const sent = [transfer(0, 0), transfer(1, 0), transfer(0, 1)];
  const block = await chain.assemble({ ...PROPOSE, proposer: proposerOf(chain), transactions: sent });
  assert.equal(block.transactions.length, 3);
  assert.equal(await codeOf(chain.validate(block)), 'accepted');
  assert.equal(chain.tip().height, 0, 'validation moves nothing');
  const commit = commitBlock(chain, block);
  await chain.finalise(block, commit);
  assert.equal(chain.tip().height, 1);
  assert.deepEqual(chain.tip().blockHash, block.hash);
  assert.deepEqual(await chain.block(1), block);
  assert.deepEqual(await chain.block(block.hash), block);
  assert.deepEqual(await chain.commit(1), commit);
  assert.deepEqual(await chain.header(1), block.header);
  const [received] = await ledger.accounts([receiver]);
  assert.equal(received?.balance, 15n);
  const found = await chain.transaction((sent[2] as (typeof sent)[number]).hash);
  assert.equal(found?.height, 1);
  assert.equal(found?.receipt.status, 'finalized');
  assert.deepEqual(found?.transaction, block.transactions[found?.index ?? -1]);
  const history = await chain.transactionsOf(receiver, { limit: 10 });
  assert.deepEqual(
    history.items.map(({ height, index, role }) => [height, index, role]),
    [
      [1, 2, 'receiver'],
      [1, 1, 'receiver'],
      [1, 0, 'receiver'],
    ],
  );
  const summary = await chain.summary(1);
  assert.equal(summary?.transactionCount, 3);
  assert.equal(
    summary?.transactionBytes,
    sent.reduce((total, { bytes }) => total + bytes.length, 0),
  );
});

test('assembly leaves out what may not be in the block and keeps the rest', async () => {
  const { chain } = await openTestChain();
  const good = transfer(0, 0);
  const candidates = [
    transfer(1, 1),
    good,
    transfer(0, 0, undefined, { gasPrice: 3n }),
    transfer(2, 0, undefined, { validUntil: 0 }),
    transfer(3, 0, undefined, { gasPrice: FUNDS }),
  ];
  const block = await chain.assemble({ ...PROPOSE, proposer: proposerOf(chain), transactions: candidates });
  assert.deepEqual(
    block.transactions.map(({ id }) => id),
    [good.id],
  );
  assert.equal(await codeOf(chain.validate(block)), 'accepted');
});

test('what the ledger refuses in spite of the selection is dropped with what follows of its sender', async () => {
  const refused = transfer(1, 0);
  const { chain } = await openTestChain(undefined, {
    wrapLedger: (ledger) => ({
      tip: () => ledger.tip(),
      beginRun: () => ledger.beginRun(),
      offencesRecorded: (offences) => ledger.offencesRecorded(offences),
      stage: (execution, batch) => ledger.stage(execution, batch),
      committed: (execution) => ledger.committed(execution),
      accounts: (addresses) => ledger.accounts(addresses),
      async execute(input) {
        const found = input.transactions.find(({ id }) => id === refused.id);
        if (found !== undefined) {
          throw blockchainError('fee-not-covered', 'refused', { hash: found.id });
        }
        return ledger.execute(input);
      },
    }),
  });
  const kept = [transfer(0, 0), transfer(2, 0)];
  const [first, last] = kept as [(typeof kept)[number], (typeof kept)[number]];
  const transactions = [first, refused, transfer(1, 1), last];
  const block = await chain.assemble({ ...PROPOSE, proposer: proposerOf(chain), transactions });
  assert.deepEqual(
    block.transactions.map(({ id }) => id),
    kept.map(({ id }) => id),
  );
});

test('a chain may start at any height', async () => {
  const engine = createMemoryStateEngine();
  const genesis = { ...genesisState(), initialHeight: 50 };
  const { chain } = await openTestChain(engine, { genesis });
  assert.equal(chain.tip().height, 49);
  const { block } = await growChain(chain, [transfer(0, 0)]);
  assert.equal(block.header.height, 50);
  assert.equal(block.lastCommit, undefined);
  await growChain(chain);
  const reopened = await openTestChain(engine, { genesis });
  assert.equal(reopened.chain.tip().height, 51);
  assert.equal(
    await codeOf(
      reopened.chain.finalise(
        { ...block, header: { ...block.header, height: 3 } },
        commitBlock(chain, block),
      ),
    ),
    'block.wrong-height',
  );
});

test('a block time is later than its parent even when the clock went back', async () => {
  const { chain } = await openTestChain();
  await growChain(chain);
  const before = chain.tip().blockTimeMs;
  const block = await chain.assemble({
    ...PROPOSE,
    timeMs: 5,
    proposer: proposerOf(chain),
    transactions: [],
  });
  assert.equal(block.header.timeMs, before + 1);
});

test('validation refuses each kind of wrong block and the tip stays', async () => {
  const { chain } = await openTestChain();
  await growChain(chain, [transfer(0, 0)]);
  const proposer = proposerOf(chain);
  const good = await chain.assemble({ ...PROPOSE, proposer, transactions: [transfer(0, 1)] });
  const remade = (changes: Partial<Header>, content: Partial<Block> = {}) => {
    const parts = { ...good, ...content };
    return makeBlock({ ...good.header, ...changes }, parts.transactions, parts.lastCommit);
  };
  const cases: [Block, string][] = [
    [remade({ stateRoot: filled(32, 1) }), 'block.wrong-state-root'],
    [remade({ parentHash: filled(32, 1) }), 'block.wrong-parent'],
    [remade({ timeMs: chain.tip().blockTimeMs }), 'block.wrong-time'],
    [remade({ nextValidatorSetHash: filled(32, 1) }), 'block.wrong-validator-set'],
    [{ ...good, transactions: [] }, 'block.wrong-transaction-root'],
    [{ ...good, hash: filled(32, 1) }, 'block.wrong-hash'],
  ];
  for (const [block, code] of cases) assert.equal(await codeOf(chain.validate(block)), code);
  assert.equal(chain.tip().height, 1);
  assert.equal(await codeOf(chain.validate(good)), 'accepted');
});

async function withTransactions(
  chain: Parameters<typeof growChain>[0],
  candidates: ReturnType<typeof transfer>[],
) {
  const { transactionRoot } = await import('../domain/block.ts');
  const proposer = proposerOf(chain);
  const empty = await chain.assemble({ ...PROPOSE, proposer, transactions: [] });
  const header = { ...empty.header, transactionRoot: transactionRoot(candidates) };
  return makeBlock(header, candidates, empty.lastCommit);
}

test('a proposed block with a transaction that no block may hold is refused with its index', async () => {
  const { chain } = await openTestChain();
  const gap = await withTransactions(chain, [transfer(0, 0), transfer(1, 3)]);
  const result = await chain.validate(gap);
  assert.ok(!result.ok);
  assert.equal(result.error.code, 'block.invalid-transaction');
  assert.equal(result.error.details['index'], 1);
  const expired = await withTransactions(chain, [transfer(0, 0, undefined, { validUntil: 0 })]);
  assert.equal(await codeOf(chain.validate(expired)), 'block.invalid-transaction');
});

test('the limits of the ledger bind proposed and assembled blocks', async () => {
  const one = transfer(0, 0).bytes.length;
  const limits: [Parameters<typeof genesisState>[0], number][] = [
    [{ maxBlockTransactions: 2 }, 2],
    [{ maxBlockBytes: one * 2 + 8 }, 2],
    [{ maxBlockGas: 250_000 }, 2],
  ];
  for (const [changes, fitting] of limits) {
    const { chain } = await openTestChain(undefined, { genesis: genesisState(changes) });
    const candidates = [transfer(0, 0), transfer(1, 0), transfer(2, 0)];
    const proposer = proposerOf(chain);
    const block = await chain.assemble({ ...PROPOSE, proposer, transactions: candidates });
    assert.equal(block.transactions.length, fitting);
    assert.equal(await codeOf(chain.validate(await withTransactions(chain, candidates))), 'block.too-large');
  }
});

test('the last commit of a block is verified when it is not the one the tip came with', async () => {
  const { chain } = await openTestChain();
  const { block } = await growChain(chain);
  const proposer = proposerOf(chain);
  const verdictOn = async (lastCommit: Block['lastCommit']) => {
    const next = await chain.assemble({ ...PROPOSE, proposer, lastCommit, transactions: [] });
    return codeOf(chain.validate(next));
  };
  const other = commitBlock(chain, block, [1, 2, 3]);
  assert.equal(await verdictOn(other), 'accepted');
  const weak = commitBlock(chain, block, [1, 2]);
  assert.equal(await verdictOn(weak), 'block.invalid-commit');
  const [first, ...rest] = other.signatures;
  const forged = { ...other, signatures: [filled(64, 7), ...rest] };
  assert.equal(first, undefined);
  assert.equal(await verdictOn(forged), 'block.invalid-commit');
});

test('the commit that the next block holds becomes the stored one', async () => {
  const { chain } = await openTestChain();
  const { block } = await growChain(chain);
  const other = commitBlock(chain, block, [0, 1, 2]);
  const next = await chain.assemble({
    ...PROPOSE,
    proposer: proposerOf(chain),
    lastCommit: other,
    transactions: [],
  });
  await chain.finalise(next, commitBlock(chain, next));
  assert.deepEqual(await chain.commit(1), other);
  assert.deepEqual((await chain.block(2))?.lastCommit, other);
});

test('finalising a final block again changes nothing and tells nobody', async () => {
  const { chain } = await openTestChain();
  const { block, commit } = await growChain(chain, [transfer(0, 0)]);
  let heard = 0;
  chain.onFinalised(() => (heard += 1));
  await chain.finalise(block, commit);
  assert.equal(chain.tip().height, 1);
  assert.equal(heard, 0);
});

test('another final block at the same height stops the chain for good', async () => {
  const { chain } = await openTestChain();
  const proposer = proposerOf(chain);
  const one = await chain.assemble({ ...PROPOSE, proposer, transactions: [] });
  const two = await chain.assemble({ ...PROPOSE, proposer, transactions: [transfer(0, 0)] });
  await chain.finalise(one, commitBlock(chain, one));
  assert.equal(await codeOf(chain.finalise(two, commitBlock(chain, two))), 'block.conflicting-finalisation');
  assert.equal(await codeOf(chain.validate(two)), 'block.halted');
  assert.deepEqual(await chain.block(1), one, 'what is final can still be read');
});

test('a final block that does not follow from the state stops the chain', async () => {
  const { chain } = await openTestChain();
  const good = await chain.assemble({ ...PROPOSE, proposer: proposerOf(chain), transactions: [] });
  const header = { ...good.header, stateRoot: filled(32, 1) };
  const wrong = makeBlock(header, good.transactions, good.lastCommit);
  assert.equal(await codeOf(chain.finalise(wrong, commitBlock(chain, wrong))), 'block.diverged');
  assert.equal(await codeOf(chain.finalise(good, commitBlock(chain, good))), 'block.halted');
});

test('forged content under a committed hash is refused without stopping the chain', async () => {
  const { chain } = await openTestChain();
  const proposer = proposerOf(chain);
  const good = await chain.assemble({ ...PROPOSE, proposer, transactions: [transfer(0, 0)] });
  const commit = commitBlock(chain, good);
  const forged = { ...good, transactions: [] };
  assert.equal(await codeOf(chain.finalise(forged, commit)), 'block.wrong-transaction-root');
  const weak = commitBlock(chain, good, [0, 1]);
  assert.equal(await codeOf(chain.finalise(good, weak)), 'block.invalid-commit');
  await chain.finalise(good, commit);
  assert.equal(chain.tip().height, 1);
});

test('a listener that throws or rejects is logged and harms nobody', async () => {
  const logged: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (_, message) => logged.push(message),
    child: () => logger,
  };
  const { chain } = await openTestChain(undefined, { logger });
  const heard: number[] = [];
  chain.onFinalised(() => {
    throw new Error('first');
  });
  chain.onFinalised(() => Promise.reject(new Error('second')) as unknown as void);
  const unsubscribe = chain.onFinalised(({ block }) => heard.push(block.header.height));
  await growChain(chain);
  await growChain(chain);
  unsubscribe();
  await growChain(chain);
  assert.deepEqual(heard, [1, 2]);
  assert.equal(logged.length, 6);
});

test('listeners hear the changed accounts', async () => {
  const { chain } = await openTestChain();
  const changed: string[] = [];
  chain.onFinalised(({ execution }) => changed.push(...execution.changedAccounts.keys()));
  await growChain(chain, [transfer(0, 0)]);
  for (const address of [addressOf(accountKey(0)), filled(20, 0xaa)]) {
    assert.ok(changed.includes(toHex(address)));
  }
});

test('a failed write stops the chain: only a restart knows what reached the disk', async () => {
  const memory = createMemoryStateEngine();
  let fails = false;
  const engine: StateEngine = {
    ...memory,
    write: (batch, options) =>
      fails ? Promise.reject(new Error('disk full')) : memory.write(batch, options),
  };
  const { chain } = await openTestChain(engine);
  await growChain(chain);
  fails = true;
  await assert.rejects(growChain(chain), /disk full/);
  fails = false;
  assert.equal(await codeOf(growChain(chain)), 'block.halted');
  assert.equal(chain.tip().height, 1);
});

test('validation and finalisation asked for at once run one after the other', async () => {
  const { chain } = await openTestChain();
  const block = await chain.assemble({
    ...PROPOSE,
    proposer: proposerOf(chain),
    transactions: [transfer(0, 0)],
  });
  const commit = commitBlock(chain, block);
  const [first, , second] = await Promise.all([
    codeOf(chain.validate(block)),
    chain.finalise(block, commit),
    codeOf(chain.validate(block)),
  ]);
  assert.equal(first, 'accepted');
  assert.equal(second, 'block.wrong-height', 'it was final by then');
});

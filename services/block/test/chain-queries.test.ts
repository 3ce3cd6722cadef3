import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { verifyListProof } from '#kernel';
import { receiptCodec } from '#services/blockchain';
import { decodeBlock } from '../domain/decode-block.ts';
import { encodeBlock } from '../domain/block.ts';
import {
  codeOf,
  accountKey,
  addressOf,
  growChain,
  IDENTITY,
  openTestChain,
  transfer,
} from './fixtures/test-chain.ts';

test('a block survives its wire form, and the stored wire form is the same bytes', async () => {
  const { chain } = await openTestChain();
  await growChain(chain, [transfer(0, 0)]);
  const { block } = await growChain(chain, [transfer(0, 1), transfer(2, 0)]);
  const bytes = encodeBlock(block);
  assert.deepEqual(decodeBlock(bytes, IDENTITY), block);
  assert.deepEqual(await chain.encodedBlock(2), bytes);
});

test('pages of blocks and of an account go newest first to the end without gaps or repeats', async () => {
  const { chain } = await openTestChain();
  for (let height = 1; height <= 7; height++) await growChain(chain, [transfer(0, height - 1)]);
  const heights: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await chain.blocks(cursor === undefined ? { limit: 3 } : { limit: 3, cursor });
    heights.push(...page.items.map(({ header }) => header.height));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(heights, [7, 6, 5, 4, 3, 2, 1]);
  const sent: number[] = [];
  const sender = addressOf(accountKey(0));
  do {
    const page = await chain.transactionsOf(
      sender,
      cursor === undefined ? { limit: 2 } : { limit: 2, cursor },
    );
    sent.push(...page.items.map(({ transaction }) => transaction.nonce));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(sent, [6, 5, 4, 3, 2, 1, 0]);
  assert.equal(await codeOf(chain.blocks({ limit: 1, cursor: 'x' })), 'block.malformed-cursor');
});

test('an account that sends to itself is listed once, as both', async () => {
  const { chain } = await openTestChain();
  const self = addressOf(accountKey(0));
  await growChain(chain, [transfer(0, 0, [{ to: self, amount: 1n }])]);
  const page = await chain.transactionsOf(self, { limit: 5 });
  assert.deepEqual(
    page.items.map(({ role }) => role),
    ['both'],
  );
});

test('proofs of transactions and receipts verify against the headers that name their roots', async () => {
  const { chain } = await openTestChain();
  const many = Array.from({ length: 70 }, (_, nonce) => transfer(0, nonce));
  await growChain(chain, many);
  const proof = await chain.transactionProof(1, 66);
  const header = await chain.header(1);
  assert.ok(proof && header);
  assert.deepEqual(proof.root, header.transactionRoot);
  assert.deepEqual(proof.item, (many[66] as (typeof many)[number]).hash);
  assert.ok(verifyListProof(proof.root, proof.item, proof.proof));
  assert.equal(await chain.receiptProof(1, 66), undefined, 'its root is in the next header');
  await growChain(chain);
  const receipt = await chain.receiptProof(1, 66);
  assert.ok(receipt);
  assert.deepEqual(receipt.root, (await chain.header(2))?.receiptRoot);
  assert.ok(verifyListProof(receipt.root, receipt.item, receipt.proof));
  assert.deepEqual(receiptCodec.decode(receipt.item), (await chain.receipts(1))?.[66]);
  assert.equal(await chain.transactionProof(1, 70), undefined);
});

test('a chain goes on after it is opened again', async () => {
  const engine = createMemoryStateEngine();
  const before = await openTestChain(engine);
  await growChain(before.chain, [transfer(0, 0)]);
  const { block, commit } = await growChain(before.chain, [transfer(0, 1)]);
  await before.chain.close();
  assert.throws(() => before.chain.tip(), { code: 'block.not-open' });
  const { chain } = await openTestChain(engine);
  assert.equal(chain.tip().height, 2);
  assert.deepEqual(chain.tip().blockHash, block.hash);
  assert.deepEqual(chain.tip().commit, commit);
  assert.deepEqual(await chain.validatorSet(1), chain.tip().validators);
  await growChain(chain, [transfer(0, 2)]);
  assert.equal(chain.tip().height, 3);
});

test('blocks and state of different heights are a corrupt home', async () => {
  const memory = createMemoryStateEngine();
  const { chain } = await openTestChain(memory);
  await growChain(chain);
  const batch = memory.batch();
  batch.delete('meta', new TextEncoder().encode('block/tip'));
  await memory.write(batch, { sync: true });
  assert.equal(await codeOf(openTestChain(memory)), 'block.corrupt-home');
});

test('pruning removes transactions, receipts and index entries of old blocks, nothing else', async () => {
  const { chain } = await openTestChain();
  const sent = Array.from({ length: 5 }, (_, nonce) => transfer(0, nonce));
  for (const transaction of sent) await growChain(chain, [transaction]);
  assert.equal(await chain.prune(4, 2), 2);
  assert.equal(await chain.prune(4, 10), 1);
  assert.equal(await chain.prune(4, 10), 0);
  assert.equal(chain.earliest(), 4);
  assert.equal(await codeOf(chain.block(2)), 'block.not-retained');
  assert.equal(await chain.transaction((sent[1] as (typeof sent)[number]).hash), undefined);
  assert.equal((await chain.header(2))?.height, 2);
  assert.equal((await chain.commit(2))?.height, 2);
  assert.equal((await chain.block(4))?.transactions.length, 1);
  const page = await chain.transactionsOf(addressOf(accountKey(0)), { limit: 10 });
  assert.deepEqual(
    page.items.map(({ height }) => height),
    [5, 4],
  );
  assert.equal(await chain.prune(100, 100), 1, 'the tip keeps its transactions');
  assert.equal(chain.earliest(), 5);
});

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { createLocalGenesis, genesisHashOf, validateGenesis } from '#genesis';
import { ed25519Key, toHex, utf8 } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import { createLedger } from '#services/blockchain';
import { streamGenesisFile } from '../genesis-file.ts';
import { openGenesis, settleReport } from '../node-genesis.ts';

const document = createLocalGenesis({
  chainId: 'node-genesis-1',
  timeMs: Date.UTC(2026, 0, 31),
  accounts: [{ address: new Uint8Array(20).fill(2), balance: 5n }],
  validators: [
    {
      name: 'one',
      consensusKey: ed25519Key(new Uint8Array(32).fill(7)),
      operatorKey: ed25519Key(new Uint8Array(32).fill(1)),
      stake: 10n ** 9n,
    },
  ],
});
const HASH = toHex(genesisHashOf(document));

/** A home with a genesis file, and a start of a node in it, up to the ledger. */
async function home(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'node-genesis-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'genesis.json');
  const record = join(folder, 'data', 'judgement.json');
  await writeFile(file, JSON.stringify(document));
  const engine = createMemoryStateEngine();
  const start = async (expectedHash = '', onEngine = engine) => {
    const stages: string[] = [];
    const onProgress = (stage: string): void => void stages.push(stage);
    const opened = await openGenesis({ file, record, expectedHash, onProgress });
    const { identity } = opened.genesis;
    const ledger = createLedger({ identity, engine: onEngine, retainedHeights: 10 })({
      scheduler: systemScheduler,
    });
    await ledger.open(opened.state);
    const genesis = await settleReport(opened, ledger.tip(), record);
    return { genesis, judged: stages.includes('rules'), dryRun: stages.filter((stage) => stage === 'state') };
  };
  return { file, record, start };
}

test('the first start judges the genesis, and has the report of the command', async (context) => {
  const { start } = await home(context);
  const { genesis, judged } = await start();
  assert.ok(judged);
  assert.equal(toHex(genesis.identity.genesisHash), HASH);
  assert.deepEqual(genesis.report, await validateGenesis(utf8(JSON.stringify(document)), systemClock));
  assert.notEqual(genesis.report.summary.stateRoot, null);
});

test('the next start on the same file judges nothing, and knows the same', async (context) => {
  const { start } = await home(context);
  const first = await start();
  const next = await start(HASH);
  assert.deepEqual(next, { ...first, judged: false, dryRun: [] });
});

test('a file that changed is judged again, though it means the same', async (context) => {
  const { start, file } = await home(context);
  const { genesis } = await start();
  await appendFile(file, '\n');
  const next = await start();
  assert.ok(next.judged);
  assert.deepEqual(next.genesis.report, genesis.report);
  await writeFile(file, JSON.stringify({ ...document, totalSupply: '1' }));
  await assert.rejects(start(), { code: 'genesis.invalid' });
});

test('the genesis of another chain is refused by the data, with a record of the old one', async (context) => {
  const { start, file } = await home(context);
  await start();
  await writeFile(file, JSON.stringify({ ...document, genesisTime: '2026-03-01T00:00:00.000Z' }));
  await assert.rejects(start(), { code: 'blockchain.other-chain' });
});

test('another hash than expected is refused, with a record and without', async (context) => {
  const { start } = await home(context);
  await assert.rejects(start('ab'.repeat(32)), { code: 'genesis.unexpected-hash' });
  await start();
  await assert.rejects(start('ab'.repeat(32)), { code: 'genesis.unexpected-hash' });
});

test('a record that is damaged, or of other software, counts for nothing', async (context) => {
  const { start, record } = await home(context);
  const { genesis } = await start();
  const text = await readFile(record, 'utf8');
  const other = JSON.parse(text) as Record<string, unknown>;
  for (const damaged of [text.slice(0, 100), '', 'null', JSON.stringify({ ...other, software: '0.0.0' })]) {
    await writeFile(record, damaged);
    const next = await start();
    assert.ok(next.judged);
    assert.deepEqual(next.genesis.report, genesis.report);
  }
});

test('a node whose data went begins anew from the genesis, in spite of the record', async (context) => {
  const { start } = await home(context);
  const { genesis } = await start();
  const next = await start('', createMemoryStateEngine());
  assert.ok(next.judged);
  assert.deepEqual(next.genesis.report, genesis.report);
});

test('the document streams from its file, until the file is another', async (context) => {
  const { start, file } = await home(context);
  const { genesis } = await start();
  const pieces: Uint8Array[] = [];
  for await (const piece of await streamGenesisFile(genesis.file)) pieces.push(piece);
  assert.deepEqual(JSON.parse(Buffer.concat(pieces).toString()), document);
  await appendFile(file, ' ');
  await assert.rejects(streamGenesisFile(genesis.file), { code: 'node.genesis-changed' });
  await rm(file);
  await assert.rejects(streamGenesisFile(genesis.file), { code: 'node.genesis-changed' });
});

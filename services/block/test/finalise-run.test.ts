import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { toHex } from '#kernel';
import type { Chain, Final, RunLimits } from '../chain/face.ts';
import { makeBlock } from '../domain/block.ts';
import type { Evidence } from '../domain/evidence/types.ts';
import type { Block } from '../domain/types.ts';
import { doubleVote } from './fixtures/evidence.ts';
import { commitBlock, growChain, openTestChain, transfer } from './fixtures/test-chain.ts';

const HEIGHTS = 9;
const WHOLE: RunLimits = { blocksMax: 100, endsAt: () => false };

interface Source {
  readonly chain: Chain;
  readonly finals: readonly Final[];
  readonly roots: readonly string[];
}

/** A chain of transfers; evidence is in the block of height 6 when wanted. */
async function makeSource({ withEvidence = false } = {}): Promise<Source> {
  const { chain } = await openTestChain();
  const finals: Final[] = [];
  const roots = [toHex(chain.tip().stateRoot)];
  for (let height = 1; height <= HEIGHTS; height++) {
    const evidence: Evidence[] = withEvidence && height === 6 ? [await doubleVote(chain, { height: 3 })] : [];
    finals.push(await growChain(chain, [transfer(0, height - 1), transfer(1, height - 1)], evidence));
    roots.push(toHex(chain.tip().stateRoot));
  }
  return { chain, finals, roots };
}

function nextOf(finals: readonly Final[]): (height: number) => Final | undefined {
  return (height) => finals[height - 1];
}

/** Runs from the tip on until nothing is left; returns how many blocks each of them had. */
async function catchUp(chain: Chain, finals: readonly Final[], limits = WHOLE): Promise<number[]> {
  const lengths: number[] = [];
  for (let first = finals[chain.tip().height]; first !== undefined; first = finals[chain.tip().height]) {
    lengths.push(await chain.finaliseRun(first, nextOf(finals), limits));
  }
  return lengths;
}

test('SYNC-9: a run writes all its blocks at once and leads to the same state', async () => {
  const source = await makeSource();
  const memory = createMemoryStateEngine();
  const { chain, ledger } = await openTestChain(memory);
  const heard: number[] = [];
  chain.onFinalised(({ block, execution }) => {
    heard.push(block.header.height);
    const isLast = block.header.height === HEIGHTS;
    assert.equal(
      execution.stateRoot && toHex(execution.stateRoot),
      isLast ? source.roots[HEIGHTS] : undefined,
    );
  });
  const before = (await memory.statistics()).syncedWrites;
  assert.deepEqual(await catchUp(chain, source.finals), [HEIGHTS]);
  assert.equal((await memory.statistics()).syncedWrites, before + 1);
  assert.deepEqual(heard, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(chain.tip(), source.chain.tip());
  await assert.rejects(ledger.prove(new Uint8Array(1), 4), {
    code: 'blockchain.height-not-retained',
    message: /caught up over many heights at once/,
  });
  assert.equal(toHex((await ledger.prove(new Uint8Array(1), 0)).stateRoot), source.roots[0]);
  const reopened = await openTestChain(memory.crash());
  assert.deepEqual(reopened.chain.tip(), source.chain.tip());
  for (let height = 1; height <= HEIGHTS; height++) {
    const contentOf = ({ chain: one }: { chain: Chain }) =>
      Promise.all([one.block(height), one.commit(height), one.receipts(height), one.validatorSet(height)]);
    assert.deepEqual(await contentOf(reopened), await contentOf(source));
  }
  const { block } = await growChain(reopened.chain, [transfer(0, HEIGHTS)]);
  assert.equal(toHex(block.header.stateRoot), source.roots[HEIGHTS]);
});

test('a run ends at its limits, and after a height whose state is needed', async () => {
  const { finals, roots } = await makeSource();
  const bounded = await openTestChain();
  assert.deepEqual(await catchUp(bounded.chain, finals, { ...WHOLE, blocksMax: 4 }), [4, 4, 1]);
  const needing = await openTestChain();
  const endsAt = (height: number) => height % 3 === 0;
  assert.deepEqual(await catchUp(needing.chain, finals, { ...WHOLE, endsAt }), [3, 3, 3]);
  for (const height of [3, 6, 9]) {
    const { stateRoot } = await needing.ledger.prove(new Uint8Array(1), height);
    assert.equal(toHex(stateRoot), roots[height]);
  }
});

test('a block with evidence begins a run, since evidence is checked against what is final', async () => {
  const source = await makeSource({ withEvidence: true });
  const { chain } = await openTestChain();
  assert.deepEqual(await catchUp(chain, source.finals), [5, 4]);
  assert.deepEqual(chain.tip(), source.chain.tip());
  assert.equal((await chain.evidences({ limit: 5 })).items[0]?.height, 6);
});

/** A block with another header, and a commit for it. */
function remade(chain: Chain, { header, transactions, lastCommit, evidence }: Block, changes: object): Final {
  const block = makeBlock({ ...header, ...changes }, transactions, lastCommit, evidence);
  return { block, commit: commitBlock(chain, block) };
}

test('a block that this state does not lead to ends the run before it, and stops the chain when it comes first', async () => {
  const source = await makeSource();
  for (const changes of [
    { receiptRoot: new Uint8Array(32).fill(1) },
    { nextValidatorSetHash: new Uint8Array(32).fill(1) },
    { parentHash: new Uint8Array(32).fill(1) },
  ]) {
    const { chain } = await openTestChain();
    const finals = source.finals.slice();
    finals[4] = remade(chain, (finals[4] as Final).block, changes);
    assert.equal(await chain.finaliseRun(finals[0] as Final, nextOf(finals), WHOLE), 4);
    assert.equal(toHex(chain.tip().stateRoot), source.roots[4]);
    const code = 'parentHash' in changes ? 'block.conflicting-finalisation' : 'block.diverged';
    await assert.rejects(chain.finaliseRun(finals[4], nextOf(finals), WHOLE), { code });
    await assert.rejects(
      chain.finaliseRun(source.finals[4] as Final, () => undefined, WHOLE),
      {
        code: 'block.halted',
      },
    );
    assert.equal(chain.tip().height, 4);
  }
});

test('the first block of a run is judged by the state that the run before it led to', async () => {
  const source = await makeSource();
  const { chain } = await openTestChain();
  const finals = source.finals.slice();
  finals[5] = remade(chain, (finals[5] as Final).block, { stateRoot: new Uint8Array(32).fill(1) });
  assert.equal(await chain.finaliseRun(finals[0] as Final, nextOf(finals), { ...WHOLE, blocksMax: 5 }), 5);
  await assert.rejects(chain.finaliseRun(finals[5], nextOf(finals), WHOLE), { code: 'block.diverged' });
});

test('a block whose commit holds no quorum is refused first and ends a run later', async () => {
  const { finals } = await makeSource();
  const { chain } = await openTestChain();
  const forged = finals.slice();
  const { block } = finals[2] as Final;
  forged[2] = { block, commit: commitBlock(chain, block, [0, 1]) };
  assert.equal(await chain.finaliseRun(forged[0] as Final, nextOf(forged), WHOLE), 2);
  await assert.rejects(chain.finaliseRun(forged[2], nextOf(forged), WHOLE), { code: 'block.invalid-commit' });
  assert.equal(await chain.finaliseRun(finals[2] as Final, nextOf(finals), WHOLE), HEIGHTS - 2);
});

test('a height that is final already is no run, and another block of it stops the chain', async () => {
  const { finals } = await makeSource();
  const { chain } = await openTestChain();
  const first = finals[0] as Final;
  assert.equal(await chain.finaliseRun(first, () => undefined, WHOLE), 1);
  assert.equal(await chain.finaliseRun(first, nextOf(finals), WHOLE), 0);
  const other = remade(chain, first.block, { timeMs: first.block.header.timeMs + 1 });
  await assert.rejects(chain.finaliseRun(other, nextOf(finals), WHOLE), {
    code: 'block.conflicting-finalisation',
  });
});

test('power loss in the write of a run leaves the tip before it or after it', async () => {
  const source = await makeSource();
  for (const reaches of [false, true]) {
    const memory = createMemoryStateEngine();
    await openTestChain(memory);
    const { chain } = await openTestChain({
      ...memory,
      async write(batch, options) {
        if (reaches) await memory.write(batch, options);
        throw new Error('power loss');
      },
    });
    await assert.rejects(catchUp(chain, source.finals), /power loss/);
    const reopened = await openTestChain(memory.crash());
    assert.equal(reopened.chain.tip().height, reaches ? HEIGHTS : 0);
    await catchUp(reopened.chain, source.finals);
    assert.deepEqual(reopened.chain.tip(), source.chain.tip());
  }
});

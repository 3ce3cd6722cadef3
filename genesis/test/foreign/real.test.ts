import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Loose } from '../fixtures/documents.ts';
import { readReal, skipReason, transactionsOf } from './real-files.ts';
import { assertMutations } from './real-mutations.ts';

/** A signature takes a millisecond or two: this many are enough beside one of each make. */
const TRANSACTIONS_KEPT = 6;
const RUNS = 200;

/** The file with its largest validators alone, whose powers are alike, and one of a threshold key. */
function shortened(file: Loose): Loose {
  const transactions = transactionsOf(file);
  const stakeOf = (t: Loose): number => Number((t.value?.msg ?? t.body.messages)[0].value.value?.amount ?? 0);
  const threshold = transactions.filter((t) => JSON.stringify(t).includes('Multisig')).slice(0, 1);
  const largest = transactions.toSorted((a, b) => stakeOf(b) - stakeOf(a)).slice(0, TRANSACTIONS_KEPT - 1);
  transactions.splice(0, transactions.length, ...threshold, ...largest);
  return file;
}

for (const name of ['cosmoshub-1.json', 'mamaki.json']) {
  const bytes = readReal(name);
  const options = bytes === undefined ? { skip: skipReason(name) } : {};
  const parse = (): Loose => JSON.parse(new TextDecoder().decode(bytes));

  test(`${name}: a change of one value is told with its place, or changes the hash`, options, async () => {
    await assertMutations(shortened(parse()), RUNS);
  });

  test(`${name}: each signature is checked by itself`, options, async () => {
    const file = parse();
    const transactions = transactionsOf(file);
    for (const i of [0, 3, transactions.length - 1]) {
      const value = transactions[i].value ?? transactions[i].body;
      value.memo += '.';
    }
    const { summary } = await judge(file);
    assert.deepEqual(summary.declarationSignatures, {
      valid: transactions.length - 3,
      invalid: 3,
      uncheckable: 0,
    });
  });

  test(`${name}: under another chain id, no signature stands`, options, async () => {
    const file = parse();
    file.chain_id += '0';
    const { summary, valid } = await judge(file);
    assert.ok(!valid);
    assert.deepEqual(summary.declarationSignatures, {
      valid: 0,
      invalid: transactionsOf(file).length,
      uncheckable: 0,
    });
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AMOUNT_MAX } from '#kernel';
import {
  checkTransaction,
  costOf,
  gasOf,
  type Transaction,
  type TransactionBody,
  type TransactionRules,
} from '../index.ts';
import { VALID_HEIGHTS_MAX } from '../limits.ts';
import { accountKeyOf, bigger, codeOf, filled, IDENTITY, outputs, signed } from './support/samples.ts';

const RULES: TransactionRules = {
  identity: IDENTITY,
  parameters: { minGasPrice: 3n, maxBlockGas: 50_000 },
  height: 10,
};

function check(transaction: Transaction, rules: Partial<TransactionRules> = {}): string {
  return codeOf(checkTransaction(transaction, { ...RULES, ...rules }));
}

const transferOf = (...amounts: readonly bigint[]): Pick<TransactionBody, 'payload'> => ({
  payload: { type: 'transfer', outputs: amounts.map((amount, i) => ({ to: filled(20, i), amount })) },
});
const labelled = (label: string): Partial<TransactionBody> => ({
  gasLimit: 3_000,
  payload: { type: 'attest', digest: filled(32, 1), label },
});

const ofAccount: Partial<TransactionBody> = {
  senderKeyType: 'secp256k1',
  senderKey: accountKeyOf(0).publicKey,
};

/** Everything that is refused stands beside its neighbour that is not. */
const CASES: readonly [what: string, changes: Partial<TransactionBody>, code: string][] = [
  ['a transfer', {}, 'ok'],
  ['an attestation', labelled('x'), 'ok'],
  ['another chain', { chainId: 'test-chain-2' }, 'transaction.wrong-chain'],
  ['a chain whose name begins as this', { chainId: 'test-chain-1 ' }, 'transaction.wrong-chain'],
  ['the last height', { validUntil: 10 }, 'ok'],
  ['a passed height', { validUntil: 9 }, 'transaction.expired'],
  ['the furthest height', { validUntil: 10 + VALID_HEIGHTS_MAX }, 'ok'],
  ['a height too far', { validUntil: 11 + VALID_HEIGHTS_MAX }, 'transaction.valid-until-too-far'],
  ['no outputs', transferOf(), 'transaction.no-outputs'],
  ['an output of nothing', transferOf(1n, 0n), 'transaction.zero-amount'],
  ['all that there can be', transferOf(AMOUNT_MAX), 'ok'],
  [
    'more than there can be',
    { ...transferOf(AMOUNT_MAX, 1n), gasLimit: 2_500 },
    'transaction.amount-overflow',
  ],
  ['an empty label', labelled(''), 'transaction.malformed-label'],
  ['a label of 64 bytes', labelled('ä'.repeat(32)), 'ok'],
  ['the exact gas', { gasLimit: 1_500 }, 'ok'],
  ['too little gas', { gasLimit: 1_499 }, 'transaction.gas-limit-too-low'],
  [
    'too little gas for an attestation',
    { ...labelled('x'), gasLimit: 2_999 },
    'transaction.gas-limit-too-low',
  ],
  ['all gas of a block', { gasLimit: 50_000 }, 'ok'],
  ['more gas than a block', { gasLimit: 50_001 }, 'transaction.gas-limit-too-high'],
  ['the smallest price', { gasPrice: 3n }, 'ok'],
  ['less than the smallest price', { gasPrice: 2n }, 'transaction.gas-price-too-low'],
  ['a secp256k1 key', { ...ofAccount, gasLimit: 2_500 }, 'ok'],
  ['too little gas for its signature', { ...ofAccount, gasLimit: 2_499 }, 'transaction.gas-limit-too-low'],
  // y = 1: the neutral element, for which 64 zero bytes sign anything under ZIP-215.
  ['a key of small order', { senderKey: Uint8Array.of(1, ...filled(31, 0)) }, 'transaction.weak-key'],
  ['a key that is no point', { senderKey: Uint8Array.of(2, ...filled(31, 0)) }, 'transaction.weak-key'],
];

describe('check of a transaction', () => {
  for (const [what, changes, code] of CASES) {
    it(`${what}: ${code}`, () => {
      assert.equal(check(signed(0, changes)), code);
    });
  }

  it('refuses a label that is longer than any encoding holds', () => {
    const transaction = { ...signed(), ...labelled('x'.repeat(65)) };
    assert.equal(check(transaction), 'transaction.malformed-label');
  });

  it('says what was given and what is accepted', () => {
    const result = checkTransaction(signed(0, { gasPrice: 2n }), RULES);
    assert.ok(!result.ok);
    assert.deepEqual(result.error.details, { gasPrice: '2', minGasPrice: '3' });
    assert.match(result.error.message, /2.*3/);
  });

  it('depends on the height and the parameters of the moment', () => {
    const transaction = signed(0, { validUntil: 20 });
    assert.equal(check(transaction, { height: 20 }), 'ok');
    assert.equal(check(transaction, { height: 21 }), 'transaction.expired');
    const parameters = { minGasPrice: 11n, maxBlockGas: 50_000 };
    assert.equal(check(transaction, { parameters }), 'transaction.gas-price-too-low');
  });
});

describe('gas', () => {
  it('is known before execution: a base, and so much for each output or an attestation', () => {
    for (const count of [1, 2, 256]) {
      assert.equal(gasOf({ type: 'transfer', outputs: outputs(count) }, 'ed25519'), 1_000 + 500 * count);
      assert.equal(gasOf({ type: 'transfer', outputs: outputs(count) }, 'secp256k1'), 2_000 + 500 * count);
    }
    const attestation = { type: 'attest', digest: filled(32, 1), label: 'any' } as const;
    assert.equal(gasOf(attestation, 'ed25519'), 3_000);
    assert.equal(gasOf(attestation, 'secp256k1'), 4_000);
  });

  it('costs at most the whole limit at the price, and the amounts', () => {
    assert.equal(costOf(bigger(0, 2, { gasLimit: 4_000, gasPrice: 7n })), 28_000n + 15n);
    assert.equal(costOf(signed(0, { ...labelled('x'), gasPrice: 7n })), 21_000n);
  });
});

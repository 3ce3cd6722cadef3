import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { isCodedError } from '#kernel';
import { accountCodec, stateKey, verifyStateProof, type Ledger, type StateProof } from '../index.ts';
import {
  addressOf,
  attest,
  filled,
  grow,
  holds,
  openLedger,
  strangerAt,
  transfer,
} from './support/samples.ts';

const digest = filled(32, 0xd1);

/** A ledger with some 70 entries of every kind. */
async function grownLedger(): Promise<Ledger> {
  const engine = createMemoryStateEngine();
  const ledger = await openLedger(engine);
  const outputs = Array.from({ length: 60 }, (_, index) => [strangerAt(index), BigInt(index + 1)] as const);
  await grow(ledger, engine, transfer(0, 0, ...outputs), attest(1, 0, digest));
  await grow(ledger, engine);
  return ledger;
}

const PRESENT = [
  stateKey.account(addressOf(0)),
  stateKey.account(strangerAt(7)),
  stateKey.validator(filled(20, 50)),
  stateKey.attestation(digest, addressOf(1)),
  stateKey.ledgerParameters(),
  stateKey.consensusParameters(),
  stateKey.proposerRotation(),
  stateKey.feePool(),
];
const ABSENT = [
  stateKey.account(strangerAt(60)),
  stateKey.account(strangerAt(61)),
  stateKey.account(strangerAt(62)),
  stateKey.validator(filled(20, 40)),
  stateKey.attestation(digest, addressOf(0)),
];

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}

function* everyFlip(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) yield flipped(bytes, bit);
}

function withValue(proof: StateProof, value: Uint8Array | undefined): StateProof {
  const { key, path } = proof;
  return value === undefined ? { key, path } : { key, path, value };
}

describe('proofs of the state', () => {
  it('show every kind of entry, and that others are not there', async () => {
    const ledger = await grownLedger();
    const { height, stateRoot: root } = ledger.tip();
    for (const key of [...PRESENT, ...ABSENT]) {
      const { stateRoot, proof, height: provenAt } = await ledger.prove(key);
      assert.deepEqual([provenAt, stateRoot], [height, root]);
      assert.equal(proof.value !== undefined, PRESENT.includes(key));
      assert.equal(verifyStateProof(root, proof), true);
    }
    const { proof } = await ledger.prove(stateKey.account(strangerAt(7)));
    assert.deepEqual(accountCodec.decode(proof.value ?? new Uint8Array(0)), { balance: 8n, nonce: 0 });
  });

  it('hold for nothing else: no changed bit of root, path, value or key of a present entry passes', async () => {
    const ledger = await grownLedger();
    for (const key of PRESENT) {
      const { stateRoot, proof } = await ledger.prove(key);
      const { path, value = new Uint8Array(0) } = proof;
      for (const changed of everyFlip(stateRoot)) assert.equal(holds(changed, proof), false);
      for (const changed of everyFlip(path))
        assert.equal(holds(stateRoot, { ...proof, path: changed }), false);
      for (const changed of everyFlip(value))
        assert.equal(holds(stateRoot, { ...proof, value: changed }), false);
      for (const changed of everyFlip(key)) assert.equal(holds(stateRoot, { ...proof, key: changed }), false);
      for (const wrong of [undefined, new Uint8Array(0), Uint8Array.of(...value, 0), value.subarray(1)]) {
        assert.equal(holds(stateRoot, withValue(proof, wrong)), false);
      }
      for (const wrong of [
        path.subarray(1),
        path.subarray(0, -1),
        Uint8Array.of(...path, 0),
        new Uint8Array(0),
      ]) {
        assert.equal(holds(stateRoot, { ...proof, path: wrong }), false);
      }
    }
  });

  it('of absence show no value, and hold under no changed root or path', async () => {
    const ledger = await grownLedger();
    for (const key of ABSENT) {
      const { stateRoot, proof } = await ledger.prove(key);
      for (const changed of everyFlip(stateRoot)) assert.equal(holds(changed, proof), false);
      for (const changed of everyFlip(proof.path)) {
        assert.equal(holds(stateRoot, { ...proof, path: changed }), false);
      }
      assert.equal(holds(stateRoot, withValue(proof, accountCodec.encode({ balance: 1n, nonce: 0 }))), false);
      assert.equal(holds(stateRoot, withValue(proof, new Uint8Array(0))), false);
    }
  });

  it('of one entry never show that another is absent', async () => {
    const ledger = await grownLedger();
    const { stateRoot } = ledger.tip();
    const present = Array.from({ length: 60 }, (_, index) => stateKey.account(strangerAt(index)));
    for (const key of [...ABSENT, ...present]) {
      const { proof } = await ledger.prove(key);
      for (const other of present) {
        assert.equal(holds(stateRoot, { key: other, path: proof.path }), false);
      }
    }
  });

  it('hold at their height only', async () => {
    const ledger = await grownLedger();
    const [before, now] = [await ledger.prove(stateKey.feePool(), 0), await ledger.prove(stateKey.feePool())];
    assert.equal(holds(before.stateRoot, before.proof), true);
    assert.equal(holds(now.stateRoot, before.proof), false);
    assert.equal(holds(before.stateRoot, now.proof), false);
  });

  it('that are no encoding of one are refused with a code', async () => {
    const ledger = await grownLedger();
    const { stateRoot, proof } = await ledger.prove(PRESENT[0] ?? stateKey.feePool());
    for (const path of [new Uint8Array(0), filled(10, 0xff), filled(100_000, 0)]) {
      assert.throws(() => verifyStateProof(stateRoot, { ...proof, path }), isCodedError);
    }
  });
});

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { concatBytes, isCodedError, secp256k1Key, utf8, type SignatureCheck } from '#kernel';
import { createSignatureVerifier, nativeEd25519Key } from '#runtime';
import { SMALL_ORDER_ENCODINGS } from '../../../kernel/test/small-order.ts';
import { decideFast } from '../signature/native-secp256k1.ts';

const key = nativeEd25519Key(new Uint8Array(32).fill(4));

function goodCheck(index: number): SignatureCheck {
  const digest = new Uint8Array(32);
  new DataView(digest.buffer).setUint32(0, index);
  return { publicKey: key.publicKey, digest, signature: key.sign(digest) };
}

function badCheck(index: number): SignatureCheck {
  return { ...goodCheck(index), digest: new Uint8Array(32).fill(0xff) };
}

const account = secp256k1Key(new Uint8Array(32).fill(4));
/** One signature for all: making them takes longer than checking them. */
const accountCheck: SignatureCheck = {
  keyType: 'secp256k1',
  publicKey: account.publicKey,
  digest: new Uint8Array(32).fill(1),
  signature: account.sign(new Uint8Array(32).fill(1)),
};
const badAccountCheck: SignatureCheck = { ...accountCheck, digest: new Uint8Array(32).fill(2) };
/** There is no point with x = 5. */
const offCurve = Uint8Array.of(2, ...new Uint8Array(31), 5);

function many(count: number, check: SignatureCheck): SignatureCheck[] {
  return Array.from({ length: count }, () => check);
}

describe('signature verifier', () => {
  let nowMs = 0;
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const verifier = createSignatureVerifier({ workers: 1, clock });
  after(() => verifier.close());

  it('answers in order over several jobs', async () => {
    const checks = Array.from({ length: 300 }, (_, i) => (i % 100 === 7 ? badCheck(i) : goodCheck(i)));
    const answers = await verifier.verifyBatch(checks, 'order');
    assert.deepEqual(
      answers.flatMap((valid, i) => (valid ? [] : [i])),
      [7, 107, 207],
    );
  });

  it('decides by ZIP-215 what the fast path rejects', async () => {
    const digest = concatBytes(utf8('Zcash'), new Uint8Array(27));
    const checks = SMALL_ORDER_ENCODINGS.map((point) => ({
      publicKey: point,
      digest,
      signature: concatBytes(point, new Uint8Array(32)),
    }));
    assert.deepEqual(await verifier.verifyBatch(checks, 'grid'), new Array(checks.length).fill(true));
  });

  it('calls wrong lengths invalid without a slow decision', async () => {
    const check = goodCheck(1);
    const long = { ...check, signature: concatBytes(check.signature, Uint8Array.of(0)) };
    assert.deepEqual(await verifier.verifyBatch([long, check], 'lengths'), [false, true]);
    assert.equal(verifier.verify(long), false);
  });

  it('stops deciding slowly for a source that spent its budget, until time refills it', async () => {
    const garbage = Array.from({ length: 60 }, (_, i) => badCheck(i));
    assert.ok((await verifier.verifyBatch(garbage, 'mallory')).every((valid) => !valid));
    await assert.rejects(verifier.verifyBatch(garbage, 'mallory'), (error) =>
      isCodedError(error, 'signature.budget-exhausted'),
    );
    assert.deepEqual(await verifier.verifyBatch([goodCheck(1)], 'mallory'), [true]);
    assert.deepEqual(await verifier.verifyBatch([badCheck(1)], 'honest'), [false]);
    nowMs += 60_000;
    assert.deepEqual(await verifier.verifyBatch([badCheck(1)], 'mallory'), [false]);
  });

  it('answers batches of mixed types in order', async () => {
    const checks = Array.from({ length: 260 }, (_, i) => {
      if (i % 2 === 0) return i % 100 === 8 ? badCheck(i) : goodCheck(i);
      return i % 100 === 7 ? badAccountCheck : accountCheck;
    });
    const answers = await verifier.verifyBatch(checks, 'mixed');
    assert.deepEqual(
      answers.flatMap((valid, i) => (valid ? [] : [i])),
      [7, 8, 107, 108, 207, 208],
    );
    // The same bytes under the other type have another length, and are invalid without a look.
    const { keyType: _, ...untyped } = accountCheck;
    assert.deepEqual(await verifier.verifyBatch([untyped, accountCheck], 'mixed'), [false, true]);
    assert.equal(verifier.verify(accountCheck), true);
    assert.equal(verifier.verify(untyped), false);
  });

  it('charges invalid secp256k1 signatures to their source and looks at no more until it has paid', async () => {
    const garbage = many(1_000, badAccountCheck);
    const isExhausted = (error: unknown) => isCodedError(error, 'signature.budget-exhausted');
    await assert.rejects(verifier.verifyBatch(garbage, 'eve'), isExhausted);
    await assert.rejects(verifier.verifyBatch([accountCheck], 'eve'), isExhausted);
    await assert.rejects(verifier.verifyBatch([badCheck(1)], 'eve'), isExhausted);
    // Consensus keys and other sources are not concerned.
    assert.deepEqual(await verifier.verifyBatch([goodCheck(1)], 'eve'), [true]);
    assert.deepEqual(await verifier.verifyBatch([accountCheck, badAccountCheck], 'other'), [true, false]);
    // Of the thousand, only a few jobs were looked at: the debt is paid in seconds.
    nowMs += 5_000;
    assert.deepEqual(await verifier.verifyBatch([accountCheck], 'eve'), [true]);
  });

  it('never charges valid secp256k1 signatures, however many', async () => {
    for (let batch = 0; batch < 3; batch++) {
      const answers = await verifier.verifyBatch(many(100, accountCheck), 'trader');
      assert.ok(answers.every((valid) => valid));
    }
  });

  it('still decides quickly after any number of keys that are off the curve', () => {
    const hostile = { ...accountCheck, publicKey: offCurve };
    for (let count = 0; count < 50_000; count++) assert.equal(decideFast(hostile), false);
    assert.equal(decideFast(accountCheck), true);
  });

  it('answers an empty batch', async () => {
    assert.deepEqual(await verifier.verifyBatch([], 'nobody'), []);
  });
});

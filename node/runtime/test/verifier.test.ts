import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { concatBytes, isCodedError, utf8, type SignatureCheck } from '#kernel';
import { createSignatureVerifier, nativeEd25519Key } from '#runtime';
import { SMALL_ORDER_ENCODINGS } from '../../../kernel/test/small-order.ts';

const key = nativeEd25519Key(new Uint8Array(32).fill(4));

function goodCheck(index: number): SignatureCheck {
  const digest = new Uint8Array(32);
  new DataView(digest.buffer).setUint32(0, index);
  return { publicKey: key.publicKey, digest, signature: key.sign(digest) };
}

function badCheck(index: number): SignatureCheck {
  return { ...goodCheck(index), digest: new Uint8Array(32).fill(0xff) };
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

  it('answers an empty batch', async () => {
    assert.deepEqual(await verifier.verifyBatch([], 'nobody'), []);
  });
});

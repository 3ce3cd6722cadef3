import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import {
  concatBytes,
  fromHex,
  isCodedError,
  secp256k1Key,
  toHex,
  utf8,
  verifyAccountSignature,
  verifySecp256k1,
  verifyZip215,
} from '#kernel';
import { verifySignature } from '#runtime';

/**
 * Deterministic signatures over SHA-256 of a text, s in the lower half. RFC 6979 has vectors for the NIST curves
 * only; these are the ones that the implementations of Bitcoin share.
 */
const RFC_6979 = [
  {
    secret: '0000000000000000000000000000000000000000000000000000000000000001',
    publicKey: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    text: 'Satoshi Nakamoto',
    signature:
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  },
  {
    secret: '0000000000000000000000000000000000000000000000000000000000000001',
    publicKey: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    text: 'All those moments will be lost in time, like tears in rain. Time to die...',
    signature:
      '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
  },
  {
    secret: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140',
    publicKey: '0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    text: 'Satoshi Nakamoto',
    signature:
      'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
  },
  {
    secret: 'f8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181',
    publicKey: '0292df7b245b81aa637ab4e867c8d511008f79161a97d64f2ac709600352f7acbc',
    text: 'Alan Turing',
    signature:
      '7063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c58dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea',
  },
  {
    secret: 'e91671c46231f833a6406ccbea0e3e392c76c167bac1cb013f6f1013980455c2',
    publicKey: '03567b7512001f3cc4dcb8b8096c046fff571ab07adb2126cd42908f2ff1ca424a',
    text: "There is a computer disease that anybody who works with computers knows about. It's a very serious disease and it interferes completely with the work. The trouble with computers is that you 'play' with them!",
    signature:
      'b552edd27580141f3b2a5463048cb7cd3e047b97c9f98076c32dbdf85a68718b279fa72dd19bfae05577e06c7c0c1900c371fcd5893f7e1d56a37d30174671f6',
  },
];

/** Every path of the system that says whether a secp256k1 signature is valid. */
const PATHS = {
  portable: verifySecp256k1,
  account: (...check: Parameters<typeof verifySecp256k1>) => verifyAccountSignature('secp256k1', ...check),
  runtime: (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) =>
    verifySignature({ keyType: 'secp256k1', publicKey, digest, signature }),
};

/** Order of the group and of the field. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P = 2n ** 256n - 2n ** 32n - 977n;

const number32 = (value: bigint) => fromHex(value.toString(16).padStart(64, '0'));
const numberOf = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes)}`);

const key = secp256k1Key(fromHex(RFC_6979[3]?.secret ?? ''));
const digest = sha256(utf8('Alan Turing'));
const good = key.sign(digest);
const [r, s] = [numberOf(good.subarray(0, 32)), numberOf(good.subarray(32))];
const signatureOf = (first: bigint, second: bigint) => concatBytes(number32(first), number32(second));
/** No y² = x³ + 7 for these x. */
const OFF_CURVE = [0n, 5n, 7n, 9n].map((x) => concatBytes(Uint8Array.of(2), number32(x)));
const uncompressed = secp256k1.Point.fromBytes(key.publicKey).toBytes(false);

/** Everything malformed, or one step from valid: none of it may pass anywhere. */
const REFUSED: readonly [what: string, check: Parameters<typeof verifySecp256k1>][] = [
  ['s in the upper half', [key.publicKey, digest, signatureOf(r, N - s)]],
  ['r = 0', [key.publicKey, digest, signatureOf(0n, s)]],
  ['s = 0', [key.publicKey, digest, signatureOf(r, 0n)]],
  ['r = s = 0', [key.publicKey, digest, signatureOf(0n, 0n)]],
  ['r = n', [key.publicKey, digest, signatureOf(N, s)]],
  ['r = n + 1', [key.publicKey, digest, signatureOf(N + 1n, s)]],
  ['s = n', [key.publicKey, digest, signatureOf(r, N)]],
  ['s = n - 1', [key.publicKey, digest, signatureOf(r, N - 1n)]],
  ['the smallest s of the upper half', [key.publicKey, digest, signatureOf(r, (N + 1n) / 2n)]],
  ['r and s all ones', [key.publicKey, digest, new Uint8Array(64).fill(0xff)]],
  ['r and s swapped', [key.publicKey, digest, signatureOf(s, r)]],
  ['r = 1, s = 1', [key.publicKey, digest, signatureOf(1n, 1n)]],
  ['a signature of 63 bytes', [key.publicKey, digest, good.slice(0, 63)]],
  ['a signature of 65 bytes', [key.publicKey, digest, concatBytes(good, Uint8Array.of(0))]],
  ['no signature', [key.publicKey, digest, new Uint8Array(0)]],
  ['a signature in DER', [key.publicKey, digest, secp256k1.Signature.fromBytes(good).toBytes('der')]],
  ['the key uncompressed', [uncompressed, digest, good]],
  ['the key in the hybrid form', [concatBytes(Uint8Array.of(6), uncompressed.slice(1)), digest, good]],
  [
    'a compressed key marked as hybrid',
    [concatBytes(Uint8Array.of(6), key.publicKey.slice(1)), digest, good],
  ],
  [
    'a compressed key marked as uncompressed',
    [concatBytes(Uint8Array.of(4), key.publicKey.slice(1)), digest, good],
  ],
  ['a key of zeros', [new Uint8Array(33), digest, good]],
  ['the point at infinity', [Uint8Array.of(0), digest, good]],
  ['x alone', [key.publicKey.slice(1), digest, good]],
  [
    'the other point of x',
    [concatBytes(Uint8Array.of((key.publicKey[0] ?? 0) ^ 1), key.publicKey.slice(1)), digest, good],
  ],
  ['x = p', [concatBytes(Uint8Array.of(2), number32(P)), digest, good]],
  // 1 is the x of a point; written as p + 1 it is not reduced.
  ['x = p + 1', [concatBytes(Uint8Array.of(2), number32(P + 1n)), digest, good]],
  ['no key', [new Uint8Array(0), digest, good]],
  ['a short digest', [key.publicKey, digest.slice(1), good]],
  ['a long digest', [key.publicKey, concatBytes(digest, Uint8Array.of(0)), good]],
  ['another digest', [key.publicKey, sha256(digest), good]],
  ...OFF_CURVE.map((point, index): (typeof REFUSED)[number] => [
    `a key off the curve (${index})`,
    [point, digest, good],
  ]),
];

describe('secp256k1', () => {
  for (const [index, vector] of RFC_6979.entries()) {
    it(`signs and verifies the RFC 6979 vector ${index + 1} on every path`, () => {
      const own = secp256k1Key(fromHex(vector.secret));
      const hashed = sha256(utf8(vector.text));
      assert.equal(own.type, 'secp256k1');
      assert.equal(toHex(own.publicKey), vector.publicKey);
      assert.equal(toHex(own.sign(hashed)), vector.signature);
      for (const verify of Object.values(PATHS)) {
        assert.equal(verify(own.publicKey, hashed, fromHex(vector.signature)), true);
      }
    });
  }

  for (const [name, verify] of Object.entries(PATHS)) {
    it(`has one valid form and refuses every other (${name})`, () => {
      assert.equal(verify(key.publicKey, digest, good), true);
      for (const [what, check] of REFUSED) assert.equal(verify(...check), false, what);
    });

    it(`takes digests that are no numbers below the order as they are (${name})`, () => {
      for (const extreme of [
        new Uint8Array(32),
        new Uint8Array(32).fill(0xff),
        number32(N),
        number32(N - 1n),
      ]) {
        assert.equal(verify(key.publicKey, extreme, key.sign(extreme)), true, toHex(extreme));
      }
      // Only the remainder by the order enters the equation: 0 and n are one digest to it, and to every path.
      assert.equal(verify(key.publicKey, number32(N), key.sign(new Uint8Array(32))), true);
    });

    it(`takes r and s at their bounds when the equation holds (${name})`, () => {
      for (const [first, second] of [
        [1n, 1n],
        [1n, (N - 1n) / 2n],
        [2n, 3n],
      ] as const) {
        const made = recovered(first, second, digest);
        assert.equal(verify(made, digest, signatureOf(first, second)), true, `${first} ${second}`);
        assert.equal(verify(made, digest, signatureOf(first, N - second)), false, `${first} -${second}`);
      }
    });
  }

  it('signs with the lower s only, and always valid', () => {
    const secret = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((bytes) => secp256k1.utils.isValidSecretKey(bytes));
    fc.assert(
      fc.property(secret, fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes, message) => {
        const own = secp256k1Key(bytes);
        const signature = own.sign(message);
        assert.ok(numberOf(signature.subarray(32)) <= N / 2n);
        assert.deepEqual(own.sign(message), signature);
        for (const verify of Object.values(PATHS))
          assert.equal(verify(own.publicKey, message, signature), true);
      }),
      { numRuns: 20 },
    );
  });

  it('gives one answer on every path for damaged keys, digests and signatures', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), fc.nat(64 * 8 - 1), (part, bit) => {
        const check: [Uint8Array, Uint8Array, Uint8Array] = [
          key.publicKey.slice(),
          digest.slice(),
          good.slice(),
        ];
        const bytes = check[part];
        const at = (bit >> 3) % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
        const answers = Object.values(PATHS).map((verify) => verify(...check));
        assert.deepEqual(answers, [false, false, false]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives one answer on every path for bytes of any kind', () => {
    const anything = fc.uint8Array({ maxLength: 70 });
    const point = fc
      .tuple(fc.constantFrom(2, 3), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([sign, x]) => concatBytes(Uint8Array.of(sign), x));
    const shaped = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(
        fc.oneof(point, anything),
        anything,
        fc.oneof(shaped, anything),
        (publicKey, message, signature) => {
          for (const text of [message, digest]) {
            const answers = Object.values(PATHS).map((verify) => verify(publicKey, text, signature));
            assert.deepEqual(answers, [false, false, false]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('makes no key of a secret that is zero, too large or of another length, and signs digests only', () => {
    for (const secret of [
      new Uint8Array(32),
      number32(N),
      new Uint8Array(32).fill(0xff),
      new Uint8Array(31).fill(1),
      new Uint8Array(33).fill(1),
    ]) {
      assert.throws(
        () => secp256k1Key(secret),
        (error) => isCodedError(error, 'kernel.malformed-key') && !error.message.includes(toHex(secret)),
      );
    }
    assert.throws(
      () => key.sign(utf8('text')),
      (error) => isCodedError(error, 'kernel.malformed-key'),
    );
  });

  it('keeps its own copy of the secret', () => {
    const secret = number32(7n);
    const own = secp256k1Key(secret);
    secret.fill(0);
    assert.equal(verifySecp256k1(own.publicKey, digest, own.sign(digest)), true);
  });
});

describe('the rule for signatures of accounts', () => {
  it('depends on the type: no signature is valid under the other one', () => {
    assert.equal(verifyAccountSignature('ed25519', key.publicKey, digest, good), false);
    assert.equal(verifyZip215(key.publicKey.slice(1), digest, good), false);
    assert.equal(verifySignature({ publicKey: key.publicKey, digest, signature: good }), false);
  });
});

/** The public key for which (r, s) signs the digest (SEC 1, section 4.1.6): a signature at will needs no secret. */
function recovered(first: bigint, second: bigint, message: Uint8Array): Uint8Array {
  const signature = new secp256k1.Signature(first, second, 0);
  return signature.recoverPublicKey(message).toBytes(true);
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  concatBytes,
  ed25519Key,
  fromHex,
  isStrongEd25519Key,
  signingDigest,
  toHex,
  utf8,
  verifyZip215,
} from '#kernel';
import { nativeEd25519Key, signatureSelfTest, verifySignature } from '#runtime';
import { SMALL_ORDER_ENCODINGS } from './small-order.ts';

/** RFC 8032 section 7.1. */
const RFC_8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

/** Order of the prime subgroup, little-endian. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Every path of the system that says whether a signature is valid. */
const PATHS = { portable: verifyZip215, runtime: verifyOverRuntime };

function verifyOverRuntime(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature({ publicKey, digest: message, signature });
}

describe('Ed25519', () => {
  for (const [index, vector] of RFC_8032.entries()) {
    it(`signs and verifies RFC 8032 test ${index + 1} on every path`, () => {
      const message = fromHex(vector.message);
      for (const key of [ed25519Key(fromHex(vector.seed)), nativeEd25519Key(fromHex(vector.seed))]) {
        assert.equal(toHex(key.publicKey), vector.publicKey);
        assert.equal(toHex(key.sign(message)), vector.signature);
      }
      for (const verify of Object.values(PATHS)) {
        assert.equal(verify(fromHex(vector.publicKey), message, fromHex(vector.signature)), true);
      }
    });
  }

  for (const [name, verify] of Object.entries(PATHS)) {
    it(`accepts all 196 small-order pairs of the ZIP-215 grid (${name})`, () => {
      for (const publicKey of SMALL_ORDER_ENCODINGS) {
        for (const commitment of SMALL_ORDER_ENCODINGS) {
          const signature = concatBytes(commitment, new Uint8Array(32));
          assert.equal(
            verify(publicKey, utf8('Zcash'), signature),
            true,
            `${toHex(publicKey)} ${toHex(commitment)}`,
          );
        }
      }
    });

    it(`rejects S + ℓ, wrong lengths and points off the curve (${name})`, () => {
      const { publicKey, message, signature } = RFC_8032[2] as (typeof RFC_8032)[number];
      const [key, text, good] = [fromHex(publicKey), fromHex(message), fromHex(signature)];
      const s = BigInt(`0x${toHex(good.slice(32).toReversed())}`) + ORDER;
      const malleated = concatBytes(
        good.slice(0, 32),
        fromHex(s.toString(16).padStart(64, '0')).toReversed(),
      );
      assert.equal(verify(key, text, malleated), false);
      assert.equal(verify(key, text, concatBytes(good, Uint8Array.of(0))), false);
      assert.equal(verify(key, text, good.slice(0, 63)), false);
      assert.equal(verify(key.slice(1), text, good), false);
      assert.equal(verify(fromHex(`02${'00'.repeat(31)}`), text, good), false);
    });
  }

  it('gives one answer on every path for damaged signatures', () => {
    const key = nativeEd25519Key(new Uint8Array(32).fill(9));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(511), (digest, bit) => {
        const signature = key.sign(digest);
        signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.equal(
          verifyOverRuntime(key.publicKey, digest, signature),
          verifyZip215(key.publicKey, digest, signature),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('calls exactly the small-order and off-curve keys weak', () => {
    for (const weak of SMALL_ORDER_ENCODINGS) assert.equal(isStrongEd25519Key(weak), false);
    assert.equal(isStrongEd25519Key(fromHex(`02${'00'.repeat(31)}`)), false);
    assert.equal(isStrongEd25519Key(new Uint8Array(31)), false);
    assert.equal(isStrongEd25519Key(ed25519Key(new Uint8Array(32)).publicKey), true);
  });

  it('passes its self-test', () => signatureSelfTest());
});

describe('signing digest', () => {
  it('differs by kind, chain and body', () => {
    const chain = new Uint8Array(32);
    const other = new Uint8Array(32).fill(1);
    const body = utf8('body');
    const digests = [
      signingDigest('vote', chain, body),
      signingDigest('proposal', chain, body),
      signingDigest('vote', other, body),
      signingDigest('vote', chain, utf8('bodx')),
    ];
    assert.equal(new Set(digests.map(toHex)).size, digests.length);
  });
});

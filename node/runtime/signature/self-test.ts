import { fromHex, verifyAccountSignature, type KeyType, type SignatureCheck } from '#kernel';
import { signatureError } from './errors.ts';
import { verifySignature } from './verify-signature.ts';

interface SelfTestCase {
  readonly keyType: KeyType;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

const order8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';
const minusOne = 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';
const nonCanonicalZero = 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';
const zeros = '00'.repeat(32);

/** RFC 8032 section 7.1 test 3: an ordinary signature. */
const ordinary = {
  keyType: 'ed25519' as const,
  publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  message: 'af82',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};

/** Edge cases on which Ed25519 libraries differ, with the answer of ZIP-215. */
const ZIP_215: readonly SelfTestCase[] = [
  { ...ordinary, valid: true },
  { ...ordinary, message: 'af83', valid: false },
  { ...ordinary, publicKey: order8, message: '5a63617368', signature: minusOne + zeros, valid: true },
  { ...ordinary, publicKey: nonCanonicalZero, message: '5a63617368', signature: order8 + zeros, valid: true },
  // S = ℓ: the same point as S = 0, not reduced.
  {
    ...ordinary,
    publicKey: order8,
    message: '5a63617368',
    signature: `${minusOne}edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010`,
    valid: false,
  },
];

const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const r = '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8';
const lowS = '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5';
const highS = 'dbbd3162d46e9f9bef7feb87c16dc13b4f6568a87f4e83f728e2443ba586675c';

/** The key 1 over SHA-256 of "Satoshi Nakamoto", by RFC 6979. */
const satoshi = {
  keyType: 'secp256k1' as const,
  publicKey: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  message: 'a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e',
  signature: r + lowS,
};

/** Edge cases on which ECDSA libraries differ, with the answer of `verifySecp256k1`. */
const SECP256K1: readonly SelfTestCase[] = [
  { ...satoshi, valid: true },
  { ...satoshi, message: zeros, valid: false },
  { ...satoshi, signature: r + highS, valid: false },
  { ...satoshi, signature: zeros + lowS, valid: false },
  { ...satoshi, signature: r + zeros, valid: false },
  { ...satoshi, signature: r + order, valid: false },
  { ...satoshi, signature: order + lowS, valid: false },
  // There is no point with x = 5.
  { ...satoshi, publicKey: `02${'00'.repeat(31)}05`, valid: false },
  // The first byte of a point in the hybrid form.
  { ...satoshi, publicKey: satoshi.publicKey.replace(/^02/, '06'), valid: false },
];

/**
 * Checks at start that every path of this process decides the edge cases by the rules: a library update that
 * accepts another set of signatures must stop the node before it can split the network.
 *
 * @throws `signature.self-test-failed`
 */
export function signatureSelfTest(): void {
  for (const [index, { valid, keyType, ...text }] of [...ZIP_215, ...SECP256K1].entries()) {
    const check: SignatureCheck = {
      keyType,
      publicKey: fromHex(text.publicKey),
      digest: fromHex(text.message),
      signature: fromHex(text.signature),
    };
    const portable = verifyAccountSignature(keyType, check.publicKey, check.digest, check.signature);
    if (portable !== valid || verifySignature(check) !== valid) {
      throw signatureError(
        'self-test-failed',
        `the ${keyType} signature vector ${index} is ${valid ? 'valid' : 'invalid'} by the rule, but a library of this process says otherwise; do not run this build`,
        { vector: index, keyType },
      );
    }
  }
}

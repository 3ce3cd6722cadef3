import { fromHex, verifyZip215, type SignatureCheck } from '#kernel';
import { signatureError } from './errors.ts';
import { verifySignature } from './native-ed25519.ts';

const order8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';
const minusOne = 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';
const nonCanonicalZero = 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';
const zeros = '00'.repeat(32);

/** RFC 8032 section 7.1 test 3: an ordinary signature. */
const ordinary = {
  publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  message: 'af82',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};

/** Edge cases on which Ed25519 libraries differ, with the answer of ZIP-215. */
const CASES: readonly { publicKey: string; message: string; signature: string; valid: boolean }[] = [
  { ...ordinary, valid: true },
  { ...ordinary, message: 'af83', valid: false },
  { publicKey: order8, message: '5a63617368', signature: minusOne + zeros, valid: true },
  { publicKey: nonCanonicalZero, message: '5a63617368', signature: order8 + zeros, valid: true },
  // S = ℓ: the same point as S = 0, not reduced.
  {
    publicKey: order8,
    message: '5a63617368',
    signature: `${minusOne}edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010`,
    valid: false,
  },
];

/**
 * Checks at start that every path of this process decides the edge cases as ZIP-215 does: a library update
 * that accepts another set of signatures must stop the node before it can split the network.
 *
 * @throws `signature.self-test-failed`
 */
export function signatureSelfTest(): void {
  for (const [index, { publicKey, message, signature, valid }] of CASES.entries()) {
    const check: SignatureCheck = {
      publicKey: fromHex(publicKey),
      digest: fromHex(message),
      signature: fromHex(signature),
    };
    const portable = verifyZip215(check.publicKey, check.digest, check.signature);
    if (portable !== valid || verifySignature(check) !== valid) {
      throw signatureError(
        'self-test-failed',
        `signature vector ${index} is ${valid ? 'valid' : 'invalid'} by ZIP-215, but a library of this process says otherwise; do not run this build`,
        { vector: index },
      );
    }
  }
}

import { concatBytes, signingDigest, utf8, type SigningKey } from '#kernel';

/** There is no genesis hash yet when a validator declares itself. */
const NO_GENESIS = new Uint8Array(32);

/** What a proof of possession signs: operator, key and chain id, so that nobody can declare another's key. */
export function possessionDigest(publicKey: Uint8Array, operator: Uint8Array, chainId: string): Uint8Array {
  return signingDigest('possession', NO_GENESIS, concatBytes(operator, publicKey, utf8(chainId)));
}

/** Proof that whoever declares a consensus key holds it. */
export function makeProofOfPossession(key: SigningKey, operator: Uint8Array, chainId: string): Uint8Array {
  return key.sign(possessionDigest(key.publicKey, operator, chainId));
}

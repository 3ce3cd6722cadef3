import { addressOfKey, concatBytes, formatAddress, signingDigest, toHex, type SigningKey } from '#kernel';
import { canonicalPieces } from './canonical.ts';
import type { GenesisValidator } from './document.ts';
import { makeProofOfPossession } from './possession.ts';

/** There is no genesis hash yet when a validator declares itself. */
const NO_GENESIS = new Uint8Array(32);

/** What a founder declares beside the keys. */
export type DeclarationTerms = Pick<GenesisValidator, 'stake' | 'commission' | 'identity' | 'peer'>;

export interface DeclarationKeys {
  /** Signs blocks; proves its possession here. */
  readonly consensusKey: SigningKey;
  /** Controls the stake; signs the declaration. */
  readonly operatorKey: SigningKey;
}

/**
 * A validator's signed declaration for the genesis of a chain: the operator's signature covers every member, so
 * that nobody between the operator and the genesis can change a stake, a commission or a name.
 */
export function declareValidator(
  { consensusKey, operatorKey }: DeclarationKeys,
  { stake, commission, identity, peer }: DeclarationTerms,
  chainId: string,
): GenesisValidator {
  const operator = addressOfKey(operatorKey.type, operatorKey.publicKey);
  const unsigned = {
    operator: formatAddress(operator),
    operatorKey: { type: operatorKey.type, value: toHex(operatorKey.publicKey) },
    consensusKey: { type: 'ed25519' as const, value: toHex(consensusKey.publicKey) },
    proofOfPossession: toHex(makeProofOfPossession(consensusKey, operator, chainId)),
    stake,
    commission,
    identity,
    ...(peer !== undefined && { peer }),
  };
  return { ...unsigned, signature: toHex(operatorKey.sign(declarationDigest(chainId, unsigned))) };
}

/**
 * The digest that an operator signs: of the canonical JSON of chain id and declaration, whatever its members are,
 * without the signature itself.
 *
 * @param declaration an object as it was parsed
 */
export function declarationDigest(chainId: string, declaration: object): Uint8Array {
  const pieces = canonicalPieces({ chainId, declaration: { ...declaration, signature: undefined } });
  return signingDigest('declaration', NO_GENESIS, concatBytes(...pieces));
}

import { concatBytes, signingDigest } from '#kernel';
import type { StakePayload } from './stake-payloads.ts';
import type { TransactionPayload } from './transaction.ts';

/**
 * VAL-4: what a consensus key signs to show that its holder gives it to an operator of this chain: the operator's
 * address and the key, under the genesis hash. Nobody can register another's key, nor replay a proof elsewhere.
 */
export function keyPossessionDigest(
  genesisHash: Uint8Array,
  operator: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  return signingDigest('possession', genesisHash, concatBytes(operator, publicKey));
}

/** True for a payload of the validator context. */
export function isStakePayload(payload: TransactionPayload): payload is StakePayload {
  return payload.type !== 'transfer' && payload.type !== 'attest';
}

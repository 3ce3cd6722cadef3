import { ADDRESS_BYTES, HASH_BYTES, concatBytes } from '#kernel';

/**
 * First byte of a state key. Everything that the ledger knows is a leaf of one tree under such a key. Append
 * only. 16 to 31 are laid out for staking: a delegation is keyed by validator then delegator, an unbonding
 * entry by its end time then delegator, rewards by validator.
 */
export const STATE_TAGS = {
  account: 0,
  validator: 1,
  ledgerParameters: 2,
  consensusParameters: 3,
  proposerRotation: 4,
  attestation: 5,
  feePool: 6,
  delegation: 16,
  unbonding: 17,
  rewards: 18,
} as const;

const tagged = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(tag), ...parts);

/** Keys of the state: a tag, then parts of fixed length, so that no key is a prefix of another. */
export const stateKey = {
  account: (address: Uint8Array): Uint8Array => tagged(STATE_TAGS.account, address),
  /** @param operator 20-byte address of the operator */
  validator: (operator: Uint8Array): Uint8Array => tagged(STATE_TAGS.validator, operator),
  ledgerParameters: (): Uint8Array => tagged(STATE_TAGS.ledgerParameters),
  consensusParameters: (): Uint8Array => tagged(STATE_TAGS.consensusParameters),
  proposerRotation: (): Uint8Array => tagged(STATE_TAGS.proposerRotation),
  /** Attestations of one digest stand together. */
  attestation: (digest: Uint8Array, address: Uint8Array): Uint8Array =>
    tagged(STATE_TAGS.attestation, digest, address),
  feePool: (): Uint8Array => tagged(STATE_TAGS.feePool),
};

/** The address in an account's or validator's key. */
export function addressInKey(key: Uint8Array): Uint8Array {
  return key.slice(1, 1 + ADDRESS_BYTES);
}

/** First key of the attestations of a digest. */
export function attestationPrefix(digest: Uint8Array): Uint8Array {
  return tagged(STATE_TAGS.attestation, digest.subarray(0, HASH_BYTES));
}

/** Bounds of all keys of a tag. */
export function ofTag(tag: number): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: Uint8Array.of(tag), lt: Uint8Array.of(tag + 1) };
}

import { ADDRESS_BYTES, HASH_BYTES, bytesToUint64, concatBytes, uint64ToBytes } from '#kernel';
import { STAKE_TAGS } from '#services/validator';
import { OFFENCE_KINDS, type Offence } from './types.ts';

/**
 * First byte of a state key. Everything that the ledger knows is a leaf of one tree under such a key. Append
 * only. 1 and 16 to 31 are the validator context's.
 */
export const STATE_TAGS = {
  account: 0,
  validator: STAKE_TAGS.validator,
  ledgerParameters: 2,
  consensusParameters: 3,
  proposerRotation: 4,
  attestation: 5,
  feePool: 6,
  offence: 7,
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
  /** Offences of one validator stand together, by height. */
  offence: ({ validator, height, kind }: Pick<Offence, 'validator' | 'height' | 'kind'>): Uint8Array =>
    tagged(
      STATE_TAGS.offence,
      validator,
      uint64ToBytes(height),
      Uint8Array.of(OFFENCE_KINDS.indexOf(kind) + 1),
    ),
};

/** The address in an account's or validator's key. */
export function addressInKey(key: Uint8Array): Uint8Array {
  return key.slice(1, 1 + ADDRESS_BYTES);
}

/** Validator, height and kind in an offence's key; the kind is undefined for a number that no version wrote. */
export function offenceInKey(key: Uint8Array) {
  const validator = key.slice(1, 1 + ADDRESS_BYTES);
  const height = bytesToUint64(key, 1 + ADDRESS_BYTES);
  return { validator, height, kind: OFFENCE_KINDS[(key.at(-1) ?? 0) - 1] };
}

/** First key of the offences of a validator. */
export function offencePrefix(validator: Uint8Array): Uint8Array {
  return tagged(STATE_TAGS.offence, validator.subarray(0, ADDRESS_BYTES));
}

/** First key of the attestations of a digest. */
export function attestationPrefix(digest: Uint8Array): Uint8Array {
  return tagged(STATE_TAGS.attestation, digest.subarray(0, HASH_BYTES));
}

/** Bounds of all keys of a tag. */
export function ofTag(tag: number): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: Uint8Array.of(tag), lt: Uint8Array.of(tag + 1) };
}

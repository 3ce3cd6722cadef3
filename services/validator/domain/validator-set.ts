import { compareBytes, concatBytes, hash, toHex, uint64ToBytes } from '#kernel';
import { validatorError } from '../errors.ts';
import { TOTAL_POWER_MAX, VALIDATORS_MAX } from '../limits.ts';

/** A validator as consensus sees it. */
export interface Validator {
  /** 20-byte address of the consensus key: `addressOfKey('ed25519', publicKey)`. */
  readonly address: Uint8Array;
  /** 32-byte Ed25519 consensus key. */
  readonly publicKey: Uint8Array;
  /** Voting power, a positive integer; the sum of a set is at most `TOTAL_POWER_MAX`. */
  readonly power: number;
  /** 20-byte address of the account that controls the validator. */
  readonly operator: Uint8Array;
  readonly name: string;
}

/** The active validators of one height, ordered by power (largest first), then address. */
export interface ValidatorSet {
  readonly validators: readonly Validator[];
  readonly totalPower: number;
  /** 32-byte hash of keys and powers in order. */
  readonly hash: Uint8Array;
}

/**
 * Puts validators in their order and hashes them.
 *
 * @throws `validator.empty-set`, `validator.duplicate-validator`, `validator.invalid-power`
 */
export function makeValidatorSet(validators: readonly Validator[]): ValidatorSet {
  if (validators.length === 0)
    throw validatorError('empty-set', 'a validator set needs at least one validator');
  if (validators.length > VALIDATORS_MAX) {
    throw validatorError(
      'invalid-power',
      `${validators.length} validators; a set has at most ${VALIDATORS_MAX}`,
    );
  }
  const sorted = validators.toSorted((a, b) => b.power - a.power || compareBytes(a.address, b.address));
  let totalPower = 0;
  const seen = new Set<string>();
  for (const { address, power, name } of sorted) {
    if (!Number.isSafeInteger(power) || power <= 0 || power > TOTAL_POWER_MAX) {
      throw validatorError(
        'invalid-power',
        `the voting power of ${name || toHex(address)} is ${power}; it must be from 1 to 2^48`,
      );
    }
    if (seen.has(toHex(address))) {
      throw validatorError(
        'duplicate-validator',
        `the consensus key of ${name || toHex(address)} stands twice in the set`,
      );
    }
    seen.add(toHex(address));
    totalPower += power;
  }
  if (totalPower > TOTAL_POWER_MAX) {
    throw validatorError('invalid-power', `the voting power sums to ${totalPower}, more than 2^48`);
  }
  const members = sorted.map(({ publicKey, power }) => concatBytes(publicKey, uint64ToBytes(power)));
  return { validators: sorted, totalPower, hash: hash('validator-set', ...members) };
}

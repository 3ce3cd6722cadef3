import { ADDRESS_BYTES, addressOfKey, equalBytes, toHex } from '#kernel';
import { makeValidatorSet, type Validator, type ValidatorSet } from '#services/validator';
import { blockError } from '../errors.ts';
import type { LightParts } from './messages.ts';

/** What stands for an operator that nothing tells of; the name is empty then. */
const UNKNOWN_OPERATOR = new Uint8Array(ADDRESS_BYTES);

/** Whether operator and name of a member of a set came with nothing that proves them, and were left open. */
export function isNameless({ operator, name }: Pick<Validator, 'operator' | 'name'>): boolean {
  return name === '' && equalBytes(operator, UNKNOWN_OPERATOR);
}

/**
 * SYNC-10: the set of a hash out of keys and powers that a peer gave. Operators and names, which the hash does not
 * cover, are those of the set after it; whoever is not in that remains without.
 *
 * @throws `validator.*` for what is no set, `block.wrong-validator-set` for another
 */
export function pastValidators(
  members: LightParts['validators'],
  setHash: Uint8Array,
  after: ValidatorSet | undefined,
): ValidatorSet {
  const known = new Map(after?.validators.map((validator) => [toHex(validator.publicKey), validator]));
  const set = makeValidatorSet(
    members.map(({ publicKey, power }) => {
      const { operator, name } = known.get(toHex(publicKey)) ?? { operator: UNKNOWN_OPERATOR, name: '' };
      return { address: addressOfKey('ed25519', publicKey), publicKey, power, operator, name };
    }),
  );
  if (equalBytes(set.hash, setHash)) return set;
  throw blockError('wrong-validator-set', `the validators are ${toHex(set.hash)}, not ${toHex(setHash)}`);
}

import { addressOfKey, equalBytes, formatAddress, toHex, type CodedError } from '#kernel';
import type { RotateKeyPayload } from '#services/transaction';
import { validatorError } from '../../errors.ts';
import { SEATS, VALIDATORS } from '../records/tables.ts';
import { takeKey } from './consensus-key.ts';
import { findOwn, type OperationContext } from './context.ts';

/**
 * VAL-7: another consensus key, from the next set on. The old key stays the validator's for good: evidence of what it
 * signed, before the change or after, reaches the same stake.
 *
 * @returns `validator.not-operator`, `.exiting`, `.tombstoned`, `.rotation-pending`, `.key-used`
 */
export function rotateKey(
  context: OperationContext,
  { publicKey }: RotateKeyPayload,
): CodedError | undefined {
  const found = findOwn(context);
  if ('error' in found) return found.error;
  const { view, sender } = context;
  if (found.value.status === 'tombstoned') {
    return validatorError('tombstoned', 'the validator signed two blocks and is tombstoned for good');
  }
  const seat = view.get(SEATS, sender);
  if (
    seat !== undefined &&
    seat.current.power > 0 &&
    !equalBytes(seat.current.publicKey, found.value.publicKey)
  ) {
    return validatorError(
      'rotation-pending',
      'the key before this one is not in force yet: wait for the next rotation of the set',
    );
  }
  const refused = takeKey(view, sender, publicKey);
  if (refused !== undefined) return refused;
  view.set(VALIDATORS, { ...found.value, publicKey }, sender);
  view.emit('validator.key-rotated', {
    validator: formatAddress(sender),
    key: toHex(addressOfKey('ed25519', publicKey)),
  });
  return undefined;
}

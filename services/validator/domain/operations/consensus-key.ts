import { addressOfKey, isStrongEd25519Key, type CodedError } from '#kernel';
import { validatorError } from '../../errors.ts';
import { CONSENSUS_KEYS } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';

/** VAL-4: a key of small order would let anybody sign for its validator. @returns `validator.weak-key` */
export function checkKey(publicKey: Uint8Array): CodedError | undefined {
  if (isStrongEd25519Key(publicKey)) return undefined;
  return validatorError(
    'weak-key',
    'the consensus key is not an Ed25519 key of large order: anybody could sign for it',
  );
}

/**
 * VAL-4: takes a consensus key for a validator. A key serves once and for ever: whoever had it stays answerable for
 * what it signed. That its holder agrees was shown by the proof of possession that comes with it.
 *
 * @returns `validator.key-used`
 */
export function takeKey(
  view: StakeView,
  operator: Uint8Array,
  publicKey: Uint8Array,
): CodedError | undefined {
  const address = addressOfKey('ed25519', publicKey);
  if (view.get(CONSENSUS_KEYS, address) !== undefined) {
    return validatorError('key-used', 'the consensus key was used before: make a new one');
  }
  view.set(CONSENSUS_KEYS, { operator }, address);
  return undefined;
}

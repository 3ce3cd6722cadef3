import { addressOfKey } from '#kernel';
import type { Seat } from '../records/records.ts';
import { SEATS, VALIDATORS, addressIn } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';
import { makeValidatorSet, type ValidatorSet } from '../validator-set.ts';

/** Which of the sets that a seat knows. */
export type SetOf = 'current' | 'before';

/** The set that seats make. @throws `validator.empty-set` when no seat has power */
export function setOfSeats(
  seats: Iterable<{ readonly operator: Uint8Array; readonly seat: Seat; readonly name: string }>,
  which: SetOf,
): ValidatorSet {
  const validators = [];
  for (const { operator, seat, name } of seats) {
    const { publicKey, power } = seat[which];
    if (power === 0) continue;
    validators.push({ address: addressOfKey('ed25519', publicKey), publicKey, power, operator, name });
  }
  return makeValidatorSet(validators);
}

/** Every operator with a seat, in order. */
export function seatedOperators(view: StakeView): Uint8Array[] {
  return view.keysUnder(SEATS.prefixOf()).map((key) => addressIn(key, 0));
}

/** Every operator of a registered validator, in order. */
export function operators(view: StakeView): Uint8Array[] {
  return view.keysUnder(VALIDATORS.prefixOf()).map((key) => addressIn(key, 0));
}

export function setOfView(view: StakeView, which: SetOf): ValidatorSet {
  const seats = seatedOperators(view).map((operator) => {
    const seat = view.need(SEATS, operator);
    return { operator, seat, name: view.get(VALIDATORS, operator)?.identity.name ?? '' };
  });
  return setOfSeats(seats, which);
}

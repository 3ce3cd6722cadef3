import { kernelError } from './errors.ts';

/** Unsigned 128-bit integer in base units. */
export type Amount = bigint;

export const AMOUNT_MAX: Amount = 2n ** 128n - 1n;

/** @throws `kernel.amount-overflow` */
export function addAmounts(a: Amount, b: Amount): Amount {
  return checkAmount(a + b);
}

/** @throws `kernel.amount-overflow` when `b` exceeds `a` */
export function subtractAmounts(a: Amount, b: Amount): Amount {
  return checkAmount(a - b);
}

/** @throws `kernel.amount-overflow` */
export function multiplyAmount(a: Amount, factor: bigint): Amount {
  return checkAmount(a * factor);
}

function checkAmount(value: bigint): Amount {
  if (value < 0n || value > AMOUNT_MAX) {
    throw kernelError('amount-overflow', `${value} is outside 0 to 2^128 - 1`, { value: value.toString() });
  }
  return value;
}

/**
 * Amount of its text form: decimal digits without sign, separators or leading zeros.
 *
 * @throws `kernel.malformed-amount`
 */
export function parseAmount(text: string): Amount {
  if (!/^(0|[1-9][0-9]{0,38})$/.test(text)) {
    throw kernelError(
      'malformed-amount',
      `"${text.slice(0, 60)}" is not an amount: give decimal digits in base units`,
    );
  }
  const value = BigInt(text);
  if (value > AMOUNT_MAX) throw kernelError('malformed-amount', `${text} is more than 2^128 - 1 base units`);
  return value;
}

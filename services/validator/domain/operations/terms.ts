import { utf8, type CodedError } from '#kernel';
import { validatorError } from '../../errors.ts';
import { IDENTITY_TEXT_BYTES_MAX, NAME_BYTES_MAX } from '../../limits.ts';
import { BASIS_POINTS } from '../arithmetic.ts';
import type { Commission, Identity } from '../records/records.ts';

/** Control characters, and those that turn the direction of what is shown: they make one name look like another. */
// oxlint-disable-next-line no-control-regex
const UNSHOWN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** VAL-2 @returns `validator.malformed-identity` */
export function checkIdentity(identity: Identity): CodedError | undefined {
  for (const [member, text] of Object.entries(identity) as [keyof Identity, string][]) {
    const limit = member === 'name' ? NAME_BYTES_MAX : IDENTITY_TEXT_BYTES_MAX;
    if (!text.isWellFormed() || UNSHOWN.test(text))
      return malformed(member, 'holds characters that cannot be shown');
    if (utf8(text).length > limit) return malformed(member, `takes more than ${limit} bytes`);
  }
  if (identity.name.trim() === '') return malformed('name', 'is empty');
  return undefined;
}

function malformed(member: string, why: string): CodedError {
  return validatorError('malformed-identity', `the ${member} of the validator ${why}`, { member });
}

/** VAL-3 @returns `validator.commission-range` */
export function checkCommission({ rate, maxRate, maxDailyChange }: Commission): CodedError | undefined {
  const points = [rate, maxRate, maxDailyChange];
  const isInRange = points.every(
    (value) => Number.isSafeInteger(value) && value >= 0 && value <= BASIS_POINTS,
  );
  if (isInRange && rate <= maxRate) return undefined;
  return validatorError(
    'commission-range',
    `rate ${rate}, largest rate ${maxRate} and largest daily change ${maxDailyChange} must be from 0 to 10,000 basis points, the first at most the second`,
    { rate, maxRate, maxDailyChange },
  );
}

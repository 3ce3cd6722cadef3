import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '#kernel';

/** The operating system's randomness. */
export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  integer: (maxExclusive) => (maxExclusive <= 1 ? 0 : randomInt(maxExclusive)),
};

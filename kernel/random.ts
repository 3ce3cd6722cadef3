/** Randomness as a port: the system's in production, seeded in simulation. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
  /** Uniform integer from 0 to `maxExclusive` - 1, `maxExclusive` at most 2^32. */
  integer(maxExclusive: number): number;
}

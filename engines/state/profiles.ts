import type { StateFamily, StateProfile } from './port.ts';

const MIB = 2 ** 20;

interface FamilyMemory {
  readonly writeBufferSize: number;
  readonly maxWriteBufferNumber: number;
}

interface Profile {
  readonly database: { readonly maxBackgroundJobs: number; readonly maxOpenFiles: number };
  readonly families: (family: StateFamily) => FamilyMemory;
}

/** Holds a few keys, or none. */
const SMALL_FAMILY: FamilyMemory = { writeBufferSize: 2 * MIB, maxWriteBufferNumber: 2 };
const SMALL: ReadonlySet<StateFamily> = new Set<StateFamily>(['meta', 'evidence']);

/**
 * Memory and background work. The target file size of 64 MiB is RocksDB's default, which the binding does not
 * let us change; nor does it offer compression or the size of the block cache.
 */
export const PROFILES: Readonly<Record<StateProfile, Profile>> = {
  local: {
    database: { maxBackgroundJobs: 2, maxOpenFiles: 256 },
    families: (family) =>
      SMALL.has(family) ? SMALL_FAMILY : { writeBufferSize: 8 * MIB, maxWriteBufferNumber: 2 },
  },
  production: {
    database: { maxBackgroundJobs: 6, maxOpenFiles: -1 },
    families: (family) =>
      SMALL.has(family) ? SMALL_FAMILY : { writeBufferSize: 128 * MIB, maxWriteBufferNumber: 3 },
  },
};

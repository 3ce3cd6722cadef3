/** UTF-8 bytes of the name of a lease, of a holder, and of the key of a record; none is empty. */
export const NAME_BYTES_MAX = 256;
/** Bytes of a record's value. */
export const VALUE_BYTES_MAX = 4_096;
/** Leases and records that an engine holds. */
export const LEASES_MAX = 1_024;
export const RECORDS_MAX = 4_096;
/** Calls that wait for the ones before them. */
export const PENDING_MAX = 1_024;
/** Time to live of a lease. */
export const TTL_MS_MIN = 100;
export const TTL_MS_MAX = 3_600_000;

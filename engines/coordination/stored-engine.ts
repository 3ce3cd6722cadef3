import type { StateEngine } from '#engines/state';
import { concatBytes, fromUtf8, utf8, type Clock } from '#kernel';
import {
  counterCodec,
  decodeLease,
  decodeStored,
  encodeLease,
  recordCodec,
  type StoredLease,
} from './encodings.ts';
import { coordinationError } from './errors.ts';
import {
  LEASES_MAX,
  NAME_BYTES_MAX,
  PENDING_MAX,
  RECORDS_MAX,
  TTL_MS_MAX,
  TTL_MS_MIN,
  VALUE_BYTES_MAX,
} from './limits.ts';
import type {
  Acquisition,
  CoordinationEngine,
  CoordinationRecord,
  Fence,
  Lease,
  LeaseState,
} from './port.ts';

/** The family of the key-value engine that everything is kept in. */
const FAMILY = 'meta';
/** First byte of a key. Append only. */
const COUNTER_KEY = Uint8Array.of(0);
const LEASE_TAG = 1;
const RECORD_TAG = 2;

/** A lease while the engine is open. */
interface LiveLease extends StoredLease {
  /** Monotonic time of the engine's clock. */
  endsAtMs: number;
}

/**
 * The embedded coordination engine, on a key-value engine of its own. The one process that has it open is the one
 * clock; leases that were stored begin their time anew when it is opened, as etcd does when its leader changes: nobody
 * loses a lease to a restart of the engine, and whoever waits for one waits once more.
 *
 * @throws `engine.coordination.corrupt`, and what reading throws
 */
export async function openStoredCoordination(store: StateEngine, clock: Clock): Promise<CoordinationEngine> {
  const counter = await store.get(FAMILY, COUNTER_KEY);
  const revision = counter === undefined ? 0 : decodeStored(counterCodec, counter).revision;
  const leases = new Map<string, LiveLease>();
  for await (const { key, value } of store.range(FAMILY, rangeOf(LEASE_TAG))) {
    const lease = decodeLease(value);
    leases.set(fromUtf8(key.subarray(1)), { ...lease, endsAtMs: clock.monotonic() + lease.ttlMs });
  }
  const records = new Set<string>();
  for await (const { key } of store.range(FAMILY, rangeOf(RECORD_TAG)))
    records.add(fromUtf8(key.subarray(1)));
  return new StoredCoordination({ store, clock, revision, leases, records });
}

class StoredCoordination implements CoordinationEngine {
  readonly #store: StateEngine;
  readonly #clock: Clock;
  readonly #leases: Map<string, LiveLease>;
  readonly #records: Set<string>;
  #revision: number;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(init: {
    store: StateEngine;
    clock: Clock;
    revision: number;
    leases: Map<string, LiveLease>;
    records: Set<string>;
  }) {
    this.#store = init.store;
    this.#clock = init.clock;
    this.#revision = init.revision;
    this.#leases = init.leases;
    this.#records = init.records;
  }

  acquire(name: string, holder: string, ttlMs: number): Promise<Acquisition> {
    return this.#inTurn(async () => {
      requireName(name, 'the name of a lease');
      requireName(holder, 'the holder of a lease');
      requireTtl(ttlMs);
      const current = this.#live(name);
      if (current !== undefined && current.holder !== holder) {
        return { kind: 'held', by: this.#stateOf(name, current) };
      }
      if (!this.#leases.has(name)) await this.#makeRoom();
      const token = this.#revision + 1;
      await this.#write(token, keyOf(LEASE_TAG, name), encodeLease({ holder, token, ttlMs }));
      this.#leases.set(name, { holder, token, ttlMs, endsAtMs: this.#clock.monotonic() + ttlMs });
      return { kind: 'granted', lease: { name, token } };
    });
  }

  renew(lease: Lease): Promise<void> {
    return this.#inTurn(async () => {
      const current = this.#requireHeld(lease);
      current.endsAtMs = this.#clock.monotonic() + current.ttlMs;
    });
  }

  release({ name, token }: Lease): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#leases.get(name)?.token === token) await this.#forget(name);
    });
  }

  holder(name: string): Promise<LeaseState | undefined> {
    return this.#inTurn(async () => {
      const current = this.#live(name);
      return current === undefined ? undefined : this.#stateOf(name, current);
    });
  }

  get(key: string): Promise<CoordinationRecord | undefined> {
    return this.#inTurn(async () => {
      requireName(key, 'the key of a record');
      return this.#read(key);
    });
  }

  put(key: string, value: Uint8Array, { lease, revision }: Fence): Promise<number> {
    return this.#inTurn(async () => {
      requireName(key, 'the key of a record');
      requireValue(value);
      const found = (await this.#read(key))?.revision ?? 0;
      if (found === 0 && this.#records.size >= RECORDS_MAX) throw tooMany('records', RECORDS_MAX);
      // Last of all checks: from here to the write nobody else is served.
      this.#requireHeld(lease);
      if (found !== revision) throw conflict(key, revision, found);
      const next = this.#revision + 1;
      await this.#write(next, keyOf(RECORD_TAG, key), recordCodec.encode({ revision: next, value }));
      this.#records.add(key);
      return next;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#tail.then(() => this.#store.close());
    return this.#closing;
  }

  /** One call after the other: that is what makes check and write one step. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#closing !== undefined) {
      return Promise.reject(coordinationError('closed', 'the coordination engine is closed'));
    }
    if (this.#pending >= PENDING_MAX) return Promise.reject(tooMany('calls that wait', PENDING_MAX));
    this.#pending++;
    const result = this.#tail.then(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      return work();
    });
    this.#tail = result
      .catch(() => undefined)
      .finally(() => {
        this.#pending--;
      });
    return result;
  }

  async #read(key: string): Promise<CoordinationRecord | undefined> {
    const bytes = await this.#store.get(FAMILY, keyOf(RECORD_TAG, key));
    return bytes === undefined ? undefined : decodeStored(recordCodec, bytes);
  }

  /** The lease of the name while its time lasts. */
  #live(name: string): LiveLease | undefined {
    const lease = this.#leases.get(name);
    return lease === undefined || this.#clock.monotonic() >= lease.endsAtMs ? undefined : lease;
  }

  #requireHeld({ name, token }: Lease): LiveLease {
    const current = this.#live(name);
    if (current?.token === token) return current;
    throw coordinationError(
      'lease-lost',
      `the lease ${JSON.stringify(name.slice(0, 100))} with token ${token} is over; acquire it again before anything else`,
      { token, current: current?.token ?? null },
    );
  }

  #stateOf(name: string, { holder, token, endsAtMs }: LiveLease): LeaseState {
    return { name, token, holder, remainingMs: Math.max(0, Math.ceil(endsAtMs - this.#clock.monotonic())) };
  }

  /** Leases that ended make room for new ones. */
  async #makeRoom(): Promise<void> {
    if (this.#leases.size < LEASES_MAX) return;
    const over = [...this.#leases.keys()].find((name) => this.#live(name) === undefined);
    if (over === undefined) throw tooMany('leases', LEASES_MAX);
    await this.#forget(over);
  }

  async #forget(name: string): Promise<void> {
    await this.#write(this.#revision + 1, keyOf(LEASE_TAG, name), undefined);
    this.#leases.delete(name);
  }

  /** Counter and change in one synced batch: a token is never given twice. */
  async #write(revision: number, key: Uint8Array, value: Uint8Array | undefined): Promise<void> {
    const batch = this.#store.batch();
    batch.put(FAMILY, COUNTER_KEY, counterCodec.encode({ revision }));
    if (value === undefined) batch.delete(FAMILY, key);
    else batch.put(FAMILY, key, value);
    try {
      await this.#store.write(batch, { sync: true });
    } catch (cause) {
      // What a failed write left behind is unknown: nothing may be promised on top of it.
      this.#failure = coordinationError(
        'failed',
        `the coordination engine cannot write: ${cause instanceof Error ? cause.message : String(cause)}; check the disk, then start again`,
        {},
        { cause },
      );
      throw this.#failure;
    }
    this.#revision = revision;
  }
}

function keyOf(tag: number, name: string): Uint8Array {
  return concatBytes(Uint8Array.of(tag), utf8(name));
}

function rangeOf(tag: number): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: Uint8Array.of(tag), lt: Uint8Array.of(tag + 1) };
}

function requireName(name: string, what: string): void {
  const { length } = utf8(name);
  if (length > 0 && length <= NAME_BYTES_MAX && name.isWellFormed()) return;
  throw coordinationError(
    'out-of-bounds',
    `${what} has 1 to ${NAME_BYTES_MAX} bytes of text, not ${length}`,
    {
      bytes: length,
    },
  );
}

function requireTtl(ttlMs: number): void {
  if (Number.isInteger(ttlMs) && ttlMs >= TTL_MS_MIN && ttlMs <= TTL_MS_MAX) return;
  throw coordinationError('out-of-bounds', `a lease lasts ${TTL_MS_MIN} to ${TTL_MS_MAX} ms, not ${ttlMs}`);
}

function requireValue({ length }: Uint8Array): void {
  if (length <= VALUE_BYTES_MAX) return;
  throw coordinationError('out-of-bounds', `a record has at most ${VALUE_BYTES_MAX} bytes, not ${length}`, {
    bytes: length,
  });
}

function tooMany(what: string, max: number) {
  return coordinationError(
    'too-many',
    `the coordination engine has ${max} ${what} already; try again later`,
    { max },
  );
}

function conflict(key: string, expected: number, found: number) {
  return coordinationError(
    'revision-conflict',
    `the record ${JSON.stringify(key.slice(0, 100))} is at revision ${found}, not at ${expected}; read it again`,
    { expected, found },
  );
}

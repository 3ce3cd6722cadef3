import { AMOUNT_MAX, invariant, toHex, type Amount, type CodedError } from '#kernel';
import type { Table } from './records/tables.ts';

/** Something that happened, for whoever watches: text attributes in a fixed order. */
export interface StakeEvent {
  /** Dotted name: `validator.jailed`, `stake.bonded`. */
  readonly type: string;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** The balances that the rules move, all of them at hand. */
export interface Balances {
  balanceOf(address: Uint8Array): Amount;
  setBalance(address: Uint8Array, balance: Amount): void;
}

/** A record that was brought to hand, or that is known to be absent. */
export interface AtHand {
  readonly key: Uint8Array;
  readonly value: unknown;
}

/** A record that the rules changed; without bytes it is removed. */
export interface RecordChange {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array | undefined;
  /** The record as the rules see it. */
  readonly value: unknown;
}

interface Written {
  readonly key: Uint8Array;
  readonly value: unknown;
  readonly encode: () => Uint8Array;
}

type Ids<Of> = Of extends Table<infer Id, infer _> ? Id : never;
type ValueOf<Of> = Of extends Table<infer _, infer Value> ? Value : never;
/** Any table, to read the type of its ids and values from. */
interface AnyTable {
  readonly name: string;
  readonly keyOf: (...id: never) => Uint8Array;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/**
 * The records that a block reads and writes: what was brought to hand before, and over it what the rules changed. The
 * rules run without I/O on it; who made it writes the changes. A record that nobody brought to hand is a fault of the
 * software, not an absent one.
 */
export class StakeView {
  readonly #base: ReadonlyMap<string, AtHand>;
  readonly #brought = new Map<string, AtHand>();
  readonly #isWhole: (key: Uint8Array) => boolean;
  readonly #written = new Map<string, Written>();
  readonly #balances: Balances;
  readonly #moved = new Map<string, { readonly address: Uint8Array; readonly balance: Amount }>();
  #undo: (() => void)[] | undefined;
  #events: StakeEvent[] = [];

  /**
   * @param base records that are at hand, by the hex of their key; not changed here
   * @param isWhole for keys of which there is nothing but what is in `base`
   */
  constructor(
    base: ReadonlyMap<string, AtHand>,
    balances: Balances,
    isWhole: (key: Uint8Array) => boolean = () => false,
  ) {
    this.#base = base;
    this.#balances = balances;
    this.#isWhole = isWhole;
  }

  /** Adds a record to those at hand; what the rules wrote stays. */
  bring(record: AtHand): void {
    this.#brought.set(toHex(record.key), record);
  }

  /** True for a key whose record was brought to hand, or is known to be absent. */
  has(key: Uint8Array): boolean {
    const name = toHex(key);
    return this.#brought.has(name) || this.#base.has(name) || this.#isWhole(key);
  }

  get<Of extends AnyTable>(of: Of, ...id: Ids<Of>): ValueOf<Of> | undefined {
    const key = keyIn(of, id);
    const name = toHex(key);
    const written = this.#written.get(name);
    if (written !== undefined) return written.value as ValueOf<Of> | undefined;
    const found = this.#brought.get(name) ?? this.#base.get(name);
    if (found === undefined && !this.#isWhole(key))
      invariant(false, `the record ${of.name} ${name} was brought to hand`);
    return found?.value as ValueOf<Of> | undefined;
  }

  /** A record that must be there. */
  need<Of extends AnyTable>(of: Of, ...id: Ids<Of>): ValueOf<Of> {
    const value = this.get(of, ...id);
    if (value === undefined) invariant(false, `there is a ${of.name} ${toHex(keyIn(of, id))}`);
    return value;
  }

  set<Of extends AnyTable>(of: Of, value: ValueOf<Of>, ...id: Ids<Of>): void {
    const encode = of.encode as (value: unknown) => Uint8Array;
    this.#write(keyIn(of, id), value, () => encode(value));
  }

  delete<Of extends AnyTable>(of: Of, ...id: Ids<Of>): void {
    this.#write(keyIn(of, id), undefined, () => new Uint8Array(0));
  }

  #write(key: Uint8Array, value: unknown, encode: () => Uint8Array): void {
    const name = toHex(key);
    const before = this.#written.get(name);
    this.#undo?.push(() => {
      if (before === undefined) this.#written.delete(name);
      else this.#written.set(name, before);
    });
    this.#written.set(name, { key, value, encode });
  }

  /** Keys of records that are there and begin with a prefix, in order; who made the view brought all of them. */
  keysUnder(prefix: Uint8Array): Uint8Array[] {
    const start = toHex(prefix);
    const keys = new Map<string, Uint8Array>();
    for (const records of [this.#base, this.#brought])
      for (const [name, { key, value }] of records)
        if (value !== undefined && name.startsWith(start)) keys.set(name, key);
    for (const [name, { key, value }] of this.#written) {
      if (!name.startsWith(start)) continue;
      if (value === undefined) keys.delete(name);
      else keys.set(name, key);
    }
    return [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
  }

  balanceOf(address: Uint8Array): Amount {
    return this.#moved.get(toHex(address))?.balance ?? this.#balances.balanceOf(address);
  }

  /** Gives to an account; the supply fits an amount, and with it every balance. */
  credit(address: Uint8Array, amount: Amount): void {
    invariant(amount >= 0n, 'what is given is not negative');
    if (amount > 0n) this.#setBalance(address, this.balanceOf(address) + amount);
  }

  /** Takes from an account what it was seen to have. */
  debit(address: Uint8Array, amount: Amount): void {
    const balance = this.balanceOf(address);
    invariant(amount >= 0n && amount <= balance, 'what is taken is there');
    this.#setBalance(address, balance - amount);
  }

  #setBalance(address: Uint8Array, balance: Amount): void {
    invariant(balance <= AMOUNT_MAX, 'a balance is an amount');
    const name = toHex(address);
    const before = this.#moved.get(name);
    this.#undo?.push(() => {
      if (before === undefined) this.#moved.delete(name);
      else this.#moved.set(name, before);
    });
    this.#moved.set(name, { address, balance });
    if (this.#undo === undefined) this.#settleBalances();
  }

  #settleBalances(): void {
    for (const { address, balance } of this.#moved.values()) this.#balances.setBalance(address, balance);
    this.#moved.clear();
  }

  emit(type: string, attributes: Readonly<Record<string, string>>): void {
    this.#events.push({
      type,
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
    });
  }

  /** What happened since this was last asked. */
  takeEvents(): StakeEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Runs an operation: all of it takes effect, or, when it gives an error, nothing. */
  attempt(operation: () => CodedError | undefined): CodedError | undefined {
    const events = this.#events.length;
    this.#undo = [];
    const error = operation();
    const undo = this.#undo;
    this.#undo = undefined;
    if (error === undefined) {
      this.#settleBalances();
      return undefined;
    }
    for (const step of undo.toReversed()) step();
    this.#events.length = events;
    return error;
  }

  /** Everything that the rules changed, encoded. */
  changes(): RecordChange[] {
    return [...this.#written.values()].map(({ key, value, encode }) => ({
      key,
      bytes: value === undefined ? undefined : encode(),
      value,
    }));
  }
}

function keyIn(of: AnyTable, id: readonly (Uint8Array | number)[]): Uint8Array {
  const keyOf = of.keyOf as (...id: readonly (Uint8Array | number)[]) => Uint8Array;
  return keyOf(...id);
}

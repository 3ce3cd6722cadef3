import { fromHex, parseAddress, parseAmount, type CodedError } from '#kernel';
import { lightError } from '../errors.ts';

/**
 * LIGHT-17: reads the JSON of a node member by member. What is not as expected is `light.malformed-answer`; members
 * that nobody asked about are left alone.
 */
export class JsonReader {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = 'the answer') {
    this.#value = value;
    this.#path = path;
  }

  get isNull(): boolean {
    return this.#value === null || this.#value === undefined;
  }

  member(name: string): JsonReader {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#not('an object');
    const held = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonReader(held, `${this.#path}.${name}`);
  }

  items(countMax: number): JsonReader[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length > countMax) throw this.#not(`a list of at most ${countMax}`);
    return value.map((item, index) => new JsonReader(item, `${this.#path}[${index}]`));
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.#not('a text');
    return this.#value;
  }

  /** A whole number from 0. */
  count(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.#not('a count');
    return value;
  }

  /** @param length bytes; any number when it is left out */
  bytes(length?: number): Uint8Array {
    return this.#read('hexadecimal bytes', (text) => fromHex(text, length));
  }

  address(): Uint8Array {
    return this.#read('an address', parseAddress);
  }

  amount(): bigint {
    return this.#read('an amount', parseAmount);
  }

  /** Unix milliseconds of an RFC 3339 time in the one form that nodes write. */
  time(): number {
    return this.#read('a time', (text) => {
      const timeMs = Date.parse(text);
      if (Number.isNaN(timeMs) || timeMs < 0 || new Date(timeMs).toISOString() !== text) {
        throw new RangeError('not in the form');
      }
      return timeMs;
    });
  }

  /** As it is, for readers of their own. */
  raw(): unknown {
    return this.#value;
  }

  #read<Value>(what: string, parse: (text: string) => Value): Value {
    const text = this.text();
    try {
      return parse(text);
    } catch {
      throw this.#not(what);
    }
  }

  #not(what: string): CodedError {
    return lightError('malformed-answer', `${this.#path} is not ${what}`);
  }
}

import { fromHex, isCodedError, parseAddress, parseAmount, utf8 } from '#kernel';
import { pointer, type Findings } from '../report/findings.ts';

/** Members of an object that was found to be one. */
export type Members = Readonly<Record<string, unknown>>;

/** Reads values of a document, noting what is wrong with its place; undefined stands for what cannot be used. */
export class ValueReader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  object(
    value: unknown,
    path: string,
    names: readonly string[],
    optional: readonly string[] = [],
  ): Members | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.findings.add('genesis.wrong-type', path, `expected an object, found ${kindOf(value)}`);
      return undefined;
    }
    for (const name of Object.keys(value)) {
      if (names.includes(name) || optional.includes(name)) continue;
      this.findings.add(
        'genesis.unknown-member',
        pointer(path, name),
        `there is no member "${name.slice(0, 80)}" here; known are ${[...names, ...optional].join(', ')}`,
      );
    }
    for (const name of names) {
      if (!Object.hasOwn(value, name))
        this.findings.add('genesis.missing-member', path, `the member "${name}" is missing`);
    }
    return value as Members;
  }

  list(members: Members, name: string, path: string): readonly unknown[] {
    const value = own(members, name);
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.#wrongType(members, name, path, 'a list');
    return [];
  }

  text(members: Members, name: string, path: string, maxBytes: number): string | undefined {
    const value = own(members, name);
    if (typeof value !== 'string') return this.#wrongType(members, name, path, 'a text');
    // A character takes at most three bytes: most texts need no count.
    if (value.length * 3 <= maxBytes) return value;
    const bytes = utf8(value).length;
    if (bytes <= maxBytes) return value;
    this.findings.add(
      'genesis.text-length',
      pointer(path, name),
      `the text takes ${bytes} bytes; at most ${maxBytes} are accepted`,
    );
    return undefined;
  }

  integer(members: Members, name: string, path: string): number | undefined {
    const value = own(members, name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    return this.#wrongType(members, name, path, 'a whole number');
  }

  amount(members: Members, name: string, path: string): bigint | undefined {
    const value = own(members, name);
    if (typeof value !== 'string') return this.#wrongType(members, name, path, 'decimal text');
    return this.#attempt(parseAmount, value, 'genesis.amount', path, name);
  }

  address(members: Members, name: string, path: string): Uint8Array | undefined {
    const value = own(members, name);
    if (typeof value !== 'string') return this.#wrongType(members, name, path, 'an address');
    return this.#attempt(parseAddress, value, 'genesis.address', path, name);
  }

  /** Lower-case hex of `length` bytes. */
  hex(members: Members, name: string, path: string, length: number): Uint8Array | undefined {
    const value = own(members, name);
    if (typeof value !== 'string' || value !== value.toLowerCase()) {
      return this.#wrongType(members, name, path, `${length * 2} lower-case hexadecimal digits`);
    }
    return this.#attempt((text) => fromHex(text, length), value, 'genesis.wrong-type', path, name);
  }

  #attempt<Value>(
    read: (text: string) => Value,
    text: string,
    rule: 'genesis.amount' | 'genesis.address' | 'genesis.wrong-type',
    path: string,
    name: string,
  ): Value | undefined {
    try {
      return read(text);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      this.findings.add(rule, pointer(path, name), error.message);
      return undefined;
    }
  }

  #wrongType(members: Members, name: string, path: string, wanted: string): undefined {
    // A missing member was noted where its object was read.
    if (!Object.hasOwn(members, name)) return undefined;
    this.findings.add(
      'genesis.wrong-type',
      pointer(path, name),
      `expected ${wanted}, found ${kindOf(members[name])}`,
    );
    return undefined;
  }
}

/** A member that is the object's own: `__proto__` and the like are names as any other. */
export function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

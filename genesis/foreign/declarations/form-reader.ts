import { pointer, type Findings } from '../../report/findings.ts';
import { readBase64, shown } from '../encoding.ts';
import { isKey, readKey, unknownTypeOf, type ForeignKey } from '../keys.ts';
import { formatDecimal, readDecimal, readInteger, readUint64 } from '../numbers.ts';
import { isShape, type Shape } from '../shape.ts';

/** A part of a genesis transaction that stands in the way of checking its signature. */
export interface Obstacle {
  readonly path: string;
  readonly reason: string;
}

/**
 * Reads the members of one genesis transaction strictly. Three things are kept apart: what is wrong (a finding, and
 * `isFaulty`), what is left out (a warning: readers take the default for it), and what is not known here (an
 * obstacle: the transaction may well be right on the chain that it is for).
 */
export class FormReader {
  readonly obstacles: Obstacle[] = [];
  isFaulty = false;
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  fault(path: string, message: string): undefined {
    this.isFaulty = true;
    this.#findings.add('foreign.genesis-transaction', path, message);
    return undefined;
  }

  obstacle(path: string, reason: string): undefined {
    this.obstacles.push({ path, reason });
    return undefined;
  }

  /** Says that a value is understood, but that it is not how the SDK writes it. */
  form(path: string, value: unknown, usual: string): void {
    this.#findings.add('foreign.signed-form', path, `${shown(value)} stands for ${usual}`);
  }

  /** An object with these members: what is missing of `names` is said, what stands in neither list is an obstacle. */
  object(
    value: unknown,
    path: string,
    names: readonly string[],
    optional: readonly string[] = [],
  ): Shape | undefined {
    if (!isShape(value)) return this.fault(path, `expected an object, found ${shown(value)}`);
    for (const name of Object.keys(value)) {
      if (names.includes(name) || optional.includes(name)) continue;
      this.obstacle(pointer(path, name), `the standard message has no member "${name.slice(0, 80)}"`);
    }
    for (const name of names) {
      if (!Object.hasOwn(value, name))
        this.#findings.add(
          'foreign.missing-member',
          pointer(path, name),
          `the member "${name}" is left out; it is taken for empty`,
        );
    }
    return value;
  }

  /** The member's list; none for null. */
  list(members: Shape, name: string, path: string): readonly unknown[] {
    const value = own(members, name);
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value as unknown[];
    this.fault(pointer(path, name), `expected a list, found ${shown(value)}`);
    return [];
  }

  text(members: Shape, name: string, path: string): string | undefined {
    const value = own(members, name);
    if (value === undefined || typeof value === 'string') return value;
    return this.fault(pointer(path, name), `expected a text, found ${shown(value)}`);
  }

  /** Unsigned 64-bit integer as text; protobuf-JSON may have a number in its place, which no tool writes. */
  uint64(members: Shape, name: string, path: string, acceptsNumber = false): bigint | undefined {
    const value = own(members, name);
    if (value === undefined) return undefined;
    const integer = typeof value === 'string' || acceptsNumber ? readUint64(value) : undefined;
    if (integer === undefined)
      return this.fault(pointer(path, name), `${shown(value)} is not a whole number of 64 bits as text`);
    if (typeof value === 'number') this.form(pointer(path, name), value, `"${integer}"`);
    return integer;
  }

  /** Non-negative integer of any size as text. */
  amount(members: Shape, name: string, path: string): bigint | undefined {
    const value = own(members, name);
    const integer = typeof value === 'string' ? readInteger(value) : undefined;
    if (integer !== undefined && integer >= 0n && integer < 2n ** 256n) return integer;
    return this.fault(pointer(path, name), `${shown(value)} is not a whole amount as text`);
  }

  /** An `sdk.Dec`, in units of 10^-18. */
  decimal(members: Shape, name: string, path: string): bigint | undefined {
    const value = own(members, name);
    const atoms = readDecimal(value);
    if (atoms === undefined || atoms < 0n)
      return this.fault(pointer(path, name), `${shown(value)} is not a decimal number as text`);
    if (value !== formatDecimal(atoms)) this.form(pointer(path, name), value, formatDecimal(atoms));
    return atoms;
  }

  base64(value: unknown, path: string): Uint8Array | undefined {
    const bytes = typeof value === 'string' ? readBase64(value) : undefined;
    return bytes ?? this.fault(path, `${shown(value)} is not base64 in its canonical form`);
  }

  key(value: unknown, path: string): ForeignKey | undefined {
    const key = readKey(value);
    if (!isKey(key)) {
      return this.fault(
        key.at.reduce<string>((at, step) => pointer(at, step), path),
        key.reason,
      );
    }
    const unknown = unknownTypeOf(key);
    if (unknown !== undefined)
      this.obstacle(path, `keys of the type ${unknown.slice(0, 80)} are not known here`);
    for (const name of isShape(value) ? Object.keys(value) : []) {
      if (!KEY_MEMBERS.includes(name) && unknown === undefined)
        this.obstacle(pointer(path, name), `a public key has no member "${name.slice(0, 80)}"`);
    }
    return key;
  }

  coin(value: unknown, path: string): { denom: string; amount: bigint } | undefined {
    const members = this.object(value, path, ['denom', 'amount']);
    if (members === undefined) return undefined;
    const denom = this.text(members, 'denom', path);
    const amount = this.amount(members, 'amount', path);
    return amount === undefined ? undefined : { denom: denom ?? '', amount };
  }

  coins(members: Shape, name: string, path: string): { denom: string; amount: bigint }[] {
    return this.list(members, name, path).flatMap(
      (coin, i) => this.coin(coin, pointer(pointer(path, name), i)) ?? [],
    );
  }
}

const KEY_MEMBERS = ['type', 'value', '@type', 'key', 'threshold', 'public_keys'];

/** A member that is the object's own. */
export function own(members: Shape, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

import { bech32 } from '@scure/base';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '#kernel';
import type { Findings } from '../report/findings.ts';
import { readBech32, shown } from './encoding.ts';

/** An address that was read. */
export interface ForeignAddress {
  readonly text: string;
  readonly prefix: string;
  /** 20 or 32 bytes. */
  readonly bytes: Uint8Array;
}

const ADDRESS_LENGTH_MAX = 120;

/** Reads a bech32 address of any prefix, of 20 or 32 bytes. */
export function readAddress(
  value: unknown,
  path: () => string,
  findings: Findings,
): ForeignAddress | undefined {
  if (typeof value !== 'string') {
    findings.add('foreign.address', path(), `expected an address, found ${shown(value)}`);
    return undefined;
  }
  const decoded = readBech32(value, ADDRESS_LENGTH_MAX);
  if (typeof decoded === 'string') {
    findings.add('foreign.address', path(), `"${value.slice(0, 80)}" is not a bech32 address: ${decoded}`);
    return undefined;
  }
  const { prefix, bytes } = decoded;
  if (bytes.length === 20 || bytes.length === 32) return { text: value.toLowerCase(), prefix, bytes };
  findings.add(
    'foreign.address',
    path(),
    `"${value.slice(0, 80)}" holds ${bytes.length} bytes; addresses hold 20 or 32`,
  );
  return undefined;
}

export function formatForeignAddress(prefix: string, bytes: Uint8Array): string {
  return bech32.encode(prefix, bech32.toWords(bytes), ADDRESS_LENGTH_MAX);
}

/** Address of the account of a module: the first 20 bytes of the SHA-256 of its name. */
export function moduleAddress(name: string): Uint8Array {
  return sha256(utf8(name)).subarray(0, 20);
}

/** Counts prefixes and finds the addresses that do not have the usual one. */
export class PrefixCheck {
  readonly #byPrefix = new Map<string, (() => string)[]>();
  readonly #counts = new Map<string, number>();

  add(prefix: string, path: () => string): void {
    const count = this.#counts.get(prefix) ?? 0;
    this.#counts.set(prefix, count + 1);
    // Only those of rare prefixes are ever told; the usual one need not be kept whole.
    const paths = this.#byPrefix.get(prefix) ?? [];
    if (count < KEPT_PATHS) paths.push(path);
    this.#byPrefix.set(prefix, paths);
  }

  /** The prefix that most have; the first of equals in the order of letters. */
  get usual(): string | undefined {
    return [...this.#counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
  }

  has(prefix: string): boolean {
    return this.#counts.has(prefix);
  }

  /** @param expected the prefix that is right; that of most unless stated */
  report(findings: Findings, what: string, expected = this.usual): void {
    for (const [prefix, paths] of this.#byPrefix) {
      if (prefix === expected) continue;
      for (const path of paths)
        findings.add(
          'foreign.address',
          path(),
          `the prefix is ${prefix.slice(0, 40)}; the ${what} have ${expected?.slice(0, 40) ?? ''}`,
        );
    }
  }
}

/** More than a report lists. */
const KEPT_PATHS = 1_000;

import { pointer } from '../report/findings.ts';

/** One difference in meaning between two documents. */
export interface Difference {
  readonly kind: 'added' | 'removed' | 'changed';
  /**
   * Place as a JSON pointer; an item of a list stands by what identifies it, in brackets, not by its position:
   * `/accounts/[bizra1…]/balance`.
   */
  readonly path: string;
  /** As JSON; null for what was not there, or is no longer. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface Differences {
  readonly differences: readonly Difference[];
  /** Differences beyond those listed. */
  readonly omitted: number;
  /** Lists that hold the same items in another order: the hash tells them apart, the meaning does not. */
  readonly reordered: readonly string[];
}

/** Differences that are listed. */
const LISTED_MAX = 10_000;
/** Nesting that is compared; documents that were read have no more. */
const DEPTH_MAX = 80;

/**
 * Compares two JSON documents by meaning: items of lists are paired by what identifies them (address, operator,
 * denomination, name), so that an account that was inserted is one difference and not a thousand.
 */
export function diffDocuments(before: unknown, after: unknown): Differences {
  const comparison = new Comparison();
  comparison.compare(before, after, '', 0);
  return comparison.result();
}

type Members = Readonly<Record<string, unknown>>;

class Comparison {
  readonly #differences: Difference[] = [];
  readonly #reordered: string[] = [];
  #omitted = 0;

  result(): Differences {
    return { differences: this.#differences, omitted: this.#omitted, reordered: this.#reordered };
  }

  compare(before: unknown, after: unknown, path: string, depth: number): void {
    if (Object.is(before, after)) return;
    if (depth < DEPTH_MAX) {
      if (Array.isArray(before) && Array.isArray(after)) {
        this.#compareLists(before, after, path, depth);
        return;
      }
      if (isMembers(before) && isMembers(after)) {
        this.#compareMembers(before, after, path, depth);
        return;
      }
    }
    this.#note({ kind: 'changed', path, before, after });
  }

  #compareMembers(before: Members, after: Members, path: string, depth: number): void {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const at = pointer(path, name);
      if (!Object.hasOwn(after, name))
        this.#note({ kind: 'removed', path: at, before: before[name], after: null });
      else if (!Object.hasOwn(before, name))
        this.#note({ kind: 'added', path: at, before: null, after: after[name] });
      else this.compare(before[name], after[name], at, depth + 1);
    }
  }

  #compareLists(before: readonly unknown[], after: readonly unknown[], path: string, depth: number): void {
    const left = keyed(before);
    const right = keyed(after);
    for (const [key, { item }] of left) {
      const other = right.get(key);
      const at = pointer(path, key);
      if (other === undefined) this.#note({ kind: 'removed', path: at, before: item, after: null });
      else this.compare(item, other.item, at, depth + 1);
    }
    for (const [key, { item }] of right) {
      if (!left.has(key)) this.#note({ kind: 'added', path: pointer(path, key), before: null, after: item });
    }
    const kept = [...left.keys()].filter((key) => right.has(key));
    const order = [...right.keys()].filter((key) => left.has(key));
    if (kept.some((key, index) => key !== order[index])) this.#reordered.push(path);
  }

  #note(difference: Difference): void {
    if (this.#differences.length < LISTED_MAX) this.#differences.push(difference);
    else this.#omitted++;
  }
}

/** Members that identify an item of a list, in order of preference; several together where one is not enough. */
const IDENTITIES: readonly (readonly string[])[] = [
  ['address'],
  ['operator'],
  ['delegator_address', 'validator_address'],
  ['validator_address'],
  ['operator_address'],
  ['delegator_address'],
  ['denom'],
  ['name'],
  ['id'],
];

/** What identifies by itself wherever it stands: a coin inside of an item does not. */
const ADDRESSES = IDENTITIES.filter((members) => members.every((name) => name.includes('address')));

/** Items by what identifies them; items alike are numbered, so that none is lost. */
function keyed(list: readonly unknown[]): Map<string, { readonly item: unknown }> {
  const seen = new Map<string, number>();
  const byKey = new Map<string, { item: unknown }>();
  for (const [index, item] of list.entries()) {
    const own = identityOf(item) ?? String(index);
    const count = (seen.get(own) ?? 0) + 1;
    seen.set(own, count);
    byKey.set(count === 1 ? own : `${own}#${count}`, { item });
  }
  return byKey;
}

function identityOf(item: unknown): string | undefined {
  if (typeof item === 'string') return `[${item.slice(0, 100)}]`;
  if (!isMembers(item)) return undefined;
  const inner = innerOf(item);
  return ownIdentity(item, IDENTITIES) ?? (inner && ownIdentity(inner, ADDRESSES));
}

function ownIdentity(item: Members, identities: readonly (readonly string[])[]): string | undefined {
  for (const members of identities) {
    const values = members.map((name) => (Object.hasOwn(item, name) ? item[name] : undefined));
    if (values.every((value) => typeof value === 'string' && value !== ''))
      return `[${values.join(' ').slice(0, 200)}]`;
  }
  return undefined;
}

/** The message of a genesis transaction, amino-JSON or protobuf-JSON, or the account inside of a vesting account. */
function innerOf(item: Members): Members | undefined {
  for (const path of [
    ['value', 'msg', 0, 'value'],
    ['body', 'messages', 0],
    ['base_account'],
    ['base_vesting_account', 'base_account'],
    ['value'],
  ]) {
    let here: unknown = item;
    for (const step of path) {
      if (typeof step === 'number') here = Array.isArray(here) ? (here as unknown[])[step] : undefined;
      else here = isMembers(here) && Object.hasOwn(here, step) ? here[step] : undefined;
    }
    if (isMembers(here)) return here;
  }
  return undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import fc from 'fast-check';
import type { GenesisReport } from '../../index.ts';
import type { Loose } from '../fixtures/documents.ts';

export type Place = readonly string[];

/** Every leaf of a JSON value, as the names that lead to it. */
export function leavesOf(value: Loose, before: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [before];
  return Object.keys(value).flatMap((name) => leavesOf(value[name], [...before, name]));
}

export function valueAt(document: Loose, place: Place): Loose {
  return place.reduce((node, name) => node[name], document);
}

export interface Mutation {
  readonly kind: 'flip' | 'drop' | 'insert' | 'negative' | 'huge' | 'number' | 'type' | 'remove' | 'swap';
  readonly at: number;
  readonly letter: string;
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'drop', 'insert', 'negative', 'huge', 'number', 'type', 'remove', 'swap'),
  at: fc.nat(),
  letter: fc.constantFrom(...Array.from('0123456789abcdefghijklmnopqrstuvwxyzABCXYZ+/=.-:')),
});

/**
 * Changes one leaf in place, and gives back what undoes it.
 *
 * @returns undefined when the mutation leaves the leaf as it was
 */
export function mutate(
  document: Loose,
  place: Place,
  others: readonly Place[],
  { kind, at, letter }: Mutation,
): (() => void) | undefined {
  const parent = valueAt(document, place.slice(0, -1));
  const name = place.at(-1) as string;
  const before = parent[name];
  // Removing a member would move the others: it comes back in the same order.
  const members = Array.isArray(parent) ? undefined : Object.entries(parent);
  const undo = (): void => {
    if (members === undefined) parent[name] = before;
    else for (const [member, value] of members) restore(parent, member, value);
  };
  if (kind === 'remove') {
    if (members === undefined) return undefined;
    delete parent[name];
    return undo;
  }
  const after = kind === 'swap' ? otherValue(document, place, others, at) : changed(before, kind, at, letter);
  if (after === before || after === undefined) return undefined;
  parent[name] = after;
  return undo;
}

function restore(parent: Loose, member: string, value: unknown): void {
  delete parent[member];
  parent[member] = value;
}

/** The value of another leaf of the same name. */
function otherValue(document: Loose, place: Place, others: readonly Place[], at: number): unknown {
  const named = others.filter((other) => other.at(-1) === place.at(-1));
  return named.length === 0 ? undefined : valueAt(document, named[at % named.length] as Place);
}

function changed(before: unknown, kind: Mutation['kind'], at: number, letter: string): unknown {
  const text = typeof before === 'string' ? before : JSON.stringify(before ?? '').replaceAll('"', '');
  const i = text.length === 0 ? 0 : at % text.length;
  switch (kind) {
    case 'flip':
      return typeof before === 'string' && before !== ''
        ? text.slice(0, i) + letter + text.slice(i + 1)
        : letter;
    case 'drop':
      return typeof before === 'string' && before !== '' ? text.slice(0, i) + text.slice(i + 1) : letter;
    case 'insert':
      return text.slice(0, i) + letter + text.slice(i);
    case 'negative':
      return typeof before === 'number' ? -before - 1 : `-${text === '0' || text === '' ? '1' : text}`;
    case 'huge':
      return '9'.repeat(90);
    case 'number':
      return typeof before === 'number' ? before + 1 : at % 1_000;
    case 'type':
      return [[{}], { x: 1 }, true, [], null][at % 5];
    default:
      return undefined;
  }
}

/** Findings of `after` that `before` does not have. */
export function newFindings(before: GenesisReport, after: GenesisReport) {
  const known = new Set(before.findings.map(({ rule, path, message }) => `${rule} ${path} ${message}`));
  return after.findings.filter(({ rule, path, message }) => !known.has(`${rule} ${path} ${message}`));
}

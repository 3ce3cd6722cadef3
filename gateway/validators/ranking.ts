import { addressOfKey, compareBytes, fromHex, toHex } from '#kernel';
import type { ValidatorState } from '#services/validator';
import { gatewayError } from '../errors.ts';
import { consensusKeyOf } from '../json/validator-json.ts';
import type { SORTS } from '../schemas/validators.ts';

export type Sort = (typeof SORTS)[number];

/** A validator and its place in a list: by the value, and among equals by the address. */
interface Ranked {
  readonly state: ValidatorState;
  readonly value: bigint | string;
  readonly address: Uint8Array;
}

type Place = Pick<Ranked, 'value' | 'address'>;

/**
 * A page of validators, the largest value first, names by their characters. Equals stand by operator; by power they
 * stand by consensus address, so that the validators of the set come first and in its order.
 *
 * @param page after a cursor of this list; who moved across it between two pages is shown twice or not at all
 * @throws `gateway.malformed-cursor`
 */
export function pageOfValidators(
  validators: readonly ValidatorState[],
  sort: Sort,
  page: { readonly cursor?: string | undefined; readonly limit: number },
): { readonly items: ValidatorState[]; readonly next: string | undefined } {
  const after = page.cursor === undefined ? undefined : parsePlace(page.cursor, sort);
  const ranked = validators
    .map((state) => rank(state, sort))
    .filter((place) => after === undefined || compare(place, after) > 0)
    .toSorted(compare);
  const shown = ranked.slice(0, page.limit);
  const last = shown.at(-1);
  const next = last !== undefined && ranked.length > shown.length ? formatPlace(last) : undefined;
  return { items: shown.map(({ state }) => state), next };
}

function rank(state: ValidatorState, sort: Sort): Ranked {
  switch (sort) {
    case 'power': {
      const address = addressOfKey('ed25519', consensusKeyOf(state));
      return { state, value: BigInt(state.seat?.current.power ?? 0), address };
    }
    case 'stake':
      return { state, value: state.pool.stake, address: state.operator };
    case 'reputation':
      return { state, value: BigInt(state.reputation.score), address: state.operator };
    case 'name':
      return { state, value: state.record.identity.name, address: state.operator };
  }
}

function compare(a: Place, b: Place): number {
  if (a.value === b.value) return compareBytes(a.address, b.address);
  const isLess = a.value < b.value;
  return isLess === (typeof a.value === 'string') ? -1 : 1;
}

/** `VALUE.ADDRESS`: the value as base64url of its text, so that names fit. */
function formatPlace({ value, address }: Place): string {
  return `${Buffer.from(String(value)).toString('base64url')}.${Buffer.from(address).toString('base64url')}`;
}

function parsePlace(cursor: string, sort: Sort): Place {
  const found = /^([\w-]{0,172})\.([\w-]{27})$/.exec(cursor);
  const text = Buffer.from(found?.[1] ?? '', 'base64url').toString('utf8');
  const isValue = sort === 'name' || /^(0|[1-9]\d{0,38})$/.test(text);
  if (found?.[2] === undefined || !isValue) {
    throw gatewayError(
      'malformed-cursor',
      `"${cursor}" is no cursor of this list: use "nextCursor" as it is, with the same sort`,
    );
  }
  const address = fromHex(toHex(Buffer.from(found[2], 'base64url')));
  return { value: sort === 'name' ? text : BigInt(text), address };
}

import { addressOfKey, compareBytes, fromHex, toHex } from '#kernel';
import type { ValidatorState, ValidatorStatus } from '#services/validator';
import { gatewayError } from '../errors.ts';
import { consensusKeyOf } from '../json/validator-json.ts';
import type { SORTS } from '../schemas/validators.ts';

export type Sort = (typeof SORTS)[number];

/** A validator and its place in a list: by the value, and among equals by the address. */
export interface Ranked {
  readonly state: ValidatorState;
  readonly value: bigint | string;
  readonly address: Uint8Array;
}

type Place = Pick<Ranked, 'value' | 'address'>;

/**
 * Validators, the largest value first, names by their characters. Equals stand by operator, but those of equal power
 * by consensus address, so that the validators of the set come first and in its order.
 */
export function rankValidators(validators: readonly ValidatorState[], sort: Sort): readonly Ranked[] {
  return validators.map((state) => rank(state, sort)).toSorted(compare);
}

/**
 * A page of validators as they are ranked.
 *
 * @param page after a cursor of this list; who moved across it between two pages is shown twice or not at all
 * @throws `gateway.malformed-cursor`
 */
export function pageOfValidators(
  ranked: readonly Ranked[],
  sort: Sort,
  page: {
    readonly cursor?: string | undefined;
    readonly limit: number;
    readonly status?: ValidatorStatus | undefined;
  },
): { readonly items: ValidatorState[]; readonly next: string | undefined } {
  const { status, limit } = page;
  const after = page.cursor === undefined ? undefined : parsePlace(page.cursor, sort);
  const shown: Ranked[] = [];
  for (const place of ranked) {
    if (after !== undefined && compare(place, after) <= 0) continue;
    if (status !== undefined && place.state.record.status !== status) continue;
    shown.push(place);
    if (shown.length > limit) break;
  }
  const items = shown.slice(0, limit);
  const last = items.at(-1);
  const next = last !== undefined && shown.length > limit ? formatPlace(last) : undefined;
  return { items: items.map(({ state }) => state), next };
}

function rank(state: ValidatorState, sort: Sort): Ranked {
  switch (sort) {
    case 'power': {
      const power = state.seat?.current.power ?? 0;
      // A hash is work: only those of the set are ranked by one.
      const address = power === 0 ? state.operator : addressOfKey('ed25519', consensusKeyOf(state));
      return { state, value: BigInt(power), address };
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

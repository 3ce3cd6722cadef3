import { blockError } from '../errors.ts';
import { PAGE_ITEMS_MAX } from '../limits.ts';
import type { Page } from './face.ts';

/** A limit within bounds: whole, from 1 to `PAGE_ITEMS_MAX`. */
export function pageLimit(limit: number): number {
  return Number.isFinite(limit) ? Math.min(Math.max(Math.floor(limit), 1), PAGE_ITEMS_MAX) : PAGE_ITEMS_MAX;
}

/**
 * The numbers of a cursor, which is `parts` decimal numbers with dots between.
 *
 * @throws `block.malformed-cursor`
 */
export function parseCursor(cursor: string, parts: number): number[] {
  const texts = cursor.length > 64 ? [] : cursor.split('.');
  const numbers = texts.map((text) => (/^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN));
  if (numbers.length !== parts || !numbers.every((number) => Number.isSafeInteger(number))) {
    throw blockError('malformed-cursor', 'the cursor is not one of this list: use "next" of a page as it is');
  }
  return numbers;
}

/** A page of up to `limit` of the items, which hold one more when there is a next page. */
export function pageOf<Item>(
  items: readonly Item[],
  limit: number,
  cursorAfter: (last: Item) => string,
): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  if (items.length <= limit || last === undefined) return { items: shown };
  return { items: shown, next: cursorAfter(last) };
}

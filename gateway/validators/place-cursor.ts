import { gatewayError } from '../errors.ts';

/** Where a list by height goes on: at the height, past so many of its items. */
export interface HeightPlace {
  readonly height: number;
  readonly skip: number;
}

const CURSOR = /^(0|[1-9][0-9]{0,15})\.([1-9])$/;

/** Reads `HEIGHT.SKIP`. @throws `gateway.malformed-cursor` */
export function parsePlaceCursor(cursor: string | undefined): HeightPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, height = '', skip = ''] = CURSOR.exec(cursor) ?? [];
  if (height === '' || !Number.isSafeInteger(Number(height))) {
    throw gatewayError(
      'malformed-cursor',
      `"${cursor}" is no cursor of this list: use "nextCursor" as it is`,
    );
  }
  return { height: Number(height), skip: Number(skip) };
}

/**
 * The cursor after some items of a list by height.
 *
 * @param start where these items began
 */
export function placeCursor(
  items: readonly { readonly height: number }[],
  start: HeightPlace | undefined,
): string | undefined {
  const last = items.at(-1);
  if (last === undefined) return undefined;
  const before = start?.height === last.height ? start.skip : 0;
  const skip = before + items.filter(({ height }) => height === last.height).length;
  return `${last.height}.${skip}`;
}

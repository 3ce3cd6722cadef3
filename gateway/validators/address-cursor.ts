import { parseAddress } from '#kernel';
import { gatewayError } from '../errors.ts';

/** Where a list by address goes on: after the address that its cursor is. @throws `gateway.malformed-cursor` */
export function parseAddressCursor(cursor: string | undefined): { readonly after?: Uint8Array } {
  if (cursor === undefined) return {};
  try {
    return { after: parseAddress(cursor) };
  } catch (cause) {
    const message = `"${cursor}" is no cursor of this list: use "nextCursor" as it is`;
    throw gatewayError('malformed-cursor', message, {}, { cause });
  }
}

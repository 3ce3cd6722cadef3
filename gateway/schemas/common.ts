import { Type, type TObject, type TSchema } from 'typebox';
import { LIMITS } from '../limits.ts';

const HASH = { pattern: '^[0-9a-f]{64}$', text: '64 lower-case hexadecimal digits' };
const HEX = { pattern: '^([0-9a-f]{2})*$', text: 'bytes in lower-case hexadecimal' };
const ADDRESS = {
  pattern: '^bizra1[02-9ac-hj-np-z]{38}$',
  text: 'an address: bech32m text that begins with bizra1',
};
const AMOUNT = {
  pattern: '^(0|[1-9][0-9]{0,38})$',
  text: 'an amount: decimal text of an unsigned 128-bit integer of base units, without leading zeros',
};

/** What a pattern asks for, in words. */
export const PATTERN_TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  [HASH, HEX, ADDRESS, AMOUNT].map(({ pattern, text }) => [pattern, text]),
);

export const Hash = Type.String({ pattern: HASH.pattern, description: HASH.text });
export const Hex = Type.String({ pattern: HEX.pattern, description: HEX.text });
export const Address = Type.String({ pattern: ADDRESS.pattern, description: ADDRESS.text });
export const Amount = Type.String({ pattern: AMOUNT.pattern, description: AMOUNT.text });
export const Height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Time = Type.String({ description: 'RFC 3339, UTC, milliseconds' });
export const Cursor = Type.String({
  minLength: 1,
  maxLength: 200,
  description: '`nextCursor` of the page before',
});

/** An object without other members than these. */
export function strict<const Members extends Record<string, TSchema>>(members: Members) {
  return Type.Object(members, { additionalProperties: false });
}

/** An optional query flag. */
export const Flag = Type.Optional(Type.Boolean());

/** The query of a list. */
export const PageQuery = strict({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LIMITS.pageItemsMax, default: LIMITS.pageItemsDefault }),
  ),
  cursor: Type.Optional(Cursor),
});

/** A page of a list, newest first; the last page has no `nextCursor`. */
export function page<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Optional(Type.String()) });
}

export const ProblemSchema: TObject = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what happened and what to do' }),
    code: Type.String({ description: 'stable: `context.reason`' }),
    instance: Type.Optional(Type.String()),
    requestId: Type.Optional(Type.String()),
    details: Type.Optional(Type.Record(Type.String(), Type.Any())),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), part: Type.String(), message: Type.String() })),
    ),
  },
  { description: 'Problem details (RFC 9457), content type application/problem+json' },
);

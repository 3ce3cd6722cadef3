import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { gatewayError } from '../errors.ts';
import { strict } from '../schemas/common.ts';

const Correlation = Type.Optional(
  Type.Union([Type.String({ maxLength: 64 }), Type.Integer()], {
    description: 'comes back with the answer to this message',
  }),
);
const Filter = {
  hash: Type.Optional(Type.String({ maxLength: 64 })),
  account: Type.Optional(Type.String({ maxLength: 90 })),
};

export const SubscribeMessage = strict({
  subscribe: Type.String({ maxLength: 40 }),
  ...Filter,
  cursor: Type.Optional(Type.String({ maxLength: 40 })),
  id: Correlation,
});
export const UnsubscribeMessage = strict({
  unsubscribe: Type.String({ maxLength: 40 }),
  ...Filter,
  id: Correlation,
});
export type SubscribeMessage = Static<typeof SubscribeMessage>;
export type UnsubscribeMessage = Static<typeof UnsubscribeMessage>;
export type ClientMessage = SubscribeMessage | UnsubscribeMessage;

const subscribe = Compile(SubscribeMessage);
const unsubscribe = Compile(UnsubscribeMessage);

/** @throws `gateway.malformed-message` */
export function parseClientMessage(text: string): ClientMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  if (subscribe.Check(value)) return value;
  if (unsubscribe.Check(value)) return value;
  throw malformed('it is neither of the forms');
}

function malformed(why: string) {
  const forms = '{"subscribe": topic, "hash"?, "account"?, "cursor"?, "id"?} or {"unsubscribe": topic, …}';
  return gatewayError('malformed-message', `the message was not understood: ${why}; send ${forms}`);
}

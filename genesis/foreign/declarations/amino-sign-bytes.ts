import { serializeSignDoc, type StdSignDoc } from '@cosmjs/amino';
import { fromUtf8, utf8 } from '#kernel';
import { formatDecimal, readDecimal } from '../numbers.ts';
import { isShape, type Shape } from '../shape.ts';
import { COMMISSION_MEMBERS, type CreateValidator } from './declaration.ts';

/** The parts of a sign document that a genesis transaction has; account number and sequence are 0 at genesis. */
export interface AminoParts {
  readonly chainId: string;
  /** `{ amount, gas }`, and payer and granter where they are not empty. */
  readonly fee: Shape;
  readonly memo: string;
  readonly timeoutHeight: bigint;
  /** `{ type, value }` */
  readonly message: { readonly type: string; readonly value: Shape };
}

/**
 * What is signed in the mode legacy amino-JSON: the JSON of chain id, fee, memo and messages with sorted keys, in
 * the letters of Go's encoder.
 *
 * @returns one text, or two where versions of Go write a character differently
 * @see https://docs.cosmos.network/main/learn/advanced/encoding
 */
export function aminoSignBytes(parts: AminoParts): Uint8Array[] {
  const { chainId, fee, memo, timeoutHeight, message } = parts;
  const document = {
    account_number: '0',
    chain_id: chainId,
    fee,
    memo,
    msgs: [message],
    sequence: '0',
    ...(timeoutHeight > 0n && { timeout_height: timeoutHeight.toString() }),
  } as unknown as StdSignDoc;
  const serialized = fromUtf8(serializeSignDoc(document));
  // Go escapes the two line separators for the sake of JavaScript, which itself does not.
  const text = serialized.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`);
  // Until Go 1.22, backspace and form feed were written as \u0008 and \u000c.
  const older = text.replaceAll(/\\(\\|b|f)/g, (escape) => OLDER_ESCAPES[escape] ?? escape);
  return older === text ? [utf8(text)] : [utf8(text), utf8(older)];
}

const OLDER_ESCAPES: Readonly<Record<string, string>> = {
  [String.raw`\b`]: String.raw`\u0008`,
  [String.raw`\f`]: String.raw`\u000c`,
};

/**
 * The message as a node encodes it again before it checks the signature: decimals with 18 places, and empty texts
 * for what the description leaves out. Whether `security_contact` is one of them depends on the SDK's version.
 */
export function aminoMessageForms(value: Shape): Shape[] {
  const commission = value['commission'];
  const rates = isShape(commission) ? { ...commission } : {};
  for (const name of COMMISSION_MEMBERS) {
    const atoms = readDecimal(rates[name]);
    if (atoms !== undefined) rates[name] = formatDecimal(atoms);
  }
  const message = isShape(commission) ? { ...value, commission: rates } : { ...value };
  const description = isShape(value['description']) ? value['description'] : {};
  const filled = { moniker: '', identity: '', website: '', details: '', ...description };
  const forms = [message, { ...message, description: filled }];
  if (!Object.hasOwn(description, 'security_contact'))
    forms.push({ ...message, description: { ...filled, security_contact: '' } });
  return Object.keys(filled).length === Object.keys(description).length
    ? forms.filter((_, i) => i !== 1)
    : forms;
}

/** The amino-JSON of a message that stands in protobuf-JSON: empty texts of the description are left out. */
export function aminoFromProtobuf(message: CreateValidator, pubkey: Shape): Shape {
  const description: Record<string, string> = {};
  for (const [name, text] of Object.entries(message.description))
    if (text !== undefined && text.value !== '') description[name] = text.value;
  const commission: Record<string, string> = {};
  for (const name of COMMISSION_MEMBERS)
    commission[name] = formatDecimal(message.commission[name]?.value ?? 0n);
  const delegator = message.delegator?.value ?? '';
  return {
    description,
    commission,
    min_self_delegation: (message.minSelfDelegation?.value ?? 0n).toString(),
    ...(delegator !== '' && { delegator_address: delegator }),
    validator_address: message.operator?.value ?? '',
    pubkey,
    value: {
      denom: message.delegation?.value.denom ?? '',
      amount: (message.delegation?.value.amount ?? 0n).toString(),
    },
  };
}

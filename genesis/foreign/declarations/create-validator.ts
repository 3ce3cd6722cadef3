import { pointer } from '../../report/findings.ts';
import { readDecimal } from '../numbers.ts';
import { isShape, type Shape } from '../shape.ts';
import {
  COMMISSION_MEMBERS,
  DESCRIPTION_MEMBERS,
  type CommissionMember,
  type CreateValidator,
  type DescriptionMember,
  type Placed,
} from './declaration.ts';
import { own, type FormReader } from './form-reader.ts';

const MEMBERS = [
  'description',
  'commission',
  'min_self_delegation',
  'delegator_address',
  'validator_address',
  'pubkey',
  'value',
];

/**
 * Names that SDK 0.2x gave three of the members. What it signed is not known here, so that they are obstacles; what
 * they hold is checked like the rest.
 */
const OLDER = { description: 'Description', commission: 'Commission', value: 'delegation' } as const;

/** The name under which a member stands. */
function nameOf(members: Shape, name: keyof typeof OLDER): string {
  return !Object.hasOwn(members, name) && Object.hasOwn(members, OLDER[name]) ? OLDER[name] : name;
}

/**
 * Reads a create-validator message: its members have the same names in amino-JSON and in protobuf-JSON.
 *
 * @param marker names beside the standard members, such as "@type"
 */
export function readCreateValidator(
  value: unknown,
  path: string,
  reader: FormReader,
  marker: readonly string[] = [],
): CreateValidator | undefined {
  const isOlder = Object.values(OLDER).some((name) => isShape(value) && Object.hasOwn(value, name));
  const members = reader.object(value, path, isOlder ? [] : MEMBERS, [
    ...marker,
    ...(isOlder ? MEMBERS : []),
  ]);
  if (members === undefined) return undefined;
  const valueName = nameOf(members, 'value');
  const delegation = placed(members, valueName, path, (at) => reader.coin(own(members, valueName), at));
  return {
    path,
    description: readDescription(members, path, reader, marker.length > 0),
    commission: readCommission(members, path, reader),
    minSelfDelegation: placed(members, 'min_self_delegation', path, () =>
      reader.amount(members, 'min_self_delegation', path),
    ),
    delegator: placed(members, 'delegator_address', path, () =>
      reader.text(members, 'delegator_address', path),
    ),
    operator: placed(members, 'validator_address', path, () =>
      reader.text(members, 'validator_address', path),
    ),
    consensusKey: placed(members, 'pubkey', path, (at) => reader.key(own(members, 'pubkey'), at)),
    delegation,
  };
}

function placed<Value>(
  members: Shape,
  name: string,
  path: string,
  read: (at: string) => Value | undefined,
): Placed<Value> | undefined {
  if (!Object.hasOwn(members, name)) return undefined;
  const at = pointer(path, name);
  const value = read(at);
  return value === undefined ? undefined : { path: at, value };
}

/** @param isProtobuf of a generation that always writes `security_contact` */
function readDescription(
  members: Shape,
  path: string,
  reader: FormReader,
  isProtobuf: boolean,
): CreateValidator['description'] {
  const member = nameOf(members, 'description');
  const at = pointer(path, member);
  const texts: Partial<Record<DescriptionMember, Placed<string>>> = {};
  const description = Object.hasOwn(members, member)
    ? reader.object(
        own(members, member),
        at,
        ['moniker', 'identity', 'website', 'details', ...(isProtobuf ? ['security_contact'] : [])],
        ['security_contact'],
      )
    : undefined;
  for (const name of description === undefined ? [] : DESCRIPTION_MEMBERS) {
    const text = placed(description as Shape, name, at, () => reader.text(description as Shape, name, at));
    if (text !== undefined) texts[name] = text;
  }
  return texts as CreateValidator['description'];
}

function readCommission(members: Shape, path: string, reader: FormReader): CreateValidator['commission'] {
  const member = nameOf(members, 'commission');
  const at = pointer(path, member);
  const rates: Partial<Record<CommissionMember, Placed<bigint>>> = {};
  const commission = Object.hasOwn(members, member)
    ? reader.object(own(members, member), at, COMMISSION_MEMBERS)
    : undefined;
  for (const name of commission === undefined ? [] : COMMISSION_MEMBERS) {
    const rate = placed(commission as Shape, name, at, () =>
      // Early generations wrote ten places.
      member === 'commission'
        ? reader.decimal(commission as Shape, name, at)
        : readDecimal(own(commission as Shape, name)),
    );
    if (rate !== undefined) rates[name] = rate;
  }
  return rates as CreateValidator['commission'];
}

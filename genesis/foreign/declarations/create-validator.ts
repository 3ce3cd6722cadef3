import { pointer } from '../../report/findings.ts';
import type { Shape } from '../shape.ts';
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
  const members = reader.object(value, path, MEMBERS, marker);
  if (members === undefined) return undefined;
  const delegation = placed(members, 'value', path, (at) => reader.coin(own(members, 'value'), at));
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
  const at = pointer(path, 'description');
  const texts: Partial<Record<DescriptionMember, Placed<string>>> = {};
  const description = Object.hasOwn(members, 'description')
    ? reader.object(
        own(members, 'description'),
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
  const at = pointer(path, 'commission');
  const rates: Partial<Record<CommissionMember, Placed<bigint>>> = {};
  const commission = Object.hasOwn(members, 'commission')
    ? reader.object(own(members, 'commission'), at, COMMISSION_MEMBERS)
    : undefined;
  for (const name of commission === undefined ? [] : COMMISSION_MEMBERS) {
    const rate = placed(commission as Shape, name, at, () => reader.decimal(commission as Shape, name, at));
    if (rate !== undefined) rates[name] = rate;
  }
  return rates as CreateValidator['commission'];
}

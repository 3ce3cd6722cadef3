import { pointer, type Findings } from '../report/findings.ts';
import { PrefixCheck, readAddress } from './addresses.ts';
import { checkCommission } from './check-commission.ts';
import { shown } from './encoding.ts';
import { identityOf, isKey, readKey } from './keys.ts';
import { readDecimal, readInteger } from './numbers.ts';
import { at, isShape, listAt, textAt } from './shape.ts';
import { placeIn, type ValidatorRegistry } from './validator-registry.ts';

/** A validator of the staking module. */
export interface StakedValidator {
  readonly path: string;
  readonly name: string;
  /** Text of its operator's address; empty where it is none. */
  readonly operator: string;
  /** See `identityOf`. */
  readonly key: string | undefined;
  readonly tokens: bigint;
  /** In units of 10^-18. */
  readonly shares: bigint | undefined;
  readonly isJailed: boolean;
  readonly isBonded: boolean;
}

/** Amino-JSON counts states from 0, protobuf from 1 and by name: only the texts tell. */
const BONDED_NAMES = ['BOND_STATUS_BONDED', 'Bonded'];
const STATES = ['BOND_STATUS_UNBONDED', 'BOND_STATUS_UNBONDING', 'Unbonded', 'Unbonding', ...BONDED_NAMES];

/** Reads the validators of the staking state, each checked by itself. */
export function readStakedValidators(
  document: unknown,
  registry: ValidatorRegistry,
  findings: Findings,
): readonly StakedValidator[] {
  const base = '/app_state/staking/validators';
  const prefixes = new PrefixCheck();
  const entries = listAt(document, 'app_state', 'staking', 'validators');
  const validators = entries.flatMap((value, i) => {
    const path = pointer(base, i);
    if (!isShape(value)) {
      findings.add('foreign.validator-state', path, `expected a validator, found ${shown(value)}`);
      return [];
    }
    const operatorAt = ['operator_address', 'operator', 'owner'].find((name) => Object.hasOwn(value, name));
    const operatorPath = pointer(path, operatorAt ?? 'operator_address');
    const operator = readAddress(value[operatorAt ?? 'operator_address'], () => operatorPath, findings);
    if (operator !== undefined) {
      prefixes.add(operator.prefix, () => operatorPath);
      registry.operator(operator.text, operatorPath);
    }
    const name = textAt(value, 'description', 'moniker') ?? '';
    registry.name(name, `${path}/description/moniker`);
    checkCommission(ratesOf(value, path), findings);
    return [
      {
        path,
        name,
        operator: operator?.text ?? '',
        key: readKeyOf(value, path, registry, findings),
        ...readState(value, path, findings),
      },
    ];
  });
  prefixes.report(findings, 'other operators');
  return validators;
}

function readKeyOf(
  value: Readonly<Record<string, unknown>>,
  path: string,
  registry: ValidatorRegistry,
  findings: Findings,
): string | undefined {
  const name = ['consensus_pubkey', 'cons_pub_key', 'pub_key', 'pubkey'].find((member) =>
    Object.hasOwn(value, member),
  );
  if (name === undefined) {
    findings.add('foreign.key', `${path}/consensus_pubkey`, 'the validator has no consensus key');
    return undefined;
  }
  const key = readKey(value[name]);
  if (!isKey(key)) {
    findings.add('foreign.key', placeIn(pointer(path, name), key.at), key.reason);
    return undefined;
  }
  registry.key(key, pointer(path, name));
  return identityOf(key);
}

function readState(value: Readonly<Record<string, unknown>>, path: string, findings: Findings) {
  const tokens = readInteger(value['tokens']);
  if (tokens === undefined || tokens < 0n)
    findings.add('foreign.amount', pointer(path, 'tokens'), 'expected the bonded tokens as a whole number');
  const stated = value['delegator_shares'];
  const shares = stated === undefined ? undefined : readDecimal(stated);
  if (stated !== undefined && (shares === undefined || shares < 0n))
    findings.add('foreign.number', pointer(path, 'delegator_shares'), 'expected the shares as a decimal');
  const { status } = value;
  // 2 is bonded in amino-JSON; in protobuf-JSON the names stand there.
  const isBonded = status === 2 || (typeof status === 'string' && BONDED_NAMES.includes(status));
  const isState =
    status === undefined || [0, 1, 2, 3].includes(status as number) || STATES.includes(status as string);
  if (!isState)
    findings.add('foreign.validator-state', pointer(path, 'status'), `${shown(status)} is no state`);
  const isJailed = value['jailed'] === true || value['revoked'] === true;
  if (isJailed && isBonded)
    findings.add('foreign.validator-state', pointer(path, 'jailed'), 'the validator is bonded and jailed');
  if (shares === 0n && isBonded)
    findings.add(
      'foreign.validator-state',
      pointer(path, 'delegator_shares'),
      'a bonded validator has shares',
    );
  return { tokens: tokens ?? 0n, shares, isJailed, isBonded };
}

/** Rates stand in `commission`, since SDK 0.38 one level deeper. */
function ratesOf(value: unknown, path: string) {
  const nested = at(value, 'commission', 'commission_rates');
  const base = `${path}/commission${nested === undefined ? '' : '/commission_rates'}`;
  const rates = nested ?? at(value, 'commission');
  const read = (name: string) => {
    const stated = at(rates, name);
    const atoms = stated === undefined ? undefined : readDecimal(stated);
    return stated === undefined ? undefined : { path: `${base}/${name}`, value: atoms ?? -1n };
  };
  return { rate: read('rate'), max_rate: read('max_rate'), max_change_rate: read('max_change_rate') };
}

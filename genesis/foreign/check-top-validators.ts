import { equalBytes, fromHex, toHex } from '#kernel';
import { pointer, type Findings } from '../report/findings.ts';
import type { ConsensusFacts } from './check-consensus.ts';
import { shown } from './encoding.ts';
import { addressOfForeignKey, identityOf, isKey, readKey, type ForeignKey } from './keys.ts';
import { readInt64 } from './numbers.ts';
import { at, isShape, listAt, textAt } from './shape.ts';
import { placeIn, ValidatorRegistry } from './validator-registry.ts';

/** CometBFT's MaxTotalVotingPower: sums of eight such stay in 64 bits. */
export const TOTAL_POWER_MAX = (2n ** 63n - 1n) / 8n;

/** A validator that CometBFT starts with. */
export interface TopValidator {
  readonly path: string;
  readonly name: string;
  readonly power: bigint;
  /** See `identityOf`. */
  readonly key: string | undefined;
}

/** Lists of validators with their powers: of CometBFT, of SDK 0.50, and of consumer chains. */
const LISTS = [
  ['validators'],
  ['consensus', 'validators'],
  ['app_state', 'ccvconsumer', 'initial_val_set'],
  ['app_state', 'ccvconsumer', 'provider', 'initial_val_set'],
] as const;

/** Reads the first such list that has any, and checks what CometBFT checks, and what it misses and stops at later. */
export function readTopValidators(
  document: unknown,
  facts: ConsensusFacts,
  findings: Findings,
): readonly TopValidator[] {
  const list = LISTS.find((path) => listAt(document, ...path).length > 0) ?? LISTS[0];
  const base = list.reduce<string>((place, step) => pointer(place, step), '');
  const registry = new ValidatorRegistry(facts, findings);
  let total = 0n;
  const validators: TopValidator[] = [];
  for (const [i, value] of listAt(document, ...list).entries()) {
    const path = pointer(base, i);
    const validator = readTop(value, path, registry, findings);
    if (validator === undefined) continue;
    validators.push(validator);
    total += validator.power;
  }
  if (total > TOTAL_POWER_MAX)
    findings.add('foreign.power', base, `the powers sum to ${total}, more than ${TOTAL_POWER_MAX}`);
  return validators;
}

function readTop(
  value: unknown,
  path: string,
  registry: ValidatorRegistry,
  findings: Findings,
): TopValidator | undefined {
  const power = readInt64(at(value, 'power'));
  if (power === undefined || power <= 0n)
    findings.add(
      'foreign.power',
      pointer(path, 'power'),
      `the power is ${shown(at(value, 'power'))}; it must be positive`,
    );
  const key = readKeyOf(at(value, 'pub_key'), pointer(path, 'pub_key'), findings);
  if (key !== undefined) {
    registry.key(key, pointer(path, 'pub_key'));
    checkAddress(at(value, 'address'), key, pointer(path, 'address'), findings);
  }
  const name = textAt(value, 'name') ?? '';
  registry.name(name, pointer(path, 'name'));
  if (power === undefined || power <= 0n) return undefined;
  return { path, name, power, key: key && identityOf(key) };
}

/** A key as CometBFT writes it, or as ABCI does: `{ "ed25519": … }`. */
function readKeyOf(value: unknown, path: string, findings: Findings): ForeignKey | undefined {
  const abci = isShape(value)
    ? (['ed25519', 'secp256k1'] as const).find((kind) => typeof value[kind] === 'string')
    : undefined;
  const key = readKey(
    abci === undefined ? value : { '@type': `/cosmos.crypto.${abci}.PubKey`, key: at(value, abci) },
  );
  if (isKey(key)) return key;
  findings.add('foreign.key', placeIn(path, abci === undefined ? key.at : [abci]), key.reason);
  return undefined;
}

function checkAddress(value: unknown, key: ForeignKey, path: string, findings: Findings): void {
  if (value === undefined || value === null || value === '') return;
  const derived = addressOfForeignKey(key);
  if (derived === undefined) return;
  if (
    typeof value === 'string' &&
    /^[0-9a-fA-F]{40}$/.test(value) &&
    equalBytes(fromHex(value.toLowerCase(), 20), derived)
  )
    return;
  findings.add(
    'foreign.validator-address',
    path,
    `${shown(value)} is not the address of the key, ${toHex(derived).toUpperCase()}`,
  );
}

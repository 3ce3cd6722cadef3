import { pointer, type Findings } from '../report/findings.ts';
import { shown } from './encoding.ts';
import { readInteger } from './numbers.ts';
import type { Accounts } from './read-accounts.ts';
import { at, isShape, listAt } from './shape.ts';

/** Denominations of balances beyond which a missing supply is no longer told one by one. */
const EACH_MAX = 1_000;

/** Stated supplies against the sums of the balances, denomination by denomination. */
export function checkSupply(
  document: unknown,
  accounts: Accounts,
  denomination: string,
  findings: Findings,
): void {
  for (const [module, member] of [
    ['bank', 'supply'],
    ['supply', 'supply'],
  ] as const) {
    const path = `/app_state/${module}/${member}`;
    const value = at(document, 'app_state', module, member);
    if (value === undefined || value === null) continue;
    const stated = accounts.coinReader.list(value, () => path);
    // None stated: the node sums up the balances itself.
    if (Array.isArray(value) && value.length === 0) continue;
    const missing = new Map(accounts.sums);
    for (const [i, { denom, amount }] of stated.entries()) {
      const sum = accounts.sums.get(denom) ?? 0n;
      missing.delete(denom);
      if (sum !== amount)
        findings.add(
          'foreign.supply',
          stated.length === listLength(value) ? `${pointer(path, i)}/amount` : path,
          `the supply of ${denom.slice(0, 60)} is stated as ${amount}; the balances sum to ${sum}`,
        );
    }
    for (const [denom, sum] of [...missing].slice(0, EACH_MAX))
      if (sum > 0n)
        findings.add(
          'foreign.supply',
          path,
          `the balances hold ${sum} ${denom}, of which no supply is stated`,
        );
  }
  checkLoose(document, accounts, denomination, findings);
  checkMetadata(document, accounts, findings);
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** Loose tokens, to SDK 0.35. */
function checkLoose(document: unknown, accounts: Accounts, denomination: string, findings: Findings): void {
  const path = '/app_state/staking/pool/not_bonded_tokens';
  const value = at(document, 'app_state', 'staking', 'pool', 'not_bonded_tokens');
  if (value === undefined) return;
  const loose = readInteger(value);
  if (loose === undefined || loose < 0n) {
    findings.add('foreign.number', path, `${shown(value)} is not a whole amount`);
    return;
  }
  // In an exported state the loose tokens are also in unbondings, rewards and deposits, not in accounts alone.
  if (at(document, 'app_state', 'staking', 'exported') === true) return;
  const sum = accounts.sums.get(denomination) ?? 0n;
  if (sum !== loose)
    findings.add(
      'foreign.supply',
      path,
      `the loose tokens are stated as ${loose}; the balances sum to ${sum}`,
    );
}

/** Units of a denomination: the base first at exponent 0, then rising, the display unit among them. */
function checkMetadata(document: unknown, accounts: Accounts, findings: Findings): void {
  const seen = new Set<string>();
  for (const [i, metadata] of listAt(document, 'app_state', 'bank', 'denom_metadata').entries()) {
    const path = pointer('/app_state/bank/denom_metadata', i);
    const fails = (member: string, message: string): void =>
      findings.add('foreign.denomination-metadata', member === '' ? path : `${path}/${member}`, message);
    const members = isShape(metadata) ? metadata : {};
    const { base, display } = members;
    if (typeof base !== 'string') fails('base', `the base unit is ${shown(base)}`);
    else if (seen.has(base)) fails('base', `${base.slice(0, 80)} has metadata twice`);
    else seen.add(base);
    let before = -1n;
    const names = new Set<unknown>();
    for (const [j, unit] of listAt(members, 'denom_units').entries()) {
      const exponent = readInteger(at(unit, 'exponent') ?? 0);
      const name = at(unit, 'denom');
      names.add(name);
      if (exponent === undefined || exponent < 0n || exponent >= 2n ** 32n)
        findings.add(
          'foreign.number',
          `${path}/denom_units/${j}/exponent`,
          'expected a whole number of 32 bits',
        );
      else if (exponent <= before || (j === 0) !== (exponent === 0n))
        fails(`denom_units/${j}/exponent`, `the exponent is ${exponent}; the units begin at 0 and rise`);
      if (j === 0 && name !== base) fails('denom_units/0/denom', 'the first unit is not the base');
      before = exponent ?? before;
    }
    if (!names.has(display) && display !== undefined)
      fails('display', `${shown(display)} is none of the units`);
    if (typeof base === 'string') accounts.coinReader.denomination(base, () => `${path}/base`);
  }
}

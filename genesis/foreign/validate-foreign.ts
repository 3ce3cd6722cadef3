import type { Findings } from '../report/findings.ts';
import { EMPTY_SUMMARY, type GenesisSummary } from '../report/report.ts';
import { checkConcentration } from '../rules/check-concentration.ts';
import {
  prefixOf,
  readAccounts,
  readCoins,
  readValidators,
  type ForeignAccount,
  type ForeignValidator,
} from './read-foreign.ts';
import { at, integerAt, isShape, listAt, textAt } from './shape.ts';

const CHAIN_ID_LENGTH_MAX = 50;
/** CometBFT's MaxBlockSizeBytes. */
const BLOCK_BYTES_MAX = 104_857_600n;

/** True for a genesis of CometBFT or the Cosmos SDK, of any generation. */
export function isForeign(value: unknown): boolean {
  return (
    isShape(value) &&
    Object.hasOwn(value, 'chain_id') &&
    (Object.hasOwn(value, 'app_state') || Object.hasOwn(value, 'genesis_time'))
  );
}

/** Checks a foreign genesis by its own rules. */
export function validateForeign(
  document: unknown,
  findings: Findings,
): { chainId: string | null; summary: GenesisSummary } {
  const chainId = textAt(document, 'chain_id');
  if (chainId === undefined || chainId === '' || chainId.length > CHAIN_ID_LENGTH_MAX) {
    findings.add(
      'foreign.chain-id',
      '/chain_id',
      `${shown(at(document, 'chain_id'))} is not a text of 1 to ${CHAIN_ID_LENGTH_MAX} characters`,
    );
  }
  checkTime(document, findings);
  checkConsensusParameters(document, findings);
  const accounts = readAccounts(document, findings);
  checkPrefixes(accounts, findings);
  const validators = readValidators(document, findings);
  if (validators.length === 0)
    findings.add('foreign.no-validators', '/app_state', 'nobody could make a block');
  const denomination = bondDenomination(document, accounts);
  checkStakes(validators, accounts, denomination, findings);
  checkSupply(document, accounts, findings);
  const summary: GenesisSummary = {
    ...EMPTY_SUMMARY,
    accounts: accounts.length,
    validators: validators.length,
    totalSupply: accounts.reduce((sum, { coins }) => sum + (coins.get(denomination) ?? 0n), 0n).toString(),
    totalStake: validators.reduce((sum, { stake }) => sum + stake, 0n).toString(),
    denomination,
    ...checkConcentration(
      validators.map(({ stake }) => stake),
      findings,
    ),
  };
  return { chainId: chainId ?? null, summary };
}

/** The denomination that is staked: the stated one, otherwise the one that most accounts hold. */
export function bondDenomination(document: unknown, accounts: readonly ForeignAccount[]): string {
  const stated = textAt(document, 'app_state', 'staking', 'params', 'bond_denom');
  if (stated !== undefined && stated !== '') return stated;
  const counts = new Map<string, number>();
  for (const { coins } of accounts)
    for (const name of coins.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0] ?? '';
}

function checkTime(document: unknown, findings: Findings): void {
  const text = textAt(document, 'genesis_time') ?? '';
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  if (isTime && Date.parse(text) > 0) return;
  findings.add(
    'foreign.time',
    '/genesis_time',
    `"${text.slice(0, 60)}" is not a time after 1970 with its zone`,
  );
}

function checkConsensusParameters(document: unknown, findings: Findings): void {
  for (const section of ['block', 'block_size']) {
    if (at(document, 'consensus_params', section) === undefined) continue;
    const path = `/consensus_params/${section}`;
    const bytes = textOrNumber(document, 'consensus_params', section, 'max_bytes');
    if (bytes === undefined || bytes === 0n || bytes < -1n || bytes > BLOCK_BYTES_MAX) {
      findings.add(
        'foreign.parameters',
        `${path}/max_bytes`,
        `max_bytes is ${shown(at(document, 'consensus_params', section, 'max_bytes'))}; it must be -1 or from 1 to ${BLOCK_BYTES_MAX}`,
      );
    }
    const gas = textOrNumber(document, 'consensus_params', section, 'max_gas');
    if (gas === undefined || gas < -1n)
      findings.add(
        'foreign.parameters',
        `${path}/max_gas`,
        `max_gas is ${shown(at(document, 'consensus_params', section, 'max_gas'))}; it must be -1 or more`,
      );
  }
  const types = at(document, 'consensus_params', 'validator', 'pub_key_types');
  if (Array.isArray(types) && types.length === 0) {
    findings.add(
      'foreign.parameters',
      '/consensus_params/validator/pub_key_types',
      'at least one key type must be accepted',
    );
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}

function textOrNumber(document: unknown, ...path: readonly string[]): bigint | undefined {
  const value = at(document, ...path);
  if (typeof value === 'string' && /^-?\d{1,30}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function checkPrefixes(accounts: readonly ForeignAccount[], findings: Findings): void {
  const [first] = accounts;
  if (first === undefined) return;
  const expected = prefixOf(first.text);
  for (const { path, text, bytes } of accounts) {
    if (bytes === undefined || prefixOf(text) === expected) continue;
    findings.add(
      'foreign.address',
      `${path}/address`,
      `the prefix is ${prefixOf(text).slice(0, 40)}; the other accounts have ${expected}`,
    );
  }
}

function checkStakes(
  validators: readonly ForeignValidator[],
  accounts: readonly ForeignAccount[],
  denomination: string,
  findings: Findings,
): void {
  const balances = new Map(accounts.map(({ text, coins }) => [text, coins.get(denomination) ?? 0n]));
  for (const { path, delegator, stake, denomination: own } of validators) {
    if (own !== undefined && own !== denomination) {
      findings.add(
        'foreign.stake-denomination',
        path,
        `the delegation is in ${own.slice(0, 60)}; the bond denomination is ${denomination}`,
      );
    } else if (delegator !== undefined && stake > (balances.get(delegator) ?? 0n)) {
      findings.add(
        'foreign.self-delegation',
        path,
        `${delegator} delegates ${stake}; its account holds ${balances.get(delegator) ?? 0n}`,
      );
    }
  }
}

function checkSupply(document: unknown, accounts: readonly ForeignAccount[], findings: Findings): void {
  const stated = listAt(document, 'app_state', 'bank', 'supply');
  if (stated.length > 0) {
    for (const [denomination, amount] of readCoins(stated, '/app_state/bank/supply', findings)) {
      const sum = accounts.reduce((total, { coins }) => total + (coins.get(denomination) ?? 0n), 0n);
      if (sum !== amount)
        findings.add(
          'foreign.supply',
          '/app_state/bank/supply',
          `the supply of ${denomination.slice(0, 60)} is stated as ${amount}; the balances sum to ${sum}`,
        );
    }
  }
  // In an exported state the loose tokens are also in unbondings, rewards and deposits, not in accounts alone.
  if (at(document, 'app_state', 'staking', 'exported') === true) return;
  const loose = integerAt(document, 'app_state', 'staking', 'pool', 'not_bonded_tokens');
  if (loose === undefined) return;
  const denomination = bondDenomination(document, accounts);
  const sum = accounts.reduce((total, { coins }) => total + (coins.get(denomination) ?? 0n), 0n);
  if (sum !== loose)
    findings.add(
      'foreign.supply',
      '/app_state/staking/pool/not_bonded_tokens',
      `the loose tokens are stated as ${loose}; the balances sum to ${sum}`,
    );
}

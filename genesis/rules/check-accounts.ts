import { AMOUNT_MAX, formatAddress, toHex } from '#kernel';
import type { GenesisModel } from '../document/model.ts';
import { pointer, type Findings } from '../report/findings.ts';

/** Accounts and supply. */
export function checkAccounts(model: GenesisModel, findings: Findings): void {
  if (model.accounts.length === 0)
    findings.add('genesis.no-accounts', '/accounts', 'a chain needs at least one account');
  const seen = new Map<string, string>();
  let sum = 0n;
  let complete = true;
  for (const { path, address, balance } of model.accounts) {
    if (balance === undefined) complete = false;
    else sum += balance;
    if (balance === 0n)
      findings.add(
        'genesis.zero-balance',
        pointer(path, 'balance'),
        'the account holds nothing: it needs no entry',
      );
    if (address === undefined) continue;
    const id = toHex(address);
    const first = seen.get(id);
    if (first === undefined) seen.set(id, path);
    else
      findings.add(
        'genesis.duplicate-account',
        pointer(path, 'address'),
        `${formatAddress(address)} stands at ${first} already; add the balances up there`,
      );
  }
  if (sum > AMOUNT_MAX)
    findings.add('genesis.supply-overflow', '/accounts', `the balances sum to ${sum}, more than 2^128 - 1`);
  if (!complete || model.totalSupply === undefined || model.totalSupply === sum) return;
  findings.add(
    'genesis.supply-mismatch',
    '/totalSupply',
    `the total supply is stated as ${model.totalSupply}; the balances sum to ${sum}`,
  );
}

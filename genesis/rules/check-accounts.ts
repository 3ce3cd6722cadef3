import { AMOUNT_MAX, formatAddress } from '#kernel';
import { accountPath } from '../document/account-table.ts';
import type { GenesisModel } from '../document/model.ts';
import { pointer, type Findings } from '../report/findings.ts';

/** Accounts and supply. @returns the sum of the balances that can be read */
export function checkAccounts({ accounts, totalSupply }: GenesisModel, findings: Findings): bigint {
  if (accounts.length === 0)
    findings.add('genesis.no-accounts', '/accounts', 'a chain needs at least one account');
  let sum = 0n;
  let complete = true;
  for (let row = 0; row < accounts.length; row++) {
    const balance = accounts.balanceAt(row);
    if (balance === undefined) complete = false;
    else sum += balance;
    if (balance === 0n)
      findings.add(
        'genesis.zero-balance',
        () => pointer(accountPath(row), 'balance'),
        'the account holds nothing: it needs no entry',
      );
  }
  for (const { row, first } of accounts.repeated()) {
    findings.add(
      'genesis.duplicate-account',
      () => pointer(accountPath(row), 'address'),
      () =>
        `${formatAddress(accounts.addressAt(row) ?? new Uint8Array(0))} stands at ${accountPath(first)} already; add the balances up there`,
    );
  }
  if (sum > AMOUNT_MAX)
    findings.add('genesis.supply-overflow', '/accounts', `the balances sum to ${sum}, more than 2^128 - 1`);
  if (!complete || totalSupply === undefined || totalSupply === sum) return sum;
  findings.add(
    'genesis.supply-mismatch',
    '/totalSupply',
    `the total supply is stated as ${totalSupply}; the balances sum to ${sum}`,
  );
  return sum;
}

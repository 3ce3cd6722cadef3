import type { Command } from 'commander';
import { ApiClient } from '../../api-client.ts';
import { addHomeOption, addJsonOption, addNodeOption } from '../../options.ts';
import { Output, table } from '../../output.ts';
import { addressOf } from '../../staking/operation-options.ts';
import { allOf, readBalance } from '../../staking/read-facts.ts';

interface ShowOptions {
  home: string;
  node: string;
  json: boolean;
}

interface DelegationItem {
  readonly validator: string;
  readonly amount: string;
  readonly rewards: string;
  readonly redelegableFrom: string | null;
}

interface UnbondingItem {
  readonly validator: string;
  readonly amount: string;
  readonly end: string;
}

/** `node0 stake show`: what an account has bonded, what is being released, and what it can withdraw. */
export function addShowCommand(stake: Command): void {
  addJsonOption(
    addHomeOption(
      addNodeOption(
        stake
          .command('show <address-or-name>')
          .description('what an account has bonded, what is being released, and its rewards'),
      ),
    ),
  )
    .addHelpText('after', '\nExamples:\n  $ node0 stake show alice\n  $ node0 stake show ADDRESS --json\n')
    .action(show);
}

async function show(nameOrAddress: string, options: ShowOptions): Promise<void> {
  const api = new ApiClient(options.node);
  const account = await addressOf(nameOrAddress, options.home);
  const path = `/accounts/${encodeURIComponent(account)}`;
  const balance = await readBalance(api, account);
  const delegations = await allOf<DelegationItem>(api, `${path}/delegations`);
  const unbondings = await allOf<UnbondingItem>(api, `${path}/unbondings`);
  const { commission } = await api.get<{ commission: string }>(`${path}/rewards?limit=1`);
  const sum = (amounts: readonly string[]): bigint =>
    amounts.reduce((total, amount) => total + BigInt(amount), 0n);
  const bonded = sum(delegations.map(({ amount }) => amount));
  const unbonding = sum(unbondings.map(({ amount }) => amount));
  const rewards = sum(delegations.map((item) => item.rewards));
  const lines = [
    `account     ${account}`,
    `balance     ${balance}`,
    `bonded      ${bonded}`,
    `unbonding   ${unbonding}`,
    `rewards     ${rewards}`,
    ...(commission === '0' ? [] : [`commission  ${commission}`]),
  ];
  if (delegations.length > 0) lines.push('', delegationTable(delegations));
  if (unbondings.length > 0) lines.push('', unbondingTable(unbondings));
  new Output(options.json).result(
    { account, balance, bonded, unbonding, rewards, commission, delegations, unbondings },
    lines.join('\n'),
  );
}

function delegationTable(items: readonly DelegationItem[]): string {
  const rows = items.map(({ validator, amount, rewards, redelegableFrom }) => [
    validator,
    amount,
    rewards,
    redelegableFrom ?? 'now',
  ]);
  return table(['validator', 'bonded', 'rewards', 'may move on'], rows);
}

function unbondingTable(items: readonly UnbondingItem[]): string {
  const rows = items.map(({ validator, amount, end }) => [validator, amount, end]);
  return table(['validator', 'unbonding', 'ends'], rows);
}

import type { Command } from 'commander';
import { addBondCommand } from './bond.ts';
import { addCancelUnbondCommand } from './cancel-unbond.ts';
import { addRedelegateCommand } from './redelegate.ts';
import { addShowCommand } from './show.ts';
import { addUnbondCommand } from './unbond.ts';
import { addWithdrawCommand } from './withdraw.ts';

/** `node0 stake`: stake of an account at validators. */
export function addStakeCommand(program: Command): void {
  const stake = program
    .command('stake')
    .description('bond stake to validators, move it, release it, and withdraw rewards')
    .exitOverride();
  addBondCommand(stake);
  addUnbondCommand(stake);
  addRedelegateCommand(stake);
  addCancelUnbondCommand(stake);
  addWithdrawCommand(stake);
  addShowCommand(stake);
}

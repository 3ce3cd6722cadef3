import type { Command } from 'commander';
import { addAccountCommand } from './account.ts';
import { addApproveCommand } from './approve.ts';
import { addCollectCommand } from './collect.ts';
import { addDeclareCommand } from './declare.ts';
import { addDiffCommand } from './diff.ts';
import { addImportCommand } from './import.ts';
import { addInitCommand } from './init.ts';
import { addSealCommands } from './seal.ts';
import { addShowCommand } from './show.ts';
import { addValidateCommands } from './validate.ts';

/** `node0 genesis`: the ceremony, in its order, and what judges and imports documents. Works without any node. */
export function addGenesisCommand(program: Command): void {
  const genesis = program
    .command('genesis')
    .description('agree on a genesis, judge it, seal it, import that of another chain')
    .exitOverride();
  addInitCommand(genesis);
  addAccountCommand(genesis);
  addDeclareCommand(genesis);
  addCollectCommand(genesis);
  addValidateCommands(genesis);
  addShowCommand(genesis);
  addDiffCommand(genesis);
  addApproveCommand(genesis);
  addSealCommands(genesis);
  addImportCommand(genesis);
}

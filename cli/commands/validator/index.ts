import type { Command } from 'commander';
import { addEditCommand } from './edit.ts';
import { addExitCommand } from './exit.ts';
import { addHistoryCommands } from './history.ts';
import { addListCommand } from './list.ts';
import { addRegisterCommand } from './register.ts';
import { addRotateKeyCommand } from './rotate-key.ts';
import { addShowCommand } from './show.ts';
import { addUnjailCommand } from './unjail.ts';

/** `node0 validator`: for operators, and for who looks at validators. */
export function addValidatorCommand(program: Command): void {
  const validator = program
    .command('validator')
    .description('register a validator, look after it, and look at all of them')
    .exitOverride();
  addRegisterCommand(validator);
  addEditCommand(validator);
  addUnjailCommand(validator);
  addExitCommand(validator);
  addRotateKeyCommand(validator);
  addListCommand(validator);
  addShowCommand(validator);
  addHistoryCommands(validator);
}

import { Command } from 'commander';
import { addBenchCommand } from './commands/bench.ts';
import { addDatabaseCommand } from './commands/db.ts';
import { addDebugCommand } from './commands/debug.ts';
import { addDownCommand } from './commands/down.ts';
import { addExportCommand } from './commands/export.ts';
import { addGenesisCommand } from './commands/genesis/index.ts';
import { addInitCommand } from './commands/init.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addLightCommand } from './commands/light.ts';
import { addQueryCommand } from './commands/query.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addRollbackCommand } from './commands/rollback.ts';
import { addSignerCommand } from './commands/signer.ts';
import { addStakeCommand } from './commands/stake/index.ts';
import { addStartCommand } from './commands/start.ts';
import { addTransactionCommand } from './commands/tx.ts';
import { addUpCommand } from './commands/up.ts';
import { addValidatorCommand } from './commands/validator/index.ts';
import { VERSION } from './version.ts';

/**
 * The whole `node0` command. Building it runs nothing; heavy modules load when a command runs.
 *
 * @param json machines read the output: what is wrong with the command line is left to who catches the error
 */
export function buildProgram(json = false): Command {
  const program = new Command('node0')
    .description('Agree on the first block of a ledger, prove it sound, and run the validators that keep it.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(add --help for what is accepted)')
    .showSuggestionAfterError(true)
    .configureOutput({
      writeErr: (text) => void (json || process.stderr.write(text)),
      outputError: (text, write) => write(`${text.trimEnd()} [cli.usage]\n`),
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .exitOverride();
  program.addHelpText(
    'after',
    `
Examples:
  $ node0 up                                   run a local network of four validators
  $ node0 tx transfer --from alice --to ADDRESS --amount 5 --wait
  $ node0 query status
  $ node0 stake bond --from alice --validator ADDRESS --amount 5000000
  $ node0 genesis validate genesis.json
`,
  );
  addUpCommand(program);
  addDownCommand(program);
  addInitCommand(program);
  addStartCommand(program);
  addSignerCommand(program);
  addKeysCommand(program);
  addGenesisCommand(program);
  addTransactionCommand(program);
  addValidatorCommand(program);
  addStakeCommand(program);
  addQueryCommand(program);
  addLightCommand(program);
  addRollbackCommand(program);
  addDatabaseCommand(program);
  addExportCommand(program);
  addDebugCommand(program);
  addBenchCommand(program);
  addSimulateCommand(program);
  return program;
}

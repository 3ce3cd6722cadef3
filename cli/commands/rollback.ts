import type { Command } from 'commander';
import { addConfigurationOptions, homeOptions, type ConfigurationOptions } from '../home-options.ts';
import { addJsonOption } from '../options.ts';
import { Output } from '../output.ts';

/** `node0 rollback`: take back the last execution of a home. */
export function addRollbackCommand(program: Command): void {
  addJsonOption(
    addConfigurationOptions(
      program
        .command('rollback')
        .description(
          'take the state of a stopped node back by one height; blocks stay, and the node replays it',
        ),
    ),
  )
    .addHelpText(
      'after',
      '\nFor a home whose last execution was at fault: start it with software that is without the fault.\nIt says nothing to the other nodes, and takes nothing back that is final.\n\nExample:\n  $ node0 rollback --home .node0/validators/2\n',
    )
    .action(async (options: ConfigurationOptions & { json: boolean }) => {
      const { rollBackHome } = await import('#node');
      const { blockHeight, stateHeight, entries } = await rollBackHome(homeOptions(options));
      new Output(options.json).result(
        { blockHeight, stateHeight, entries },
        `the state is of height ${stateHeight} now (${entries} entries changed); the next start executes block ${blockHeight} again`,
      );
    });
}

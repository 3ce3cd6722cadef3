import { resolve } from 'node:path';
import type { Command } from 'commander';
import { addHomeOption, addJsonOption } from '../options.ts';
import { Output } from '../output.ts';

/** `node0 down`: stop a local network, wherever it was started. */
export function addDownCommand(program: Command): void {
  addJsonOption(addHomeOption(program.command('down').description('stop the local network of a home')))
    .addHelpText('after', '\nExample:\n  $ node0 down --home .node0\n')
    .action(async (options: { home: string; json: boolean }) => {
      const { stopNetwork } = await import('#node');
      const { stopped } = await stopNetwork(resolve(options.home));
      new Output(options.json).result(
        { stopped },
        stopped === 0 ? 'nothing was running' : `stopped ${stopped} processes`,
      );
    });
}

import type { Command } from 'commander';
import { addOperationOptions, findValidator } from '../../staking/operation-options.ts';
import { previewExit } from '../../staking/preview-validator.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

/** `node0 validator exit`: the sender's validator leaves for good. */
export function addExitCommand(validator: Command): void {
  addOperationOptions(
    validator.command('exit').description('take a validator out for good: its own stake begins to unbond'),
    'operator',
  )
    .addHelpText('after', '\nExample:\n  $ node0 validator exit --home node\n')
    .action((options: OperationOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => ({
        payload: { type: 'validator.exit' },
        preview: previewExit(standing, await findValidator(api, sender, options.home)),
      })),
    );
}

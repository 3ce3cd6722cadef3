import type { Command } from 'commander';
import { addOperationOptions, findValidator } from '../../staking/operation-options.ts';
import { previewUnjail } from '../../staking/preview-validator.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

/** `node0 validator unjail`: the sender's validator leaves the jail. */
export function addUnjailCommand(validator: Command): void {
  addOperationOptions(
    validator.command('unjail').description('let a validator out of jail, when its time there is over'),
    'operator',
  )
    .addHelpText('after', '\nExample:\n  $ node0 validator unjail --home node\n')
    .action((options: OperationOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => ({
        payload: { type: 'validator.unjail' },
        preview: previewUnjail(standing, await findValidator(api, sender, options.home)),
      })),
    );
}

import type { Command } from 'commander';
import { parseAddress } from '#kernel';
import { addOperationOptions, findValidator } from '../../staking/operation-options.ts';
import { previewWithdraw } from '../../staking/preview-stake.ts';
import { readDelegation } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

interface WithdrawOptions extends OperationOptions {
  validator: string;
}

/** `node0 stake withdraw`: rewards, and an operator's commission, become balance. */
export function addWithdrawCommand(stake: Command): void {
  addOperationOptions(
    stake
      .command('withdraw')
      .description("withdraw rewards at a validator, and its operator's commission")
      .requiredOption('--validator <address-or-name>', 'operator of the validator'),
  )
    .addHelpText('after', '\nExample:\n  $ node0 stake withdraw --from alice --validator ADDRESS\n')
    .action((options: WithdrawOptions) =>
      runOperation(options, async ({ api, sender }) => {
        const validator = await findValidator(api, options.validator, options.home);
        const own = await readDelegation(api, sender, validator.operator);
        return {
          payload: { type: 'rewards.withdraw', validator: parseAddress(validator.operator) },
          preview: previewWithdraw(validator, own, sender === validator.operator),
        };
      }),
    );
}

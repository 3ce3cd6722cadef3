import type { Command } from 'commander';
import { parseAddress } from '#kernel';
import { addOperationOptions, amount, findValidator } from '../../staking/operation-options.ts';
import { previewBond } from '../../staking/preview-stake.ts';
import { readDelegation } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

interface BondOptions extends OperationOptions {
  validator: string;
  amount: bigint;
}

/** `node0 stake bond`: balance becomes stake at a validator. */
export function addBondCommand(stake: Command): void {
  addOperationOptions(
    stake
      .command('bond')
      .description('bond balance to a validator')
      .requiredOption('--validator <address-or-name>', 'operator of the validator')
      .requiredOption('--amount <amount>', 'base units to bond', amount),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 stake bond --from alice --validator ADDRESS --amount 5000000\n  $ node0 stake bond --from alice --validator ADDRESS --amount 5000000 --dry-run\n',
    )
    .action((options: BondOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const validator = await findValidator(api, options.validator, options.home);
        const own = await readDelegation(api, sender, validator.operator);
        return {
          payload: {
            type: 'stake.bond',
            validator: parseAddress(validator.operator),
            amount: options.amount,
          },
          preview: previewBond(standing, validator, own, options.amount),
        };
      }),
    );
}

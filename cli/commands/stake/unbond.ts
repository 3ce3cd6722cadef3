import type { Command } from 'commander';
import { parseAddress } from '#kernel';
import { addOperationOptions, amountOrAll, findValidator } from '../../staking/operation-options.ts';
import { previewUnbond } from '../../staking/preview-stake.ts';
import { readDelegation } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

interface UnbondOptions extends OperationOptions {
  validator: string;
  amount: bigint | 'all';
}

/** `node0 stake unbond`: stake begins to be released. */
export function addUnbondCommand(stake: Command): void {
  addOperationOptions(
    stake
      .command('unbond')
      .description('release stake: it comes back to the balance when the unbonding period is over')
      .requiredOption('--validator <address-or-name>', 'operator of the validator')
      .requiredOption('--amount <amount>', 'base units to release, or all', amountOrAll),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 stake unbond --from alice --validator ADDRESS --amount 2000000\n  $ node0 stake unbond --from alice --validator ADDRESS --amount all --yes --json\n',
    )
    .action((options: UnbondOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const validator = await findValidator(api, options.validator, options.home);
        const own = await readDelegation(api, sender, validator.operator);
        const released = options.amount === 'all' ? own.amount : options.amount;
        return {
          payload: {
            type: 'stake.unbond',
            validator: parseAddress(validator.operator),
            amount: released,
          },
          preview: previewUnbond(standing, validator, own, released),
        };
      }),
    );
}

import type { Command } from 'commander';
import { parseAddress } from '#kernel';
import { addOperationOptions, amountOrAll, findValidator } from '../../staking/operation-options.ts';
import { previewRedelegate } from '../../staking/preview-stake.ts';
import { readDelegation } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

interface RedelegateOptions extends OperationOptions {
  source: string;
  destination: string;
  amount: bigint | 'all';
}

/** `node0 stake redelegate`: stake moves to another validator without being released. */
export function addRedelegateCommand(stake: Command): void {
  addOperationOptions(
    stake
      .command('redelegate')
      .description('move stake from one validator to another')
      .requiredOption('--source <address-or-name>', 'operator of the validator that has the stake')
      .requiredOption('--destination <address-or-name>', 'operator of the validator that gets it')
      .requiredOption('--amount <amount>', 'base units to move, or all', amountOrAll),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 stake redelegate --from alice --source ADDRESS --destination ADDRESS --amount all\n',
    )
    .action((options: RedelegateOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const [source, destination] = await Promise.all([
          findValidator(api, options.source, options.home),
          findValidator(api, options.destination, options.home),
        ]);
        const own = {
          source: await readDelegation(api, sender, source.operator),
          destination: await readDelegation(api, sender, destination.operator),
        };
        const moved = options.amount === 'all' ? own.source.amount : options.amount;
        return {
          payload: {
            type: 'stake.redelegate',
            source: parseAddress(source.operator),
            destination: parseAddress(destination.operator),
            amount: moved,
          },
          preview: previewRedelegate(standing, { source, destination }, own, moved),
        };
      }),
    );
}

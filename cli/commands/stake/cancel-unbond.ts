import { InvalidArgumentError, type Command } from 'commander';
import { parseAddress } from '#kernel';
import type { UnbondingFacts } from '../../staking/facts.ts';
import { addOperationOptions, amountOrAll, findValidator } from '../../staking/operation-options.ts';
import { previewCancelUnbond } from '../../staking/preview-stake.ts';
import { wouldFail } from '../../staking/preview.ts';
import { readDelegation, readUnbondings } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';

interface CancelUnbondOptions extends OperationOptions {
  validator: string;
  end?: number;
  amount: bigint | 'all';
}

/** `node0 stake cancel-unbond`: what is being released is bonded again. */
export function addCancelUnbondCommand(stake: Command): void {
  addOperationOptions(
    stake
      .command('cancel-unbond')
      .description('bond again what is being released')
      .requiredOption('--validator <address-or-name>', 'operator of the validator')
      .requiredOption('--amount <amount>', 'base units of the entry, or all', amountOrAll)
      .option(
        '--end <time>',
        'end of the entry, as "stake show" prints it (default: the only entry)',
        endOfEntry,
      ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 stake cancel-unbond --from alice --validator ADDRESS --amount all\n  $ node0 stake cancel-unbond --from alice --validator ADDRESS --end 2027-02-21T12:00:00.000Z --amount 500\n',
    )
    .action((options: CancelUnbondOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const validator = await findValidator(api, options.validator, options.home);
        const own = await readDelegation(api, sender, validator.operator);
        const entry = chooseEntry(await readUnbondings(api, sender, validator.operator), options.end);
        const bonded = options.amount === 'all' ? entry.amount : options.amount;
        return {
          payload: {
            type: 'stake.cancel-unbond',
            validator: parseAddress(validator.operator),
            endMs: entry.endMs,
            amount: bonded,
          },
          preview: previewCancelUnbond(standing, validator, { own, entry }, bonded),
        };
      }),
    );
}

/** Unix milliseconds of a time, or as they are. */
function endOfEntry(text: string): number {
  const endMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(endMs)) throw new InvalidArgumentError('Give a time like 2027-02-21T12:00:00.000Z.');
  return endMs;
}

/** @throws `cli.would-fail` */
function chooseEntry(entries: readonly UnbondingFacts[], endMs: number | undefined): UnbondingFacts {
  const [entry, ...others] = entries.filter((one) => endMs === undefined || one.endMs === endMs);
  const ends = entries.map((one) => new Date(one.endMs).toISOString()).join(', ');
  if (entry === undefined) {
    throw wouldFail('stake.no-entry', ends === '' ? 'nothing is being released there' : `there are ${ends}`);
  }
  if (others.length > 0) throw wouldFail('stake.no-entry', `choose one with --end: ${ends}`);
  return entry;
}

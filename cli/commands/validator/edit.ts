import type { Command } from 'commander';
import type { EditPayload } from '#services/transaction';
import { cliError } from '../../errors.ts';
import { basisPoints } from '../../percentage.ts';
import { addOperationOptions, amount } from '../../staking/operation-options.ts';
import { previewEdit } from '../../staking/preview-validator.ts';
import { readValidatorAnswer, validatorFacts, type ValidatorAnswer } from '../../staking/read-facts.ts';
import { runOperation, type OperationOptions } from '../../staking/run-operation.ts';
import { addIdentityOptions, type IdentityOptions } from './identity-options.ts';

interface EditOptions extends OperationOptions, IdentityOptions {
  name?: string;
  commission?: string;
  minSelfStake?: bigint;
}

/** `node0 validator edit`: what is given changes, the rest stays. */
export function addEditCommand(validator: Command): void {
  addOperationOptions(
    addIdentityOptions(
      validator
        .command('edit')
        .description("change a validator's identity, commission or minimum self-stake")
        .option('--name <text>', 'name of the validator')
        .option('--commission <percent>', 'share of the delegators’ rewards')
        .option('--min-self-stake <amount>', 'base units; it can only go up', amount),
    ),
    'operator',
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 validator edit --home node --commission 9.5%\n  $ node0 validator edit --home node --website https://erin.example --location ""\n',
    )
    .action((options: EditOptions) =>
      runOperation(options, async ({ api, sender }) => {
        const answer = await readValidatorAnswer(api, sender);
        const payload = payloadOf(options, answer);
        return { payload, preview: previewEdit(validatorFacts(answer), payload) };
      }),
    );
}

function payloadOf(options: EditOptions, { identity }: ValidatorAnswer): EditPayload {
  const { name, website, contact, description, location, commission, minSelfStake } = options;
  const given = Object.entries({ name, website, contact, description, location }).filter(
    ([, text]) => text !== undefined,
  );
  if (given.length === 0 && commission === undefined && minSelfStake === undefined) {
    throw cliError('usage', 'say what changes: --name, --website, --commission, …');
  }
  return {
    type: 'validator.edit',
    ...(given.length > 0 && { identity: { ...identity, ...Object.fromEntries(given) } }),
    ...(commission !== undefined && { commissionRate: basisPoints(commission, '--commission') }),
    ...(minSelfStake !== undefined && { minSelfStake }),
  };
}

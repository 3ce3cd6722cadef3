import type { Command } from 'commander';
import { basisPoints } from '../../percentage.ts';
import { addOperationOptions, amount } from '../../staking/operation-options.ts';
import { nameOf, wouldFail } from '../../staking/preview.ts';
import { findRegistered } from '../../staking/read-facts.ts';
import { previewRegister } from '../../staking/preview-validator.ts';
import { newConsensusKey, runOperation, type OperationOptions } from '../../staking/run-operation.ts';
import { addIdentityOptions, type IdentityOptions } from './identity-options.ts';
import { NO_PROOF } from './no-proof.ts';

interface RegisterOptions extends OperationOptions, IdentityOptions {
  consensusKey: string;
  stake: bigint;
  minSelfStake?: bigint;
  name: string;
  commission: string;
  maxCommission: string;
  maxCommissionChange: string;
}

/** `node0 validator register`: the sender becomes the operator of a validator. */
export function addRegisterCommand(validator: Command): void {
  addOperationOptions(
    addIdentityOptions(
      validator
        .command('register')
        .description('register a validator, with a first stake of its operator')
        .option('--consensus-key <name-or-file>', 'key file of the consensus key', 'consensus')
        .requiredOption('--stake <amount>', 'base units that the operator bonds', amount)
        .requiredOption('--name <text>', 'name of the validator')
        .option(
          '--min-self-stake <amount>',
          "base units below which the operator's own stake must not fall (default: those of the ledger)",
          amount,
        )
        .option('--commission <percent>', 'share of the delegators’ rewards', '10%')
        .option('--max-commission <percent>', 'largest commission ever', '20%')
        .option('--max-commission-change <percent>', 'largest change in a day', '1%'),
    ),
    'operator',
  )
    .addHelpText(
      'after',
      '\nThe keys are those of the home that "node0 init" made, unless files are named.\n\nExamples:\n  $ node0 validator register --home node --stake 5000000000 --name "Erin Nodes" --contact ops@erin.example\n  $ node0 validator register --from operator.json --consensus-key consensus.json --stake 5000000000 --name Erin --dry-run\n',
    )
    .action((options: RegisterOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const taken = await findRegistered(api, sender);
        if (taken !== undefined) {
          const why = `the sender operates ${nameOf(taken)} already: register from another account`;
          throw wouldFail('validator.operator-taken', why);
        }
        const publicKey = await newConsensusKey(api, options.consensusKey, options.home);
        const { name, website = '', contact = '', description = '', location = '' } = options;
        const terms = {
          identity: { name, website, contact, description, location },
          commission: {
            rate: basisPoints(options.commission, '--commission'),
            maxRate: basisPoints(options.maxCommission, '--max-commission'),
            maxDailyChange: basisPoints(options.maxCommissionChange, '--max-commission-change'),
          },
          minSelfStake: options.minSelfStake ?? standing.rules.minSelfStake,
          stake: options.stake,
        };
        return {
          payload: { type: 'validator.register', publicKey, proof: NO_PROOF, ...terms },
          preview: previewRegister(standing, sender, terms),
          consensusKey: options.consensusKey,
        };
      }),
    );
}

import type { Command } from 'commander';
import { toHex } from '#kernel';
import { addOperationOptions } from '../../staking/operation-options.ts';
import { previewRotateKey } from '../../staking/preview-validator.ts';
import { readValidatorAnswer, validatorFacts } from '../../staking/read-facts.ts';
import { newConsensusKey, runOperation, type OperationOptions } from '../../staking/run-operation.ts';
import { NO_PROOF } from './no-proof.ts';

interface RotateKeyOptions extends OperationOptions {
  consensusKey: string;
}

/** `node0 validator rotate-key`: another consensus key, from the next set on. */
export function addRotateKeyCommand(validator: Command): void {
  addOperationOptions(
    validator
      .command('rotate-key')
      .description('give a validator another consensus key, from the next set on')
      .requiredOption('--consensus-key <name-or-file>', 'key file of the new consensus key'),
    'operator',
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 keys create consensus-2 --out node/keys/consensus-2.json --password-file node/password\n  $ node0 validator rotate-key --home node --consensus-key consensus-2\n',
    )
    .action((options: RotateKeyOptions) =>
      runOperation(options, async ({ api, sender, ...standing }) => {
        const publicKey = await newConsensusKey(api, options.consensusKey, options.home);
        const answer = await readValidatorAnswer(api, sender);
        const keys = { before: answer.nextPublicKey ?? answer.publicKey, after: toHex(publicKey) };
        return {
          payload: { type: 'validator.rotate-key', publicKey, proof: NO_PROOF },
          preview: previewRotateKey(standing, validatorFacts(answer), keys),
          consensusKey: options.consensusKey,
        };
      }),
    );
}

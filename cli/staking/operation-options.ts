import { InvalidArgumentError, type Command } from 'commander';
import { AMOUNT_MAX } from '#kernel';
import type { ApiClient } from '../api-client.ts';
import { readKeyFile } from '../key-access.ts';
import { addSenderOptions } from '../transactions/sender-options.ts';
import type { ValidatorFacts } from './facts.ts';
import { readValidatorAnswer, validatorFacts } from './read-facts.ts';

/** The options of a command that signs an operation on stake. @param from default of `--from`, when there is one */
export function addOperationOptions(command: Command, from?: string): Command {
  const about = 'key that signs: an account of the home, or a key file';
  const withSender =
    from === undefined
      ? command.requiredOption('--from <name-or-file>', about)
      : command.option('--from <name-or-file>', about, from);
  return addSenderOptions(
    withSender
      .option('--yes', 'sign without asking', false)
      .option('--dry-run', 'show what it would do, and sign nothing', false)
      .option('--no-wait', 'do not wait until the transaction is final'),
  );
}

/** Parser of an amount in base units. */
export function amount(text: string): bigint {
  const value = /^\d{1,39}$/.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value > AMOUNT_MAX) throw new InvalidArgumentError('Give a whole number of base units.');
  return value;
}

/** Parser of an amount, or of `all`. */
export function amountOrAll(text: string): bigint | 'all' {
  return text === 'all' ? text : amount(text);
}

/** An address as it is, or that of an account of the home. */
export async function addressOf(nameOrAddress: string, home: string): Promise<string> {
  if (nameOrAddress.startsWith('bizra1')) return nameOrAddress;
  return (await readKeyFile(nameOrAddress, home)).file.address;
}

/**
 * The validator that somebody means: by the address of its operator or consensus key, or the name of a key of the home.
 *
 * @throws `cli.node-refused` when there is none
 */
export async function findValidator(
  api: ApiClient,
  nameOrAddress: string,
  home: string,
): Promise<ValidatorFacts> {
  return validatorFacts(await readValidatorAnswer(api, await addressOf(nameOrAddress, home)));
}

import type { Command } from 'commander';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../options.ts';

const WAIT_SECONDS = 60;

/** Who sends a transaction, to which node, and on which terms. */
export interface SenderOptions {
  from: string;
  home: string;
  node: string;
  passwordFile?: string;
  gasPrice?: string;
  nonce?: number;
  timeout: number;
  json: boolean;
}

/** The options of every command that signs a transaction, but for `--from`, whose default differs. */
export function addSenderOptions(command: Command): Command {
  return addJsonOption(
    addNodeOption(
      addHomeOption(
        command
          .option('--password-file <file>', 'file with the password of the key')
          .option(
            '--gas-price <amount>',
            'base units a unit of gas (default: the smallest that the ledger takes)',
          )
          .option(
            '--nonce <number>',
            'nonce (default: the next one)',
            wholeNumber(0, Number.MAX_SAFE_INTEGER),
          )
          .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 86_400), WAIT_SECONDS),
      ),
    ),
  );
}

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { fromHex, parseAddress, parseAmount } from '#kernel';
import type { TransactionPayload } from '#services/transaction';
import { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';
import { readKeyFile } from '../key-access.ts';
import { EXIT, Output } from '../output.ts';
import { addSenderOptions, type SenderOptions } from '../transactions/sender-options.ts';
import {
  describeOutcome,
  openSender,
  prepareTransaction,
  signPrepared,
  submitSigned,
  waitUntilFinal,
} from '../transactions/submit-transaction.ts';

interface SendOptions extends SenderOptions {
  wait: boolean;
}

/** `node0 tx`: sign and submit transactions. */
export function addTransactionCommand(program: Command): void {
  const tx = program.command('tx').description('sign and submit transactions').exitOverride();
  sendOptions(
    tx
      .command('transfer')
      .description('move an amount to one or several accounts')
      .requiredOption('--to <address...>', 'receiver: an address, or the name of an account of the home')
      .requiredOption('--amount <amount...>', 'amount in base units, one for each receiver'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 tx transfer --from alice --to bob --amount 1000000 --wait\n  $ node0 tx transfer --from alice --to bob carol --amount 5 7\n',
    )
    .action(async (options: SendOptions & { to: string[]; amount: string[] }) => {
      if (options.to.length !== options.amount.length) {
        throw cliError(
          'usage',
          `${options.to.length} receivers and ${options.amount.length} amounts: give one amount for each`,
        );
      }
      const receivers = await Promise.all(
        options.to.map((receiver) => resolveAddress(receiver, options.home)),
      );
      const outputs = receivers.map((to, index) => ({
        to,
        amount: parseAmount(options.amount[index] as string),
      }));
      await send({ type: 'transfer', outputs }, options);
    });
  sendOptions(
    tx
      .command('attest')
      .description('anchor the hash of a document under a label')
      .option('--digest <hex>', 'the 32-byte hash to anchor')
      .option('--file <file>', 'a document whose SHA-256 is anchored')
      .requiredOption('--label <text>', 'label of the attestation'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 tx attest --from alice --file contract.pdf --label contract-7 --wait\n',
    )
    .action(async (options: SendOptions & { digest?: string; file?: string; label: string }) => {
      await send({ type: 'attest', digest: await documentDigest(options), label: options.label }, options);
    });
}

function sendOptions(command: Command): Command {
  return addSenderOptions(
    command
      .requiredOption('--from <name-or-file>', 'sender: an account of the home, or a key file')
      .option('--wait', 'wait until the transaction is final', false),
  );
}

async function send(payload: TransactionPayload, options: SendOptions): Promise<void> {
  const output = new Output(options.json);
  const api = new ApiClient(options.node);
  const key = await openSender(options);
  const transaction = signPrepared(await prepareTransaction(api, payload, options), key);
  await submitSigned(api, transaction);
  if (!options.wait) {
    output.result({ hash: transaction.id, status: 'pending' }, transaction.id);
    return;
  }
  output.line(transaction.id);
  const final = await waitUntilFinal(api, transaction.id, options.timeout, output);
  output.result({ hash: transaction.id, ...final }, describeOutcome(final));
  if (final.status === 'failed') process.exitCode = EXIT.failed;
}

async function resolveAddress(receiver: string, home: string): Promise<Uint8Array> {
  if (receiver.startsWith('bizra1')) return parseAddress(receiver);
  const { file } = await readKeyFile(receiver, home);
  return parseAddress(file.address);
}

async function documentDigest(options: { digest?: string; file?: string }): Promise<Uint8Array> {
  if ((options.digest === undefined) === (options.file === undefined)) {
    throw cliError('usage', 'give either --digest HEX or --file FILE');
  }
  if (options.digest !== undefined) return fromHex(options.digest, 32);
  const { createHash } = await import('node:crypto');
  try {
    return new Uint8Array(
      createHash('sha256')
        .update(await readFile(options.file as string))
        .digest(),
    );
  } catch (cause) {
    throw cliError(
      'file-unreadable',
      `${options.file} cannot be read: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
}

import type { Command } from 'commander';
import { fromHex, parseAddress, parseAmount } from '#kernel';
import { payloadToJson, signTransaction, type TransactionPayload } from '#services/transaction';
import { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';
import { openKey, readKeyFile } from '../key-access.ts';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../options.ts';
import { EXIT, Output } from '../output.ts';
import { readFile } from 'node:fs/promises';

/** Heights for which a transaction stays valid unless told otherwise. */
const VALID_HEIGHTS = 200;
const WAIT_SECONDS = 60;

interface SendOptions {
  from: string;
  home: string;
  node: string;
  passwordFile?: string;
  gasPrice?: string;
  nonce?: number;
  wait: boolean;
  timeout: number;
  json: boolean;
}

interface NodeStatus {
  chainId: string;
  genesisHash: string;
  height: number;
}

interface TransactionState {
  status: 'pending' | 'finalized' | 'failed';
  height?: number;
  code?: string;
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
  return addJsonOption(
    addNodeOption(
      addHomeOption(
        command
          .requiredOption('--from <name-or-file>', 'sender: an account of the home, or a key file')
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
          .option('--wait', 'wait until the transaction is final', false)
          .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 86_400), WAIT_SECONDS),
      ),
    ),
  );
}

async function send(payload: TransactionPayload, options: SendOptions): Promise<void> {
  const output = new Output(options.json);
  const api = new ApiClient(options.node);
  const key = await openKey(options.from, options);
  const { file } = await readKeyFile(options.from, options.home);
  const status = await api.get<NodeStatus>('/status');
  const estimate = await api.post<{ gasLimit: number; gasPrice: string; nonce: number }>(
    '/transactions/estimate',
    'application/json',
    JSON.stringify({ sender: file.address, senderKeyType: key.type, payload: payloadToJson(payload) }),
  );
  const identity = { chainId: status.chainId, genesisHash: fromHex(status.genesisHash, 32) };
  const transaction = signTransaction(
    {
      chainId: identity.chainId,
      senderKeyType: key.type,
      senderKey: key.publicKey,
      nonce: options.nonce ?? estimate.nonce,
      gasLimit: estimate.gasLimit,
      gasPrice: parseAmount(options.gasPrice ?? estimate.gasPrice),
      validUntil: status.height + VALID_HEIGHTS,
      payload,
    },
    key,
    identity,
  );
  await api.post('/transactions', 'application/octet-stream', lengthPrefixed(transaction.bytes));
  if (!options.wait) {
    output.result({ hash: transaction.id, status: 'pending' }, transaction.id);
    return;
  }
  output.line(transaction.id);
  const final = await waitUntilFinal(api, transaction.id, options.timeout, output);
  output.result(
    { hash: transaction.id, ...final },
    final.status === 'finalized'
      ? `final at height ${final.height}`
      : `failed at height ${final.height}: ${final.code}`,
  );
  if (final.status === 'failed') process.exitCode = EXIT.failed;
}

async function waitUntilFinal(
  api: ApiClient,
  id: string,
  seconds: number,
  output: Output,
): Promise<TransactionState> {
  const { systemClock } = await import('#runtime');
  const deadlineMs = systemClock.monotonic() + seconds * 1000;
  output.status('waiting for finality');
  try {
    for (;;) {
      const leftMs = Math.floor(deadlineMs - systemClock.monotonic());
      if (leftMs <= 0) {
        throw cliError(
          'not-final',
          `${id} was not final after ${seconds} s; it may still become so: node0 query tx ${id}`,
        );
      }
      // The node answers as soon as the transaction is final, or when the wait is over.
      const state = await api.get<TransactionState>(`/transactions/${id}?wait=${Math.min(leftMs, 10_000)}`);
      if (state.status !== 'pending') return state;
    }
  } finally {
    output.endStatus();
  }
}

/** One transaction in the framing of `application/octet-stream`: a 32-bit big-endian length, then the bytes. */
function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, 4);
  return framed;
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

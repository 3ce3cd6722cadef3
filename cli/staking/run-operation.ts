import { fromHex, parseAddress, toHex, type SigningKey } from '#kernel';
import { systemClock } from '#runtime';
import { keyPossessionDigest, movedBy, type StakePayload } from '#services/transaction';
import { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';
import { openKey, readKeyFile } from '../key-access.ts';
import { EXIT, Output } from '../output.ts';
import { confirm } from '../prompt.ts';
import type { SenderOptions } from '../transactions/sender-options.ts';
import {
  describeOutcome,
  openSender,
  prepareTransaction,
  signPrepared,
  submitSigned,
  waitUntilFinal,
  type UnsignedTransaction,
} from '../transactions/submit-transaction.ts';
import { explainCode } from './advice.ts';
import type { Standing } from './preview-stake.ts';
import { change, formatPreview, line, nameOf, previewToJson, wouldFail, type Preview } from './preview.ts';
import { findRegistered, readBalance, readRules } from './read-facts.ts';

export interface OperationOptions extends SenderOptions {
  yes: boolean;
  wait: boolean;
  dryRun: boolean;
}

/** Whom an operation is planned for. */
export interface Planning extends Standing {
  readonly api: ApiClient;
  /** Address of the sender. */
  readonly sender: string;
}

/** What is to be signed, and what it would do. */
export interface Plan {
  /** A consensus key's proof is made when the preview was accepted: until then it is 64 zero bytes. */
  readonly payload: StakePayload;
  readonly preview: Preview;
  /** Key file of the consensus key whose proof the payload holds. */
  readonly consensusKey?: string;
}

/**
 * Plans an operation, shows what it would do, and after a yes signs it, submits it and waits for its outcome. No key
 * is opened before.
 *
 * @throws `cli.would-fail`, `cli.declined`, `cli.not-final`, and those of keys and of the node
 */
export async function runOperation(
  options: OperationOptions,
  plan: (planning: Planning) => Promise<Plan>,
): Promise<void> {
  const output = new Output(options.json);
  const api = new ApiClient(options.node);
  const { file } = await readKeyFile(options.from, options.home);
  const rules = await readRules(api);
  const sender = file.address;
  const planned = await plan({ api, rules, sender, nowMs: systemClock.now() });
  const unsigned = await prepareTransaction(api, planned.payload, options);
  const preview = await withCosts(api, planned.preview, unsigned);
  const shown = previewToJson(preview);
  if (options.dryRun) {
    output.result({ preview: shown }, formatPreview(preview));
    return;
  }
  output.line(formatPreview(preview));
  await agree(preview, options);
  const payload = await proven(planned, unsigned, options);
  const transaction = signPrepared({ ...unsigned, payload }, await openSender(options));
  await submitSigned(api, transaction);
  if (!options.wait) {
    output.result({ preview: shown, hash: transaction.id, status: 'pending' }, transaction.id);
    return;
  }
  output.line(transaction.id);
  const final = await waitUntilFinal(api, transaction.id, options.timeout, output);
  const why = final.code === undefined || final.status !== 'failed' ? '' : await explainCode(final.code);
  output.result(
    { preview: shown, hash: transaction.id, ...final, ...(why !== '' && { explanation: why }) },
    `${describeOutcome(final)}${why === '' ? '' : `: ${why}`}`,
  );
  if (final.status === 'failed') process.exitCode = EXIT.failed;
}

/**
 * The public key of an Ed25519 key file that no validator has or had, without opening it.
 *
 * @throws `cli.usage`, `cli.would-fail`
 */
export async function newConsensusKey(api: ApiClient, nameOrFile: string, home: string): Promise<Uint8Array> {
  const { file, path } = await readKeyFile(nameOrFile, home);
  if (file.type !== 'ed25519')
    throw cliError('usage', `${path} is not of an Ed25519 key: consensus needs one`);
  const owner = await findRegistered(api, file.address);
  if (owner !== undefined) {
    const why = `the key of ${path} is or was that of ${nameOf(owner)}: make a new one with "node0 keys create"`;
    throw wouldFail('validator.key-used', why);
  }
  return fromHex(file.publicKey, 32);
}

/** With what it costs and what is left. */
async function withCosts(
  api: ApiClient,
  preview: Preview,
  { sender, fee, gasLimit, gasPrice, payload }: UnsignedTransaction,
): Promise<Preview> {
  const balance = await readBalance(api, sender);
  const left = balance - fee - movedBy(payload);
  if (left < 0n) {
    const needed = `it takes ${balance - left} base units with the fee`;
    throw wouldFail('stake.insufficient-balance', `${needed}, and ${sender} has ${balance}`);
  }
  const costs = [
    line('sender', 'sender', sender),
    change('balance', 'balance', balance, left),
    line('fee', 'fee', { amount: fee, gasLimit, gasPrice }, `${fee} (${gasLimit} gas at ${gasPrice})`),
  ];
  return { title: preview.title, lines: [...preview.lines, ...costs] };
}

/** Where machines read the output, people on a terminal read the preview on standard error. */
async function agree(preview: Preview, { yes, json }: OperationOptions): Promise<void> {
  if (json && !yes && process.stdin.isTTY) new Output(false).note(formatPreview(preview));
  if (!(await confirm('sign and submit it?', { assumeYes: yes }))) {
    throw cliError('declined', 'nothing was signed');
  }
}

/** VAL-4: the payload with the proof that the consensus key's holder gives it to the sender. */
async function proven(
  { payload, consensusKey }: Plan,
  { identity, sender }: UnsignedTransaction,
  options: OperationOptions,
): Promise<StakePayload> {
  if (consensusKey === undefined || !('proof' in payload)) return payload;
  const key: SigningKey = await openKey(consensusKey, options);
  const { genesisHash } = identity;
  const proof = key.sign(keyPossessionDigest(genesisHash, parseAddress(sender), key.publicKey));
  if (toHex(key.publicKey) !== toHex(payload.publicKey)) {
    throw cliError('usage', `${consensusKey} does not hold the key that it names`);
  }
  return { ...payload, proof };
}

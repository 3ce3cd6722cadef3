import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import {
  createApi,
  createLightClient,
  createVerifiedReader,
  restLightSource,
  type LightClient,
  type TrustRoot,
  type VerifiedReader,
} from '#client';
import { formatAddress, fromHex, parseAddress, toHex } from '#kernel';
import { createSignatureVerifier, systemClock } from '#runtime';
import { cliError } from '../errors.ts';
import { readKeyFile } from '../key-access.ts';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';

interface LightOptions {
  readonly node: string;
  readonly home: string;
  readonly json: boolean;
  readonly witness: readonly string[];
  readonly genesis?: string;
  readonly trustHeight?: number;
  readonly trustHash?: string;
  readonly trustingPeriodMs?: number;
}

interface LightSession {
  readonly client: LightClient;
  readonly reader: VerifiedReader;
}

/** Share of the unbonding period in which a header is trusted, as is usual with CometBFT. */
const TRUSTED_SHARE = 2 / 3;

/** `node0 light`: read a node and believe nothing that it does not prove. */
export function addLightCommand(program: Command): void {
  const light = program
    .command('light')
    .description('read a node and verify every answer from a genesis or a trusted header')
    .exitOverride();
  addHead(light);
  addAccount(light);
  addAttestation(light);
  addTransaction(light);
}

function reader(light: Command, usage: string, about: string, example: string): Command {
  const name = usage.split(' ')[0] as string;
  const command = addJsonOption(addHomeOption(addNodeOption(light.command(usage).description(about))))
    .option('--witness <url>', 'another node, which must confirm; repeatable', collect, [])
    .option('--genesis <file>', 'the genesis document (default: that of the home)')
    .option(
      '--trust-height <height>',
      'start from a header that you trust, not from the genesis',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--trust-hash <hex>', 'hash of the block at that height', blockHashText)
    .option(
      '--trusting-period-ms <ms>',
      'how long a header is trusted (default: 2/3 of the unbonding period)',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    );
  return command.addHelpText('after', `\nExample:\n  $ node0 light ${name}${example}\n`);
}

function addHead(light: Command): void {
  const command = reader(light, 'head', 'verify the newest header', ' --witness http://other-node:8080');
  command.action((options: LightOptions) =>
    withLight(options, async ({ client }) => {
      const { header, hash } = await client.latest();
      return {
        height: header.height,
        hash: toHex(hash),
        time: new Date(header.timeMs).toISOString(),
        stateRoot: toHex(header.stateRoot),
        validatorSetHash: toHex(header.validatorSetHash),
      };
    }),
  );
}

function addAccount(light: Command): void {
  const about = 'balance and nonce of an account, or that there is none';
  const command = reader(light, 'account <address-or-name>', about, ' alice').option(
    '--height <height>',
    'state at a past height',
    wholeNumber(0, Number.MAX_SAFE_INTEGER),
  );
  command.action((given: string, options: LightOptions & { height?: number }) =>
    withLight(options, async (session) => {
      const address = await addressOf(given, options.home);
      const { balance, ...account } = await session.reader.account(address, options.height);
      return { address: formatAddress(address), balance: balance.toString(), ...account };
    }),
  );
}

function addAttestation(light: Command): void {
  const about = 'whether an account anchored a hash';
  const command = reader(light, 'attestation <digest> <address-or-name>', about, ' 3f… alice');
  command.action((digest: string, given: string, options: LightOptions) =>
    withLight(options, async (session) => {
      const address = await addressOf(given, options.home);
      const { record, height } = await session.reader.attestation(fromHex(digest, 32), address);
      const found = record && { label: record.label, attestedAt: record.height };
      return { digest, address: formatAddress(address), attested: record !== undefined, ...found, height };
    }),
  );
}

function addTransaction(light: Command): void {
  const command = reader(light, 'tx <hash>', 'that a transaction is final, and its receipt', ' 3f…');
  command.action((hash: string, options: LightOptions) =>
    withLight(options, async (session) => {
      const { transaction, height, receipt } = await session.reader.transaction(fromHex(hash, 32));
      return {
        hash: transaction.id,
        height,
        sender: formatAddress(transaction.sender),
        type: transaction.payload.type,
        status: receipt?.status ?? 'its receipt is proven by the next block',
        ...(receipt && { fee: receipt.fee.toString(), code: receipt.code }),
      };
    }),
  );
}

async function withLight(
  options: LightOptions,
  read: (session: LightSession) => Promise<Record<string, unknown>>,
): Promise<void> {
  const verifier = createSignatureVerifier({ workers: 1, clock: systemClock });
  try {
    const answer = await read(await openSession(options, verifier));
    const width = Math.max(...Object.keys(answer).map(({ length }) => length));
    const text = Object.entries(answer).map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`);
    new Output(options.json).result({ verified: true, ...answer }, `verified\n${text.join('\n')}`);
  } finally {
    await verifier.close();
  }
}

async function openSession(
  options: LightOptions,
  verifier: ReturnType<typeof createSignatureVerifier>,
): Promise<LightSession> {
  const { loadGenesis } = await import('#genesis');
  const { identity, ledger, ...state } = (
    await loadGenesis(await readGenesis(options), { clock: systemClock })
  ).state;
  const { buildGenesisState } = await import('#services/blockchain');
  const { validators } = await buildGenesisState({ identity, ledger, ...state });
  const genesis: TrustRoot = {
    kind: 'genesis',
    initialHeight: state.initialHeight,
    timeMs: state.timeMs,
    validators: validators.validators,
  };
  const trustingPeriodMs = options.trustingPeriodMs ?? Math.floor(ledger.unbondingPeriodMs * TRUSTED_SHARE);
  const api = createApi({ url: options.node });
  const client = createLightClient({
    identity,
    trust: trustOf(options) ?? genesis,
    rules: { trustingPeriodMs },
  })({
    primary: restLightSource(api, identity),
    witnesses: options.witness.map((url) => restLightSource(createApi({ url }), identity)),
    clock: systemClock,
    verifier,
  });
  return { client, reader: createVerifiedReader(api, client) };
}

function trustOf({ trustHeight, trustHash }: LightOptions): TrustRoot | undefined {
  if (trustHeight === undefined && trustHash === undefined) return undefined;
  if (trustHeight !== undefined && trustHash !== undefined) {
    return { kind: 'header', height: trustHeight, hash: fromHex(trustHash, 32) };
  }
  throw cliError(
    'usage',
    'give --trust-height and --trust-hash together: one names the block, the other proves it',
  );
}

async function readGenesis({ genesis, home }: LightOptions): Promise<Uint8Array> {
  const file = genesis ?? join(home, 'genesis.json');
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'name the genesis document with --genesis';
    throw cliError('file-unreadable', `${file} cannot be read (${reason}); ${advice}`, { file }, { cause });
  }
}

async function addressOf(given: string, home: string): Promise<Uint8Array> {
  return parseAddress(given.startsWith('bizra1') ? given : (await readKeyFile(given, home)).file.address);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function blockHashText(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 64 lower-case hexadecimal digits.');
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { InitializedSigner } from '#node';
import { addConfigurationOptions, homeOptions, type ConfigurationOptions } from '../home-options.ts';
import { initPassword, type InitPasswordOptions } from '../init-password.ts';
import { addJsonOption } from '../options.ts';
import { EXIT, Output } from '../output.ts';

const LISTEN = '/ip4/127.0.0.1/tcp/26659';
/** Exit code of a signer that stopped itself because going on was not safe (sysexits.h: EX_SOFTWARE). */
const EXIT_FATAL = 70;

interface InitOptions extends InitPasswordOptions {
  home: string;
  name: string;
  listen: string;
  advertise?: string;
  serve: string[];
  genesisHash?: string;
  from?: string;
  json: boolean;
}

type StartOptions = ConfigurationOptions & { json: boolean };

/** `node0 signer`: keep a consensus key for the nodes of a validator. */
export function addSignerCommand(program: Command): void {
  const signer = program
    .command('signer')
    .description('keep the consensus key of a validator in a process of its own')
    .exitOverride();
  addJsonOption(
    addConfigurationOptions(
      signer
        .command('start', { isDefault: true })
        .description('run the signer in the foreground; "node0 signer --home DIR" is the same'),
    ),
  )
    .addHelpText('after', '\nExample:\n  $ node0 signer --home signer\n')
    .action(start);
  addJsonOption(
    signer
      .command('init')
      .description("make a signer's home: a new key, or that of a node")
      .requiredOption('--home <dir>', 'folder of the signer', process.env['NODE0_HOME'])
      .option('--name <name>', 'name of the signer', 'signer')
      .option('--listen <multiaddr>', 'address to listen on for the nodes', LISTEN)
      .option('--advertise <multiaddr>', 'address at which the nodes reach it (default: that of --listen)')
      .option('--serve <node>', 'peer id of a node, or its home on this machine; repeatable', collect, [])
      .option('--genesis-hash <hex>', 'the chain that it signs for; may be set later')
      .option(
        '--from <dir>',
        'take over the consensus key, and what it signed last, of the stopped node in the folder',
      )
      .option('--password-file <file>', 'file with the password (default: NODE0_PASSWORD, or typed)')
      .option('--generate-password', 'make a password and keep it in the home', false),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 signer init --home signer --from alice --serve alice --serve bob --genesis-hash HASH --generate-password\n  $ node0 signer init --home signer --listen /ip4/10.0.0.9/tcp/26659 --serve PEER-ID\n',
    )
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const password = await initPassword(options);
  const { initSignerHome } = await import('#node');
  const { home, from, name, listen, advertise, serve, genesisHash } = options;
  const made = await initSignerHome({
    home: resolve(home),
    from: from === undefined ? undefined : resolve(from),
    name,
    listen,
    advertise,
    serve,
    genesisHash,
    password,
    environment: process.env,
  });
  new Output(options.json).result(made, textOf(made));
}

function textOf({ home, address, consensusKey, nodes, leftBehind }: InitializedSigner): string {
  return [
    `made ${home}, which serves ${nodes.length === 0 ? 'no node yet (signer.nodes)' : nodes.join(' and ')}`,
    `consensus key  ${consensusKey}`,
    `address        ${address}`,
    'in node0.yaml of each node, in the place of consensus.key:',
    '  signer:',
    `    address: ${address}`,
    `    consensusKey: ${consensusKey}`,
    ...(leftBehind === undefined
      ? []
      : [`the signer has the key now: remove ${leftBehind}, and never start a node with a copy of it`]),
  ].join('\n');
}

async function start(options: StartOptions): Promise<void> {
  const { startSigner } = await import('#node');
  const output = new Output(options.json);
  try {
    const signer = await startSigner(homeOptions(options));
    let stopping: Promise<void> | undefined;
    const stop = (): void => {
      stopping ??= signer.stop().then(() => process.exit(process.exitCode ?? EXIT.ok));
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
    signer.onFatal((error) => {
      output.failure(error);
      process.exitCode = EXIT_FATAL;
      stop();
    });
    output.line(`started ${signer.name} ${signer.addresses.join(' ')}`);
  } catch (error) {
    output.failure(error);
    // What opened before the failure must not keep the process.
    process.exit(EXIT.failed);
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { InitializedHome, InitPassword } from '#node';
import { initPassword, type InitPasswordOptions } from '../init-password.ts';
import { addJsonOption } from '../options.ts';
import { Output } from '../output.ts';

const LISTEN = '/ip4/0.0.0.0/tcp/26656';

interface InitOptions extends InitPasswordOptions {
  home: string;
  name: string;
  listen: string;
  advertise?: string;
  api?: string;
  json: boolean;
}

/** `node0 init`: make the home of one node. */
export function addInitCommand(program: Command): void {
  addJsonOption(
    program
      .command('init')
      .description("make the home of one node: a founder's or an operator's")
      .requiredOption('--home <dir>', 'folder of the node', process.env['NODE0_HOME'])
      .requiredOption('--name <name>', 'name of the node')
      .option('--listen <multiaddr>', 'address to listen on for peers', LISTEN)
      .option('--advertise <multiaddr>', 'address at which others reach the node (default: that of --listen)')
      .option('--api <host:port>', 'address of the API (default: none)')
      .option('--password-file <file>', 'file with the password (default: NODE0_PASSWORD, or typed)')
      .option('--generate-password', 'make a password and keep it in the home', false),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 init --home node --name alpha --advertise /dns4/alpha.example.org/tcp/26656 --api 127.0.0.1:8080\n  $ node0 init --home rehearsal --name beta --generate-password\n',
    )
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const password = await initPassword(options);
  const { initHome } = await import('#node');
  const { name, listen, advertise, api } = options;
  const made = await initHome({ home: resolve(options.home), name, listen, advertise, api, password });
  new Output(options.json).result(made, textOf(made, password));
}

function textOf(made: InitializedHome, password: InitPassword): string {
  const lines = [
    `made ${made.home}`,
    `operator       ${made.operator}`,
    `consensus key  ${made.consensusKey}`,
    made.peer === undefined
      ? `peer id        ${made.peerId}; declare it as ADDRESS/p2p/${made.peerId}, where ADDRESS is like /dns4/HOST/tcp/PORT`
      : `peer           ${made.peer}`,
  ];
  if (password.kind === 'typed') {
    lines.push(
      `before "node0 start", put the password into ${made.home}/password (mode 0600), or into NODE0_PASSWORD`,
    );
  }
  return lines.join('\n');
}

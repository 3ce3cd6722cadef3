import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { showCountdown } from '../countdown-view.ts';
import { addJsonOption } from '../options.ts';
import { EXIT, Output } from '../output.ts';

/** Exit code of a node that stopped itself because going on was not safe (sysexits.h: EX_SOFTWARE). */
const EXIT_FATAL = 70;

interface StartOptions {
  home: string;
  config?: string;
  genesisHash?: string;
  seal?: string;
  set: string[];
  json: boolean;
}

/** `node0 start`: run one node in the foreground. */
export function addStartCommand(program: Command): void {
  addJsonOption(
    program
      .command('start')
      .description('run one node in the foreground')
      .requiredOption('--home <dir>', 'folder of the node', process.env['NODE0_HOME'])
      .option('--config <file>', 'configuration (default: HOME/node0.yaml)')
      .option('--genesis-hash <hex>', 'refuse to start from any other genesis')
      .option('--seal <file>', 'refuse to start from a genesis that this is not the seal of')
      .option('--set <key=value>', 'a setting over file and environment; repeatable', collect, []),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 start --home .node0/validators/2\n  $ node0 start --home node --set api.listen=127.0.0.1:9000 --set log.level=debug\n',
    )
    .action((options: StartOptions) => start(options));
}

async function start(options: StartOptions): Promise<void> {
  const { reportToParent, startNode } = await import('#node');
  const output = new Output(options.json);
  const home = resolve(options.home);
  const genesisHash = options.genesisHash === undefined ? [] : [`chain.genesisHash=${options.genesisHash}`];
  const seal = options.seal === undefined ? [] : [`chain.seal=${resolve(options.seal)}`];
  try {
    const node = await startNode({
      configurationFile: options.config ?? join(home, 'node0.yaml'),
      environment: process.env,
      overrides: [...options.set, ...genesisHash, ...seal],
    });
    let stopping: Promise<void> | undefined;
    const stop = (): void => {
      stopping ??= node.stop().then(() => process.exit(process.exitCode ?? EXIT.ok));
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.on(signal, stop);
    node.onFatal((error) => {
      output.endStatus();
      output.failure(error);
      process.exitCode = EXIT_FATAL;
      stop();
    });
    output.line(`started ${node.name}${node.api === undefined ? '' : ` ${node.api}`}`);
    node.onCountdown((tick) => showCountdown(output, tick));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
    reportToParent({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    output.failure(error);
    // Engines and sockets that opened before the failure must not keep the process.
    process.exit(EXIT.failed);
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { isCodedError } from '#kernel';
import type { NetworkEvent, NetworkStatus, RunningNetwork } from '#node';
import { showCountdown } from '../countdown-view.ts';
import { cliError } from '../errors.ts';
import { addHomeOption, addJsonOption, wholeNumber } from '../options.ts';
import { EXIT, Output } from '../output.ts';

const VALIDATORS = 4;
const VALIDATORS_MAX = 64;
const PORT = 8080;
/** A plain line of progress at most this often where there is no terminal. */
const PLAIN_STATUS_MS = 10_000;

interface UpOptions {
  home: string;
  validators?: number;
  genesis?: string;
  keys?: string;
  denom?: string;
  port: number;
  set: string[];
  detach: boolean;
  json: boolean;
}

/** `node0 up`: make or reuse a local network, and run it. */
export function addUpCommand(program: Command): void {
  addJsonOption(
    addHomeOption(
      program
        .command('up')
        .description('run a local network: several validators and a full node with the API')
        .option(
          '--validators <number>',
          `validators of a new network (default: ${VALIDATORS})`,
          wholeNumber(1, VALIDATORS_MAX),
        )
        .option('--genesis <file>', 'start a new network from a genesis; that of another chain is imported')
        .option(
          '--keys <dir>',
          "folder with the key files of an own genesis' validators (default: that of the genesis)",
        )
        .option('--denom <name>', 'denomination to import from a genesis of another chain')
        .option('--port <number>', 'port of the API', wholeNumber(1, 65_535), PORT)
        .option('--set <key=value>', 'a setting for every node; repeatable', collect, [])
        .option('--detach', 'return when the network is ready and leave it running', false),
    ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 up\n  $ node0 up --home rehearsal --genesis genesis.json --validators 7 --port 9090\n  $ node0 up --detach && node0 query status && node0 down\n',
    )
    .action((options: UpOptions) => (options.detach ? upDetached(options) : up(options)));
}

async function up(options: UpOptions): Promise<void> {
  const output = new Output(options.json);
  const view = new UpView(output);
  const network = await run(options, view);
  let isStopping = false;
  const stop = (): void => {
    if (!isStopping) view.stopping();
    isStopping = true;
    void network.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const outcome = await network.ended;
  output.endStatus();
  if (outcome.error !== undefined) throw outcome.error;
  output.line('stopped');
}

/** @throws what `runNetwork` throws, after telling the process that waits for a detached network */
async function run(options: UpOptions, view: UpView): Promise<RunningNetwork> {
  const { runNetwork } = await import('#node');
  return runNetwork({
    home: resolve(options.home),
    validators: options.validators,
    genesisFile: options.genesis === undefined ? undefined : resolve(options.genesis),
    keysFolder: options.keys === undefined ? undefined : resolve(options.keys),
    denomination: options.denom,
    apiPort: options.port,
    settings: options.set,
    command: [process.execPath, fileURLToPath(new URL('../main.ts', import.meta.url))],
    onEvent: (event) => view.show(event),
  }).catch((error: unknown) => {
    if (isCodedError(error)) tellParent({ kind: 'failed', code: error.code, message: error.message });
    throw error;
  });
}

/** Runs `up` in a process of its own and waits until it says that it is ready. */
async function upDetached(options: UpOptions): Promise<void> {
  const home = resolve(options.home);
  const logFile = join(home, 'supervisor.log');
  const made = await mkdir(home, { recursive: true });
  // Appended: it may be the log of a network that runs.
  const log = openSync(logFile, 'a');
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const parameters = process.argv.slice(2).filter((parameter) => parameter !== '--detach');
  const child = spawn(process.execPath, [main, ...parameters], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const output = new Output(options.json);
  const view = new UpView(output);
  const failure = await new Promise<string | undefined>((settle) => {
    child.on('message', (event) => {
      view.show(event as NetworkEvent);
      if ((event as NetworkEvent).kind === 'ready') settle(undefined);
      if ((event as NetworkEvent).kind === 'failed') settle(failureOf(event as NetworkEvent));
    });
    child.on('exit', () => settle(`see ${logFile}`));
  });
  if (failure !== undefined) {
    if (made !== undefined && !existsSync(join(home, 'network.json'))) await rm(made, { recursive: true });
    throw cliError('not-started', `the network did not start: ${failure}`);
  }
  child.disconnect();
  child.unref();
  output.line(`running in the background; stop it with: node0 down --home ${options.home}`);
}

/** Tells the process that waits for a detached network; one that has gone takes nothing. */
function tellParent(event: NetworkEvent): void {
  if (process.connected) process.send?.(event, undefined, undefined, () => {});
}

function failureOf(event: NetworkEvent): string {
  return event.kind === 'failed' ? `${event.message} [${event.code}]` : '';
}

/** Shows the events of a network: a live line on a terminal, plain lines elsewhere, JSON lines for machines. */
class UpView {
  readonly #output: Output;
  #lastPlainMs = -Infinity;
  #isReady = false;

  constructor(output: Output) {
    this.#output = output;
  }

  show(event: NetworkEvent): void {
    tellParent(event);
    const isForMachines = event.kind === 'waiting' ? event.isMoment : event.kind !== 'status';
    if (this.#output.json && isForMachines) this.#output.result(event, '');
    switch (event.kind) {
      case 'created':
      case 'note':
        this.#output.line(event.text);
        return;
      case 'waiting':
        if (!this.#isReady) showCountdown(this.#output, event);
        return;
      case 'progress':
        this.#output.status(event.text);
        return;
      case 'ready':
        this.#isReady = true;
        this.#output.endStatus();
        this.#output.line(`ready ${event.url}`);
        return;
      case 'exited':
        this.#output.endStatus();
        this.#output.line(event.text);
        return;
      case 'status':
        this.#status(event.status, event.atMs);
        return;
      case 'failed':
        this.#output.endStatus();
        process.exitCode = EXIT.failed;
    }
  }

  stopping(): void {
    this.#output.endStatus();
    this.#output.line('stopping…');
  }

  #status(status: NetworkStatus, atMs: number): void {
    if (!this.#isReady) return;
    const text =
      `height ${status.height} · ${status.validatorsRunning} of ${status.validators} validators` +
      ` · ${status.peers} peers · ${status.transactionsPerSecond.toFixed(0)} tx/s`;
    if (this.#output.interactive) this.#output.status(text);
    else if (atMs - this.#lastPlainMs >= PLAIN_STATUS_MS) {
      this.#lastPlainMs = atMs;
      this.#output.line(text);
    }
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

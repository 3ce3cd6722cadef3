import { mkdir, rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { describeProgress } from '#genesis';
import type { CodedError } from '#kernel';
import { systemClock } from '#runtime';
import { tickOf, type CountdownTick } from '../genesis/countdown.ts';
import { Moments } from '../genesis/moments.ts';
import { homeError } from '../home/errors.ts';
import { mergeSettings } from '../configuration/load-configuration.ts';
import { isLivingNode0, readPidFile, removePidFile, writePidFile } from '../home/pid-file.ts';
import { BOOT_STAGES, type NodeReport } from '../lifecycle/progress.ts';
import { networkLayout, type NetworkLayout, type NodeLayout } from './layout.ts';
import { nodesOf, writeNodeFiles } from './node-files.ts';
import { isPortFree } from './ports.ts';
import { checkRequest, prepareNetwork, type NetworkRequest } from './prepare.ts';
import { readNetworkRecord, type NetworkRecord } from './record.ts';
import { Supervisor, stopNodes, stopProcesses } from './supervisor.ts';

export interface NetworkStatus {
  readonly height: number;
  readonly peers: number;
  readonly validators: number;
  readonly validatorsRunning: number;
  readonly transactionsPerSecond: number;
}

/** What a running network tells whoever shows it. */
export type NetworkEvent =
  | { readonly kind: 'created' | 'note' | 'progress' | 'exited'; readonly text: string }
  | {
      readonly kind: 'ready';
      readonly url: string;
      readonly home: string;
      readonly chainId: string;
      readonly genesisHash: string;
    }
  | ({ readonly kind: 'waiting' } & CountdownTick)
  | { readonly kind: 'status'; readonly status: NetworkStatus; readonly atMs: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface RunNetworkOptions extends NetworkRequest {
  /** Absolute path. */
  readonly home: string;
  /** `key=value` settings for every node. */
  readonly settings: readonly string[];
  /** Program and arguments that run `node0`. */
  readonly command: readonly string[];
  readonly onEvent: (event: NetworkEvent) => void;
}

export interface RunningNetwork {
  stop(): Promise<void>;
  /** Resolves when every process has stopped; with the error that ended it, if one did. */
  readonly ended: Promise<{ error?: CodedError }>;
}

/**
 * Makes or reuses the network of a home and starts its processes.
 *
 * @throws `home.*`, `configuration.*`, `genesis.*`; what is refused leaves nothing behind
 */
export async function runNetwork(options: RunNetworkOptions): Promise<RunningNetwork> {
  const layout = networkLayout(options.home);
  checkSettings(options.settings);
  await refuseSecondSupervisor(layout);
  await refuseTakenPort(options.apiPort);
  const request = await checkRequest(layout, {
    ...options,
    onProgress: (stage, fraction) => {
      if (fraction === 0) return;
      options.onEvent({ kind: 'progress', text: `genesis: ${describeProgress(stage, fraction)}` });
    },
  });
  await mkdir(layout.home, { recursive: true });
  await writePidFile(layout.supervisorPid);
  let record: NetworkRecord;
  try {
    const prepared = await prepareNetwork(layout, request);
    record = prepared.record;
    for (const text of prepared.notes) options.onEvent({ kind: 'created', text });
    await writeNodeFiles(layout, record, options);
  } catch (error) {
    await removePidFile(layout.supervisorPid);
    throw error;
  }
  const nodes = nodesOf(layout, record);
  const supervisor = new Supervisor({ nodes, command: options.command });
  const watch = new NetworkWatch(nodes, options, record);
  supervisor.on('report', (node, report) => watch.report(node, report));
  const { promise: ended, resolve: end, reject: failToEnd } = Promise.withResolvers<{ error?: CodedError }>();
  let stopping: Promise<void> | undefined;
  const stop = (reason?: CodedError): Promise<void> => {
    stopping ??= stopAll(supervisor, layout).then(
      () => end(reason === undefined ? {} : { error: reason }),
      failToEnd,
    );
    return stopping;
  };
  supervisor.on('exit', (node, code, signal) => {
    const error = watch.exited(node, code, signal, supervisor.stopping);
    if (error !== undefined) void stop(error);
  });
  // What this process compiled serves the nodes that it starts now.
  flushCompileCache();
  supervisor.start();
  return { ended, stop: () => stop() };
}

async function stopAll(supervisor: Supervisor, layout: NetworkLayout): Promise<void> {
  await supervisor.stop();
  await removePidFile(layout.supervisorPid);
}

/** Stops the network of a home, however its processes were started. */
export async function stopNetwork(home: string): Promise<{ stopped: number }> {
  const layout = networkLayout(home);
  const record = await readNetworkRecord(layout.record);
  if (record === undefined) {
    throw homeError('not-a-network', `there is no local network in ${home}; name its folder with --home`, {
      home,
    });
  }
  const stopped = await stopProcesses(async () => {
    const pid = await readPidFile(layout.supervisorPid);
    return pid !== undefined && (await isLivingNode0(pid, 'up')) ? [pid] : [];
  });
  const left = await stopNodes(nodesOf(layout, record));
  await rm(layout.supervisorPid, { force: true });
  return { stopped: stopped + left };
}

/** A wrong setting ends the start before anything is made. */
function checkSettings(settings: readonly string[]): void {
  mergeSettings(new Map(), '', { overrides: settings });
}

/** One supervisor a home: whoever wrote the pid file. */
async function refuseSecondSupervisor(layout: NetworkLayout): Promise<void> {
  const pid = await readPidFile(layout.supervisorPid);
  if (pid === undefined || pid === process.pid || !(await isLivingNode0(pid, 'up'))) return;
  throw homeError(
    'in-use',
    `process ${pid} runs the network in ${layout.home} already; stop it with: node0 down --home ${layout.home}`,
    { home: layout.home, pid },
  );
}

async function refuseTakenPort(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  throw homeError('port-in-use', `port ${port} of 127.0.0.1 is in use; choose another with --port`, { port });
}

/** Turns the reports of single nodes into what people want to know of the network. */
class NetworkWatch {
  readonly #nodes: readonly NodeLayout[];
  readonly #options: RunNetworkOptions;
  readonly #record: { validators: number; chainId: string; genesisHash: string };
  readonly #stages = new Map<string, number>();
  readonly #doing = new Map<string, string | undefined>();
  readonly #running = new Set<string>();
  readonly #moments = new Moments();
  #ready = false;
  #previous: { transactions: number; atMs: number } | undefined;

  constructor(
    nodes: readonly NodeLayout[],
    options: RunNetworkOptions,
    record: { validators: number; chainId: string; genesisHash: string },
  ) {
    this.#nodes = nodes;
    this.#options = options;
    this.#record = record;
  }

  report(node: NodeLayout, report: NodeReport): void {
    switch (report.kind) {
      case 'stage':
        this.#stages.set(node.name, BOOT_STAGES.indexOf(report.stage));
        this.#doing.set(node.name, report.doing);
        this.#progress();
        return;
      case 'started':
        this.#running.add(node.name);
        this.#doing.delete(node.name);
        this.#stages.set(node.name, BOOT_STAGES.length);
        this.#progress();
        return;
      case 'status':
        if (node.name === 'platform') this.#status(report);
        return;
      case 'failed':
        this.#options.onEvent({ kind: 'note', text: `${node.name}: ${report.message} [${report.code}]` });
    }
  }

  /** The error that the network ends with, when it cannot go on without the node. */
  exited(
    node: NodeLayout,
    code: number | null,
    signal: NodeJS.Signals | null,
    stopping: boolean,
  ): CodedError | undefined {
    this.#running.delete(node.name);
    if (stopping) return undefined;
    const how = signal === null ? `exit code ${code}` : signal;
    if (!this.#ready || node.name === 'platform') {
      const message = `${node.name} ended (${how}); see ${node.home}/output.log and ${node.home}/node.log`;
      this.#options.onEvent({ kind: 'failed', code: 'home.node-failed', message });
      return homeError('node-failed', message, { node: node.name });
    }
    const text = `${node.name} ended (${how}); start it again with: node0 start --home ${node.home}`;
    this.#options.onEvent({ kind: 'exited', text });
    return undefined;
  }

  #progress(): void {
    if (this.#ready) return;
    const least = Math.min(...this.#nodes.map((node) => this.#stages.get(node.name) ?? 0));
    const slowest = this.#nodes.find((node) => (this.#stages.get(node.name) ?? 0) === least);
    const doing = slowest === undefined ? undefined : this.#doing.get(slowest.name);
    const stage = doing ?? BOOT_STAGES[least] ?? 'first block';
    this.#options.onEvent({
      kind: 'progress',
      text: `starting: ${this.#running.size} of ${this.#nodes.length} nodes up (${stage})`,
    });
  }

  #status(report: Extract<NodeReport, { kind: 'status' }>): void {
    const atMs = systemClock.monotonic();
    if (!this.#ready && report.ready) {
      this.#ready = true;
      this.#options.onEvent({
        kind: 'ready',
        url: `http://127.0.0.1:${this.#options.apiPort}`,
        home: this.#options.home,
        chainId: this.#record.chainId,
        genesisHash: this.#record.genesisHash,
      });
    }
    if (!this.#ready && report.waiting !== undefined) {
      const { genesisTimeMs, secondsLeft } = report.waiting;
      this.#options.onEvent({ kind: 'waiting', ...tickOf(genesisTimeMs, secondsLeft, this.#moments) });
    }
    const seconds = this.#previous === undefined ? 0 : (atMs - this.#previous.atMs) / 1000;
    const rate =
      this.#previous === undefined || seconds <= 0
        ? 0
        : (report.transactions - this.#previous.transactions) / seconds;
    this.#previous = { transactions: report.transactions, atMs };
    this.#options.onEvent({
      kind: 'status',
      atMs,
      status: {
        height: report.height,
        peers: report.peers,
        validators: this.#record.validators,
        validatorsRunning: report.validators,
        transactionsPerSecond: rate,
      },
    });
  }
}

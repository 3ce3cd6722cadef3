import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '#runtime';
import { isLivingNode0, readPidFile } from '../home/pid-file.ts';
import type { NodeReport } from '../lifecycle/progress.ts';
import type { NodeLayout } from './layout.ts';

/** How long nodes get to stop by themselves before they are killed. */
const STOP_GRACE_MS = 15_000;
const STOP_POLL_MS = 50;

interface SupervisorEvents {
  report: [node: NodeLayout, report: NodeReport];
  exit: [node: NodeLayout, code: number | null, signal: NodeJS.Signals | null];
}

/** Starts the nodes of a local network as processes, relays what they report, and stops them. */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #nodes: readonly NodeLayout[];
  readonly #command: readonly string[];
  readonly #children = new Map<string, ChildProcess>();
  #stopping = false;

  /** @param options.command program and arguments that run `node0` */
  constructor(options: { nodes: readonly NodeLayout[]; command: readonly string[] }) {
    super();
    this.#nodes = options.nodes;
    this.#command = options.command;
  }

  start(): void {
    for (const node of this.#nodes) this.#startNode(node);
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /**
   * Stops every node of the network, those started by hand included: asks first, kills what does not stop.
   * Resolves when none is left.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const starting = [...this.#children.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    await stopNodes(this.#nodes, starting);
  }

  #startNode(node: NodeLayout): void {
    const [program, ...parameters] = this.#command as [string, ...string[]];
    const output = openSync(join(node.home, 'output.log'), 'a');
    // A group of its own: Ctrl-C on the terminal reaches the supervisor alone, which then stops all in order.
    const child = spawn(program, [...parameters, 'start', '--home', node.home], {
      stdio: ['ignore', output, output, 'ipc'],
      detached: true,
    });
    closeSync(output);
    child.on('message', (report) => this.emit('report', node, report as NodeReport));
    child.on('exit', (code, signal) => {
      this.#children.delete(node.name);
      this.emit('exit', node, code, signal);
    });
    this.#children.set(node.name, child);
  }
}

/** Stops the nodes whose pid files name a living process, and the processes in `starting`; returns how many. */
export function stopNodes(nodes: readonly NodeLayout[], starting: readonly number[] = []): Promise<number> {
  return stopProcesses(() => livingNodes(nodes, starting));
}

/** Asks the processes that `find` finds to stop, waits, and kills those that do not; returns how many there were. */
export async function stopProcesses(find: () => Promise<number[]>): Promise<number> {
  let living = await find();
  const count = living.length;
  for (const pid of living) signalQuietly(pid, 'SIGTERM');
  for (let waitedMs = 0; living.length > 0 && waitedMs < STOP_GRACE_MS; waitedMs += STOP_POLL_MS) {
    await pause(STOP_POLL_MS);
    living = await find();
  }
  for (const pid of living) signalQuietly(pid, 'SIGKILL');
  return count;
}

async function livingNodes(nodes: readonly NodeLayout[], starting: readonly number[]): Promise<number[]> {
  const living = new Set<number>();
  for (const node of nodes) {
    const written = await readPidFile(node.pid);
    for (const pid of written === undefined ? starting : [written, ...starting]) {
      if (await isLivingNode0(pid, 'start', node.home)) living.add(pid);
    }
  }
  return [...living];
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

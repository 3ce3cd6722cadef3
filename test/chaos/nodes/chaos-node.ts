import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chaosError } from '../errors.ts';

const CLOCK_MODULE = new URL('clock-offset.ts', import.meta.url).href;
const STOP_MS = 20_000;
const ANSWER_MS = 5_000;
const JUMP_MS = 30_000;
const POLL_MS = 20;
const TAIL_CHARACTERS = 2_000;

export interface ChaosNodeOptions {
  readonly name: string;
  readonly home: string;
  /** `HOST:PORT`. */
  readonly api: string;
  /** Folder of the version that it runs. */
  readonly root: string;
  readonly prefix: readonly string[];
  readonly clockOffsetSeconds: number;
}

/** A node as a process: started, stopped, killed, paused, its clock set, and asked over its API alone. */
export class ChaosNode {
  readonly name: string;
  readonly home: string;
  readonly url: string;
  readonly #prefix: readonly string[];
  readonly #clockFile: string;
  #root: string;
  #offsetSeconds: number;
  #child: ChildProcess | undefined;
  #isPaused = false;
  /** What is expected to be down is not asked. */
  isExpectedUp = false;
  /** Why the process ended although nobody asked it to. */
  ended: string | undefined;

  constructor(options: ChaosNodeOptions) {
    this.name = options.name;
    this.home = options.home;
    this.url = `http://${options.api}`;
    this.#prefix = options.prefix;
    this.#root = options.root;
    this.#offsetSeconds = options.clockOffsetSeconds;
    this.#clockFile = join(options.home, 'clock-offset-ms');
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !this.#isPaused;
  }

  /** Folder of the version that it runs, or runs when it is started next. */
  get root(): string {
    return this.#root;
  }

  /** Runs this version from its next start on. */
  install(root: string): void {
    this.#root = root;
  }

  /** Has this offset from its next start on. */
  setOffset(seconds: number): void {
    this.#offsetSeconds = seconds;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    await writeFile(this.#clockFile, String(this.#offsetSeconds * 1_000));
    const launcher = join(this.#root, 'cli', 'bin', 'node0.mjs');
    const command = [...this.#prefix, process.execPath, launcher, 'start', '--home', this.home];
    const [program = process.execPath, ...parameters] = command;
    const output = openSync(join(this.home, 'output.log'), 'a');
    // The channel tells the node when the runner is gone, however it went: then it stops by itself.
    const child = spawn(program, parameters, {
      cwd: this.home,
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${CLOCK_MODULE}`,
        CHAOS_CLOCK_FILE: this.#clockFile,
      },
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    this.#child = child;
    this.isExpectedUp = true;
    child.on('error', (error) => (this.ended ??= `${this.name} was not started: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.ended ??= `${this.name} ended by itself (${code ?? signal}): ${this.#lastWords()}; see ${this.home}`;
    });
  }

  /** `kill -9`; returns when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop, and insists after a while; true when it stopped by itself. */
  async stop(): Promise<boolean> {
    const child = this.#child;
    if (child === undefined) return true;
    if (this.#isPaused) this.resume();
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#end('SIGTERM');
    clearTimeout(late);
    return child.signalCode !== 'SIGKILL';
  }

  /** Kills it at once, without waiting: for the end of the runner. */
  abandon(): void {
    this.#child?.kill('SIGKILL');
  }

  pause(): void {
    this.#isPaused = true;
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#isPaused = false;
    this.#child?.kill('SIGCONT');
  }

  /**
   * Sets the clock of the running process; returns when it has taken it.
   *
   * @throws `chaos.not-in-time`
   */
  async jumpClock(seconds: number): Promise<void> {
    this.#offsetSeconds = seconds;
    const wanted = String(seconds * 1_000);
    await writeFile(this.#clockFile, wanted);
    this.#child?.kill('SIGUSR2');
    for (let waitedMs = 0; waitedMs < JUMP_MS; waitedMs += POLL_MS) {
      if ((await readFile(`${this.#clockFile}.taken`, 'utf8')) === wanted) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw chaosError('not-in-time', `${this.name} did not take its clock's new offset`);
  }

  /** An answer of its API; undefined while it does not answer, or has not what is asked. */
  async get<Body>(path: string): Promise<Body | undefined> {
    return this.fetchJson<Body>(`/api/v2${path}`);
  }

  async isReady(): Promise<boolean> {
    return (await this.fetchJson<{ status: string }>('/health/ready'))?.status === 'ready';
  }

  async fetchJson<Body>(path: string): Promise<Body | undefined> {
    try {
      const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) await response.body?.cancel();
      return response.ok ? ((await response.json()) as Body) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The last line that it printed. */
  #lastWords(): string {
    const lines = readFileSync(join(this.home, 'output.log'), 'utf8').trimEnd().split('\n');
    return lines.at(-1)?.slice(-TAIL_CHARACTERS) || 'it said nothing';
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#isPaused = false;
    this.isExpectedUp = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

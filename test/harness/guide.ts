import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, type CommandResult } from './command.ts';
import { commandsOf } from './document.ts';

const LAUNCHER = join(ROOT, 'cli', 'bin', 'node0.mjs');

/** A guide whose commands a test runs one by one, when their time has come. */
export class Guide {
  readonly #waiting: Set<string>;
  readonly #commands: readonly string[];
  readonly #cwd: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    commands: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#commands = commands;
    this.#waiting = new Set(commands);
    this.#cwd = cwd;
    this.#environment = environment;
  }

  static async open(
    document: string,
    { cwd, environment }: { cwd: string; environment: Readonly<Record<string, string>> },
  ): Promise<Guide> {
    const commands = commandsOf(await readFile(join(ROOT, document), 'utf8'));
    return new Guide(
      commands.map(({ text }) => text),
      cwd,
      environment,
    );
  }

  /** Commands that were neither run nor said to be done otherwise. */
  get waiting(): string[] {
    return [...this.#waiting];
  }

  /** What a command does, a test does by other means. */
  doneOtherwise(beginning: string): void {
    this.#waiting.delete(this.#find(beginning));
  }

  /** Runs the command of the guide that begins so, with placeholders replaced and more parameters after it. */
  async run(
    beginning: string,
    { more = '', placeholders = {} }: { more?: string; placeholders?: Readonly<Record<string, string>> } = {},
  ): Promise<CommandResult> {
    const text = this.#find(beginning);
    this.#waiting.delete(text);
    let line = `${text} ${more}`;
    for (const [name, value] of Object.entries(placeholders)) line = line.replaceAll(name, value);
    const script = `npx() { shift; "${process.execPath}" "${LAUNCHER}" "$@"; }\n${line}`;
    const child = spawn('bash', ['-c', script], {
      cwd: this.#cwd,
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }

  /** The JSON that a command of the guide answers, which is to succeed. */
  async answer<Body>(beginning: string, placeholders: Readonly<Record<string, string>> = {}): Promise<Body> {
    const { code, stdout, stderr } = await this.run(beginning, { more: '--json', placeholders });
    assert.equal(code, 0, `${beginning}: ${stderr}${stdout}`);
    return JSON.parse(stdout) as Body;
  }

  #find(beginning: string): string {
    const only = this.#commands.find((text) => text.replace(/^npx node0 /, '').startsWith(beginning));
    assert.ok(only !== undefined, `the guide has no command "${beginning}"`);
    return only;
  }
}

import { styleText } from 'node:util';
import { CodedError } from '#kernel';

/** Exit codes of every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Where a command writes: people read text, machines read one JSON document with `--json`. */
export class Output {
  readonly json: boolean;
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;

  constructor(
    json: boolean,
    stdout: NodeJS.WriteStream = process.stdout,
    stderr: NodeJS.WriteStream = process.stderr,
  ) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  /** True when the output is a terminal that takes colours and a line that changes. */
  get interactive(): boolean {
    return this.#stdout.isTTY && !this.json;
  }

  /** The result: `value` for machines, `text` for people. */
  result(value: unknown, text: string): void {
    this.#stdout.write(`${this.json ? JSON.stringify(value, jsonValue) : text}\n`);
  }

  /** A line for people while the command works; machines see nothing of it. */
  line(text: string): void {
    if (!this.json) this.#stdout.write(`${text}\n`);
  }

  /** Replaces the current terminal line; nothing elsewhere. */
  status(text: string): void {
    if (this.interactive) this.#stdout.write(`\r\u001B[2K${text.slice(0, (this.#stdout.columns ?? 80) - 1)}`);
  }

  endStatus(): void {
    if (this.interactive) this.#stdout.write('\r\u001B[2K');
  }

  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** Reports an error on standard error, as JSON with `--json`. */
  failure(error: unknown): void {
    const coded = error instanceof CodedError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (this.json) {
      const body = { error: { code: coded?.code ?? 'internal', message, details: coded?.details ?? {} } };
      this.#stderr.write(`${JSON.stringify(body, jsonValue)}\n`);
      return;
    }
    const suffix = coded === undefined ? '' : this.#paint('dim', ` [${coded.code}]`);
    this.#stderr.write(`${this.#paint('red', 'error:')} ${message}${suffix}\n`);
    if (coded === undefined && error instanceof Error && error.stack !== undefined) {
      this.#stderr.write(`${error.stack}\n`);
    }
  }

  #paint(style: 'red' | 'dim', text: string): string {
    return this.#stderr.isTTY ? styleText(style, text) : text;
  }
}

/** JSON of amounts: decimal strings. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Rows of aligned columns; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

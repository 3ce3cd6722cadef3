import assert from 'node:assert/strict';
import { node0 } from './command.ts';

export interface Refusal {
  readonly parameters: readonly string[];
  /** Stable code, e.g. `home.in-use`. */
  readonly code: string;
  /** What the message must say. */
  readonly says?: RegExp;
  /** Exit code; 1 unless stated. */
  readonly exit?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const AT_ONCE = 2;

/**
 * Runs a command that must be refused, once for people and once for machines. One after the other: each tries
 * whether its port is free, and would find it taken by the other.
 */
export async function assertRefused(refusal: Refusal): Promise<void> {
  await assertRefusedInText(refusal);
  await assertRefusedInJson(refusal);
}

/**
 * Runs commands that must be refused for machines, several at once; people are told the same. Those that try a
 * port need one each.
 */
export async function assertAllRefused(refusals: readonly Refusal[]): Promise<void> {
  const waiting = refusals.values();
  const work = async (): Promise<void> => {
    for (const refusal of waiting) await assertRefusedInJson(refusal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** A line with the code on standard error, and no stack trace. */
async function assertRefusedInText({
  parameters,
  code,
  says = /./,
  exit = 1,
  env = {},
}: Refusal): Promise<void> {
  const result = await node0(parameters, { env });
  const shown = `node0 ${parameters.join(' ')}\n${result.stdout}${result.stderr}`;
  assert.equal(result.code, exit, shown);
  assert.ok(result.stderr.includes(`[${code}]`), shown);
  assert.match(result.stderr, says);
  assert.doesNotMatch(result.stderr, /^\s+at /m, shown);
}

/** One JSON document on standard error, and nothing else there. */
async function assertRefusedInJson({
  parameters,
  code,
  says = /./,
  exit = 1,
  env = {},
}: Refusal): Promise<void> {
  const result = await node0([...parameters, '--json'], { env });
  const shown = `node0 ${parameters.join(' ')} --json\n${result.stdout}${result.stderr}`;
  assert.equal(result.code, exit, shown);
  const { error } = parse(result.stderr, shown) as {
    error: { code: string; message: string; details: object };
  };
  assert.equal(error.code, code, shown);
  assert.match(error.message, says);
  assert.equal(typeof error.details, 'object', shown);
}

function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`not one JSON document: ${shown}`, { cause });
  }
}

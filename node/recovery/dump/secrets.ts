import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedConfiguration } from '../../configuration/load-configuration.ts';

const BLOT = '[secret]';
/** Shorter texts are in everything. */
const SECRET_LENGTH_MIN = 6;

/**
 * The texts that must not leave a home: its password, and what is encrypted in its key files. The dump reads neither
 * for itself; a log or an answer might hold one through somebody's mistake.
 */
export async function secretsOf(
  { configuration, home, path }: LoadedConfiguration,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const password = await readFile(path(configuration['keys.passwordFile']), 'utf8').catch(() => '');
  const files = [configuration['network.key'], configuration['consensus.key']]
    .filter((one) => one !== '')
    .map(path);
  const folder = join(home, 'keys');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  files.push(...names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name)));
  const secrets = new Set([password.trim(), environment['NODE0_PASSWORD'] ?? '']);
  for (const file of files) for (const secret of await encryptedIn(file)) secrets.add(secret);
  return [...secrets].filter(({ length }) => length >= SECRET_LENGTH_MIN);
}

/**
 * A text as it is, as a line of the log has it, which is JSON, and as it has a text that quotes JSON. Key files hold
 * bytes as hexadecimal text, in the one form that is looked for.
 */
function formsOf(secret: string): string[] {
  const escaped = escape(secret);
  return [secret, escaped, escape(escaped)];
}

function escape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

async function encryptedIn(file: string): Promise<string[]> {
  try {
    const { crypto } = JSON.parse(await readFile(file, 'utf8')) as {
      crypto?: Record<string, string | number>;
    };
    return ['ciphertext', 'salt', 'nonce'].map((member) => `${crypto?.[member] ?? ''}`);
  } catch {
    return [];
  }
}

/** The value with every secret in its texts blotted out, in each of its forms. */
export function withoutSecrets<Value>(value: Value, secrets: readonly string[]): Value {
  const forms = [...new Set(secrets.flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  const clean = (one: unknown): unknown => {
    if (typeof one === 'string') return forms.reduce((text, form) => text.replaceAll(form, BLOT), one);
    if (Array.isArray(one)) return one.map(clean);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [clean(name), clean(member)]));
  };
  return clean(value) as Value;
}

import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { configurationError } from './errors.ts';
import { SETTINGS, environmentName, type NodeConfiguration, type SettingKey } from './settings.ts';
import { nearest } from './nearest.ts';

/** Variables that the command line reads; they are no settings of a node. */
const COMMAND_VARIABLES: ReadonlySet<string> = new Set(['NODE0_HOME', 'NODE0_URL', 'NODE0_PASSWORD']);

export interface LoadedConfiguration {
  readonly configuration: NodeConfiguration;
  /** Absolute folder of the file: the node's home. */
  readonly home: string;
  /** Absolute form of a path setting. */
  readonly path: (relative: string) => string;
}

export interface ConfigurationSources {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `key=value` texts, over everything else. */
  readonly overrides?: readonly string[];
}

/**
 * Reads `node0.yaml`, then the environment over it, then overrides.
 *
 * @throws `configuration.*` naming the key, where it was given, what was given and what is accepted
 */
export async function loadConfiguration(
  file: string,
  sources: ConfigurationSources = {},
): Promise<LoadedConfiguration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw configurationError(
      'unreadable',
      `the configuration ${file} cannot be read (${reason}); give a home with --home, or make one with "node0 up"`,
      { file },
      { cause },
    );
  }
  const home = dirname(resolve(file));
  return {
    configuration: mergeSettings(readYaml(text, file), file, sources),
    home,
    path: (relative) => (isAbsolute(relative) ? relative : join(home, relative)),
  };
}

/** Puts defaults, file, environment and overrides together. Pure. */
export function mergeSettings(
  fromFile: ReadonlyMap<string, unknown>,
  file: string,
  { environment = {}, overrides = [] }: ConfigurationSources,
): NodeConfiguration {
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS)) values[key] = setting.fallback;
  for (const [key, given] of fromFile) values[key] = readSetting(key, given, file);
  const byVariable = new Map(Object.keys(SETTINGS).map((key) => [environmentName(key as SettingKey), key]));
  for (const [variable, given] of Object.entries(environment)) {
    if (!variable.startsWith('NODE0_') || COMMAND_VARIABLES.has(variable) || given === undefined) continue;
    const key = byVariable.get(variable);
    if (key === undefined) throw unknownSetting(variable, 'the environment', [...byVariable.keys()]);
    values[key] = readSetting(key, given, `the environment (${variable})`);
  }
  for (const override of overrides) {
    const equals = override.indexOf('=');
    const key = equals < 0 ? override : override.slice(0, equals);
    values[key] = readSetting(key, equals < 0 ? undefined : override.slice(equals + 1), 'the command line');
  }
  const configuration = values as NodeConfiguration;
  requireTrustPair(configuration);
  requireOneKey(configuration);
  return configuration;
}

/** A height without its hash would be trusted as whatever the peers say of it. */
function requireTrustPair(configuration: NodeConfiguration): void {
  const hasHeight = configuration['sync.trustHeight'] > 0;
  if (hasHeight === (configuration['sync.trustHash'] !== '')) return;
  const missing = hasHeight ? 'sync.trustHash' : 'sync.trustHeight';
  throw configurationError(
    'invalid-setting',
    `${missing} is missing: sync.trustHeight names a block and sync.trustHash proves it; set both or none`,
    { setting: missing },
  );
}

/** A node that also had the key itself would sign around the guard of the signer. */
function requireOneKey(configuration: NodeConfiguration): void {
  if (configuration['signer.address'] === '') return;
  const isPinned = configuration['signer.consensusKey'] !== '';
  if (isPinned && configuration['consensus.key'] === '') return;
  throw configurationError(
    'invalid-setting',
    isPinned
      ? 'consensus.key and signer.address are both set: a key that a signer keeps has no copy here; leave consensus.key empty, and remove the file'
      : 'signer.consensusKey is missing: it names the public key that the signer at signer.address keeps; "node0 signer init" printed it',
    { setting: isPinned ? 'consensus.key' : 'signer.consensusKey' },
  );
}

function readSetting(key: string, given: unknown, where: string): unknown {
  if (!Object.hasOwn(SETTINGS, key)) throw unknownSetting(key, where, Object.keys(SETTINGS));
  const setting = SETTINGS[key as SettingKey];
  const value = setting.read(given);
  if (value === undefined) {
    const shown = JSON.stringify(given) ?? 'nothing';
    throw configurationError(
      'invalid-setting',
      `${key} in ${where} is ${shown.slice(0, 200)}; accepted is ${setting.accepts}`,
      { setting: key, where, accepts: setting.accepts },
    );
  }
  return value;
}

function unknownSetting(key: string, where: string, known: readonly string[]) {
  const near = nearest(key, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
  return configurationError('unknown-setting', `there is no setting ${key} (in ${where}); ${hint}`, {
    setting: key,
    where,
  });
}

/** Dotted keys and values of the YAML document: maps are opened, lists and scalars are values. */
function readYaml(text: string, file: string): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  const root = parseYaml(text, file);
  if (root === null) return flat;
  if (typeof root !== 'object' || Array.isArray(root)) {
    throw configurationError('malformed', `${file} must hold a map of settings`, { file });
  }
  flatten(root, '', flat, file);
  return flat;
}

function parseYaml(text: string, file: string): unknown {
  try {
    const document = parseDocument(text, { uniqueKeys: true, logLevel: 'error' });
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    // Aliases are refused: a few lines of them expand to gigabytes.
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    const reason =
      cause instanceof ReferenceError
        ? 'aliases (*name) are not accepted: write the value out'
        : `it is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw configurationError('malformed', `${file} cannot be used: ${reason}`, { file }, { cause });
  }
}

function flatten(node: object, prefix: string, into: Map<string, unknown>, file: string): void {
  for (const [member, value] of Object.entries(node) as [string, unknown][]) {
    const key = prefix === '' ? member : `${prefix}.${member}`;
    const opens = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (opens) {
      flatten(value, key, into, file);
      continue;
    }
    if (into.has(key)) {
      throw configurationError('malformed', `${key} stands twice in ${file}, dotted and nested; remove one`, {
        file,
        setting: key,
      });
    }
    into.set(key, value);
  }
}

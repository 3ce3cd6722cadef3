/**
 * Writes docs/reference/*.md from the tables that the program itself works with: error codes, genesis rules,
 * settings. With --check it writes nothing and exits 1 when a file is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RULES } from '#genesis';
import { registeredErrors } from '#kernel';
import { environmentName, SETTINGS } from '#node';
import { isTestFile, sourceFiles } from './layers.ts';

const COMMAND = 'node tools/write-references.ts';
const root = join(import.meta.dirname, '..');

// A code is known once the module that declares it is loaded.
for (const file of sourceFiles(root)) {
  const declares = !isTestFile(file) && readFileSync(join(root, file), 'utf8').includes('= defineErrors(');
  if (declares) await import(pathToFileURL(join(root, file)).href);
}

type Row = readonly string[];

function table(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(title: string, about: string, sections: readonly string[]): string {
  const origin = `<!-- Made by \`${COMMAND}\`: change the source, not this file. -->`;
  return `${[`# ${title}`, origin, about, ...sections].join('\n\n')}\n`;
}

/** `context.reason` without its reason: contexts may be dotted themselves. */
function contextOf(code: string): string {
  return code.slice(0, code.lastIndexOf('.'));
}

function errorsPage(): string {
  const sections = [...Map.groupBy(registeredErrors(), ({ code }) => contextOf(code))].map(
    ([context, errors]) =>
      `## ${context}\n\n${table(
        ['code', 'HTTP', 'action', 'meaning'],
        errors.map(({ code, status, action, title }) => [`\`${code}\``, String(status), action, title]),
      )}`,
  );
  const about = [
    'Every error has a stable code; the REST interface sends it in an RFC 9457 problem document with the HTTP status below, and with a message that says what happened and what to do. A code is never given another meaning.',
    'The action is what whoever meets the error does: `ignore` the input, `reject` it, `penalise` the peer that sent it, `retry`, or `halt` the node.',
  ];
  return page('Errors', about.join('\n\n'), sections);
}

function rulesPage(): string {
  const groups = Map.groupBy(Object.entries(RULES), ([id]) => id.slice(0, id.indexOf('.')));
  const about: Readonly<Record<string, string>> = {
    json: 'Of any document, before its format is known.',
    genesis: 'Of a genesis of this system. Those on how power is spread hold for foreign documents too.',
    ceremony: 'Of the declarations and approvals that founders send each other.',
    foreign: 'Of a genesis of CometBFT or the Cosmos SDK.',
  };
  const sections = [...groups].map(
    ([group, rules]) =>
      `## ${group}\n\n${about[group] ?? ''}\n\n${table(
        ['rule', 'severity', 'what it finds', 'what to do'],
        rules.map(([id, { severity, title, advice }]) => [`\`${id}\``, severity, title, advice]),
      )}`,
  );
  return page(
    'Genesis rules',
    'What `npx node0 genesis validate` looks for. A document with an `error` is not valid, and no node starts from it; a `warning` wants an answer from the founders; an `info` is there to be known. See [the guide](../guides/genesis.md).',
    sections,
  );
}

function configurationPage(): string {
  const shown = (value: string | number | boolean | readonly string[]): string =>
    value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : `\`${String(value)}\``;
  const settings = Object.entries(SETTINGS).map(([key, { about, accepts, fallback }]) => [
    `\`${key}\``,
    `\`${environmentName(key as keyof typeof SETTINGS)}\``,
    shown(fallback),
    accepts,
    about,
  ]);
  return page(
    'Configuration',
    'A node reads `node0.yaml` in its home, then environment variables over it, then `--set KEY=VALUE` over both. Keys are nested in the file (`log: { level: debug }`) or dotted (`log.level: debug`); a list is a YAML list, or text with commas elsewhere. Relative paths start at the folder of the file. A node with an unknown key or a wrong value does not start, and says which it is.',
    [table(['key', 'environment variable', 'default', 'accepts', 'about'], settings)],
  );
}

const pages: Readonly<Record<string, string>> = {
  'docs/reference/errors.md': errorsPage(),
  'docs/reference/genesis-rules.md': rulesPage(),
  'docs/reference/configuration.md': configurationPage(),
};

function isStale(path: string, text: string): boolean {
  try {
    return readFileSync(join(root, path), 'utf8') !== text;
  } catch {
    return true;
  }
}

const stale = Object.entries(pages).filter(([path, text]) => isStale(path, text));
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is not up to date; run: ${COMMAND}`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(join(root, 'docs/reference'), { recursive: true });
  for (const [path, text] of stale) writeFileSync(join(root, path), text);
  for (const [path] of stale) console.log(`wrote ${path}`);
}

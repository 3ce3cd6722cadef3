/**
 * Keeps docs/spec, code and tests in step: every rule that a page defines is cited by code and named by a test, and
 * every rule that code or tests name is defined. Prints every breach; exit 1 if there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTestFile, sourceFiles } from './layers.ts';

const root = join(import.meta.dirname, '..');
const pages = join(root, 'docs/spec');

/** Ids that pages define: `- **LIGHT-3** …` at the start of a line. */
const DEFINITION = /^- \*\*([A-Z]+-\d+)\*\* /gm;

const breaches: string[] = [];
const definedIn = new Map<string, string>();
for (const page of readdirSync(pages).filter((name) => name.endsWith('.md'))) {
  for (const [, id = ''] of readFileSync(join(pages, page), 'utf8').matchAll(DEFINITION)) {
    const before = definedIn.get(id);
    if (before !== undefined) breaches.push(`docs/spec/${page}: ${id} is defined in ${before} already`);
    definedIn.set(id, page);
  }
}

/** Only families that some page defines: other texts may look like an id. */
const families = new Set([...definedIn.keys()].map((id) => id.split('-')[0] as string));
const MENTION = new RegExp(String.raw`\b(?:${[...families].join('|')})-\d+(?: to [A-Z]+-(\d+))?\b`, 'g');

const inCode = new Set<string>();
const inTests = new Set<string>();
for (const file of sourceFiles(root)) {
  if (file.startsWith('tools/')) continue;
  const ids = isTestFile(file) ? inTests : inCode;
  for (const [mention] of readFileSync(join(root, file), 'utf8').matchAll(MENTION)) {
    // "LIGHT-1 to LIGHT-8" names the two that it names; each rule has a test of its own besides.
    for (const [id] of mention.matchAll(/[A-Z]+-\d+/g)) {
      ids.add(id);
      if (!definedIn.has(id)) breaches.push(`${file}: ${id} is defined by no page of docs/spec`);
    }
  }
}

for (const [id, page] of definedIn) {
  if (!inCode.has(id)) breaches.push(`docs/spec/${page}: no code cites ${id}`);
  if (!inTests.has(id)) breaches.push(`docs/spec/${page}: no test names ${id}`);
}
for (const breach of breaches.toSorted()) console.error(breach);
console.log(`rules: ${definedIn.size} defined, ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;

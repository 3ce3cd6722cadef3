/**
 * Keeps docs/spec, the code and the tests in step: every rule is cited by its id in the code and in a test, and
 * every id that is cited stands in a page. Prints every breach; exit 1 if there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTestFile, sourceFiles } from './layers.ts';
import { countRules, specBreaches, type SourceText } from './spec-rules.ts';

const root = join(import.meta.dirname, '..');
const PAGES = 'docs/spec';

function read(path: string): SourceText {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

const pages = readdirSync(join(root, PAGES))
  .filter((name) => name.endsWith('.md'))
  .toSorted()
  .map((name) => read(join(PAGES, name)));
const files = sourceFiles(root);
// The tests of this very check speak of ids that are none.
const sources = files.filter((file) => !isTestFile(file)).map(read);
const tests = files.filter((file) => file.endsWith('.test.ts') && !file.startsWith('tools/')).map(read);
const breaches = specBreaches(pages, sources, tests);
for (const breach of breaches.toSorted()) console.error(breach);
console.log(`specification: ${pages.length} pages, ${countRules(pages)} rules, ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;

/**
 * The import rules of the house, as a program: one direction, no cycles, no reaching past an index.ts, no
 * ambient clock, randomness or timers outside the runtime folder, and nothing of Node.js in what browsers load. Prints every breach; exit 1 if there is one.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkAmbient } from './ambient.ts';
import { contextOf, isTestFile, layerRules, sourceFiles } from './layers.ts';
import { checkPortable } from './portable.ts';

const root = join(import.meta.dirname, '..');
const breaches: string[] = [];
const graph = new Map<string, Set<string>>();

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  imports: Record<string, string>;
};

/** File that a `#` specifier leads to, from the package's own map. */
function resolveAlias(specifier: string): string | undefined {
  for (const [pattern, target] of Object.entries(manifest.imports)) {
    if (pattern === specifier) return target.slice(2);
    const star = pattern.indexOf('*');
    if (star < 0 || !specifier.startsWith(pattern.slice(0, star))) continue;
    const name = specifier.slice(star);
    if (!name.includes('/')) return target.slice(2).replace('*', name);
  }
  return undefined;
}

const IMPORT =
  /^(?:import|export)\s+(type\s+)?(?:[^'"]*?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

for (const file of sourceFiles(root)) {
  const text = readFileSync(join(root, file), 'utf8');
  const from = contextOf(file);
  for (const [, isType, stated, dynamic] of text.matchAll(IMPORT)) {
    const specifier = stated ?? dynamic ?? '';
    const target = targetOf(file, specifier);
    if (target === undefined) continue;
    const to = contextOf(target);
    if (specifier.startsWith('.') && to !== from && !isTestFile(file)) {
      breaches.push(`${file}: ${specifier} leaves ${from}; import the other folder by its # name`);
    }
    if (to !== from && !isTestFile(file)) {
      const fault = layerRules(from, to, isType !== undefined);
      if (fault !== undefined) breaches.push(`${file}: imports ${specifier}, but ${fault}`);
    }
    if (isType === undefined && dynamic === undefined && !isTestFile(file)) edge(file, target);
  }
  if (!isTestFile(file)) breaches.push(...checkAmbient(file, text));
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) {
    const target = resolveAlias(specifier);
    if (target === undefined) breaches.push(`${file}: ${specifier} is not in the imports of package.json`);
    return target;
  }
  return specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : undefined;
}

function edge(from: string, to: string): void {
  const targets = graph.get(from) ?? new Set();
  targets.add(to);
  graph.set(from, targets);
}

/** Cycles of value imports between files (Tarjan's strongly connected components, iterative enough for this tree). */
function findCycles(): string[][] {
  const state = new Map<string, { index: number; low: number; open: boolean }>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): void => {
    const own = { index: state.size, low: state.size, open: true };
    state.set(node, own);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = state.get(next);
      if (seen === undefined) {
        visit(next);
        own.low = Math.min(own.low, state.get(next)?.low ?? own.low);
      } else if (seen.open) own.low = Math.min(own.low, seen.index);
    }
    if (own.low !== own.index) return;
    const members: string[] = [];
    for (;;) {
      const member = stack.pop() as string;
      (state.get(member) as { open: boolean }).open = false;
      members.push(member);
      if (member === node) break;
    }
    if (members.length > 1) cycles.push(members.toReversed());
  };
  for (const node of graph.keys()) if (!state.has(node)) visit(node);
  return cycles;
}

for (const cycle of findCycles()) breaches.push(`cycle: ${cycle.join(' → ')}`);

breaches.push(...checkPortable(graph, (file) => readFileSync(join(root, file), 'utf8')));

for (const breach of breaches.toSorted()) console.error(breach);
console.log(`imports: ${graph.size} files, ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;

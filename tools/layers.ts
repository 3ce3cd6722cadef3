import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const TOP_FOLDERS = [
  'kernel',
  'services',
  'engines',
  'genesis',
  'gateway',
  'client',
  'node',
  'simulation',
  'cli',
  'bench',
  'test',
  'tools',
];

/** Every TypeScript file of the project, relative to the root. */
export function sourceFiles(root: string): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) files.push(relative(root, path));
    }
  };
  for (const folder of readdirSync(root)) if (TOP_FOLDERS.includes(folder)) walk(join(root, folder));
  return files.toSorted();
}

/** The context that a file belongs to: `services/block`, `kernel`, `runtime`, … */
export function contextOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  if (first === 'node' && second === 'runtime') return 'runtime';
  return ['services', 'engines'].includes(first) ? `${first}/${second}` : first;
}

/** Tests and benchmarks may import across folders and read the machine's clock. */
export function isTestFile(file: string): boolean {
  return /(^|\/)(test|bench)\//.test(file) || file.startsWith('tools/');
}

/** Protocol contexts in the one order in which they may know each other. */
const PROTOCOL_ORDER = ['transaction', 'validator', 'blockchain', 'block', 'consensus'];

/** What each other context may import at run time; types of ports come in addition. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  kernel: [],
  runtime: [/^kernel$/],
  'services/network': [/^kernel$/],
  genesis: [/^kernel$/, /^services\//],
  gateway: [/^kernel$/, /^services\//, /^genesis$/],
  client: [/^kernel$/, /^services\//],
  node: [/^kernel$/, /^runtime$/, /^services\//, /^engines\//, /^genesis$/, /^gateway$/, /^client$/],
  simulation: [/^kernel$/, /^runtime$/, /^services\//, /^engines\//, /^client$/],
  cli: [/^kernel$/, /^runtime$/, /^services\//, /^genesis$/, /^client$/, /^node$/, /^simulation$/],
};

/** Why `from` may not import `to`, or undefined when it may. */
export function layerRules(from: string, to: string, typeOnly: boolean): string | undefined {
  if (to === 'kernel') return undefined;
  // The embedded engines of other capabilities are built on the key-value engine: it alone knows RocksDB.
  if (from.startsWith('engines/') && to === 'engines/state' && from !== to) return undefined;
  if (from.startsWith('engines/')) return `${from} may import the kernel and engines/state only`;
  const position = PROTOCOL_ORDER.indexOf(from.replace('services/', ''));
  if (from.startsWith('services/') && position >= 0) return protocolRule(from, to, position, typeOnly);
  const allowed = ALLOWED[from];
  if (allowed === undefined) return undefined;
  return allowed.some((pattern) => pattern.test(to)) ? undefined : `${from} may not import ${to}`;
}

function protocolRule(from: string, to: string, position: number, typeOnly: boolean): string | undefined {
  if (to.startsWith('engines/') || to === 'services/network') {
    return typeOnly ? undefined : `${from} gets ${to} injected: import its types only`;
  }
  const target = PROTOCOL_ORDER.indexOf(to.replace('services/', ''));
  if (to.startsWith('services/') && target >= 0 && target < position) return undefined;
  return `the order is ${PROTOCOL_ORDER.join(' ← ')}, and ${from} may not import ${to}`;
}

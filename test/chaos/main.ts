/** `npm run chaos -- MANIFEST`: runs a manifest on real processes and judges it. Exit 1 on a broken invariant. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isCodedError } from '#kernel';
import { chaosError } from './errors.ts';
import { enterNamespaces, isInNamespaces } from './faults/enter-namespaces.ts';
import { chooseNetwork, NETWORKS } from './faults/open-faults.ts';
import { generateManifest, SIZES } from './generate/generate-manifest.ts';
import { readManifest } from './manifest/read-manifest.ts';
import type { Manifest } from './manifest/schema.ts';
import { formatReport } from './run/report.ts';
import { runManifest } from './run/run-manifest.ts';

const USAGE = `Usage: npm run chaos -- MANIFEST [options]
       npm run chaos -- --seed N [--size small|medium|large] [options]

Runs the nodes of a manifest as real processes, perturbs them, and judges what they say over their API.

  --seed N         run a manifest that is made from the seed
  --size SIZE      of a made manifest: small, medium (default) or large
  --print          print the manifest and run nothing
  --from REV       the git revision that nodes with a version run, instead of the one in the manifest
  --network KIND   how the network is broken: proxy, namespaces, or auto (default)
  --json           print the report as JSON; progress goes to standard error either way
  --report FILE    write the report to a file as JSON as well
  --keep           keep homes, logs and reports although every invariant holds
`;

/** Exit codes: every invariant holds; one is broken, or the run could not be made; wrong use; stopped. */
const EXIT = { holds: 0, broken: 1, usage: 2, stopped: 130 } as const;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

function readCommandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        size: { type: 'string', default: 'medium' },
        print: { type: 'boolean', default: false },
        from: { type: 'string' },
        network: { type: 'string', default: 'auto' },
        json: { type: 'boolean', default: false },
        report: { type: 'string' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw chaosError('wrong-use', error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const { values, positionals } = readCommandLine();
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT.holds;
  }
  const { seed, size, network } = values;
  const [file, ...more] = positionals;
  if (more.length > 0 || (file === undefined) === (seed === undefined)) {
    throw chaosError('wrong-use', 'name one manifest, or give --seed');
  }
  if (seed !== undefined && !/^\d{1,10}$/.test(seed)) {
    throw chaosError('wrong-use', `--seed takes a whole number, not "${seed}"`);
  }
  if (!isOneOf(SIZES, size)) throw chaosError('wrong-use', `--size takes one of ${SIZES.join(', ')}`);
  if (!isOneOf(NETWORKS, network)) {
    throw chaosError('wrong-use', `--network takes one of ${NETWORKS.join(', ')}`);
  }
  const text = file === undefined ? generateManifest(Number(seed) >>> 0, size) : await readText(file);
  if (values.print) {
    process.stdout.write(text);
    return EXIT.holds;
  }
  const manifest = withVersion(readManifest(text, file), values.from);
  const choice = chooseNetwork(network, manifest);
  if (choice.kind === 'namespaces' && !isInNamespaces()) return enterNamespaces();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { signal } = stopping;
  const { report } = await runManifest(manifest, { say, signal, keep: values.keep, network: choice });
  if (values.report !== undefined) {
    await writeFile(values.report, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `\n${formatReport(report)}`);
  return report.holds ? EXIT.holds : EXIT.broken;
}

function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw chaosError('unreadable-manifest', `${file} cannot be read: ${reason}`, { file }, { cause });
  }
}

/** The manifest with another revision for the nodes that have one. */
function withVersion(manifest: Manifest, version: string | undefined): Manifest {
  if (version === undefined) return manifest;
  const nodes = Object.entries(manifest.nodes).map(([name, node]) => [
    name,
    node.version === undefined ? node : { ...node, version },
  ]);
  return { ...manifest, nodes: Object.fromEntries(nodes) as Manifest['nodes'] };
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = stopping.signal.aborted ? EXIT.stopped : EXIT.broken;
  if (!isCodedError(error)) throw error;
  process.stderr.write(`error: ${error.message} [${error.code}]\n`);
  if (error.code === 'chaos.wrong-use') {
    process.exitCode = EXIT.usage;
    process.stderr.write(`\n${USAGE}`);
  }
}

/** `npm run chaos -- MANIFEST`: runs a manifest on real processes and judges it. Exit 1 on a broken invariant. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isCodedError } from '#kernel';
import { readManifestFile } from './manifest/read-manifest.ts';
import { formatReport } from './run/report.ts';
import { runManifest } from './run/run-manifest.ts';

const USAGE = `Usage: npm run chaos -- MANIFEST [--json] [--keep] [--report FILE] [--network auto|proxy|namespaces]
       npm run chaos -- --seed N [--print] [--size small|medium|large]

Runs the nodes of a manifest as real processes, perturbs them, and judges what they say over their API.
  --json           print the report as JSON; progress goes to standard error
  --keep           keep homes, logs and reports although every invariant holds
  --report FILE    write the report there as JSON as well
  --from REV       run the nodes that have a version from this git revision
  --seed N         run a manifest that is made from the seed
  --print          print that manifest and run nothing
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

async function main(): Promise<number> {
  const [file, ...more] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (file === undefined || more.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const manifest = await readManifestFile(file);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { report } = await runManifest(manifest, { say, signal: stopping.signal, keep: values.keep });
  if (values.report !== undefined)
    await writeFile(values.report, `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `\n${formatReport(report)}`);
  return report.holds ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 130 : 1;
  if (!isCodedError(error)) throw error;
  process.stderr.write(`error: ${error.message} [${error.code}]\n`);
}

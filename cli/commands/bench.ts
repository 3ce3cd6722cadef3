import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { openSeed } from '../key-access.ts';
import { runLoad, type LoadReport } from '../load/run-load.ts';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';

interface LoadOptions {
  node: string;
  home: string;
  accounts?: string;
  passwordFile?: string;
  count: number;
  rate: number;
  duration: number;
  json: boolean;
}

/** `node0 bench`: measure a running network. */
export function addBenchCommand(program: Command): void {
  const bench = program.command('bench').description('measure a running network').exitOverride();
  addJsonOption(
    addNodeOption(
      addHomeOption(
        bench
          .command('load')
          .description('offer signed transfers at a fixed rate and time them until they are final')
          .option(
            '--accounts <file>',
            'key file that the paying accounts derive from (default: HOME/accounts/load.json)',
          )
          .option('--password-file <file>', 'file with its password')
          .option('--count <number>', 'paying accounts to use', wholeNumber(1, 1_000), 1_000)
          .option('--rate <number>', 'transfers a second', wholeNumber(1, 1_000_000), 500)
          .option('--duration <seconds>', 'how long', wholeNumber(1, 86_400), 10),
      ),
    ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 bench load --node http://127.0.0.1:8080 --rate 800 --duration 30 --json\n',
    )
    .action((options: LoadOptions) => load(options));
}

async function load(options: LoadOptions): Promise<void> {
  const output = new Output(options.json);
  const file = options.accounts ?? join(resolve(options.home), 'accounts', 'load.json');
  const seed = await openSeed(file, options);
  const report = await runLoad({
    api: new ApiClient(options.node),
    seed,
    accounts: options.count,
    ratePerSecond: options.rate,
    durationSeconds: options.duration,
    onProgress: (text) => output.status(text),
  });
  output.endStatus();
  output.result(report, describe(report));
}

function describe(report: LoadReport): string {
  return [
    `offered    ${report.offeredPerSecond.toFixed(1)} tx/s`,
    `accepted   ${report.acceptedPerSecond.toFixed(1)} tx/s`,
    `finalized  ${report.finalizedPerSecond.toFixed(1)} tx/s`,
    `latency    p50 ${report.p50Ms.toFixed(0)} ms, p95 ${report.p95Ms.toFixed(0)} ms, p99 ${report.p99Ms.toFixed(0)} ms (submit to final)`,
    `refused    ${report.refused}, lost ${report.lost}`,
  ].join('\n');
}

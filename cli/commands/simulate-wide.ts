import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import {
  committeeTable,
  describeEstimate,
  describeWide,
  estimateDesigns,
  finalityCurve,
  runWide,
  WIDE_DEFAULTS,
  type WideReport,
} from '#simulation';
import { systemClock } from '#runtime';
import { addJsonOption, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';

const VALIDATORS_MAX = 2_000;

interface WideOptions {
  validators: number[];
  seed: number;
  heights: number;
  megabits: number;
  transactions: number;
  away: number;
  slowThird: boolean;
  svg?: string;
  json: boolean;
}

/** `node0 simulate wide`: the real consensus of hundreds of validators in five regions, on modelled machines. */
export function addWideCommand(simulate: Command): void {
  addJsonOption(
    addLinkOptions(
      simulate
        .command('wide')
        .description(
          'finality, rounds, bytes and CPU of many validators in five regions, on modelled machines',
        )
        .option('--validators <list>', `sizes: 4,50,100 (each up to ${VALIDATORS_MAX})`, sizes, [100])
        .option('--seed <number>', 'one seed', wholeNumber(0, 2 ** 31 - 1), WIDE_DEFAULTS.seed)
        .option('--heights <number>', 'heights to measure', wholeNumber(1, 1_000), WIDE_DEFAULTS.heights)
        .option('--away <percent>', 'validators that are not there', wholeNumber(0, 33), 0)
        .option('--slow-third', 'a third of the machines has a quarter of the thread and the links', false)
        .option('--svg <file>', 'write the curve of finality'),
    ),
  )
    .exitOverride()
    .action(async (options: WideOptions) => wide(options));
}

/** `node0 simulate estimate`: what other ways of voting and spreading would do at a size that no simulation reaches. */
export function addEstimateCommand(simulate: Command): void {
  addJsonOption(
    addLinkOptions(
      simulate
        .command('estimate')
        .description('estimates of aggregate signatures, committees and relay trees, by the same model')
        .option('--validators <number>', 'validators', wholeNumber(20, 100_000), 10_000),
    ),
  )
    .exitOverride()
    .action((options: { validators: number; megabits: number; transactions: number; json: boolean }) => {
      const { validators, megabits, transactions } = options;
      const init = { validators, megabits, transactions };
      const value = { ...init, designs: estimateDesigns(init), committees: committeeTable(validators) };
      new Output(options.json).result(value, describeEstimate(init));
    });
}

function addLinkOptions(command: Command): Command {
  return command
    .option(
      '--megabits <number>',
      'megabits a second of each link',
      wholeNumber(1, 100_000),
      WIDE_DEFAULTS.megabits,
    )
    .option(
      '--transactions <number>',
      'transfers in each block',
      wholeNumber(1, 2_000),
      WIDE_DEFAULTS.transactions,
    );
}

async function wide(options: WideOptions): Promise<void> {
  const { seed, heights, megabits, transactions } = options;
  const output = new Output(options.json);
  const startMs = systemClock.monotonic();
  const reports: WideReport[] = [];
  for (const validators of options.validators) {
    output.status(`${validators} validators`);
    const request = { seed, heights, megabits, transactions, validators };
    reports.push(await runWide({ ...request, awayPercent: options.away, hasSlowThird: options.slowThird }));
  }
  output.endStatus();
  if (options.svg !== undefined) await writeFile(options.svg, finalityCurve(reports));
  const wallMs = Math.round(systemClock.monotonic() - startMs);
  output.result(
    { reports, wallMs },
    `${describeWide(reports)}\n${(wallMs / 1_000).toFixed(1)} s of real time`,
  );
}

function sizes(text: string): number[] {
  const numbers = text.split(',').map(Number);
  const isFit = numbers.every((size) => Number.isInteger(size) && size >= 1 && size <= VALIDATORS_MAX);
  if (!isFit || numbers.length > 20) {
    throw new InvalidArgumentError(`Give whole numbers from 1 to ${VALIDATORS_MAX}: 4,50,100.`);
  }
  return numbers;
}

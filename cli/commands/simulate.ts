import { InvalidArgumentError, type Command } from 'commander';
import {
  DEFAULT_PROFILE,
  describeFinding,
  describeSummary,
  MUTATIONS,
  PROFILES,
  profileOf,
  runSeeds,
  summarise,
  type Profile,
} from '#simulation';
import { systemClock } from '#runtime';
import { addJsonOption, wholeNumber } from '../options.ts';
import { EXIT, Output } from '../output.ts';
import { addEstimateCommand, addWideCommand } from './simulate-wide.ts';

const SEED_MAX = 2 ** 31 - 1;
/** Where no terminal shows how far it is, a line says so this often. */
const NOTE_EVERY_MS = 60_000;

interface SimulateOptions {
  seed?: number;
  seeds?: { from: number; to: number };
  validators?: number;
  heights: number;
  profile: Profile;
  threads?: number;
  trace: number;
  mutation?: string;
  json: boolean;
}

/** `node0 simulate`: whole networks on virtual time, from a seed. */
export function addSimulateCommand(program: Command): void {
  const list = PROFILES.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n');
  // Options after `wide` and `estimate` are theirs: some have the same names.
  const command = program.enablePositionalOptions().command('simulate').enablePositionalOptions();
  addWideCommand(command);
  addEstimateCommand(command);
  addJsonOption(
    command
      .description('run whole networks on virtual time, with faults from a seed, and judge them')
      .option('--seed <number>', 'one seed', wholeNumber(0, SEED_MAX))
      .option('--seeds <range>', 'several seeds: A..B', seedRange)
      .option('--validators <number>', "validators (default: the profile's)", wholeNumber(1, 50))
      .option('--heights <number>', 'heights that every correct node must reach', wholeNumber(1, 100_000), 30)
      .option('--profile <name>', 'what happens to the network', profileNamed, profileNamed(DEFAULT_PROFILE))
      .option('--threads <number>', 'threads for several seeds (default: one a core)', wholeNumber(1, 256))
      .option('--trace <lines>', 'events to show before a finding', wholeNumber(1, 1_000_000), 60)
      .option('--mutation <name>', 'with a deliberate fault in the protocol, to see it found', mutationNamed),
  )
    .addHelpText(
      'after',
      `
Profiles:
${list}

Exit code 1 when an oracle found something; the last line then is the command that replays it.

Examples:
  $ node0 simulate --seed 42
  $ node0 simulate --seeds 1..2000 --profile mixed
`,
    )
    .exitOverride()
    .action((options: SimulateOptions) => simulate(options));
}

async function simulate(options: SimulateOptions): Promise<void> {
  const { profile, heights, mutation } = options;
  const output = new Output(options.json);
  const { from, to } = options.seeds ?? { from: options.seed ?? 1, to: options.seed ?? 1 };
  const validators = options.validators ?? profile.validators;
  const startMs = systemClock.monotonic();
  let done = 0;
  let notedMs = startMs;
  const reports = await runSeeds({
    profile,
    heights,
    validators,
    from,
    to,
    traceLines: options.trace,
    ...(mutation !== undefined && { mutation }),
    ...(options.threads !== undefined && { threads: options.threads }),
    onReport(report) {
      done += 1;
      const nowMs = systemClock.monotonic();
      const seconds = ((nowMs - startMs) / 1000).toFixed(0);
      const text = `${done} of ${to - from + 1} seeds, ${seconds} s; seed ${report.seed}: ${report.heights} heights`;
      output.status(text);
      if (output.interactive || nowMs - notedMs < NOTE_EVERY_MS) return;
      notedMs = nowMs;
      output.note(text);
    },
  });
  output.endStatus();
  const wallMs = Math.round(systemClock.monotonic() - startMs);
  const summary = summarise(reports);
  const found = reports.find(({ finding }) => finding !== undefined);
  const lone = from === to ? reports[0] : undefined;
  const replay = found === undefined ? undefined : replayCommand(options, found.seed, validators);
  output.result(
    {
      ...summary,
      wallMs,
      ...(lone !== undefined && { hash: lone.hash }),
      ...(found !== undefined && {
        finding: { seed: found.seed, profile: found.profile, ...found.finding, trace: found.trace, replay },
      }),
    },
    [
      describeSummary(summary, wallMs),
      ...(lone === undefined ? [] : [`event hash    ${lone.hash}`]),
      ...(found === undefined ? ['no finding'] : ['', describeFinding(found, replay ?? '')]),
    ].join('\n'),
  );
  if (found !== undefined) process.exitCode = EXIT.failed;
}

function replayCommand(
  { profile, heights, mutation }: SimulateOptions,
  seed: number,
  validators: number,
): string {
  const size = validators === profile.validators ? '' : ` --validators ${validators}`;
  const fault = mutation === undefined ? '' : ` --mutation ${mutation}`;
  return `npx node0 simulate --seed ${seed} --profile ${profile.name} --heights ${heights}${size}${fault}`;
}

function seedRange(text: string): { from: number; to: number } {
  const [, first, last] = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || last === undefined || from > to || to > SEED_MAX) {
    throw new InvalidArgumentError('Give two whole numbers, the smaller first: 1..100.');
  }
  return { from, to };
}

function profileNamed(name: string): Profile {
  const profile = profileOf(name);
  if (profile === undefined) {
    throw new InvalidArgumentError(`Give one of ${PROFILES.map((known) => known.name).join(', ')}.`);
  }
  return profile;
}

function mutationNamed(name: string): string {
  if (!MUTATIONS.some((known) => known.name === name)) {
    throw new InvalidArgumentError(`Give one of ${MUTATIONS.map((known) => known.name).join(', ')}.`);
  }
  return name;
}

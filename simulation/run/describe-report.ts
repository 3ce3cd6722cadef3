import type { SeedReport } from './run-seed.ts';

/** Sums over several runs. */
export interface SimulationSummary {
  readonly seeds: number;
  readonly heights: number;
  readonly rounds: number;
  readonly messages: number;
  readonly transactions: number;
  readonly events: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly economy: Readonly<Record<string, number>>;
  readonly behaviours: Readonly<Record<string, number>>;
  /** Nodes that began with a snapshot of their peers. */
  readonly joinedByState: number;
  readonly virtualMs: number;
}

export function summarise(reports: readonly SeedReport[]): SimulationSummary {
  const sum = (value: (report: SeedReport) => number): number =>
    reports.reduce((total, report) => total + value(report), 0);
  const faults = new Map<string, number>();
  const economy = new Map<string, number>();
  const behaviours = new Map<string, number>();
  for (const report of reports) {
    addTo(faults, report.faults);
    addTo(economy, report.economy);
    for (const name of report.behaviours) behaviours.set(name, (behaviours.get(name) ?? 0) + 1);
  }
  return {
    seeds: reports.length,
    heights: sum(({ heights }) => heights),
    rounds: sum(({ rounds }) => rounds),
    messages: sum(({ messages }) => messages),
    transactions: sum(({ transactions }) => transactions),
    events: sum(({ events }) => events),
    faults: inOrder(faults),
    economy: inOrder(economy),
    behaviours: inOrder(behaviours),
    joinedByState: sum(({ joinedByState }) => joinedByState),
    virtualMs: sum(({ virtualMs }) => virtualMs),
  };
}

function addTo(sums: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(counts)) sums.set(kind, (sums.get(kind) ?? 0) + count);
}

function inOrder(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function describeSummary(summary: SimulationSummary, wallMs: number): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    `seeds         ${summary.seeds}`,
    `heights       ${summary.heights}, rounds entered ${summary.rounds}`,
    `messages      ${summary.messages}, transactions ${summary.transactions}, events ${summary.events}`,
    `faults        ${list(summary.faults)}`,
    `economy       ${list(summary.economy)}`,
    `byzantine     ${list(summary.behaviours)}`,
    `joined        ${summary.joinedByState} by a snapshot`,
    `virtual time  ${(summary.virtualMs / 1000).toFixed(0)} s in ${(wallMs / 1000).toFixed(1)} s`,
  ].join('\n');
}

/** What was found, the events before it, and how to see it again. */
export function describeFinding(report: SeedReport, replay: string): string {
  const { finding, seed, trace, behaviours } = report;
  return [
    `seed ${seed} of profile ${report.profile}: ${finding?.oracle}: ${finding?.what}`,
    ...(behaviours.length === 0 ? [] : [`Byzantine: ${behaviours.join(', ')}`]),
    '',
    'last events:',
    ...trace.map((line) => `  ${line}`),
    '',
    `replay: ${replay}`,
  ].join('\n');
}

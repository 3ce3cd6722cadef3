import type { LoadCounts } from '../load/transfer-load.ts';

export interface Verdict {
  readonly invariant: string;
  readonly holds: boolean;
  /** What was compared, or what is wrong. */
  readonly says: readonly string[];
}

interface Intervals {
  readonly blocks: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

export interface StepReport {
  readonly step: number;
  readonly actions: readonly string[];
  /** Seconds after the start of the run. */
  readonly fromSeconds: number;
  readonly healedSeconds: number;
  /** Whether more than two thirds of the power heard each other meanwhile. */
  readonly hadQuorum: boolean;
  readonly heightBefore: number;
  readonly heightAtHealing: number;
  /** Ten seconds before, while it lasted, and until the heights after it were there. */
  readonly intervals: { readonly before: Intervals; readonly during: Intervals; readonly after: Intervals };
  /** From the healing to the next height of the chain; absent when none came in time. */
  readonly nextHeightMs?: number;
  /** From the healing until every running node has the heights of the wait, and answers that it is ready. */
  readonly allCaughtUpMs?: number;
  readonly findings: readonly string[];
}

export interface ReportDocument {
  readonly manifest: string;
  readonly seed: number;
  readonly network: { readonly kind: string; readonly why: string };
  readonly machine: { readonly node: string; readonly platform: string; readonly cores: number };
  readonly seconds: number;
  readonly stages: readonly { readonly stage: string; readonly seconds: number }[];
  readonly events: readonly { readonly seconds: number; readonly what: string }[];
  readonly nodes: readonly { readonly name: string; readonly height: number; readonly runs: string }[];
  readonly steps: readonly StepReport[];
  readonly load: LoadCounts;
  readonly linkBytes?: Readonly<Record<string, number>>;
  readonly verdicts: readonly Verdict[];
  readonly holds: boolean;
}

export function intervalsOf(gapsMs: readonly number[]): Intervals {
  const sorted = gapsMs.toSorted((a, b) => a - b);
  return {
    blocks: sorted.length,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    maxMs: sorted.at(-1) ?? 0,
  };
}

/** Notes what happens while it happens, and says it. */
export class Report {
  readonly startedMs = performance.now();
  readonly events: { seconds: number; what: string }[] = [];
  readonly stages: { stage: string; seconds: number }[] = [];
  readonly steps: StepReport[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Seconds since the start of the run, to tenths. */
  seconds(atMs = performance.now()): number {
    return Math.round((atMs - this.startedMs) / 100) / 10;
  }

  note(what: string): void {
    const seconds = this.seconds();
    this.events.push({ seconds, what });
    this.#say(`${seconds.toFixed(1).padStart(7)} s  ${what}`);
  }

  stage(stage: string): void {
    this.stages.push({ stage, seconds: this.seconds() });
    this.note(`stage ${stage}`);
  }
}

/** The report for people. */
export function formatReport(report: ReportDocument): string {
  const { load, network } = report;
  const lines = [
    `chaos ${report.manifest} (seed ${report.seed}): ${report.holds ? 'every invariant holds' : 'BROKEN'}`,
    `network faults by ${network.kind}: ${network.why}`,
    `${report.seconds} s on ${report.machine.cores} cores, Node.js ${report.machine.node}`,
    '',
    ...report.steps.flatMap(formatStep),
    `nodes: ${report.nodes.map(({ name, height, runs }) => `${name} at ${height} (${runs})`).join(', ')}`,
    `transactions: ${load.accepted} of ${load.offered} accepted, ${load.final} final, ${load.expired} expired, ${load.open} open`,
    `finality: p50 ${load.finalityMs.p50} ms, p95 ${load.finalityMs.p95} ms, max ${load.finalityMs.max} ms`,
  ];
  const refused = Object.entries(load.refused).map(([code, count]) => `${code} ${count}`);
  if (refused.length > 0) lines.push(`refused: ${refused.join(', ')}`);
  lines.push('');
  for (const { invariant, holds, says } of report.verdicts) {
    lines.push(`${holds ? 'holds ' : 'BROKEN'}  ${invariant}: ${says[0] ?? ''}`);
    for (const more of says.slice(1)) lines.push(`          ${more}`);
  }
  return `${lines.join('\n')}\n`;
}

function formatStep(step: StepReport): string[] {
  const { before, during, after } = step.intervals;
  const show = ({ blocks, medianMs, maxMs }: Intervals): string =>
    blocks === 0 ? 'no intervals' : `median ${medianMs} ms, max ${maxMs} ms`;
  const recovery =
    step.nextHeightMs === undefined
      ? 'no height in time'
      : `next height after ${step.nextHeightMs} ms, all there after ${step.allCaughtUpMs ?? '—'} ms`;
  return [
    `step ${step.step}: ${step.actions.join(' + ')}`,
    `  from ${step.fromSeconds} s to ${step.healedSeconds} s, ${step.hadQuorum ? 'with' : 'without'} a quorum, height ${step.heightBefore} to ${step.heightAtHealing}; ${recovery}`,
    `  block intervals: before ${show(before)}; during ${show(during)}; after ${show(after)}`,
    ...step.findings.map((finding) => `  BROKEN: ${finding}`),
    '',
  ];
}

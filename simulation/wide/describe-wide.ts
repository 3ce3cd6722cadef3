import type { WideReport } from './report.ts';

const HEAD = [
  'validators',
  'p50',
  'p95',
  'p99 ms',
  'height ms',
  'rounds',
  'kB up',
  'kB down',
  'pieces in',
  'relayed',
  'CPU ms',
  'CPU %',
];
const WIDTHS = [10, 6, 6, 7, 10, 7, 8, 8, 10, 8, 7, 6];

/** A table with a line a run; bytes, pieces and CPU are of one validator for one height. */
export function describeWide(reports: readonly WideReport[]): string {
  const lines = reports.map((report) => {
    const { request, finalityMs, heightMs, rounds, bytesUp, bytesDown, pieces, relayed, cpuMs } = report;
    return row([
      String(request.validators),
      finalityMs.p50.toFixed(0),
      finalityMs.p95.toFixed(0),
      finalityMs.p99.toFixed(0),
      heightMs.toFixed(0),
      rounds.mean.toFixed(2),
      (bytesUp / 1_000).toFixed(1),
      (bytesDown / 1_000).toFixed(1),
      pieces.toFixed(0),
      relayed.toFixed(0),
      cpuMs.toFixed(1),
      (100 * report.cpuShare).toFixed(1),
    ]);
  });
  return [row(HEAD), ...lines].join('\n');
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join('  ');
}

import { committeeTable, estimateDesigns, type EstimateInit } from './designs.ts';

/** The estimates as a table, then how safe committees are. */
export function describeEstimate(init: EstimateInit): string {
  const head = [
    'design'.padEnd(52),
    'voters'.padStart(7),
    'final ms'.padStart(10),
    'kB up'.padStart(10),
    'most kB'.padStart(12),
    'CPU ms'.padStart(9),
    'most ms'.padStart(9),
    'commit kB'.padStart(10),
  ].join('  ');
  const rows = estimateDesigns(init).map((estimate) =>
    [
      estimate.design.padEnd(52),
      String(estimate.voters).padStart(7),
      estimate.finalityMs.toFixed(0).padStart(10),
      (estimate.bytesUp / 1_000).toFixed(0).padStart(10),
      (estimate.bytesUpMost / 1_000).toFixed(0).padStart(12),
      estimate.cpuMs.toFixed(0).padStart(9),
      estimate.cpuMsMost.toFixed(0).padStart(9),
      (estimate.commitBytes / 1_000).toFixed(1).padStart(10),
    ].join('  '),
  );
  const bySize = Map.groupBy(committeeTable(init.validators), ({ size }) => size);
  const committees = [...bySize].map(
    ([size, entries]) =>
      `${String(size).padStart(9)}  ${entries.map(({ failure }) => failure.toExponential(1).padStart(9)).join('  ')}`,
  );
  const shares = [...(bySize.values().next().value ?? [])].map(({ share }) => `${100 * share} %`.padStart(9));
  return [
    head,
    ...rows,
    '',
    'probability that a committee has a third or more Byzantine members, by the Byzantine share of all validators',
    `committee  ${shares.join('  ')}`,
    ...committees,
  ].join('\n');
}

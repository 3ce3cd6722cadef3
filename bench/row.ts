/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: '/s' | 'ms' | 'x';
  /** What the project promises on two cores today; absent where it promises nothing. */
  readonly floor?: number;
}

/** True when the figure keeps the promise: rates at least the floor, times at most. */
export function keepsFloor({ value, unit, floor }: Row): boolean {
  if (floor === undefined) return true;
  return unit === 'ms' ? value <= floor : value >= floor;
}

export function formatRow(row: Row): string {
  const shown = row.value >= 100 ? Math.round(row.value).toLocaleString('en') : row.value.toFixed(1);
  const floor = row.floor === undefined ? '' : row.floor.toLocaleString('en');
  const verdict = row.floor === undefined ? '' : keepsFloor(row) ? 'kept' : 'MISSED';
  return `${row.name.padEnd(66)} ${shown.padStart(10)} ${row.unit.padEnd(3)} ${floor.padStart(7)} ${verdict}`.trimEnd();
}

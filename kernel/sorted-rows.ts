/** One for each value of two bytes, which tell most rows apart where there are many. */
const BUCKETS = 65_536;
/** Fewer rows are sorted by comparison alone. */
const BUCKETED_ROWS = 4_096;

/**
 * Order of records of one width that lie one after the other in `bytes`: their row numbers, sorted by the bytes of
 * the records, then by row. Rows go into buckets by their first two bytes (a radix sort of one digit), and each
 * bucket is sorted by comparison: no keys are copied, and whoever chooses the records gains nothing by it.
 *
 * @param width bytes of a record, at least 2
 * @param rows the rows to sort, ascending
 */
export function sortRows(bytes: Uint8Array, width: number, rows: Uint32Array): Uint32Array {
  const compare = (a: number, b: number): number => compareRows(bytes, width, a, b) || a - b;
  if (rows.length < BUCKETED_ROWS) return rows.toSorted(compare);
  const bucketOf = (row: number): number =>
    ((bytes[row * width] as number) << 8) | (bytes[row * width + 1] as number);
  const ends = new Uint32Array(BUCKETS + 1);
  for (const row of rows) ends[bucketOf(row) + 1] = (ends[bucketOf(row) + 1] as number) + 1;
  for (let i = 1; i <= BUCKETS; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const starts = ends.slice();
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) {
    const bucket = bucketOf(row);
    const place = ends[bucket] as number;
    sorted[place] = row;
    ends[bucket] = place + 1;
  }
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const [from, to] = [starts[bucket] as number, starts[bucket + 1] as number];
    if (to - from > 1) sorted.subarray(from, to).sort(compare);
  }
  return sorted;
}

/** Three-way comparison of two records. */
export function compareRows(bytes: Uint8Array, width: number, a: number, b: number): number {
  const [left, right] = [a * width, b * width];
  for (let i = 0; i < width; i++) {
    const difference = (bytes[left + i] as number) - (bytes[right + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Where validators stand, in turn. */
export const REGIONS = ['Washington DC', 'Frankfurt', 'Tokyo', 'Sydney', 'Sao Paulo'] as const;

/**
 * Average round trips between the five regions, in milliseconds: IBM Cloud, "Inter-region latency", table of
 * 27 July to 25 August 2024 (repository ibm-cloud-docs/vpc, file `_include-segments/network-latency.md`), which
 * measures both directions of a pair on their own. The diagonal is the largest average between two zones of one
 * region in the same document, rounded up. Rows and columns in the order of `REGIONS`.
 */
export const ROUND_TRIP_MS: readonly (readonly number[])[] = [
  [3, 91, 164, 214, 118],
  [91, 3, 233, 250, 198],
  [166, 233, 3, 115, 284],
  [214, 249, 115, 3, 328],
  [119, 196, 283, 328, 3],
];

/** Half a round trip: what a packet takes from one region to the other. */
export function oneWayMs(from: number, to: number): number {
  return roundTripMs(from, to) / 2;
}

export function roundTripMs(from: number, to: number): number {
  return ROUND_TRIP_MS[from]?.[to] ?? 0;
}

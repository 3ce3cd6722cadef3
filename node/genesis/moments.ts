const DAY = 86_400;
const HOUR = 3_600;
const MINUTE = 60;

/** Seconds before the genesis time at which it is said how long it is; every whole day before them. */
const MOMENTS = [12 * HOUR, 6 * HOUR, HOUR, 1_800, 600, 300, MINUTE, 30, 10, 5, 3, 2, 1];

/** Tells at which looks at a countdown a word is due: at the first, and whenever a moment has passed. */
export class Moments {
  #nextSeconds = Infinity;

  isDue(secondsLeft: number): boolean {
    if (secondsLeft > this.#nextSeconds) return false;
    this.#nextSeconds = nextMoment(secondsLeft);
    return true;
  }
}

/** The first moment after the one at which `secondsLeft` are left. */
function nextMoment(secondsLeft: number): number {
  const wholeDays = Math.ceil(secondsLeft / DAY - 1) * DAY;
  return wholeDays > 0 ? wholeDays : (MOMENTS.find((moment) => moment < secondsLeft) ?? 0);
}

/** The two largest units of a time: `2 d 3 h`, `59 min 4 s`, `10 s`. */
export function durationText(seconds: number): string {
  const units = [
    [Math.floor(seconds / DAY), 'd'],
    [Math.floor((seconds % DAY) / HOUR), 'h'],
    [Math.floor((seconds % HOUR) / MINUTE), 'min'],
    [seconds % MINUTE, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

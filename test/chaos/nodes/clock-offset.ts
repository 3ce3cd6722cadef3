/**
 * Loaded into a node before all else (`NODE_OPTIONS=--import`): shifts what the process takes for the time of
 * day by the milliseconds in the file that CHAOS_CLOCK_FILE names. SIGUSR2 has it read the file again, which is
 * a jump of the clock; `FILE.taken` then says what was taken. Monotonic time stays as it is, as on a machine whose
 * clock is set. Threads keep the machine's time: those of a node check signatures, and never look at it.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env['CHAOS_CLOCK_FILE'];
if (file !== undefined) {
  const RealDate = Date;
  const realNow = Date.now.bind(Date);
  const realOriginMs = performance.timeOrigin;
  let offsetMs = 0;
  const now = (): number => realNow() + offsetMs;
  const take = (): void => {
    offsetMs = Number(readFileSync(file, 'utf8'));
    writeFileSync(`${file}.taken`, String(offsetMs));
  };
  take();
  process.on('SIGUSR2', take);
  const ShiftedDate = new Proxy(RealDate, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.now = now;
  RealDate.prototype.constructor = ShiftedDate;
  globalThis.Date = ShiftedDate;
  Object.defineProperty(performance, 'timeOrigin', { get: () => realOriginMs + offsetMs });
}

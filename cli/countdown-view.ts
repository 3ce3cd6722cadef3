import type { CountdownTick } from '#node';
import type { Output } from './output.ts';

/** Shows the wait for the genesis time: a live line on a terminal, plain lines at its moments elsewhere. */
export function showCountdown(output: Output, { text, secondsLeft, isMoment }: CountdownTick): void {
  if (output.interactive && secondsLeft > 0) {
    output.status(text);
    return;
  }
  output.endStatus();
  if (isMoment) output.line(text);
}

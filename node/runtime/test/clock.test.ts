import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { systemScheduler } from '#runtime';

const TIMER_MS_MAX = 2 ** 31 - 1;

test('a task waits longer than a timer of the machine can, and not shorter', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let runs = 0;
    systemScheduler.after(2 * TIMER_MS_MAX + 5, () => runs++);
    const cancelled = systemScheduler.after(2 * TIMER_MS_MAX, () => (runs += 100));
    mock.timers.tick(TIMER_MS_MAX);
    cancelled.cancel();
    mock.timers.tick(TIMER_MS_MAX);
    mock.timers.tick(4);
    assert.equal(runs, 0);
    mock.timers.tick(1);
    assert.equal(runs, 1);
  } finally {
    mock.timers.reset();
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { silentLogger, type Logger } from '#kernel';
import { VirtualTime } from '../../../services/consensus/test/virtual-time.ts';
import { Countdown, secondsToGenesis, type CountdownTick } from '../countdown.ts';
import { durationText, Moments } from '../moments.ts';

const DAY = 86_400;

function listeningLogger(lines: string[]): Logger {
  const logger: Logger = {
    ...silentLogger,
    info: (_, message) => void lines.push(message),
    child: () => logger,
  };
  return logger;
}

function countdownOf(leftMs: number, hasBlocks = false) {
  const time = new VirtualTime();
  const lines: string[] = [];
  const ticks: CountdownTick[] = [];
  const genesisTimeMs = time.now() + leftMs;
  const logger = listeningLogger(lines);
  const countdown = new Countdown({ genesisTimeMs, hasBlocks, clock: time, scheduler: time, logger });
  countdown.start();
  countdown.onTick((tick) => ticks.push(tick));
  return { time, countdown, lines, ticks };
}

/** What a line says of the time left. */
function leftOf(line: string): string {
  return line.endsWith('is reached') ? 'reached' : line.replace(/^.*Z: | left$/g, '');
}

describe('the countdown', () => {
  it('ticks each second down to zero, and then no more', async () => {
    const { time, ticks } = countdownOf(4_300);
    await time.run(60_000);
    assert.deepEqual(
      ticks.map(({ secondsLeft }) => secondsLeft),
      [5, 4, 3, 2, 1, 0],
    );
    assert.match(ticks[0]?.text ?? '', /waiting for the genesis time 2023-11-14T22:13:24\.300Z: 5 s left/);
    assert.match(ticks.at(-1)?.text ?? '', /is reached/);
  });

  it('logs each whole day, then at its moments only, also over more time than a timer of the machine holds', async () => {
    const time = new VirtualTime(0);
    const lines: string[] = [];
    // An hour goes by at each look.
    const clock = { now: () => time.now() * 3_600, monotonic: () => time.monotonic() };
    const logger = listeningLogger(lines);
    new Countdown({
      genesisTimeMs: 26 * DAY * 1_000,
      hasBlocks: false,
      clock,
      scheduler: time,
      logger,
    }).start();
    await time.run(26 * 24 * 1_000);
    const days = Array.from({ length: 26 }, (_, index) => `${26 - index} d`);
    assert.deepEqual(lines.map(leftOf), [...days, '12 h', '6 h', '1 h', 'reached']);
  });

  it('says nothing when the chain has blocks, although this clock is behind the genesis time', async () => {
    const { time, lines, ticks } = countdownOf(3_600_000, true);
    await time.run(10_000);
    assert.deepEqual([lines, ticks], [[], []]);
  });

  it('logs at its moments within the last hour', async () => {
    const { time, lines } = countdownOf(3_600_000);
    await time.run(3_600_000);
    const left = ['1 h', '30 min', '10 min', '5 min', '1 min', '30 s', '10 s', '5 s', '3 s', '2 s', '1 s'];
    assert.deepEqual(lines.map(leftOf), [...left, 'reached']);
  });

  it('follows a clock that is set forward', async () => {
    const time = new VirtualTime();
    let aheadMs = 0;
    const ticks: number[] = [];
    const clock = { now: () => time.now() + aheadMs, monotonic: () => time.monotonic() };
    const genesisTimeMs = time.now() + 3_600_000;
    const countdown = new Countdown({
      genesisTimeMs,
      hasBlocks: false,
      clock,
      scheduler: time,
      logger: silentLogger,
    });
    countdown.start();
    countdown.onTick(({ secondsLeft }) => ticks.push(secondsLeft));
    await time.run(1_000);
    aheadMs = 3_600_000;
    await time.run(1_000);
    assert.deepEqual(ticks, [3_600, 3_599, 0]);
  });

  it('is silent when the time is reached already, and after it was stopped', async () => {
    const over = countdownOf(0);
    const stopped = countdownOf(10_000);
    stopped.countdown.stop();
    await over.time.run(60_000);
    await stopped.time.run(60_000);
    assert.deepEqual([over.ticks.length, over.lines.length, stopped.ticks.length], [0, 0, 1]);
  });

  it('rounds seconds up, so that the last one is not over before its time', () => {
    assert.deepEqual(
      [1, 1_000, 1_001, 0, -1].map((leftMs) => secondsToGenesis(leftMs, 0)),
      [1, 1, 2, undefined, undefined],
    );
  });
});

describe('moments', () => {
  it('are due at the first look, then each once, however far apart the looks are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 * DAY }), { minLength: 1 }), (looks) => {
        const moments = new Moments();
        const falling = looks.toSorted((a, b) => b - a);
        const due = falling.filter((seconds) => moments.isDue(seconds));
        assert.equal(due[0], falling[0]);
        assert.ok(new Set(due).size >= due.length - Number(due.at(-1) === 0));
      }),
    );
  });
});

describe('the text of a duration', () => {
  it('names its two largest units', () => {
    assert.deepEqual(
      [0, 1, 60, 61, 3_600, 3_661, DAY, 2 * DAY + 3 * 3_600 + 59, DAY + 59].map(durationText),
      ['0 s', '1 s', '1 min', '1 min 1 s', '1 h', '1 h 1 min', '1 d', '2 d 3 h', '1 d'],
    );
  });
});

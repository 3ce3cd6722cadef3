import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../random.ts';
import { LifeScheduler, MachineClock } from '../time/machine-clock.ts';
import { VirtualTime } from '../time/virtual-time.ts';

describe('virtual time', () => {
  it('runs tasks by time, then in the order in which they were made', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (delays) => {
        const time = new VirtualTime(0);
        const ran: [number, number][] = [];
        for (const [index, delay] of delays.entries()) time.after(delay, () => ran.push([delay, index]));
        await time.run(100);
        const expected = [...delays.entries()].map(([index, delay]): [number, number] => [delay, index]);
        assert.deepEqual(
          ran,
          expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('lets promises settle before time goes on', async () => {
    const time = new VirtualTime(0);
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      for (let count = 0; count < 50; count++) await Promise.resolve();
      seen.push(time.monotonic());
    };
    time.after(1, () => void work());
    time.after(2, () => seen.push(-1));
    await time.run(5);
    assert.deepEqual(seen, [1, -1]);
  });

  it('holds the tasks of a paused process, and drops those of one that ended', async () => {
    const time = new VirtualTime(0);
    const life = new LifeScheduler(time, new MachineClock(time));
    let ran = '';
    const note = (what: string) => () => {
      ran += what;
    };
    life.after(5, note('a'));
    life.pause();
    await time.run(20);
    assert.equal(ran, '');
    life.resume();
    await time.run(1);
    assert.equal(ran, 'a');
    life.after(5, note('b'));
    life.end();
    await time.run(20);
    assert.equal(ran, 'a');
  });

  it('has clocks that drift and jump, while their monotonic time never goes back', async () => {
    const time = new VirtualTime(0);
    const clock = new MachineClock(time);
    clock.drift = 0.01;
    await time.run(10_000);
    assert.equal(clock.monotonic(), 10_100);
    clock.offsetMs = -5_000;
    assert.equal(clock.now(), 5_100);
    clock.correct();
    assert.equal(clock.now(), 10_000);
    assert.equal(clock.monotonic(), 10_100);
  });
});

describe('seeded randomness', () => {
  it('gives streams that do not disturb each other', () => {
    const one = seededRandom(5);
    const two = seededRandom(5);
    const fork = one.fork('a');
    for (let count = 0; count < 10; count++) fork.integer(100);
    assert.deepEqual([...one.bytes(8)], [...two.bytes(8)]);
    assert.notDeepEqual([...seededRandom(5).fork('a').bytes(8)], [...seededRandom(5).fork('b').bytes(8)]);
    assert.deepEqual(
      seededRandom(9)
        .shuffled([1, 2, 3, 4])
        .toSorted((a, b) => a - b),
      [1, 2, 3, 4],
    );
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runAgainstModel, steps } from './support/random-economy.ts';

test('random operations do what the plain model does, and conserve the supply to the unit', async () => {
  let [operations, succeeded, slashes] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(steps(60), async (sequence) => {
      const counts = await runAgainstModel(sequence);
      operations += counts.operations;
      succeeded += counts.succeeded;
      slashes += counts.slashes;
    }),
    { numRuns: 40 },
  );
  console.log({ operations, succeeded, slashes });
  // Some 650 and 20, with deviations of 80 and 5: the draws of no run may come near what is asked for.
  assert(succeeded > 250 && slashes > 1);
});

test('random operations do what the plain model does also where power outlives its stake (SLASH-7)', async () => {
  let slashes = 0;
  await fc.assert(
    fc.asyncProperty(steps(60), async (sequence) => {
      slashes += (await runAgainstModel(sequence, 1_000)).slashes;
    }),
    { numRuns: 40 },
  );
  assert(slashes > 1);
});

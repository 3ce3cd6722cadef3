import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runAgainstModel, steps } from './support/random-economy.ts';

test('tens of thousands of random operations do what the plain model does', async () => {
  const sum = { blocks: 0, operations: 0, succeeded: 0, slashes: 0, rotations: 0 };
  await fc.assert(
    fc.asyncProperty(steps(120), async (sequence) => {
      const counts = await runAgainstModel(sequence);
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counts[name];
    }),
    { numRuns: 250 },
  );
  console.log(sum);
  assert(sum.operations > 20_000 && sum.succeeded > 6_000 && sum.slashes > 100 && sum.rotations > 500);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, systemRandom } from '#runtime';
import { describeFinding, PROFILES, runSeeds } from '../index.ts';

/** Time for each profile; the seed begun last is run to its end. */
const WITHIN_MS = Number(process.env['SIMULATION_MS'] ?? 8_000);
const FIRST_SEED = Number(process.env['SIMULATION_FIRST_SEED'] ?? systemRandom.integer(2 ** 30));

describe(`networks from fresh seeds, from ${FIRST_SEED} on`, () => {
  for (const profile of PROFILES) {
    it(`${profile.name}: ${profile.about}`, async (context) => {
      const { validators, name } = profile;
      const endMs = systemClock.monotonic() + WITHIN_MS;
      const reports = await runSeeds({
        profile,
        validators,
        heights: 30,
        from: FIRST_SEED,
        to: FIRST_SEED + 1_000_000,
        isEnough: () => systemClock.monotonic() > endMs,
      });
      context.diagnostic(`${reports.length} seeds from ${FIRST_SEED}`);
      assert.ok(reports.length > 0);
      for (const report of reports) {
        const replay = `npx node0 simulate --seed ${report.seed} --profile ${name}`;
        assert.equal(report.finding, undefined, describeFinding(report, replay));
      }
    });
  }
});

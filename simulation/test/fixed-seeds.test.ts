import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeFinding, PROFILES } from '../index.ts';
import { runSeed } from '../run/run-seed.ts';

/** Seeds of each profile in the ordinary test run; others are drawn afresh in the slow one. */
const SEEDS: Readonly<Record<string, number>> = { mixed: 4, partitions: 2, crashes: 2, byzantine: 2 };
const HEIGHTS = 12;

describe('networks from fixed seeds', () => {
  for (const profile of PROFILES) {
    it(`${profile.name}: ${profile.about}`, async () => {
      const { validators, name } = profile;
      const to = SEEDS[name] ?? 1;
      for (let seed = 1; seed <= to; seed++) {
        const report = await runSeed({ profile, validators, heights: HEIGHTS, seed });
        const replay = `npx node0 simulate --seed ${report.seed} --profile ${name} --heights ${HEIGHTS}`;
        assert.equal(report.finding, undefined, describeFinding(report, replay));
        assert.ok(report.heights >= HEIGHTS);
      }
    });
  }
});

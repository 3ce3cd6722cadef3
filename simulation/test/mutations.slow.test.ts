import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MUTATIONS, profileOf, runSeeds } from '../index.ts';

const SEEDS_MAX = 200;

describe('the simulator sees every deliberate fault of the protocol', () => {
  for (const { name, about, profile: profileName, validators } of MUTATIONS) {
    it(`${name}: ${about}`, async (context) => {
      const profile = profileOf(profileName);
      assert.ok(profile !== undefined);
      const size = validators ?? profile.validators;
      const range = { from: 1, to: SEEDS_MAX };
      const reports = await runSeeds({ profile, validators: size, heights: 30, ...range, mutation: name });
      const found = reports.find(({ finding }) => finding !== undefined);
      assert.ok(found?.finding !== undefined, `nothing found in ${SEEDS_MAX} seeds`);
      context.diagnostic(`seed ${found.seed}: ${found.finding.oracle}: ${found.finding.what}`);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runSeeds } from '../index.ts';
import { profileOf } from '../profiles.ts';
import { runSeed } from '../run/run-seed.ts';

const profile = profileOf('mixed');
assert.ok(profile !== undefined);
const { validators } = profile;
const request = { profile, validators, heights: 15 };

describe('a run', () => {
  it('is the same twice from one seed, in the same thread and in a fresh one, and another from another', async () => {
    const first = await runSeed({ ...request, seed: 7 });
    const second = await runSeed({ ...request, seed: 7 });
    const [elsewhere] = await runSeeds({ ...request, from: 7, to: 7 });
    const other = await runSeed({ ...request, seed: 8 });
    assert.ok(first.events > 3_000, `${first.events} events`);
    assert.ok(Object.values(first.faults).reduce((sum, count) => sum + count, 0) > 20);
    assert.deepEqual(second, first);
    assert.deepEqual(elsewhere, first);
    assert.notEqual(other.hash, first.hash);
  });
});

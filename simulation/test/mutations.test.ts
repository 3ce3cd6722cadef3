import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MUTATIONS, profileOf, runSeeds } from '../index.ts';
import { mutate } from '../mutations/apply.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('mutations', () => {
  it('fit the text that they change, each exactly once, and have a profile', async () => {
    for (const { name, changes, profile } of MUTATIONS) {
      assert.ok(profileOf(profile) !== undefined, `${name}: there is no profile ${profile}`);
      const texts = new Map<string, string>();
      for (const change of changes) {
        const text = texts.get(change.file) ?? (await readFile(join(ROOT, change.file), 'utf8'));
        texts.set(change.file, mutate(text, change));
      }
    }
    assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  });

  it('reach the code that a thread runs: one of them is seen at once', async () => {
    const mutation = MUTATIONS.find(({ name }) => name === 'vote-before-log');
    const profile = profileOf(mutation?.profile ?? '');
    assert.ok(mutation !== undefined && profile !== undefined);
    const { validators } = profile;
    const request = { profile, validators, heights: 5, from: 1, to: 1, mutation: mutation.name };
    const [report] = await runSeeds(request);
    assert.equal(report?.finding?.oracle, 'speech');
    assert.ok((report?.trace.length ?? 0) > 0);
  });
});

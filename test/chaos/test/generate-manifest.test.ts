import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generatedManifest, generateManifest, SIZES } from '../generate/generate-manifest.ts';
import type { Action, Manifest } from '../manifest/schema.ts';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const sizes = fc.constantFrom(...SIZES);

/** Power of the largest set of validators that can agree, counted here by trying out every set. */
function largestAgreement({ nodes }: Manifest, actions: readonly Action[]): { power: number; total: number } {
  const names = Object.keys(nodes);
  const power = (name: string): number => (nodes[name]?.role === 'full' ? 0 : (nodes[name]?.power ?? 1));
  const isDown = (name: string): boolean =>
    actions.some(
      (action) =>
        'nodes' in action &&
        action.nodes.includes(name) &&
        !(action.do === 'clock' && action.how !== 'start'),
    );
  const isAstray = (name: string): boolean =>
    Math.abs(nodes[name]?.clockOffsetSeconds ?? 0) > 0.4 ||
    actions.some(
      (action) =>
        action.do === 'clock' && action.nodes.includes(name) && Math.abs(action.offsetSeconds) > 0.4,
    );
  const isCut = (a: string, b: string): boolean =>
    actions.some((action) => {
      if (action.do !== 'disconnect') return false;
      const { around, between, from, to } = action;
      if (around !== undefined) return around.includes(a) || around.includes(b);
      if (between !== undefined) return between.some((group) => group.includes(a) !== group.includes(b));
      const crosses = (x: string, y: string) => from?.includes(x) === true && to?.includes(y) === true;
      return crosses(a, b) || crosses(b, a);
    });
  let best = 0;
  for (const start of names) {
    if (isDown(start)) continue;
    const reached = new Set([start]);
    for (const a of reached) {
      for (const b of names) if (!isDown(b) && !isCut(a, b)) reached.add(b);
    }
    const sum = [...reached]
      .filter((name) => !isAstray(name))
      .reduce((total, name) => total + power(name), 0);
    best = Math.max(best, sum);
  }
  return { power: best, total: names.reduce((sum, name) => sum + power(name), 0) };
}

describe('the generator of manifests', () => {
  it('makes a manifest that its own reader takes, from any seed', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => void generatedManifest(seed, size)),
      { numRuns: 500 },
    );
  });

  it('makes the same manifest from the same seed, and another from another', () => {
    assert.equal(generateManifest(7, 'medium'), generateManifest(7, 'medium'));
    assert.notEqual(generateManifest(7, 'medium'), generateManifest(8, 'medium'));
  });

  it('never takes the quorum away for longer than the wait of the step accounts for', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const manifest = generatedManifest(seed, size);
        for (const { actions, wait } of manifest.perturb) {
          const { power, total } = largestAgreement(manifest, actions);
          const longest = Math.max(
            ...actions.map((action) => ('forSeconds' in action ? action.forSeconds : 0)),
          );
          const stopped = power * 3 > total * 2 ? 0 : longest;
          assert.ok(
            wait.withinSeconds >= stopped + 15,
            `${JSON.stringify(actions)}: ${stopped} s without a quorum, ${wait.withinSeconds} s to recover`,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a quorum in most steps, and has every kind of action within a hundred seeds', () => {
    const kinds = new Set<string>();
    let kept = 0;
    let steps = 0;
    for (let seed = 0; seed < 100; seed++) {
      const manifest = generatedManifest(seed, 'medium');
      for (const { actions } of manifest.perturb) {
        const { power, total } = largestAgreement(manifest, actions);
        for (const { do: kind } of actions) kinds.add(kind);
        if (power * 3 > total * 2) kept++;
        steps++;
      }
    }
    assert.equal(kinds.size, 7, [...kinds].join(' '));
    assert.ok(kept > steps * 0.6 && kept < steps, `${kept} of ${steps}`);
  });
});

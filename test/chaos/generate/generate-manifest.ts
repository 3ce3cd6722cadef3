import { stringify } from 'yaml';
import { SeededRandom } from '../../harness/crash/random.ts';
import { hasQuorum, recoverySeconds } from '../manifest/quorum.ts';
import { readManifest } from '../manifest/read-manifest.ts';
import type { Action, Manifest, ManifestNode } from '../manifest/schema.ts';
import { generateAction, type Scene } from './generate-action.ts';
import { between, weighted } from './weighted.ts';

export const SIZES = ['small', 'medium', 'large'] as const;
export type Size = (typeof SIZES)[number];

interface Bounds {
  readonly validators: readonly [number, number];
  readonly full: readonly [number, number];
  readonly steps: readonly [number, number];
  readonly seconds: readonly [number, number];
  readonly perSecond: readonly [number, number];
}

/** What a manifest of each size may have; the last of each pair included. */
const BOUNDS: Readonly<Record<Size, Bounds>> = {
  small: { validators: [4, 4], full: [0, 1], steps: [2, 3], seconds: [2, 4], perSecond: [5, 15] },
  medium: { validators: [4, 5], full: [1, 2], steps: [5, 8], seconds: [2, 8], perSecond: [5, 30] },
  large: { validators: [4, 7], full: [1, 3], steps: [10, 16], seconds: [2, 20], perSecond: [10, 60] },
};

/** Added to what a recovery takes at least: the machine does other things as well. */
const ALLOWANCE_SECONDS = 45;
/** A step without a quorum proves safety, but the load stands still: not every one. */
const QUORUM_LOSSES = 0.3;
const TRIES = 20;

/** A manifest's text that follows from the seed alone. */
export function generateManifest(seed: number, size: Size): string {
  const random = new SeededRandom(seed);
  const bounds = BOUNDS[size];
  const nodes = generateNodes(random, bounds, size);
  const outdated = Object.keys(nodes).filter((name) => nodes[name]?.version !== undefined);
  const scene: Scene = { nodes, outdated: new Set(outdated), seconds: bounds.seconds };
  const perturb = Array.from({ length: between(random, ...bounds.steps) }, () => generateStep(random, scene));
  const isSynced = Object.values(nodes).some(({ sync }) => sync === 'state');
  return stringify({
    name: `seed-${seed}-${size}`,
    about: `Generated from the seed ${seed}, size ${size}.`,
    seed,
    nodes,
    ...(isSynced && { settings: { 'snapshots.interval': random.pick([5, 8, 12]) } }),
    load: { perSecond: between(random, ...bounds.perSecond), senders: 60, validHeights: 80 },
    perturb,
  });
}

/** @throws `chaos.invalid-manifest`, which would be a fault of the generator */
export function generatedManifest(seed: number, size: Size): Manifest {
  return readManifest(generateManifest(seed, size), `the manifest of seed ${seed}`);
}

function generateNodes(random: SeededRandom, bounds: Bounds, size: Size): Record<string, ManifestNode> {
  const nodes: Record<string, ManifestNode> = {};
  const areWeighted = random.chance() < 0.3;
  const validators = between(random, ...bounds.validators);
  for (let index = 0; index < validators; index++) {
    nodes[`validator-${index}`] = {
      ...(areWeighted && { power: between(random, 2, 4) }),
      ...(random.chance() < 0.1 && { version: 'HEAD' }),
      ...(random.chance() < 0.15 && { clockOffsetSeconds: random.pick([-0.2, 0.1, 0.2]) }),
    };
  }
  for (let index = between(random, ...bounds.full); index > 0; index--)
    nodes[`full-${index}`] = { role: 'full' };
  if (size !== 'small' && random.chance() < 0.6) {
    const sync = weighted(random, { state: 2, blocks: 1 });
    nodes['late-0'] = { role: 'full', startAt: between(random, 15, 40), sync };
  }
  return nodes;
}

function generateStep(random: SeededRandom, scene: Scene) {
  const mayLose = random.chance() < QUORUM_LOSSES;
  for (let tries = 0; ; tries++) {
    const attempt = { ...scene, outdated: new Set(scene.outdated) };
    const actions = generateActions(random, attempt);
    // At last one that takes nobody away.
    if (tries < TRIES && !mayLose && !hasQuorum(scene, actions)) continue;
    for (const name of scene.outdated) if (!attempt.outdated.has(name)) scene.outdated.delete(name);
    const wait = {
      heights: between(random, 2, 4),
      withinSeconds: recoverySeconds(scene, { actions }) + ALLOWANCE_SECONDS,
    };
    const [only] = actions;
    return actions.length === 1 && only !== undefined ? { ...only, wait } : { together: actions, wait };
  }
}

function generateActions(random: SeededRandom, scene: Scene): Action[] {
  const actions: Action[] = [];
  const taken = new Set<string>();
  const hasLinks = (action: Action): boolean => action.do === 'disconnect' || action.do === 'slow';
  for (let count = weighted(random, { 1: 8, 2: 2 }) === '1' ? 1 : 2; count > 0; count--) {
    const action = generateAction(random, scene, taken);
    // The healing of one would end the other's fault on the same links.
    if (hasLinks(action) && actions.some(hasLinks)) continue;
    if ('nodes' in action) for (const name of action.nodes) taken.add(name);
    actions.push(action);
  }
  return actions;
}

import type { SeededRandom } from '../../harness/crash/random.ts';
import type { Action, ActionKind, LinkAction, ManifestNode } from '../manifest/schema.ts';
import { between, some, weighted } from './weighted.ts';

const KINDS: Readonly<Record<ActionKind, number>> = {
  kill: 5,
  pause: 4,
  restart: 2,
  upgrade: 1,
  disconnect: 6,
  slow: 4,
  clock: 3,
};

export interface Scene {
  readonly nodes: Readonly<Record<string, ManifestNode>>;
  /** Each of these may still be given a new version. */
  readonly outdated: Set<string>;
  /** Whole seconds that an action lasts, at least and at most. */
  readonly seconds: readonly [number, number];
}

/** An action about nodes that are not in `taken`; links are anybody's. */
export function generateAction(random: SeededRandom, scene: Scene, taken: ReadonlySet<string>): Action {
  const free = Object.entries(scene.nodes)
    .filter(([name, { startAt }]) => startAt === undefined && !taken.has(name))
    .map(([name]) => name);
  const outdated = free.filter((name) => scene.outdated.has(name));
  const kind = weighted(random, {
    ...KINDS,
    upgrade: outdated.length === 0 ? 0 : KINDS.upgrade,
    ...(free.length === 0 && { kill: 0, pause: 0, restart: 0, clock: 0 }),
  });
  const forSeconds = between(random, ...scene.seconds);
  // Mostly one; sometimes so many that no quorum is left.
  const nodes = some(
    random,
    free,
    weighted(random, { 1: 8, 2: 2, 3: 1 }) === '1' ? 1 : between(random, 2, 3),
  );
  switch (kind) {
    case 'kill':
    case 'pause':
      return { do: kind, nodes, forSeconds };
    case 'restart':
      return { do: kind, nodes };
    case 'upgrade': {
      const name = random.pick(outdated);
      scene.outdated.delete(name);
      return { do: kind, nodes: [name] };
    }
    case 'clock':
      return {
        do: kind,
        nodes,
        offsetSeconds: random.pick([-3_600, -30, -2, -0.3, 0.3, 2, 30, 3_600]),
        how: weighted(random, { jump: 3, start: 1 }),
        forSeconds,
      };
    case 'disconnect': {
      const links = generateLinks(random, Object.keys(scene.nodes));
      const how = weighted(random, { silent: 4, reset: 2, 'half-open': 1 });
      return { do: kind, ...links, how: links.from === undefined ? how : 'silent', forSeconds };
    }
    case 'slow':
      return {
        do: kind,
        ...generateLinks(random, Object.keys(scene.nodes)),
        delayMs: random.pick([20, 80, 150, 300]),
        jitterMs: random.pick([0, 10, 60]),
        ...(random.chance() < 0.5 && { kibPerSecond: random.pick([64, 256, 1_024]) }),
        forSeconds,
      };
    default: {
      const nothing: never = kind;
      return nothing;
    }
  }
}

function generateLinks(
  random: SeededRandom,
  names: readonly string[],
): Pick<LinkAction, 'around' | 'between' | 'from' | 'to'> {
  const first = some(random, names, between(random, 1, Math.ceil(names.length / 2)));
  const second = names.filter((name) => !first.includes(name));
  const way = weighted(random, { around: 4, between: 3, oneWay: 2 });
  if (way === 'around' || second.length === 0) return { around: [random.pick(names)] };
  return way === 'between' ? { between: [first, second] } : { from: first, to: second };
}

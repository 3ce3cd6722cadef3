import { linksOf } from './links.ts';
import type { Action, LinkAction, Manifest, Step } from './schema.ts';

/** A validator whose clock is further off than this no longer agrees about when a block was proposed. */
const CLOCK_TOLERANCE_SECONDS = 0.4;
/** A link slower than this may miss every timeout of a round. */
const DELAY_TOLERANCE_MS = 700;
/** Below this, consensus messages of a loaded network no longer fit through. */
const KIB_PER_SECOND_MIN = 64;
/** A graceful stop and a start, on a small and busy machine. */
const RESTART_SECONDS = 8;
/** What the nodes need to find each other again, and for rounds that fail meanwhile. */
const RECOVERY_SECONDS = 15;

/** How long an action lasts, with the starts that end it. */
export function secondsOf(action: Action): number {
  if (action.do === 'restart' || action.do === 'upgrade') return RESTART_SECONDS;
  const starts = action.do === 'kill' || (action.do === 'clock' && action.how === 'start');
  return action.forSeconds + (starts ? RESTART_SECONDS : 0);
}

/** Nodes whose process does nothing because of an action. */
function downBy(action: Action): readonly string[] {
  if (action.do === 'disconnect' || action.do === 'slow') return [];
  // A start with another clock is a restart as well.
  return action.do === 'clock' && action.how !== 'start' ? [] : action.nodes;
}

/** Validators that go on, but whose clock no longer agrees with the others'. */
function astrayBy(action: Action): readonly string[] {
  return action.do === 'clock' && Math.abs(action.offsetSeconds) > CLOCK_TOLERANCE_SECONDS
    ? action.nodes
    : [];
}

function stopsLinks(action: LinkAction): boolean {
  if (action.do === 'disconnect') return true;
  const delayMs = (action.delayMs ?? 0) + (action.jitterMs ?? 0);
  return delayMs > DELAY_TOLERANCE_MS || (action.kibPerSecond ?? Infinity) < KIB_PER_SECOND_MIN;
}

/** Validators that stand on the chain from its start: their power, and their names. */
export function validatorsOf(manifest: Pick<Manifest, 'nodes'>): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(manifest.nodes)
      .filter(([, { role }]) => role !== 'full')
      .map(([name, { power = 1 }]) => [name, power]),
  );
}

/** Validators whose clock is off from the start. */
function alwaysAstray(manifest: Pick<Manifest, 'nodes'>): string[] {
  return Object.entries(manifest.nodes)
    .filter(([, { clockOffsetSeconds = 0 }]) => Math.abs(clockOffsetSeconds) > CLOCK_TOLERANCE_SECONDS)
    .map(([name]) => name);
}

export interface Group {
  /** Validators and full nodes. */
  readonly names: readonly string[];
  /** Power of those in it that can agree. */
  readonly power: number;
}

/**
 * The groups of nodes that hear each other both ways while the actions of a step last, largest power first. Every
 * node passes messages on, a full node too: a way over others is a way. One that is down is in no group.
 */
export function groupsDuring(manifest: Pick<Manifest, 'nodes'>, actions: readonly Action[]): Group[] {
  const names = Object.keys(manifest.nodes);
  const powers = validatorsOf(manifest);
  const down = new Set(actions.flatMap(downBy));
  const astray = new Set([...alwaysAstray(manifest), ...actions.flatMap(astrayBy)]);
  const cut = new Set(
    actions.flatMap((action) =>
      (action.do === 'disconnect' || action.do === 'slow') && stopsLinks(action)
        ? linksOf(action, names).map(([from, to]) => `${from} ${to}`)
        : [],
    ),
  );
  const left = new Set(names.filter((name) => !down.has(name)));
  const groups: Group[] = [];
  for (const first of left) {
    left.delete(first);
    const members = [first];
    for (const name of members) {
      for (const other of left) {
        if (cut.has(`${name} ${other}`) || cut.has(`${other} ${name}`)) continue;
        left.delete(other);
        members.push(other);
      }
    }
    const voting = members.filter((name) => !astray.has(name));
    groups.push({ names: members, power: voting.reduce((sum, name) => sum + (powers.get(name) ?? 0), 0) });
  }
  return groups.toSorted((a, b) => b.power - a.power);
}

/** True when more than two thirds of the power hear each other while the actions last. */
export function hasQuorum(manifest: Pick<Manifest, 'nodes'>, actions: readonly Action[]): boolean {
  const total = [...validatorsOf(manifest).values()].reduce((sum, power) => sum + power, 0);
  return (groupsDuring(manifest, actions)[0]?.power ?? 0) * 3 > total * 2;
}

/** Seconds for which no height can come because of a step; 0 where the quorum stands. */
export function stoppedSeconds(
  manifest: Pick<Manifest, 'nodes'>,
  { actions }: Pick<Step, 'actions'>,
): number {
  return hasQuorum(manifest, actions) ? 0 : Math.max(...actions.map(secondsOf));
}

/** What the wait of a step must allow at least. */
export function recoverySeconds(manifest: Pick<Manifest, 'nodes'>, step: Pick<Step, 'actions'>): number {
  return Math.ceil(RECOVERY_SECONDS + stoppedSeconds(manifest, step));
}

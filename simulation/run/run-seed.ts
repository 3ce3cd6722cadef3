import type { Profile } from '../profiles.ts';
import type { Finding } from './judge.ts';
import { World } from './world.ts';

export interface SeedRequest {
  /** Events before a finding that its report holds. */
  readonly traceLines?: number;
  readonly profile: Profile;
  readonly seed: number;
  readonly validators: number;
  /** Heights that every correct node must reach. */
  readonly heights: number;
}

export interface SeedReport {
  readonly seed: number;
  readonly profile: string;
  readonly finding: Finding | undefined;
  /** The last events before the finding, or none. */
  readonly trace: readonly string[];
  /** Hash of all events: the same seed gives the same one. */
  readonly hash: string;
  readonly heights: number;
  /** Rounds entered, by all correct nodes together. */
  readonly rounds: number;
  readonly messages: number;
  readonly transactions: number;
  readonly events: number;
  readonly behaviours: readonly string[];
  /** Nodes that began with a snapshot of their peers. */
  readonly joinedByState: number;
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Rotations, slashes, releases and the like, by type of event. */
  readonly economy: Readonly<Record<string, number>>;
  readonly virtualMs: number;
}

/** Virtual time for all correct nodes to make some heights final once the network is well. */
const CALM_LIMIT_MS = 90_000;
/** Heights that a calm between two storms takes. */
const CALM_HEIGHTS = 3;
/** Virtual time for the accepted transactions to become final at the end. */
const SETTLE_LIMIT_MS = 60_000;
const TRACE_LINES = 60;

/** Runs one seed to its end or to the first finding. */
export async function runSeed(request: SeedRequest): Promise<SeedReport> {
  const { profile, seed, validators, heights, traceLines = TRACE_LINES } = request;
  const world = await World.make(profile, seed, validators, traceLines);
  const { time, judge, storm } = world;
  const startMs = time.monotonic();
  const isOver = (done: () => boolean) => () =>
    judge.finding !== undefined || world.invalid !== undefined || done();
  const calm = async (goal: number): Promise<void> => {
    const isThere = await time.runUntil(
      isOver(() => world.height >= goal),
      CALM_LIMIT_MS,
    );
    if (isThere) return;
    const where = world.correct.map(({ name, height }) => `${name} ${height}`).join(', ');
    judge.report(
      'liveness',
      `not every correct node reached height ${goal} in ${CALM_LIMIT_MS} ms: ${where}`,
    );
  };
  world.start();
  await time.run(500);
  world.heal();
  await calm(1);
  while (judge.finding === undefined && world.invalid === undefined && world.height < heights) {
    const { min, max } = profile.stormMs;
    if (max > 0) {
      storm.begin();
      await time.runUntil(
        isOver(() => world.height >= heights),
        world.random.between(min, max),
      );
      world.heal();
      await calm(world.topHeight + CALM_HEIGHTS);
    } else await calm(Math.min(heights, world.topHeight + 10));
  }
  await time.runUntil(
    isOver(() => world.machines.every(({ hasJoined }) => hasJoined)),
    CALM_LIMIT_MS,
  );
  world.client.stop();
  if (judge.finding === undefined)
    await time.runUntil(
      isOver(() => judge.isSettled),
      SETTLE_LIMIT_MS,
    );
  const top = world.topHeight;
  if (judge.finding === undefined)
    await time.runUntil(
      // The last heights may have shown what must still come into a block.
      isOver(() => world.height >= top && judge.isSettled),
      CALM_LIMIT_MS,
    );
  if (judge.finding === undefined) await judge.finish();
  if (world.invalid !== undefined) throw new Error(`the run is invalid: ${world.invalid}`);
  return {
    seed,
    profile: profile.name,
    finding: judge.finding,
    trace: judge.finding === undefined ? [] : world.trace.last(),
    hash: world.trace.digest(),
    heights: world.height,
    rounds: world.rounds,
    messages: world.wire.statistics.sent,
    transactions: world.client.sent,
    events: world.trace.events,
    behaviours: world.behaviours,
    joinedByState: world.joinedByState,
    faults: { ...Object.fromEntries(storm.counts), ...wireFaults(world) },
    economy: Object.fromEntries(world.economy),
    virtualMs: Math.round(time.monotonic() - startMs),
  };
}

function wireFaults({ wire }: World): Record<string, number> {
  const { lost, duplicated, reordered } = wire.statistics;
  return { lost, duplicated, reordered };
}

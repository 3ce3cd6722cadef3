import { groupsDuring, hasQuorum, secondsOf, validatorsOf } from '../manifest/quorum.ts';
import type { Step } from '../manifest/schema.ts';
import { msUntil, sleep } from './await-condition.ts';
import { describeAction } from './describe-action.ts';
import { performAction } from './perform-action.ts';
import { intervalsOf, type StepReport } from './report.ts';
import type { RunContext } from './run-context.ts';

const BEFORE_MS = 10_000;
/** What is under way when a fault begins may still be decided. */
const SLACK_MS = 1_500;
const HEIGHTS_UNDER_WAY = 1;

/** Performs the actions of a step at once, and waits until the network has recovered. */
export async function perturb(context: RunContext, step: Step, index: number): Promise<void> {
  const { watch, report, signal, manifest } = context;
  const actions = step.actions.map(describeAction);
  report.note(actions.join(' + '));
  const fromMs = performance.now();
  const heightBefore = watch.height;
  const findings: string[] = [];
  const parts = [...step.actions.map((action) => performAction(context, action)), standsStill(context, step)];
  // All of them are over before anything is said of one: what failed must not leave another at work.
  await Promise.allSettled(parts);
  findings.push(...(await Promise.all(parts)).flat());
  const healedMs = performance.now();
  const heightAtHealing = watch.height;
  report.note(`healed at height ${heightAtHealing}`);

  const { heights, withinSeconds } = step.wait;
  const left = (): number => Math.max(0, healedMs + withinSeconds * 1_000 - performance.now());
  const nextHeightMs = await msUntil(() => watch.height > heightAtHealing, left(), signal);
  const goal = heightAtHealing + heights;
  const running = [...context.nodes.values()].filter(({ isExpectedUp }) => isExpectedUp);
  const isThere = async (): Promise<boolean> =>
    running.every(({ name }) => watch.heightOf(name) >= goal) &&
    (await Promise.all(running.map((node) => node.isReady()))).every(Boolean);
  const isAllThere = (await msUntil(isThere, left(), signal)) !== undefined;
  const allCaughtUpMs = isAllThere ? Math.round(performance.now() - healedMs) : undefined;
  if (nextHeightMs === undefined)
    findings.push(`no height after ${heightAtHealing} within ${withinSeconds} s`);
  else if (!isAllThere) {
    const late = running.map((node) => `${node.name} ${watch.heightOf(node.name)}`).join(', ');
    findings.push(`not every node was ready at height ${goal} within ${withinSeconds} s: ${late}`);
  }
  const now = performance.now();
  const stepReport: StepReport = {
    step: index + 1,
    actions,
    fromSeconds: report.seconds(fromMs),
    healedSeconds: report.seconds(healedMs),
    hadQuorum: hasQuorum(manifest, step.actions),
    heightBefore,
    heightAtHealing,
    intervals: {
      before: intervalsOf(watch.intervalsMs(fromMs - BEFORE_MS, fromMs)),
      during: intervalsOf(watch.intervalsMs(fromMs, healedMs)),
      after: intervalsOf(watch.intervalsMs(healedMs, now)),
    },
    ...(nextHeightMs !== undefined && { nextHeightMs }),
    ...(allCaughtUpMs !== undefined && { allCaughtUpMs }),
    findings,
  };
  report.steps.push(stepReport);
  report.note(
    allCaughtUpMs === undefined
      ? `not recovered: ${findings.join('; ')}`
      : `recovered: next height after ${nextHeightMs} ms, all there after ${allCaughtUpMs} ms`,
  );
}

/**
 * Shows that a cut cuts: nodes that hear no quorum must not get further while it lasts. It is the proof that
 * no node knows a way around the faults, and that no height becomes final without more than two thirds.
 */
async function standsStill(context: RunContext, { actions }: Step): Promise<string[]> {
  const { manifest, watch, signal, nodes } = context;
  if (!actions.every(({ do: kind }) => kind === 'disconnect')) return [];
  const total = [...validatorsOf(manifest).values()].reduce((sum, power) => sum + power, 0);
  const groups = groupsDuring(manifest, actions).filter(({ power }) => power * 3 <= total * 2);
  const shortestMs = Math.min(...actions.map(secondsOf)) * 1_000;
  // One way may be enough to hear what the others decide.
  const isOneWay = actions.some((action) => action.do === 'disconnect' && action.from !== undefined);
  if (groups.length === 0 || isOneWay || shortestMs <= SLACK_MS * 2) return [];
  const stranded = groups.flatMap(({ names }) => names).filter((name) => nodes.get(name)?.isRunning === true);
  await sleep(SLACK_MS, signal);
  const before = new Map(stranded.map((name) => [name, watch.heightOf(name)]));
  await sleep(shortestMs - SLACK_MS * 2, signal);
  return stranded
    .filter((name) => watch.heightOf(name) > (before.get(name) ?? 0) + HEIGHTS_UNDER_WAY)
    .map((name) => {
      const from = before.get(name) ?? 0;
      return `${name} was cut off from the quorum and went on from height ${from} to ${watch.heightOf(name)}`;
    });
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCodedError, type CodedError } from '#kernel';
import { ROOT } from '../../harness/command.ts';
import { SeededRandom } from '../../harness/crash/random.ts';
import { chaosError } from '../errors.ts';
import { openFaults, type NetworkChoice } from '../faults/open-faults.ts';
import { judge } from '../invariants/judge.ts';
import { FeeCount, totalOf } from '../invariants/supply.ts';
import { TransferLoad } from '../load/transfer-load.ts';
import type { Manifest } from '../manifest/schema.ts';
import { ChaosNode } from '../nodes/chaos-node.ts';
import { checkOut } from '../nodes/checkout.ts';
import { makeHomes, type ChainOfHomes } from '../nodes/homes.ts';
import { ChainWatch } from '../watch/chain-watch.ts';
import { msUntil } from './await-condition.ts';
import { Joins } from './joins.ts';
import { perturb } from './perturb.ts';
import { formatReport, Report, type ReportDocument, type Verdict } from './report.ts';
import type { RunContext } from './run-context.ts';

const FIRST_HEIGHT_MS = 90_000;
const SETTLE_MS = 120_000;

export interface RunOptions {
  /** Hears the lines of progress. */
  readonly say: (line: string) => void;
  /** Ends the run early; everything that it started is stopped all the same. */
  readonly signal: AbortSignal;
  /** Keeps the folder with homes, logs and reports although every invariant holds. */
  readonly keep: boolean;
  readonly network: NetworkChoice;
}

export interface RunOutcome {
  readonly report: ReportDocument;
  /** With the homes and logs of all nodes; undefined when it was removed. */
  readonly folder: string | undefined;
}

/**
 * Runs a manifest on real processes: setup, start, load, perturb, wait, test, stop. Nothing of it is left running,
 * however it ends.
 *
 * @throws `chaos.*` when the run could not be made; its folder is then kept, and named in the details
 */
export async function runManifest(manifest: Manifest, options: RunOptions): Promise<RunOutcome> {
  const folder = await mkdtemp(join(tmpdir(), `node0-chaos-${manifest.name}-`));
  const report = new Report(options.say);
  const stops: (() => Promise<void>)[] = [];
  let document: ReportDocument | undefined;
  try {
    const setUpContext = await setUp(manifest, { folder, report, stops, ...options });
    document = await stagesOf(setUpContext);
  } catch (error) {
    report.note(`ended early: ${error instanceof Error ? error.message : String(error)}`);
    report.note(`homes and logs: ${folder}`);
    throw error;
  } finally {
    report.stage('stop');
    for (const stop of stops.toReversed()) await stop();
  }
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(document, undefined, 2)}\n`);
  await writeFile(join(folder, 'report.txt'), formatReport(document));
  if (document.holds && !options.keep) {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    return { report: document, folder: undefined };
  }
  report.note(`homes, logs and reports: ${folder}`);
  return { report: document, folder };
}

interface SetUp {
  readonly folder: string;
  readonly report: Report;
  readonly stops: (() => Promise<void>)[];
  readonly signal: AbortSignal;
  readonly network: NetworkChoice;
}

async function setUp(
  manifest: Manifest,
  { folder, report, stops, signal, network }: SetUp,
): Promise<RunContext> {
  report.stage('setup');
  const random = new SeededRandom(manifest.seed);
  const faults = await openFaults(manifest, network, random.chance);
  stops.push(() => faults.close());
  report.note(`network faults by ${faults.kind}: ${faults.why}`);
  const chain = await makeHomes(folder, manifest, faults);
  const roots = new Map<string, string>();
  for (const version of new Set(Object.values(manifest.nodes).flatMap(({ version }) => version ?? []))) {
    roots.set(version, await checkOut(version, join(folder, 'versions')));
    report.note(`checked out ${version}`);
  }
  const nodes = new Map(
    Object.entries(manifest.nodes).map(([name, { version, clockOffsetSeconds = 0 }]) => {
      const { api, prefix } = faults.placement(name);
      const root = version === undefined ? ROOT : (roots.get(version) ?? ROOT);
      const home = homeOf(chain, name);
      return [name, new ChaosNode({ name, home, api, root, prefix, clockOffsetSeconds })];
    }),
  );
  const all = [...nodes.values()];
  stops.push(() => stopAll(all));
  const watch = new ChainWatch(all);
  const { load: asked } = manifest;
  const load = new TransferLoad({ nodes: all, watch, ...chain, ...asked, chance: random.chance });
  report.note(`chain ${chain.chainId}, ${nodes.size} nodes`);
  return { manifest, chain, nodes, faults, watch, load, report, signal, tree: ROOT };
}

function homeOf({ homes }: ChainOfHomes, name: string): string {
  const home = homes[name];
  if (home === undefined) throw new RangeError(`no home of ${name}`);
  return home;
}

/** Those that do not stop when asked are killed; a paused one too. */
async function stopAll(nodes: readonly ChaosNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

async function stagesOf(context: RunContext): Promise<ReportDocument> {
  const { manifest, report, watch, load, nodes, chain } = context;
  report.stage('start');
  const fees = new FeeCount(watch);
  watch.start();
  const joins = new Joins(context);
  try {
    await start(context, joins);
    report.stage('load');
    const [first] = nodes.values();
    const before = first === undefined ? undefined : await totalOf(first, chain.accounts, 1);
    const paid = fees.upTo(1);
    if (before === undefined || paid === undefined) {
      throw chaosError('not-in-time', 'the balances at height 1 cannot be read');
    }
    load.start();
    report.stage('perturb');
    for (const [index, step] of manifest.perturb.entries()) {
      await perturb(context, step, index);
      joins.failIfAny();
      if (report.steps.at(-1)?.allCaughtUpMs === undefined) break;
    }
    report.stage('wait');
    await joins.done();
    await settle(context);
    report.stage('test');
    const verdicts = await judge(context, { fees, before: before + paid });
    return documentOf(context, verdicts);
  } catch (error) {
    // A run that does not come to its end has a report as well; one that is stopped by hand has none.
    if (!isCodedError(error) || error.code === 'chaos.stopped') throw error;
    report.note(error.message);
    return documentOf(context, [unfinished(error)]);
  } finally {
    await joins.stop();
    await load.stop();
    await watch.stop();
  }
}

function unfinished({ message, code }: CodedError): Verdict {
  return { invariant: 'the run comes to its end', holds: false, says: [`${message} [${code}]`] };
}

/** Starts the nodes, those with `startAt` when the chain is there, and awaits the first height of all others. */
async function start(context: RunContext, joins: Joins): Promise<void> {
  const { manifest, nodes, watch, report, signal } = context;
  for (const [name, node] of nodes) {
    const { startAt } = manifest.nodes[name] ?? {};
    if (startAt === undefined) await node.start();
    else joins.add(node, startAt);
  }
  const first = [...nodes.keys()].filter((name) => manifest.nodes[name]?.startAt === undefined);
  const isThere = (): boolean => {
    const ended = [...nodes.values()].flatMap((node) => node.ended ?? []);
    if (ended.length > 0) throw chaosError('node-ended', ended.join('; '));
    return watch.followed >= 1 && first.every((name) => watch.heightOf(name) >= 1);
  };
  const ms = await msUntil(isThere, FIRST_HEIGHT_MS, signal);
  if (ms === undefined) throw chaosError('not-in-time', 'not every node had the first block in time');
  report.note(`every node has the first block after ${ms} ms`);
}

/**
 * The last heights, and then what is still open: while some transfers are open the load goes on, so that the heights
 * come that let those expire that were lost with a process.
 */
async function settle({ manifest, watch, load, report, signal }: RunContext): Promise<void> {
  const { heights, withinSeconds } = manifest.wait;
  const goal = watch.height + heights;
  if ((await msUntil(() => watch.height >= goal, withinSeconds * 1_000, signal)) === undefined) {
    report.note(`height ${goal} did not come within ${withinSeconds} s`);
  }
  const accepted = new Set(load.open);
  const isSettled = (): boolean => !load.open.some((hash) => accepted.has(hash));
  if ((await msUntil(isSettled, SETTLE_MS, signal)) !== undefined) {
    await load.stop();
    await msUntil(() => load.open.length === 0, SETTLE_MS, signal);
  }
  const { final, expired, open } = load.counts();
  report.note(`transactions: ${final} final, ${expired} expired, ${open} open`);
}

function documentOf(context: RunContext, verdicts: Verdict[]): ReportDocument {
  const { manifest, report, watch, load, nodes, faults } = context;
  const linkBytes = faults.bytes();
  return {
    manifest: manifest.name,
    seed: manifest.seed,
    network: { kind: faults.kind, why: faults.why },
    machine: { node: process.version, platform: process.platform, cores: availableParallelism() },
    seconds: report.seconds(),
    stages: report.stages,
    events: report.events,
    nodes: [...nodes.values()].map((node) => ({
      name: node.name,
      height: watch.heightOf(node.name),
      runs: node.root === context.tree ? 'the working tree' : (manifest.nodes[node.name]?.version ?? ''),
    })),
    steps: report.steps,
    load: load.counts(),
    ...(linkBytes !== undefined && { linkBytes }),
    verdicts,
    holds: verdicts.every(({ holds }) => holds),
  };
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { node0 } from '../harness/command.ts';
import { ChainOracle, readStored, type StoredChain } from '../harness/crash/chain-oracle.ts';
import { CrashLoad } from '../harness/crash/crash-load.ts';
import { makeCrashNetwork, type CrashNetwork, type CrashNode } from '../harness/crash/crash-network.ts';
import { SeededRandom } from '../harness/crash/random.ts';
import { VoteOracle } from '../harness/crash/vote-oracle.ts';
import { buildPowerLoss, type PowerLossLibrary } from '../harness/power-loss/power-loss.ts';
import { until } from '../harness/until.ts';

/** `CRASH_KILLS=300` for the full run; `CRASH_SEED` replays a schedule. */
const KILLS = Number(process.env['CRASH_KILLS'] ?? 30);
const SEED = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

/** At most so long between two kills, and dead before the next start. */
const GAP_MS = 900;
const DEAD_MS = 700;
const NEXT_HEIGHT_MS = 8_000;
/** All at once, as in a machine room without power: once in so many kills. */
const OUTAGE_EVERY = 37;
/** The chain must have gone on at least this often. */
const PROGRESS_EVERY = 12;
const PROGRESS_MS = 120_000;
/** Dead validators at once. */
const DEAD_MAX = 2;

interface Tally {
  kills: number;
  /** Of these, with the unsynced writes lost, and in the middle of a start. */
  powerLosses: number;
  duringStart: number;
  outages: number;
  writesLost: number;
  namesLost: number;
}

describe('a network of processes that are killed at random moments, under load', () => {
  let library: PowerLossLibrary | undefined;
  let network: CrashNetwork;
  let load: CrashLoad;
  const random = new SeededRandom(SEED);
  const chain = new ChainOracle();
  const votes = new VoteOracle();
  const tally: Tally = { kills: 0, powerLosses: 0, duringStart: 0, outages: 0, writesLost: 0, namesLost: 0 };
  const restarts = new Set<Promise<void>>();
  const starting = new Set<CrashNode>();

  before(async () => {
    console.error(`CRASH_SEED=${SEED} CRASH_KILLS=${KILLS}`);
    library = await buildPowerLoss();
    network = await makeCrashNetwork(library);
    for (const node of network.nodes) await node.start();
    chain.follow(network.nodes);
    await until('the chain goes on', async () => chain.height > 1, { withinMs: 60_000 });
    await votes.learnIndexes(network);
    await votes.listen(network);
    load = new CrashLoad(network, Math.random, () => chain.height);
    await load.start();
  });
  after(async () => {
    await load?.stop();
    await chain.stop();
    await votes.stop();
    await network?.destroy();
    await library?.remove();
  });

  const findings = (): string[] => [
    ...chain.findings,
    ...votes.findings,
    ...network.nodes.flatMap(({ ended }) => ended ?? []),
  ];

  async function kill(node: CrashNode, losesPower: boolean): Promise<void> {
    await node.kill();
    tally.kills++;
    if (starting.delete(node)) tally.duringStart++;
    if (node !== network.platform) await votes.readLogs(node);
    if (!losesPower) return;
    const { writes, names } = await node.losePower(random.chance() < 0.6 ? 'all' : 'torn', random.chance);
    tally.powerLosses++;
    tally.writesLost += writes;
    tally.namesLost += names;
    if (node !== network.platform) await votes.checkKept(node);
  }

  /** The start counts as under way until the node answers. */
  async function start(node: CrashNode): Promise<void> {
    starting.add(node);
    await node.start();
    void until(
      `${node.name} answers`,
      async () => (await node.get('/status')) !== undefined || !node.isRunning,
      {
        withinMs: 60_000,
      },
    )
      .then(() => starting.delete(node))
      .catch(() => chain.findings.push(`${node.name} did not answer within 60 s of its start`));
  }

  function restartLater(node: CrashNode, afterMs: number): void {
    const restart = pause(afterMs)
      .then(() => start(node))
      .finally(() => restarts.delete(restart));
    restarts.add(restart);
  }

  async function outage(): Promise<void> {
    await Promise.all(restarts);
    const losesPower = library !== undefined;
    for (const node of network.nodes) await node.kill();
    for (const node of network.nodes) await kill(node, losesPower);
    tally.outages++;
    for (const node of network.nodes) await start(node);
  }

  it(
    'never loses a final block, never signs twice, and opens every home again',
    { timeout: 3_600_000 },
    async () => {
      let nextOutage = OUTAGE_EVERY;
      let nextProgress = PROGRESS_EVERY;
      while (tally.kills < KILLS && findings().length === 0) {
        // Half of the kills find a network that goes on, the others meet one that is on its feet hardly at all.
        if (random.chance() < 0.4) await chain.nextHeight(NEXT_HEIGHT_MS);
        await pause(random.below(GAP_MS));
        if (tally.kills >= nextOutage) {
          nextOutage += OUTAGE_EVERY;
          await outage();
        }
        const dead = network.validators.filter(({ isRunning }) => !isRunning).length;
        const running = network.nodes.filter(({ isRunning }) => isRunning);
        const victims = dead < DEAD_MAX ? running : running.filter((node) => node === network.platform);
        // One that is starting is as good a victim as any: what it replays must survive too.
        const hasStarting = victims.some((node) => starting.has(node)) && random.chance() < 0.6;
        const victim =
          victims.length > 0 &&
          random.pick(hasStarting ? victims.filter((node) => starting.has(node)) : victims);
        if (victim !== false) {
          await kill(victim, library !== undefined && random.chance() < 0.6);
          restartLater(victim, random.below(DEAD_MS));
        }
        if (tally.kills < nextProgress) continue;
        nextProgress += PROGRESS_EVERY;
        await Promise.all(restarts);
        const { height } = chain;
        await until(`a height after ${height}`, async () => chain.height > height, { withinMs: PROGRESS_MS });
      }
      await Promise.all(restarts);
      assert.deepEqual(findings(), []);
      console.error(
        JSON.stringify({
          ...tally,
          height: chain.height,
          accepted: load.accepted.size,
          signed: votes.places,
        }),
      );
    },
  );

  it(
    'ends with equal state roots, and everything that was accepted is final or has expired',
    { timeout: 600_000 },
    async () => {
      assert.deepEqual(findings(), []);
      // The load goes on, so that heights come: what was accepted before is final or expired after them.
      const validUntil = Math.max(...load.accepted.values());
      const accepted = [...load.accepted.keys()];
      await until(`height ${validUntil + 1}`, async () => chain.height > validUntil, { withinMs: 300_000 });
      await load.stop();
      const settled = await until(
        'all nodes have the same height',
        async () => {
          const heights = await Promise.all(
            network.nodes.map(async (node) => (await node.get<{ height: number }>('/status'))?.height),
          );
          return heights.every((height) => height !== undefined && height === heights[0]) && heights[0];
        },
        { withinMs: 60_000 },
      );
      await chain.stop();
      await votes.stop();
      for (const node of network.nodes) await node.stop();
      const stored: StoredChain[] = [];
      for (const node of network.nodes) {
        const one = await readStored(node.home);
        stored.push(one);
        chain.compareStored(node, one);
        await votes.readLogs(node);
        const verified = await node0(['db', 'verify', '--home', node.home, '--json']);
        if (verified.code !== 0) chain.findings.push(`${node.name}: ${verified.stdout}${verified.stderr}`);
      }
      assert.deepEqual(findings(), []);
      const tip = Math.min(...stored.map((one) => one.tip));
      assert.ok(tip >= settled, `the databases end at ${tip}, the nodes had said ${settled}`);
      const [root, ...others] = stored.map((one) => one.roots.get(tip));
      assert.ok(root !== undefined, `no state root of height ${tip}`);
      assert.deepEqual(
        others.filter((other) => other !== root),
        [],
      );
      const final = stored[0]?.transactions ?? new Set();
      const expired = accepted.filter((hash) => !final.has(hash));
      console.error(
        JSON.stringify({
          tip,
          accepted: accepted.length,
          final: accepted.length - expired.length,
          expired: expired.length,
        }),
      );
      assert.ok(accepted.length > 0);
    },
  );
});

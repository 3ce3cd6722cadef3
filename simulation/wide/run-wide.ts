import { invariant } from '#kernel';
import type { Consensus } from '#services/consensus';
import { seededRandom, type SeededRandom } from '../random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { COSTS } from './costs.ts';
import { wideGenesis, wideTransfers } from './genesis.ts';
import { SharedChain } from './header-chain.ts';
import { Link } from './link.ts';
import { MachineCpu } from './machine-cpu.ts';
import { Mesh, type MeshMember } from './mesh.ts';
import { REGIONS } from './regions.ts';
import type { WideRequest } from './request.ts';
import { openWideValidator } from './validator.ts';
import { HeightRecord, type WideReport } from './report.ts';

/** Origin of virtual time in milliseconds; small, so that fractions of a microsecond count. */
const START_MS = 1_000_000;
/** How far wall clocks are apart at most: machines whose time service works. */
const SKEW_MS = 10;
/** Machines of the slow third take so many times as long. */
const SLOWNESS = 4;
/** The first height begins everywhere at once, at the genesis time, and is not measured. */
const WARM_UP = 1;
/** Virtual time for a height before the run is given up. */
const HEIGHT_LIMIT_MS = 60_000;

interface Machine {
  readonly member: MeshMember;
  readonly consensus: Consensus;
}

/**
 * Runs a wide network until every validator that is there has the heights final.
 *
 * @throws when two validators make different blocks final, one stops for safety, or a height takes a minute
 */
export async function runWide(request: WideRequest): Promise<WideReport> {
  const time = new VirtualTime(START_MS);
  const random = seededRandom(request.seed);
  const shared = new SharedChain(wideGenesis(request.validators, START_MS));
  const mesh = new Mesh(time, random.fork('mesh'), COSTS, request.validators);
  const record = new HeightRecord();
  const machines = await within(time, openMachines(request, { time, random, shared, mesh, record }));
  mesh.connect();
  await within(time, Promise.all(machines.map(({ consensus }) => consensus.start())));
  const reaches = async (height: number): Promise<void> => {
    const done = () => record.failure !== undefined || record.finalAt(height) === machines.length;
    const isThere = await time.runUntil(done, HEIGHT_LIMIT_MS * request.heights);
    if (record.failure !== undefined) throw record.failure;
    invariant(isThere, `every validator makes height ${height} final in a minute of virtual time a height`);
  };
  await reaches(WARM_UP);
  const before = usageOf(machines, mesh, time);
  await reaches(WARM_UP + request.heights);
  const after = usageOf(machines, mesh, time);
  const report = record.report(request, WARM_UP + 1, { before, after, machines: machines.length });
  for (const { consensus } of machines) consensus.pause();
  return report;
}

/** Lets virtual time pass until something is done: what opens files waits for the disk. */
async function within<Value>(time: VirtualTime, work: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  await time.runUntil(() => isDone, HEIGHT_LIMIT_MS);
  return done;
}

interface World {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly shared: SharedChain;
  readonly mesh: Mesh;
  readonly record: HeightRecord;
}

function openMachines(request: WideRequest, world: World): Promise<Machine[]> {
  const { validators, hasSlowThird, awayPercent, megabits } = request;
  const { time, random, shared, mesh, record } = world;
  const draw = random.fork('machines');
  const everybody = Array.from({ length: validators }, (_, index) => index);
  const away = new Set(draw.shuffled(everybody).slice(0, Math.floor((validators * awayPercent) / 100)));
  const transactions = wideTransfers(shared.genesis.identity, request.transactions);
  const machines: Promise<Machine>[] = [];
  for (const index of everybody) {
    const skewMs = draw.between(-SKEW_MS, SKEW_MS);
    if (away.has(index)) continue;
    const slowness = hasSlowThird && index % 3 === 2 ? SLOWNESS : 1;
    const cpu = new MachineCpu(time, slowness, skewMs);
    const [uplink, downlink] = [new Link(megabits / slowness), new Link(megabits / slowness)];
    const member = { index, region: index % REGIONS.length, cpu, uplink, downlink };
    const key = shared.genesis.keys[index];
    invariant(key !== undefined, 'there is a key for each validator');
    const transport = mesh.join(member);
    const opening = openWideValidator({
      shared,
      key,
      cpu,
      transport,
      costs: COSTS,
      random: random.fork(`validator ${index}`),
      transactions,
    });
    const listening = opening.then((consensus) => {
      consensus.onEvent((event) => record.hear(index, cpu.monotonic(), event));
      consensus.onFatal((error) => record.fail(error));
      return { member, consensus };
    });
    machines.push(listening);
  }
  return Promise.all(machines);
}

/** What all machines together have used so far. */
export interface Usage {
  readonly atMs: number;
  readonly busyMs: number;
  readonly busiestMs: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly messages: number;
  readonly pieces: number;
  readonly roundStates: number;
  readonly relayed: number;
  readonly offences: number;
}

function usageOf(machines: readonly Machine[], mesh: Mesh, time: VirtualTime): Usage {
  const sum = (of: (machine: Machine) => number): number =>
    machines.reduce((total, machine) => total + of(machine), 0);
  return {
    atMs: time.monotonic(),
    busyMs: sum(({ member }) => member.cpu.busyMs),
    busiestMs: Math.max(...machines.map(({ member }) => member.cpu.busyMs)),
    bytesUp: sum(({ member }) => member.uplink.bytes),
    bytesDown: sum(({ member }) => member.downlink.bytes),
    ...mesh.counts,
    relayed: sum(({ consensus }) => consensus.statistics().messagesRelayed),
    offences: mesh.offences,
  };
}

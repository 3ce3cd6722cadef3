import { peerIdOfSeed } from '#services/network';
import type { GenesisState } from '#services/blockchain';
import { BEHAVIOURS } from '../byzantine/index.ts';
import { Storm } from '../faults/storm.ts';
import { Client } from '../load/client.ts';
import { Internet } from '../network/simulated-libp2p.ts';
import { Wire } from '../network/wire.ts';
import { Machine } from '../node/machine.ts';
import type { Profile } from '../profiles.ts';
import { seededRandom, type SeededRandom } from '../random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { describeEvent } from './describe-event.ts';
import { Trace, type SimulationEvent } from './events.ts';
import {
  ACCOUNTS,
  accountKey,
  GENESIS_AGE_MS,
  simulationGenesis,
  transportSeed,
  validatorAddress,
  validatorKey,
} from './genesis.ts';
import { Judge } from './judge.ts';

const GAUGE_EVERY_MS = 150;

/** A network of real nodes on virtual time, with what troubles it and what watches it. */
export class World {
  readonly time = new VirtualTime();
  readonly trace: Trace;
  readonly wire: Wire;
  readonly internet: Internet;
  readonly storm: Storm;
  readonly client: Client;
  readonly judge: Judge;
  readonly machines: readonly Machine[];
  /** Names of the behaviours of the Byzantine validators. */
  readonly behaviours: readonly string[];
  readonly random: SeededRandom;
  rounds = 0;
  #skewMs = 0;
  #logsLost = new Set<string>();

  private constructor(setup: Setup, peers: readonly string[], traceLines: number) {
    const { profile, random, genesis, powers, byzantine } = setup;
    this.random = random;
    this.trace = new Trace(traceLines);
    this.wire = new Wire(this.time, random.fork('wire'));
    this.internet = new Internet(this.time, this.wire);
    const emit = (event: SimulationEvent): void => this.#emit(event);
    const addresses = peers.map((peer, index) => `/ip4/10.0.0.${index + 1}/tcp/1/p2p/${peer}`);
    let accounts = 0;
    const order = setOrder(powers);
    const liars = new Set([...byzantine.keys()].map((index) => order.indexOf(index)));
    this.machines = peers.map((peer, index) => {
      const behaviour = byzantine.get(index);
      const account = accountKey(ACCOUNTS + accounts);
      if (behaviour !== undefined) accounts += 1;
      const isValidator = index < powers.length;
      return new Machine(
        {
          name: isValidator ? `v${index}` : `full${index - powers.length}`,
          peer,
          transportSeed: transportSeed(index),
          key: isValidator ? validatorKey(index) : undefined,
          peers: () => addresses.filter((_, other) => other !== index),
          genesis,
          byzantine: behaviour === undefined ? undefined : { behaviour, account },
          watched: behaviour === undefined ? liars : new Set(),
        },
        { internet: this.internet, emit },
        random,
      );
    });
    this.behaviours = [...byzantine.values()].map(({ name }) => name);
    const correct = this.machines.filter(({ isByzantine }) => !isByzantine);
    const { identity } = genesis;
    const { time, wire, machines } = this;
    this.client = new Client({ identity, random: random.fork('client'), time, machines: correct, emit });
    const mayLoseLog = (machine: Machine): boolean => this.#mayLoseLog(machine, powers);
    this.storm = new Storm({ profile, random: random.fork('storm'), time, wire, machines, mayLoseLog, emit });
    this.judge = new Judge({
      machines,
      genesisHash: identity.genesisHash,
      nowMs: () => time.now(),
      skewMs: () => this.#skewMs,
      isCorrect: (name) => correct.some((machine) => machine.name === name),
      validators: order.map((index) => ({
        power: powers[index] ?? 0,
        publicKey: validatorKey(index).publicKey,
        node: `v${index}`,
      })),
    });
    this.internet.onDelivery = (from, to, _protocol, bytes) =>
      this.trace.add(time.monotonic(), `${from.slice(-4)}>${to.slice(-4)} ${bytes}`, false);
  }

  static async make(profile: Profile, seed: number, validators: number, traceLines: number): Promise<World> {
    const setup = setUp(profile, seed, validators);
    const count = validators + profile.fullNodes;
    const peers = await Promise.all(
      Array.from({ length: count }, (_, index) => peerIdOfSeed(transportSeed(index))),
    );
    return new World(setup, peers, traceLines);
  }

  /** Correct machines. */
  get correct(): readonly Machine[] {
    return this.machines.filter(({ isByzantine }) => !isByzantine);
  }

  /** The height that every correct node has. */
  get height(): number {
    return Math.min(...this.correct.filter(({ hasJoined }) => hasJoined).map(({ height }) => height));
  }

  /** The height that some correct node has. */
  get topHeight(): number {
    return Math.max(...this.correct.map(({ height }) => height));
  }

  /** Starts the machines, full nodes late, and the load. */
  start(): void {
    for (const machine of this.machines) {
      const isLate = !machine.isValidator;
      this.time.after(isLate ? this.random.between(0, 6_000) : this.random.between(0, 300), () =>
        machine.start(),
      );
    }
    this.client.start();
    this.#gauge();
  }

  heal(): void {
    this.storm.end();
    this.#emit({ kind: 'healed', height: this.topHeight });
    this.time.after(2_000, () => this.client.sendAgain((id) => this.judge.isOwed(id)));
  }

  #emit(event: SimulationEvent): void {
    if (event.kind === 'log-lost') this.#logsLost.add(event.node);
    if (event.kind === 'entered') this.rounds++;
    if (event.kind !== 'gauge' && event.kind !== 'heard')
      this.trace.add(this.time.monotonic(), describeEvent(event));
    this.#noteSkew();
    if (event.kind === 'ended') this.storm.supervise(event.node);
    this.client.observe(event);
    this.judge.observe(event);
  }

  #noteSkew(): void {
    for (const { isByzantine, clock } of this.machines) {
      if (!isByzantine) this.#skewMs = Math.max(this.#skewMs, Math.abs(clock.now() - this.time.now()));
    }
  }

  #mayLoseLog(machine: Machine, powers: readonly number[]): boolean {
    if (!machine.isValidator || machine.isByzantine) return false;
    const lost = this.machines
      .map((other, index) => ({ other, power: powers[index] ?? 0 }))
      .filter(({ other }) => other === machine || other.isByzantine || this.#logsLost.has(other.name));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return lost.reduce((sum, { power }) => sum + power, 0) * 3 < total;
  }

  #gauge(): void {
    this.time.after(GAUGE_EVERY_MS, () => {
      for (const machine of this.correct) {
        for (const [name, value] of gaugesOf(machine)) {
          this.judge.observe({ kind: 'gauge', node: machine.name, name, value });
        }
      }
      this.#gauge();
    });
  }
}

function gaugesOf(machine: Machine): [string, number][] {
  const { node } = machine;
  if (node === undefined) return [];
  const { waiting, early } = node.consensus.statistics();
  return [
    ['mempool.transactions', node.mempool.size],
    ['mempool.bytes', node.mempool.bytes],
    ['consensus.waiting', waiting],
    ['consensus.early', early],
    ['evidence.pending', node.evidence.statistics().pending],
    ['evidence.early', node.evidence.statistics().early],
    ['network.queued', node.network.statistics().bytesQueued],
    ['gossip.announced', node.gossip.statistics().announced],
    ['log.bytes', machine.disk.logBytes],
  ];
}

interface Setup {
  readonly profile: Profile;
  readonly random: SeededRandom;
  readonly powers: readonly number[];
  readonly genesis: GenesisState;
  readonly byzantine: ReadonlyMap<number, (typeof BEHAVIOURS)[number]>;
}

function setUp(profile: Profile, seed: number, validators: number): Setup {
  const random = seededRandom(seed);
  const draw = random.fork('setup');
  const isUneven = draw.chance(profile.unevenPowers);
  const powers = Array.from({ length: validators }, () => (isUneven ? draw.between(2, 4) : 1));
  const genesis = simulationGenesis(powers, new VirtualTime().now() - GENESIS_AGE_MS);
  const total = powers.reduce((sum, power) => sum + power, 0);
  const choice = BEHAVIOURS.filter(
    ({ name }) => profile.behaviours.length === 0 || profile.behaviours.includes(name),
  );
  const byzantine = new Map<number, (typeof BEHAVIOURS)[number]>();
  let power = 0;
  for (const index of draw.shuffled(powers.map((_, at) => at))) {
    const more = power + (powers[index] ?? 0);
    if (byzantine.size >= profile.byzantine || more * 3 >= total) continue;
    power = more;
    byzantine.set(index, draw.pick(choice));
  }
  return { profile, random, powers, genesis, byzantine };
}

/** Places in the set by the protocol's order: the largest power first, then by address. */
function setOrder(powers: readonly number[]): number[] {
  return powers
    .map((power, index) => ({ power, index, address: validatorAddress(index) }))
    .toSorted((a, b) => b.power - a.power || (a.address < b.address ? -1 : 1))
    .map(({ index }) => index);
}

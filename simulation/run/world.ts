import { peerIdOfSeed } from '#services/network';
import { toHex } from '#kernel';
import type { GenesisState } from '#services/blockchain';
import type { ValidatorSet } from '#services/validator';
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
  type Economy,
  ACCOUNTS,
  accountKey,
  addressOf,
  GENESIS_AGE_MS,
  operatorKey,
  simulationGenesis,
  transportSeed,
  validatorKey,
} from './genesis.ts';
import { Judge } from './judge.ts';
import { KnownSets, type SetMember } from './known-sets.ts';

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
  /** Those of them that do not lie. */
  readonly correct: readonly Machine[];
  /** Names of the behaviours of the Byzantine validators. */
  readonly behaviours: readonly string[];
  readonly random: SeededRandom;
  readonly #sets: KnownSets;
  readonly #liars: ReadonlySet<string>;
  /** Why the run says nothing: the Byzantine validators have more power than any protocol bears. */
  invalid: string | undefined;
  rounds = 0;
  /** What blocks did to validators and stake before and after their transactions, by type of event. */
  readonly economy = new Map<string, number>();
  /** Nodes whose state came from a snapshot. */
  joinedByState = 0;
  #counted = 0;
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
    const nodes = new Map(
      peers.map((_, at) => [toHex(validatorKey(at).publicKey), nameOf(at, powers.length)]),
    );
    this.#sets = new KnownSets((publicKey) => nodes.get(toHex(publicKey)) ?? '');
    this.#liars = new Set([...byzantine.keys()].map((index) => nameOf(index, powers.length)));
    const isWatched = (height: number, place: number): boolean =>
      this.#liars.has(this.#sets.at(height)[place]?.node ?? '');
    this.machines = peers.map((peer, index) => {
      const behaviour = byzantine.get(index);
      const account = accountKey(ACCOUNTS + accounts);
      if (behaviour !== undefined) accounts += 1;
      return new Machine(
        {
          name: nameOf(index, powers.length),
          peer,
          transportSeed: transportSeed(index),
          key: validatorKey(index),
          operator: operatorKey(index),
          isFounder: index < powers.length,
          peers: () => addresses.filter((_, other) => other !== index),
          genesis,
          // Half of them are enough for those who join; what lies about snapshots needs its own.
          makesSnapshots: setup.joinByState && (index % 2 === 0 || behaviour !== undefined),
          joinsByState: setup.joinByState && index >= powers.length,
          byzantine: behaviour === undefined ? undefined : { behaviour, account },
          isWatched: behaviour === undefined ? isWatched : () => false,
        },
        { internet: this.internet, emit },
        random,
      );
    });
    this.behaviours = [...byzantine.values()].map(({ name }) => name);
    const correct = this.machines.filter(({ isByzantine }) => !isByzantine);
    this.correct = correct;
    const { identity } = genesis;
    const { time, wire, machines } = this;
    this.client = new Client({
      identity,
      random: random.fork('client'),
      time,
      machines: correct,
      emit,
      staked: setup.staked.map((index) => addressOf(operatorKey(index))),
      mayRedelegate: !setup.economy.jailsAbsent,
    });
    const mayLoseLog = (machine: Machine): boolean => this.#mayLoseLog(machine, setup);
    this.storm = new Storm({ profile, random: random.fork('storm'), time, wire, machines, mayLoseLog, emit });
    this.judge = new Judge({
      machines,
      genesisHash: identity.genesisHash,
      nowMs: () => time.now(),
      skewMs: () => this.#skewMs,
      isCorrect: (name) => correct.some((machine) => machine.name === name),
      genesis,
      setAt: (height) => this.#sets.at(height),
      membersOf: (set) => this.#sets.membersOf(set),
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

  /** The height that every correct node has. */
  get height(): number {
    // A run asks before each of its steps: no list is made for it.
    let least = Infinity;
    for (const machine of this.correct) if (machine.hasJoined) least = Math.min(least, machine.height);
    return least;
  }

  /** The height that some correct node has. */
  get topHeight(): number {
    return Math.max(...this.correct.map(({ height }) => height));
  }

  /** Starts the machines, full nodes late, and the load. */
  start(): void {
    for (const machine of this.machines) {
      const isLate = !machine.isFounder;
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
    if (event.kind === 'started') {
      this.#noteSet(event.height + 1, event.nextSet);
      if (event.joinedByState) this.joinedByState++;
    }
    if (event.kind === 'final') this.#noteFinal(event);
    if (event.kind !== 'gauge' && event.kind !== 'heard')
      this.trace.add(this.time.monotonic(), describeEvent(event));
    this.#noteSkew();
    if (event.kind === 'ended') this.storm.supervise(event.node);
    this.client.observe(event);
    this.judge.observe(event);
  }

  #noteFinal({ block, nextSet, events }: Extract<SimulationEvent, { kind: 'final' }>): void {
    const { height } = block.header;
    this.#noteSet(height + 1, nextSet);
    if (height <= this.#counted) return;
    this.#counted = height;
    for (const { type } of events) this.economy.set(type, (this.economy.get(type) ?? 0) + 1);
  }

  #noteSet(height: number, set: ValidatorSet): void {
    this.#sets.note(height, set);
    const members = this.#sets.at(height);
    const powerOf = (some: readonly SetMember[]) => some.reduce((sum, { power }) => sum + power, 0);
    const lying = powerOf(members.filter(({ node }) => this.#liars.has(node)));
    if (lying * 3 < powerOf(members)) return;
    this.invalid ??= `of the ${powerOf(members)} power at height ${height} ${lying} is Byzantine`;
  }

  #noteSkew(): void {
    for (const { clock } of this.correct)
      this.#skewMs = Math.max(this.#skewMs, Math.abs(clock.now() - this.time.now()));
  }

  /** Of those to whom no stake comes: together they stay below a third of the power of every set. */
  #mayLoseLog(machine: Machine, { powers, staked }: Setup): boolean {
    if (!machine.isFounder || machine.isByzantine || staked.includes(this.machines.indexOf(machine)))
      return false;
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
  const { waiting, early, kept, proposalBytes } = node.consensus.statistics();
  const evidence = node.evidence.statistics();
  return [
    ['mempool.transactions', node.mempool.size],
    ['mempool.bytes', node.mempool.bytes],
    ['consensus.waiting', waiting],
    ['consensus.early', early],
    ['consensus.kept', kept],
    ['consensus.proposal-bytes', proposalBytes],
    ['evidence.pending', evidence.pending],
    ['evidence.early', evidence.early],
    ['evidence.unverified-bytes', evidence.unverifiedBytes],
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
  readonly economy: Economy;
  /** Whether nodes make snapshots, and those that join later begin with one. */
  readonly joinByState: boolean;
  /** Machines to whose validators the load brings stake. */
  readonly staked: readonly number[];
}

/** Power of a validator at first, by its part: bonded and slashed stake shows in it. */
const POWER_OF_PART = 10;

/**
 * Who lies, and an economy in which they stay below a third of the power of every set: nobody bonds to them; nobody
 * takes out what correct validators have from the genesis; nobody is pushed out of the set; and none is jailed for
 * being away. Without liars, and without lost logs, all of this happens.
 */
function setUp(profile: Profile, seed: number, validators: number): Setup {
  const random = seededRandom(seed);
  const draw = random.fork('setup');
  const isUneven = draw.chance(profile.unevenPowers);
  const powers = Array.from(
    { length: validators },
    () => POWER_OF_PART * (isUneven ? draw.between(2, 4) : 1),
  );
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
  const losesLogs = profile.weights.loseLog > 0;
  const isFree = byzantine.size === 0 && !losesLogs;
  const economy = { jailsAbsent: isFree, maxValidators: isFree ? validators : 100 };
  const machines = validators + profile.fullNodes;
  const staked = Array.from({ length: machines }, (_, index) => index).filter(
    (index) => !byzantine.has(index) && (!losesLogs || index >= Math.floor(validators / 2)),
  );
  const timeMs = new VirtualTime().now() - GENESIS_AGE_MS;
  const genesis = simulationGenesis(powers, machines, economy, timeMs);
  const hasForger = [...byzantine.values()].some(({ name }) => name === 'forged-state');
  const joinByState = hasForger || random.fork('join').chance(0.4);
  return { profile, random, powers, genesis, byzantine, economy, joinByState, staked };
}

/** Name of a machine: founders come first. */
function nameOf(index: number, founders: number): string {
  return index < founders ? `v${index}` : `full${index - founders}`;
}

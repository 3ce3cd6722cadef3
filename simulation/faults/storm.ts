import type { Blockage, Wire } from '../network/wire.ts';
import type { Machine } from '../node/machine.ts';
import type { FaultWeights, Profile } from '../profiles.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulationEvent } from '../run/events.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

export interface StormComponents {
  readonly profile: Profile;
  readonly random: SeededRandom;
  readonly time: VirtualTime;
  readonly wire: Wire;
  /** All machines, Byzantine ones too. */
  readonly machines: readonly Machine[];
  /** Validators that may lose their log together with the Byzantine ones without a third of the power lost. */
  readonly mayLoseLog: (machine: Machine) => boolean;
  readonly emit: (event: SimulationEvent) => void;
}

/** Most of a machine's time before a supervisor starts its node again. */
const RESTART_MS_MAX = 1_500;
/** What a time service leaves of a clock's error: two clocks stay within the precision of the chain. */
const CALM_SKEW_MS = 200;
/** Beyond the precision of the chain's clocks. */
const CLOCK_JUMP_MS_MAX = 4_000;

/** Does things to the network, chosen by the seed, and undoes all of them when it ends. */
export class Storm {
  readonly #components: StormComponents;
  readonly counts = new Map<string, number>();
  #isRaging = false;

  constructor(components: StormComponents) {
    this.#components = components;
  }

  begin(): void {
    this.#isRaging = true;
    this.#components.emit({ kind: 'stormed' });
    this.#next();
  }

  /** Undoes every fault; machines that are down come up soon. */
  end(): void {
    this.#isRaging = false;
    const { wire, machines, time, random } = this.#components;
    wire.heal();
    for (const machine of machines) {
      machine.resume();
      machine.disk.heal();
      machine.clock.drift = 0;
      machine.clock.correct();
      machine.clock.offsetMs += random.between(-CALM_SKEW_MS, CALM_SKEW_MS);
      machine.host.workMs = 0;
      if (machine.hasJoined) time.after(1, () => machine.start());
    }
  }

  #next(): void {
    const { profile, random, time } = this.#components;
    const { min, max } = profile.faultEveryMs;
    time.after(random.between(min, max), () => {
      if (!this.#isRaging) return;
      this.#strike(this.#choose());
      this.#next();
    });
  }

  #choose(): keyof FaultWeights {
    const { profile, random } = this.#components;
    const weights = Object.entries(profile.weights) as [keyof FaultWeights, number][];
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    let left = (random.integer(1_000_000) / 1_000_000) * total;
    for (const [name, weight] of weights) {
      left -= weight;
      if (left < 0) return name;
    }
    return 'badLinks';
  }

  #strike(fault: keyof FaultWeights): void {
    const { random, machines, emit } = this.#components;
    const machine = random.pick(machines.filter(({ hasJoined }) => hasJoined));
    const isOfAll = ['partition', 'badLinks', 'cutOneWay'].includes(fault);
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    emit({ kind: 'fault', what: fault, ...(!isOfAll && { node: machine.name }) });
    switch (fault) {
      case 'partition':
        return this.#partition();
      case 'cutOneWay':
        return this.#cut(random.pick(machines), machine, random.chance(0.5) ? 'drop' : 'stall');
      case 'isolate':
        return this.#isolate(machine);
      case 'badLinks':
        return this.#worsenLinks();
      case 'clockJump':
        machine.clock.offsetMs += random.between(-CLOCK_JUMP_MS_MAX, CLOCK_JUMP_MS_MAX);
        return;
      case 'clockDrift':
        machine.clock.drift = random.between(-20, 20) / 1000;
        return;
      case 'slowMachine':
        machine.host.workMs = random.pick([0, 1, 3, 8]);
        return;
      default:
        return this.#strikeMachine(fault, machine);
    }
  }

  #strikeMachine(fault: keyof FaultWeights, machine: Machine): void {
    const { random, time } = this.#components;
    const { disk } = machine;
    switch (fault) {
      case 'kill':
        return machine.end('kill');
      case 'powerLoss':
        return machine.end('power');
      case 'loseLog':
        return this.#loseLog(machine);
      case 'restart':
        machine.stop().catch(() => undefined);
        return;
      case 'pause':
        machine.pause();
        time.after(random.between(200, 2_500), () => machine.resume());
        return;
      case 'crashAtWrite':
        disk.faults.crashAfter = random.between(1, 25);
        return;
      case 'slowDisk':
        disk.faults.syncMsMax = random.pick([2, 20, 120]);
        return;
      case 'fullDisk':
        disk.faults.full = !disk.faults.full;
        return;
      case 'failingSyncs':
        disk.faults.failSyncs = !disk.faults.failSyncs;
        return;
      case 'readErrors':
        disk.faults.readErrors = disk.faults.readErrors > 0 ? 0 : 0.02;
        return;
      default:
        return;
    }
  }

  /** A supervisor starts again whatever ended, also when the storm is over. */
  supervise(name: string): void {
    const { random, time, machines } = this.#components;
    const machine = machines.find((known) => known.name === name);
    time.after(random.between(1, RESTART_MS_MAX), () => machine?.start());
  }

  #loseLog(machine: Machine): void {
    if (!this.#components.mayLoseLog(machine)) return;
    machine.end('kill');
    machine.disk.loseLog();
    this.#components.emit({ kind: 'log-lost', node: machine.name });
    machine.start();
  }

  #partition(): void {
    const { random, machines, wire } = this.#components;
    if (random.chance(0.4)) return wire.unblock();
    const shuffled = random.shuffled(machines);
    const cut = random.between(1, machines.length - 1);
    const blockage = random.pick<Blockage>(['drop', 'stall']);
    for (const a of shuffled.slice(0, cut))
      for (const b of shuffled.slice(cut)) this.#cutBoth(a, b, blockage);
  }

  #isolate(machine: Machine): void {
    const { random, machines, wire } = this.#components;
    if (random.chance(0.3)) return wire.unblock();
    const blockage = random.pick<Blockage>(['drop', 'stall']);
    for (const other of machines) this.#cutBoth(machine, other, blockage);
  }

  #cutBoth(a: Machine, b: Machine, blockage: Blockage): void {
    this.#cut(a, b, blockage);
    this.#cut(b, a, blockage);
  }

  #cut(from: Machine, to: Machine, blockage: Blockage): void {
    if (from !== to) this.#components.wire.block(from.peer, to.peer, blockage);
  }

  #worsenLinks(): void {
    const { random, wire, profile } = this.#components;
    const part = (max: number): number => (random.chance(0.3) ? 0 : (random.integer(1000) / 1000) * max);
    wire.loss = part(profile.links.loss);
    wire.duplication = part(profile.links.duplication);
    wire.reordering = part(profile.links.reordering);
    wire.jitterMs = 2 + part(profile.links.jitterMs);
  }
}

import { isCodedError, toHex, type SigningKey } from '#kernel';
import { memorySnapshots, type GenesisState, type SnapshotStore } from '#services/blockchain';
import type { ByzantineBehaviour } from '../byzantine/behaviour.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { Host, Internet } from '../network/simulated-libp2p.ts';
import type { SeededRandom } from '../random.ts';
import type { EndCause, SimulationEvent } from '../run/events.ts';
import { LifeScheduler, MachineClock } from '../time/machine-clock.ts';
import { assembleNode, type AssembledNode } from './assemble.ts';

export interface MachineInit {
  readonly name: string;
  readonly peer: string;
  readonly transportSeed: Uint8Array;
  /** A full node votes with it once its operator registered it as a validator, and the set has it. */
  readonly key: SigningKey;
  /** One of the validators of the genesis. */
  readonly isFounder: boolean;
  /** Account that controls the validator. */
  readonly operator: SigningKey;
  readonly peers: () => readonly string[];
  readonly genesis: GenesisState;
  readonly makesSnapshots: boolean;
  readonly joinsByState: boolean;
  readonly byzantine: { readonly behaviour: ByzantineBehaviour; readonly account: SigningKey } | undefined;
  /** True for places in the set of a height whose messages are heard on their way in. */
  readonly isWatched: (height: number, place: number) => boolean;
}

export interface MachineWorld {
  readonly internet: Internet;
  readonly emit: (event: SimulationEvent) => void;
}

/** Ends of a life that say that the protocol failed: a disk that fails reads and writes leads to none of them. */
const NEVER_OF_A_DISK: ReadonlySet<string> = new Set([
  'block.diverged',
  'block.conflicting-finalisation',
  'consensus.invalid-decision',
]);

interface Life {
  readonly number: number;
  readonly scheduler: LifeScheduler;
  /** Undefined while the node opens its state. */
  node: AssembledNode | undefined;
  isRunning: boolean;
}

/** A machine with a disk and a clock, and the node that runs on it in one life after another. */
export class Machine {
  readonly name: string;
  readonly peer: string;
  /** A validator from the first height on. */
  readonly isFounder: boolean;
  readonly key: SigningKey;
  readonly operator: SigningKey;
  readonly isByzantine: boolean;
  readonly disk: SimulatedDisk;
  readonly clock: MachineClock;
  readonly #init: MachineInit;
  readonly #world: MachineWorld;
  readonly #random: SeededRandom;
  readonly #snapshots: SnapshotStore | undefined;
  #life: Life | undefined;
  #lives = 0;
  /** Failures of the disk that explained the end of a life. */
  #failuresSeen = 0;
  /** Lives that ended for no reason that the disk gives. */
  unexplained: string | undefined;

  constructor(init: MachineInit, world: MachineWorld, random: SeededRandom) {
    this.name = init.name;
    this.peer = init.peer;
    this.isFounder = init.isFounder;
    this.key = init.key;
    this.operator = init.operator;
    this.isByzantine = init.byzantine !== undefined;
    this.#init = init;
    this.#world = world;
    this.#random = random.fork(init.name);
    this.disk = new SimulatedDisk(this.#random.fork('disk'));
    this.clock = new MachineClock(world.internet.time);
    this.#snapshots = init.makesSnapshots ? memorySnapshots() : undefined;
  }

  /** The node, once it runs. */
  get node(): AssembledNode | undefined {
    return this.#life?.isRunning === true ? this.#life.node : undefined;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get host(): Host {
    return this.#world.internet.host(this.peer);
  }

  get height(): number {
    return this.node?.chain.tip().height ?? 0;
  }

  /** Runs something that belongs to this life, when the process is not paused. */
  run(task: () => void): void {
    this.#life?.scheduler.run(task);
  }

  /** True once the machine had its first life. */
  get hasJoined(): boolean {
    return this.#lives > 0;
  }

  /** Begins a new life on what the disk holds. */
  start(): void {
    if (this.#life !== undefined) return;
    const scheduler = new LifeScheduler(this.#world.internet.time, this.clock);
    const life: Life = { number: ++this.#lives, scheduler, node: undefined, isRunning: false };
    this.#life = life;
    this.#open(life).catch((error: unknown) => this.#halted(life, error));
  }

  async #open(life: Life): Promise<void> {
    const { emit } = this.#world;
    const { peer } = this;
    const { genesis, key, isFounder, transportSeed, byzantine, joinsByState } = this.#init;
    const { node, start } = await assembleNode({
      genesis,
      key,
      role: isFounder ? 'validator' : 'full',
      transportSeed,
      byzantine,
      joinsByState,
      snapshots: this.#snapshots,
      peers: this.#init.peers(),
      disk: this.disk.mount(life.scheduler, () => this.end('power')),
      clock: this.clock,
      life: life.scheduler,
      random: this.#random.fork(`life ${life.number}`),
      openLibp2p: this.#world.internet.openerOf(peer, life.scheduler),
      onSaid: (message) => emit({ kind: 'said', node: this.name, message }),
      isWatched: this.#init.isWatched,
      onHeard: (message) => emit({ kind: 'heard', node: this.name, message }),
      onFatal: (error) => this.#halted(life, error),
    });
    if (!life.scheduler.isAlive) return;
    life.node = node;
    node.chain.onFinalised(({ block, commit, execution }) => {
      emit({
        kind: 'final',
        node: this.name,
        block,
        commit,
        stateRoot: execution.stateRoot && toHex(execution.stateRoot),
        receiptRoot: toHex(execution.receiptRoot),
        receipts: new Map(
          execution.receipts.map((receipt) => [toHex(receipt.transactionHash), receipt] as const),
        ),
        events: execution.events,
        nextSet: execution.nextValidators,
      });
    });
    node.consensus.onEvent((event) => {
      if (event.kind === 'entered' && event.step === 'propose') {
        emit({ kind: 'entered', node: this.name, height: event.height, round: event.round });
      }
    });
    const { height, validators } = node.chain.tip();
    const stateRoot = toHex(node.ledger.tip().stateRoot);
    const { joinedByState } = node;
    emit({ kind: 'started', node: this.name, height, stateRoot, joinedByState, nextSet: validators });
    await start();
    life.isRunning = life.scheduler.isAlive;
  }

  /** Ends the life without warning. */
  end(cause: Exclude<EndCause, 'stop'>, error?: string): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    life.scheduler.end();
    this.#world.internet.end(this.peer, cause === 'power' ? 'dark' : 'refusing');
    if (cause === 'power') this.disk.losePower();
    this.#world.emit({ kind: 'ended', node: this.name, cause, ...(error !== undefined && { error }) });
  }

  /** Ends the life in order; resolves when the node has stopped. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life?.node === undefined) return;
    try {
      await life.node.stop();
    } catch (error) {
      return this.#halted(life, error);
    }
    if (this.#life !== life) return;
    this.#life = undefined;
    life.scheduler.end();
    this.#world.internet.end(this.peer, 'refusing');
    this.#world.emit({ kind: 'ended', node: this.name, cause: 'stop' });
  }

  pause(): void {
    this.#life?.scheduler.pause();
  }

  resume(): void {
    this.#life?.scheduler.resume();
  }

  /** The node says that it must end, as a process would. */
  #halted(life: Life, error: unknown): void {
    if (this.#life !== life) return;
    const reason = isCodedError(error) ? `${error.code}: ${error.message}` : String(error);
    const isDiskWell = this.disk.failures === this.#failuresSeen;
    const isOfProtocol = isCodedError(error) && NEVER_OF_A_DISK.has(error.code);
    if ((isDiskWell || isOfProtocol) && !this.isByzantine) {
      const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 4).join(' |') : '';
      this.unexplained ??= `${reason}${stack}`;
    }
    this.#failuresSeen = this.disk.failures;
    this.end('halt', reason);
  }
}

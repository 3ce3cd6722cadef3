import { setImmediate as turn } from 'node:timers/promises';
import { openStoredCoordination, type CoordinationEngine } from '#engines/coordination';
import type { StateEngine } from '#engines/state';
import { ed25519Key, silentLogger, toHex } from '#kernel';
import { voteBodyCodec, type VoteBody } from '#services/block';
import { decodeSignerAnswer, encodeSignerRequest, type SignerAnswer } from '../signing/signer-messages.ts';
import { openSignerService, type SignerService } from '../signing/signer-service.ts';
import { seeded } from './core-network.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { VirtualTime } from './virtual-time.ts';

const KEY = ed25519Key(new Uint8Array(32).fill(7));
const GENESIS_HASH = new Uint8Array(32).fill(3);
const LEASE_MS = 400;
/** Answers of the engine that are lost are given up after so long. */
const ENGINE_TIMEOUT_MS = 300;
const NIL = 'nil';

/** A signature that reached the world. */
export interface Utterance {
  readonly machine: number;
  readonly token: number;
  /** Every token under which the same was asked for: the answer may have been lost, and a repeat is no new decision. */
  readonly askedUnder: ReadonlySet<number>;
  readonly vote: VoteBody;
  readonly block: string;
  readonly signature: string;
  /** Places in the order of all that happens: when it was asked for, and when it left. */
  readonly askedAt: number;
  readonly leftAt: number;
}

export interface ScheduleOutcome {
  readonly utterances: readonly Utterance[];
  readonly refusals: ReadonlyMap<string, number>;
  /** Times that another machine than before got a signature. */
  readonly takeovers: number;
}

/** What a test breaks, to see that the oracle sees. */
export interface Sabotage {
  /** Wraps the engine of each machine. */
  readonly engine?: (engine: CoordinationEngine) => CoordinationEngine;
}

/**
 * Two machines with one key over one coordination engine, under virtual time and faults from a seed: calls to the
 * engine that are slow or lost in either direction, partitions, pauses at any await (also between the look at the
 * lease and the write), kills with what was not synced, restarts of machines and of the engine, holders whose clocks
 * run at half or double speed. Each machine follows the same chain with a mind of its own about the blocks.
 */
export async function runSchedule(
  seed: number,
  options: { store: () => Promise<StateEngine>; forMs: number; sabotage?: Sabotage },
): Promise<ScheduleOutcome> {
  const world = new TwoSigners(seed, options.store, options.sabotage ?? {});
  await world.open();
  await world.run(options.forMs);
  return world.outcome();
}

class TwoSigners {
  readonly random: (maxExclusive: number) => number;
  readonly time = new VirtualTime();
  readonly sabotage: Sabotage;
  readonly #store: () => Promise<StateEngine>;
  readonly #utterances: Utterance[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #machines: Machine[] = [];
  readonly #askedUnder = new Map<string, Set<number>>();
  #engine: CoordinationEngine | undefined;
  #order = 0;
  /** Calls that the real engine is at work on: virtual time waits for them. */
  #atWork = 0;
  /** The chain as both machines see it, more or less. */
  #height = 1;
  #round = 0;

  constructor(seed: number, store: () => Promise<StateEngine>, sabotage: Sabotage) {
    this.random = seeded(seed);
    this.#store = store;
    this.sabotage = sabotage;
  }

  async open(): Promise<void> {
    this.#engine = await openStoredCoordination(await this.#store(), this.time);
    for (const index of [0, 1]) this.#machines.push(new Machine(this, index));
    for (const machine of this.#machines) void machine.live();
    this.#advance();
    this.#disturb();
  }

  async run(forMs: number): Promise<void> {
    for (let spent = 0; spent < forMs; spent += 5) {
      await this.time.run(5);
      while (this.#atWork > 0) await turn();
    }
    for (const machine of this.#machines) machine.kill();
    await this.#engine?.close();
  }

  outcome(): ScheduleOutcome {
    const speakers = this.#utterances.map(({ machine }) => machine);
    const takeovers = speakers.filter(
      (machine, index) => index > 0 && machine !== speakers[index - 1],
    ).length;
    return { utterances: this.#utterances, refusals: this.#refusals, takeovers };
  }

  next(): number {
    return this.#order++;
  }

  /** Notes under which token a content is asked for; gives all of them. */
  ask(content: string, token: number): ReadonlySet<number> {
    const tokens = this.#askedUnder.get(content) ?? new Set();
    this.#askedUnder.set(content, tokens.add(token));
    return tokens;
  }

  utter(utterance: Utterance): void {
    this.#utterances.push(utterance);
  }

  refuse(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.time.after(ms, resolve);
    });
  }

  /** A vote that a machine may want to cast now: places near the tip, any block. */
  vote(): VoteBody {
    const block = this.random(3);
    return {
      kind: this.random(2) === 0 ? 'prevote' : 'precommit',
      height: this.#height + (this.random(8) === 0 ? 1 : 0),
      round: Math.max(0, this.#round - (this.random(6) === 0 ? 1 : 0)),
      blockHash: block === 0 ? undefined : new Uint8Array(32).fill(block),
    };
  }

  /** One call to the real engine. */
  async atEngine<Value>(call: (engine: CoordinationEngine) => Promise<Value>): Promise<Value> {
    this.#atWork++;
    try {
      if (this.#engine === undefined) throw new Error('the engine is down');
      return await call(this.sabotage.engine?.(this.#engine) ?? this.#engine);
    } finally {
      this.#atWork--;
    }
  }

  #advance(): void {
    if (this.random(3) === 0) {
      this.#height++;
      this.#round = 0;
    } else this.#round++;
    // Places that last long are where two machines meet.
    const isSlow = this.random(3) === 0;
    this.time.after(isSlow ? 300 + this.random(900) : 20 + this.random(120), () => this.#advance());
  }

  #disturb(): void {
    const machine = this.#machines[this.random(2)] as Machine;
    const fault = this.random(6);
    const forMs = 1 + this.random(2 * LEASE_MS);
    if (fault === 0) machine.pauseFor(forMs);
    else if (fault === 1) machine.partitionFor(forMs);
    else if (fault === 2) {
      machine.kill();
      this.time.after(this.random(LEASE_MS), () => void machine.live());
    } else if (fault === 3 && this.random(3) === 0) void this.#restartEngine();
    this.time.after(50 + this.random(500), () => this.#disturb());
  }

  async #restartEngine(): Promise<void> {
    this.#atWork++;
    const before = this.#engine;
    this.#engine = undefined;
    await before?.close();
    this.#engine = await openStoredCoordination(await this.#store(), this.time);
    this.#atWork--;
  }
}

/** One machine: a signer, and the node that drives it. */
class Machine {
  readonly #world: TwoSigners;
  readonly #index: number;
  /** How fast its clock runs. */
  readonly #rate: number;
  #directory = new MemoryDirectory();
  #life = 0;
  #pausedUntilMs = 0;
  #partitionedUntilMs = 0;

  constructor(world: TwoSigners, index: number) {
    this.#world = world;
    this.#index = index;
    this.#rate = [0.5, 1, 2][world.random(3)] ?? 1;
  }

  pauseFor(ms: number): void {
    this.#pausedUntilMs = this.#world.time.monotonic() + ms;
  }

  partitionFor(ms: number): void {
    this.#partitionedUntilMs = this.#world.time.monotonic() + ms;
  }

  kill(): void {
    this.#life++;
    this.#directory = this.#directory.crash(this.#world.random);
  }

  /** One life, until the machine is killed. */
  async live(): Promise<void> {
    const life = ++this.#life;
    try {
      await this.#liveOn(life);
    } catch (error) {
      // A machine that is killed while it opens its files.
      if (life === this.#life) throw error;
    }
  }

  async #liveOn(life: number): Promise<void> {
    const world = this.#world;
    const failure = { isFatal: false };
    const service = await openSignerService(
      { key: KEY, genesisHash: GENESIS_HASH, leaseMs: LEASE_MS },
      {
        engine: this.#remoteEngine(life),
        directory: this.#directory,
        logger: silentLogger,
        onFatal: () => {
          failure.isFatal = true;
        },
      },
    );
    let token = 0;
    const ask = async (kind: 'acquire' | 'renew'): Promise<void> => {
      const answer = await this.#answer(
        life,
        service,
        encodeSignerRequest({ kind, token, body: new Uint8Array(0) }),
      );
      token = answer.status === 'ok' ? answer.token : 0;
    };
    let renewAtMs = 0;
    while (life === this.#life && !failure.isFatal) {
      const nowMs = world.time.monotonic() * this.#rate;
      if (token === 0) await ask('acquire');
      else if (nowMs >= renewAtMs && world.random(4) > 0) await ask('renew');
      if (nowMs >= renewAtMs) renewAtMs = nowMs + LEASE_MS / 3;
      // Several at once: a node does not wait for one vote to ask for the next.
      if (token !== 0) {
        const held = token;
        const votes = Array.from({ length: 1 + world.random(2) }, () => this.#speak(life, service, held));
        const codes = await Promise.all(votes);
        if (codes.includes('consensus.sign-fenced') && world.random(3) > 0) token = 0;
      }
      await world.pause(5 + world.random(60));
      await this.#gate(life);
    }
  }

  async #speak(life: number, service: SignerService, token: number): Promise<string> {
    const vote = this.#world.vote();
    const askedAt = this.#world.next();
    const body = voteBodyCodec.encode(vote);
    const askedUnder = this.#world.ask(toHex(body), token);
    const request = encodeSignerRequest({ kind: 'vote', token, body });
    const answer = await this.#answer(life, service, request);
    if (answer.status !== 'ok') {
      this.#world.refuse(answer.status);
      return answer.status;
    }
    this.#world.utter({
      machine: this.#index,
      token,
      askedUnder,
      vote,
      block: vote.blockHash === undefined ? NIL : toHex(vote.blockHash),
      signature: toHex(answer.signature),
      askedAt,
      leftAt: this.#world.next(),
    });
    return 'ok';
  }

  async #answer(life: number, service: SignerService, request: Uint8Array): Promise<SignerAnswer> {
    await this.#gate(life);
    const bytes = await service.answer(`node-${this.#index}`, request);
    await this.#gate(life);
    return decodeSignerAnswer(bytes);
  }

  /** Passes when the machine runs; never again for a life that is over. */
  async #gate(life: number): Promise<void> {
    for (;;) {
      if (life !== this.#life) await new Promise(() => {});
      const leftMs = this.#pausedUntilMs - this.#world.time.monotonic();
      if (leftMs <= 0) return;
      await this.#world.pause(leftMs);
    }
  }

  /** The engine over a network: each call is a message there and one back, and either may be lost or late. */
  #remoteEngine(life: number): CoordinationEngine {
    const call = async <Value>(work: (engine: CoordinationEngine) => Promise<Value>): Promise<Value> => {
      const world = this.#world;
      await this.#gate(life);
      const isLost = () => this.#partitionedUntilMs > world.time.monotonic() || world.random(40) === 0;
      const lost = async (): Promise<never> => {
        await world.pause(ENGINE_TIMEOUT_MS);
        await this.#gate(life);
        throw new Error('the engine does not answer');
      };
      await world.pause(world.random(world.random(10) === 0 ? 2 * LEASE_MS : 10));
      if (isLost()) return lost();
      // What a killed machine had sent already still arrives.
      const result = await world.atEngine(work).then(
        (value) => ({ ok: true as const, value }),
        (error: unknown) => ({ ok: false as const, error }),
      );
      await world.pause(world.random(10));
      if (isLost()) return lost();
      await this.#gate(life);
      if (result.ok) return result.value;
      throw result.error;
    };
    return {
      acquire: (name, holder, ttlMs) => call((engine) => engine.acquire(name, holder, ttlMs)),
      renew: (lease) => call((engine) => engine.renew(lease)),
      release: (lease) => call((engine) => engine.release(lease)),
      holder: (name) => call((engine) => engine.holder(name)),
      get: (key) => call((engine) => engine.get(key)),
      put: (key, value, fence) => call((engine) => engine.put(key, value, fence)),
      close: async () => undefined,
    };
  }
}

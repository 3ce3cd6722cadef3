import type { PeerInfo, Transport } from '#services/network';
import type { SeededRandom } from '../random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { FRAME_BYTES, onTheWire, PACKET_BYTES, slowStartRoundTrips, type Costs } from './costs.ts';
import type { Link } from './link.ts';
import type { MachineCpu } from './machine-cpu.ts';
import { oneWayMs, roundTripMs } from './regions.ts';

/** A machine as the network sees it. */
export interface MeshMember {
  readonly index: number;
  readonly region: number;
  readonly cpu: MachineCpu;
  readonly uplink: Link;
  readonly downlink: Link;
}

type Handler = (peer: string, message: Uint8Array) => void;

/** Share of the latency that jitter may add to a piece. */
const JITTER = 0.05;
const ROUND_STATE_TAG = 3;
const PROPOSAL_TAG = 1;

/** Messages and their bytes by kind, as all machines together sent them. */
export interface MeshCounts {
  messages: number;
  pieces: number;
  roundStates: number;
}

/**
 * The channel `consensus` between all validators, as the network context carries it: each has a stream to each
 * other, a message goes from its maker to all over these, and what one tick has for a peer goes as one piece.
 */
export class Mesh {
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #costs: Costs;
  readonly #validators: number;
  readonly #members = new Map<number, MeshEnd>();
  readonly counts: MeshCounts = { messages: 0, pieces: 0, roundStates: 0 };

  constructor(time: VirtualTime, random: SeededRandom, costs: Costs, validators: number) {
    this.#time = time;
    this.#random = random;
    this.#costs = costs;
    this.#validators = validators;
  }

  join(member: MeshMember): Transport {
    const end = new MeshEnd(
      member,
      (to, messages) => this.#send(end, to, messages),
      () => member.cpu.charge(this.#costs.roundStateMsPerValidator * this.#validators),
    );
    this.#members.set(member.index, end);
    return end;
  }

  get offences(): number {
    return [...this.#members.values()].reduce((sum, { offences }) => sum + offences, 0);
  }

  /** Connects all that joined, each with the others in an order of its own. */
  connect(): void {
    const all = [...this.#members.keys()];
    for (const [index, end] of this.#members) {
      end.connect(this.#random.shuffled(all.filter((other) => other !== index)));
    }
  }

  /** One piece from one machine to another. */
  #send(from: MeshEnd, toIndex: number, messages: readonly Uint8Array[]): void {
    const to = this.#members.get(toIndex);
    if (to === undefined) return;
    const { counts } = this;
    counts.pieces++;
    counts.messages += messages.length;
    let payload = 0;
    for (const message of messages) payload += message.length + FRAME_BYTES;
    const { segments, bytes } = onTheWire(payload);
    const { cpu, uplink, region } = from.member;
    cpu.charge(this.#costs.pieceMs + payload * this.#costs.byteMs);
    const sentMs = uplink.carry(bytes, cpu.monotonic());
    const acknowledgements = Math.ceil(segments / 2) * PACKET_BYTES;
    const there = to.member;
    there.uplink.carry(acknowledgements, 0);
    from.member.downlink.carry(acknowledgements, 0);
    const waitMs = slowStartRoundTrips(segments) * roundTripMs(region, there.region);
    const travelMs = oneWayMs(region, there.region) * (1 + (this.#random.integer(1_000) / 1_000) * JITTER);
    // A stream keeps its order.
    const arrivesMs = Math.max(sentMs + waitMs + travelMs, to.lastArrivalMs.get(from.member.index) ?? 0);
    to.lastArrivalMs.set(from.member.index, arrivesMs);
    const now = this.#time.monotonic();
    this.#time.after(arrivesMs - now, () => {
      const readyMs = there.downlink.carry(bytes, this.#time.monotonic());
      this.#time.after(readyMs - this.#time.monotonic(), () =>
        there.cpu.run(() => this.#deliver(to, from.name, messages, payload)),
      );
    });
  }

  #deliver(to: MeshEnd, from: string, messages: readonly Uint8Array[], payload: number): void {
    const { cpu } = to.member;
    cpu.charge(this.#costs.pieceMs + payload * this.#costs.byteMs);
    for (const message of messages) {
      if (message[0] === ROUND_STATE_TAG) {
        this.counts.roundStates++;
        cpu.charge(this.#costs.roundStateMsPerValidator * this.#validators);
      }
      if (message[0] === PROPOSAL_TAG) cpu.charge(this.#costs.readProposalMsPerValidator * this.#validators);
      to.deliver(from, message);
    }
  }
}

class MeshEnd implements Transport {
  readonly self: string;
  readonly name: string;
  readonly member: MeshMember;
  readonly lastArrivalMs = new Map<number, number>();
  readonly #flushTo: (to: number, messages: readonly Uint8Array[]) => void;
  readonly #onRoundState: () => void;
  readonly #queues = new Map<number, Uint8Array[]>();
  #peers: readonly PeerInfo[] = [];
  #isFlushing = false;
  #handler: Handler | undefined;
  /** Offences that this node saw: a network of correct nodes has none. */
  offences = 0;

  constructor(
    member: MeshMember,
    flushTo: (to: number, messages: readonly Uint8Array[]) => void,
    onRoundState: () => void,
  ) {
    this.#onRoundState = onRoundState;
    this.member = member;
    this.name = String(member.index);
    this.self = this.name;
    this.#flushTo = flushTo;
  }

  connect(others: readonly number[]): void {
    this.#peers = others.map(peerInfo);
    for (const other of others) this.#queues.set(other, []);
  }

  peers(): readonly PeerInfo[] {
    return this.#peers;
  }

  deliver(from: string, message: Uint8Array): void {
    this.#handler?.(from, message);
  }

  send(peer: string, channel: string, message: Uint8Array): boolean {
    const queue = channel === 'consensus' ? this.#queues.get(Number(peer)) : undefined;
    if (queue === undefined) return false;
    queue.push(message);
    this.#flushSoon();
    return true;
  }

  broadcast(channel: string, message: Uint8Array): number {
    if (channel !== 'consensus') return 0;
    if (message[0] === ROUND_STATE_TAG) this.#onRoundState();
    for (const queue of this.#queues.values()) queue.push(message);
    this.#flushSoon();
    return this.#queues.size;
  }

  onMessage(channel: string, handler: Handler): void {
    if (channel === 'consensus') this.#handler = handler;
  }

  request(): Promise<Uint8Array> {
    return Promise.reject(new Error('every validator of the model has the transactions'));
  }

  onRequest(): void {}

  onPeer(): () => void {
    return () => undefined;
  }

  report(): void {
    this.offences++;
  }

  /** The messages of this tick to a peer are one piece. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.member.cpu.soon(() => {
      this.#isFlushing = false;
      for (const [peer, messages] of this.#queues) {
        if (messages.length === 0) continue;
        this.#queues.set(peer, []);
        this.#flushTo(peer, messages);
      }
    });
  }
}

function peerInfo(index: number): PeerInfo {
  return {
    id: String(index),
    address: '',
    direction: 'outbound',
    role: 'validator',
    agent: 'model',
    height: 0,
    score: 100,
    connectedAtMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

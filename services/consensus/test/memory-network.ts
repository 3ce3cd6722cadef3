import type { Scheduler } from '#kernel';
import type { Channel, PeerInfo, Transport } from '#services/network';
import { decodeMessage } from '../wire/codec.ts';
import type { ConsensusMessage } from '../wire/messages.ts';

type PeerEvent = { kind: 'connected' | 'disconnected'; peer: string };

interface Endpoint {
  readonly id: string;
  readonly handlers: Map<Channel, (peer: string, message: Uint8Array) => void>;
  readonly peerListeners: Set<(event: PeerEvent) => void>;
}

export interface Sent {
  readonly from: string;
  readonly to: string;
  readonly message: ConsensusMessage;
}

/** A full mesh in memory with latency, loss and cut links, on the scheduler given. */
export class MemoryNetwork {
  readonly #time: Pick<Scheduler, 'after'>;
  readonly #random: (maxExclusive: number) => number;
  readonly #endpoints = new Map<string, Endpoint>();
  /** Every consensus message that a node sent to another, lost or not. */
  readonly sent: Sent[] = [];
  readonly reports: { by: string; peer: string; offence: string; reason: string }[] = [];
  /** Chance in a hundred that a message is lost. */
  loss = 0;
  latencyMs = 2;
  /** Which messages get through. */
  passes: (sent: Sent) => boolean = () => true;
  /** Which links carry messages of other channels. */
  connects: (from: string, to: string) => boolean = () => true;
  onSend: (sent: Sent) => void = () => undefined;

  constructor(time: Pick<Scheduler, 'after'>, random: (maxExclusive: number) => number) {
    this.#time = time;
    this.#random = random;
  }

  /** Connects an endpoint; the function returned takes it off the network. */
  join(id: string): { transport: Transport; leave: () => void } {
    const endpoint: Endpoint = { id, handlers: new Map(), peerListeners: new Set() };
    this.#endpoints.set(id, endpoint);
    this.#tell(id, 'connected');
    const isHere = () => this.#endpoints.get(id) === endpoint;
    const send = (peer: string, channel: Channel, bytes: Uint8Array): boolean =>
      isHere() &&
      (channel === 'consensus' ? this.#carry(id, peer, bytes) : this.#pass(id, peer, channel, bytes));
    const transport: Transport = {
      self: id,
      peers: () => this.#others(id).map(peerInfo),
      send,
      broadcast: (channel, message, except) =>
        this.#others(id).filter((peer) => peer !== except && send(peer, channel, message)).length,
      onMessage: (channel, handler) => void endpoint.handlers.set(channel, handler),
      request: () => Promise.reject(new Error('not part of this test')),
      onRequest: () => undefined,
      onPeer: (listener) => {
        endpoint.peerListeners.add(listener);
        return () => endpoint.peerListeners.delete(listener);
      },
      report: (peer, offence, reason) => this.reports.push({ by: id, peer, offence, reason }),
    };
    const leave = (): void => {
      if (!isHere()) return;
      this.#endpoints.delete(id);
      this.#tell(id, 'disconnected');
    };
    return { transport, leave };
  }

  /** Puts bytes on the wire in the name of a peer. */
  inject(from: string, to: string, bytes: Uint8Array, channel: Channel = 'consensus'): void {
    this.#time.after(this.latencyMs, () => this.hand(from, to, bytes, channel));
  }

  /** Gives bytes to an endpoint at once. */
  hand(from: string, to: string, bytes: Uint8Array, channel: Channel = 'consensus'): void {
    this.#endpoints.get(to)?.handlers.get(channel)?.(from, bytes);
  }

  #others(id: string): string[] {
    return [...this.#endpoints.keys()].filter((peer) => peer !== id);
  }

  #tell(peer: string, kind: PeerEvent['kind']): void {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.id === peer) continue;
      for (const listener of endpoint.peerListeners) listener({ kind, peer });
    }
  }

  #carry(from: string, to: string, bytes: Uint8Array): boolean {
    const target = this.#endpoints.get(to);
    if (target === undefined) return false;
    const sent: Sent = { from, to, message: decodeMessage(bytes) };
    this.sent.push(sent);
    this.onSend(sent);
    if (this.#random(100) < this.loss || !this.passes(sent)) return true;
    const delayMs = this.latencyMs + this.#random(1 + this.latencyMs);
    this.#time.after(delayMs, () => {
      if (this.#endpoints.get(to) === target) target.handlers.get('consensus')?.(from, bytes);
    });
    return true;
  }

  #pass(from: string, to: string, channel: Channel, bytes: Uint8Array): boolean {
    const target = this.#endpoints.get(to);
    if (target === undefined) return false;
    if (this.#random(100) < this.loss || !this.connects(from, to)) return true;
    this.#time.after(this.latencyMs, () => {
      if (this.#endpoints.get(to) === target) target.handlers.get(channel)?.(from, bytes);
    });
    return true;
  }
}

function peerInfo(id: string): PeerInfo {
  return {
    id,
    address: `/memory/${id}`,
    direction: 'outbound',
    role: 'consensus',
    agent: 'test',
    height: 0,
    score: 100,
    connectedAtMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

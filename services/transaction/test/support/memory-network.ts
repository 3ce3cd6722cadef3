import { CodedError, type Cancellable, type Clock, type Random, type Scheduler } from '#kernel';
import type { Channel, Offence, PeerId, PeerInfo, Transport } from '#services/network';

/** Time that goes on only when it is told to. */
export class ManualTime implements Scheduler, Clock {
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Cancellable {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  soon(task: () => void): Cancellable {
    return this.after(0, task);
  }

  /** Runs what is due, one after the other, and everything that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.task();
    }
    this.#now = end;
  }
}

/** Everything here hangs on promises alone: one turn of the event loop later all of it is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The same numbers at every run (mulberry32). */
export function seededRandom(seed = 1): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255),
    integer: (maxExclusive) => next() % maxExclusive,
  };
}

export interface Frame {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly message: Uint8Array;
}

export interface Report {
  readonly by: PeerId;
  readonly peer: PeerId;
  readonly offence: Offence;
}

type RequestHandler = (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>;

interface Node {
  readonly peers: Set<PeerId>;
  readonly messages: Map<Channel, (peer: PeerId, message: Uint8Array) => void>;
  readonly requests: Map<string, { readonly maxRequestBytes: number; readonly handler: RequestHandler }>;
  readonly listeners: Set<Parameters<Transport['onPeer']>[0]>;
}

function networkError(reason: string): CodedError {
  return new CodedError({ code: `network.${reason}`, status: 504, action: 'retry', title: reason }, reason);
}

/** Transports in memory: messages arrive in order, soon; everything that went over it can be looked at. */
export class MemoryNetwork {
  readonly frames: Frame[] = [];
  /** Ids of requests' askers and answerers, with the sizes of body and response. */
  readonly requests: { from: PeerId; to: PeerId; body: Uint8Array; response?: Uint8Array }[] = [];
  readonly reports: Report[] = [];
  /** Peers whose queues are full: they take no message. */
  readonly choked = new Set<PeerId>();
  readonly #nodes = new Map<PeerId, Node>();

  connect(a: PeerId, b: PeerId): void {
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#node(self).peers.add(peer);
      for (const listener of this.#node(self).listeners) listener({ kind: 'connected', peer });
    }
  }

  transport(self: PeerId): Transport {
    const node = this.#node(self);
    const send = (peer: PeerId, channel: Channel, message: Uint8Array): boolean => {
      if (!node.peers.has(peer) || this.choked.has(peer)) return false;
      this.frames.push({ from: self, to: peer, message });
      queueMicrotask(() => this.#node(peer).messages.get(channel)?.(self, message));
      return true;
    };
    return {
      self,
      peers: () => [...node.peers].map(peerInfo),
      send,
      broadcast: (channel, message, except) =>
        [...node.peers].filter((peer) => peer !== except && send(peer, channel, message)).length,
      onMessage: (channel, handler) => void node.messages.set(channel, handler),
      request: (peer, protocol, body, { maxResponseBytes }) =>
        this.#request({ from: self, to: peer, body }, protocol, maxResponseBytes),
      onRequest: (protocol, { maxRequestBytes }, handler) =>
        void node.requests.set(protocol, { maxRequestBytes, handler }),
      onPeer(listener) {
        node.listeners.add(listener);
        return () => node.listeners.delete(listener);
      },
      report: (peer, offence) => void this.reports.push({ by: self, peer, offence }),
    };
  }

  async #request(
    request: MemoryNetwork['requests'][number],
    protocol: string,
    maxResponseBytes: number,
  ): Promise<Uint8Array> {
    this.requests.push(request);
    const { from, to, body } = request;
    const served = this.#node(to).requests.get(protocol);
    if (served === undefined || !this.#node(from).peers.has(to)) throw networkError('peer-gone');
    if (body.length > served.maxRequestBytes) throw networkError('request-refused');
    const response = await served.handler(from, body).catch(() => {
      throw networkError('request-failed');
    });
    if (response.length > maxResponseBytes) throw networkError('response-too-large');
    request.response = response;
    return response;
  }

  #node(id: PeerId): Node {
    const node = this.#nodes.get(id) ?? {
      peers: new Set<PeerId>(),
      messages: new Map<Channel, (peer: PeerId, message: Uint8Array) => void>(),
      requests: new Map<string, { maxRequestBytes: number; handler: RequestHandler }>(),
      listeners: new Set<Parameters<Transport['onPeer']>[0]>(),
    };
    this.#nodes.set(id, node);
    return node;
  }
}

function peerInfo(id: PeerId): PeerInfo {
  return {
    id,
    address: '',
    direction: 'outbound',
    role: 'test',
    agent: 'test',
    height: 0,
    score: 100,
    connectedAtMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

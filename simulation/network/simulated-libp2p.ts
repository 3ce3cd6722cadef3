import type { Libp2p } from '@libp2p/interface';
import type { Libp2pOptions, OpenLibp2p } from '#services/network';
import type { LifeScheduler } from '../time/machine-clock.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { Emitter, SimulatedStream, type StreamCarrier } from './streams.ts';
import type { Lane, Wire } from './wire.ts';

type StreamHandler = (stream: SimulatedStream, connection: SimulatedConnection) => void;
interface Address {
  getComponents(): { name: string; value?: string }[];
}

/** What a machine on the network does with what comes: serve it, refuse it (no process), or nothing (no power). */
type HostState = 'serving' | 'refusing' | 'dark';

/** A machine on the network, over all lives of its node. */
export interface Host {
  readonly peer: string;
  state: HostState;
  /** The node's network in its current life. */
  node: SimulatedNode | undefined;
  life: LifeScheduler | undefined;
  /** Milliseconds that the machine works on each piece; a slow machine's grow. */
  workMs: number;
  busyUntilMs: number;
}

/** All machines, by peer id, and the wire between them. */
export class Internet {
  readonly time: VirtualTime;
  readonly wire: Wire;
  readonly hosts = new Map<string, Host>();
  /** Hears every piece that a machine takes. */
  onDelivery: (from: string, to: string, protocol: string, bytes: number) => void = () => undefined;
  #connections = 0;

  constructor(time: VirtualTime, wire: Wire) {
    this.time = time;
    this.wire = wire;
  }

  host(peer: string): Host {
    const known = this.hosts.get(peer);
    if (known !== undefined) return known;
    const host: Host = {
      peer,
      state: 'refusing',
      node: undefined,
      life: undefined,
      workMs: 0,
      busyUntilMs: 0,
    };
    this.hosts.set(peer, host);
    return host;
  }

  /** The transport of one life of a node. */
  openerOf(peer: string, life: LifeScheduler): OpenLibp2p {
    return async (options) => {
      const host = this.host(peer);
      const node = new SimulatedNode(this, host, options);
      host.node = node;
      host.life = life;
      host.state = 'serving';
      host.busyUntilMs = 0;
      return node as unknown as Libp2p;
    };
  }

  /** The process is gone: its connections end, at once where the machine still says so. */
  end(peer: string, state: 'refusing' | 'dark'): void {
    const host = this.host(peer);
    host.node?.die(state === 'refusing');
    host.node = undefined;
    host.life = undefined;
    host.state = state;
  }

  nextConnection(): number {
    return ++this.#connections;
  }
}

/** libp2p as far as the network context uses it, over the simulated wire. */
export class SimulatedNode extends Emitter {
  readonly internet: Internet;
  readonly host: Host;
  readonly options: Libp2pOptions;
  readonly #handlers = new Map<string, StreamHandler>();
  readonly #listeners = new Map<string, Set<(event: { detail: SimulatedConnection }) => void>>();
  readonly connections = new Set<SimulatedConnection>();

  constructor(internet: Internet, host: Host, options: Libp2pOptions) {
    super();
    this.internet = internet;
    this.host = host;
    this.options = options;
  }

  override addEventListener(type: string, listener: (event: never) => void): void {
    const known = this.#listeners.get(type) ?? new Set();
    known.add(listener as (event: { detail: SimulatedConnection }) => void);
    this.#listeners.set(type, known);
  }

  tell(type: 'connection:open' | 'connection:close', detail: SimulatedConnection): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ detail });
  }

  async handle(protocol: string, handler: StreamHandler): Promise<void> {
    this.#handlers.set(protocol, handler);
  }

  handlerOf(protocol: string): StreamHandler | undefined {
    return this.#handlers.get(protocol);
  }

  getMultiaddrs(): string[] {
    return [];
  }

  /** A round trip, then the connection, or the reason why there is none. */
  dial(address: Address, { signal }: { signal: AbortSignal }): Promise<SimulatedConnection> {
    const { wire, time } = this.internet;
    const peer = address.getComponents().find(({ name }) => name === 'p2p')?.value ?? '';
    const target = this.internet.host(peer);
    const { peer: self } = this.host;
    return new Promise((resolve, reject) => {
      const refuse = (reason: string): void => reject(new Error(reason));
      signal.addEventListener('abort', () => refuse('no answer'), { once: true });
      const wayMs = wire.latencyMs(self, peer) + wire.latencyMs(peer, self);
      time.after(wayMs, () => {
        if (signal.aborted || this.host.node !== this) return;
        const isSilent = target.state === 'dark' || wire.isBlocked(self, peer) || wire.isBlocked(peer, self);
        if (isSilent) return;
        const { node } = target;
        if (target.state === 'refusing' || node === undefined) return refuse('connection refused');
        if (this.options.isRefused(peer) || node.options.isRefused(self)) return refuse('denied');
        this.host.life?.run(() => resolve(SimulatedConnection.connect(this, node)));
      });
    });
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.abort();
    if (this.host.node !== this) return;
    this.host.node = undefined;
    this.host.state = 'refusing';
  }

  /** Ends without a goodbye of its own; the operating system resets the connections of a process that died. */
  die(resets: boolean): void {
    for (const connection of this.connections) connection.die(resets);
    this.connections.clear();
  }
}

/** One end of a connection. */
export class SimulatedConnection implements StreamCarrier {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly remotePeer: string;
  readonly remoteAddr: string;
  readonly lane: Lane;
  readonly #node: SimulatedNode;
  readonly #streams = new Set<SimulatedStream>();
  #other: SimulatedConnection | undefined;
  status: 'open' | 'closed' = 'open';

  private constructor(id: string, node: SimulatedNode, remote: string, direction: 'inbound' | 'outbound') {
    this.id = id;
    this.#node = node;
    this.remotePeer = remote;
    this.remoteAddr = `/memory/${remote}`;
    this.direction = direction;
    this.lane = { from: node.host.peer, to: remote, lastMs: 0 };
  }

  static connect(dialler: SimulatedNode, listener: SimulatedNode): SimulatedConnection {
    const id = `c${dialler.internet.nextConnection()}`;
    const near = new SimulatedConnection(id, dialler, listener.host.peer, 'outbound');
    const far = new SimulatedConnection(id, listener, dialler.host.peer, 'inbound');
    near.#other = far;
    far.#other = near;
    dialler.connections.add(near);
    listener.connections.add(far);
    listener.host.life?.run(() => {
      if (far.isOpen) listener.tell('connection:open', far);
    });
    dialler.tell('connection:open', near);
    return near;
  }

  get isOpen(): boolean {
    return this.status === 'open';
  }

  async newStream(protocol: string): Promise<SimulatedStream> {
    const other = this.#other;
    if (!this.isOpen || other === undefined) throw new Error('the connection is closed');
    const stream = SimulatedStream.pair(protocol, this, other);
    this.#hold(stream);
    return stream;
  }

  accept(stream: SimulatedStream, protocol: string): void {
    const handler = this.#node.handlerOf(protocol);
    this.#hold(stream);
    if (handler === undefined) stream.abort();
    else handler(stream, this);
  }

  carry(arrive: () => void, size: number, isControl: boolean): void {
    const { internet } = this.#node;
    const other = this.#other;
    if (other === undefined) return;
    internet.wire.carry(this.lane, () => this.#arriveAt(other, arrive, size), isControl);
  }

  #arriveAt(other: SimulatedConnection, arrive: () => void, size: number): void {
    const { internet } = this.#node;
    const { host } = other.#node;
    if (host.state === 'dark') return;
    if (!other.isOpen || host.node !== other.#node) return other.#reset();
    const { life } = host;
    const take = (): void =>
      life?.run(() => {
        if (!other.isOpen || host.node !== other.#node) return;
        internet.onDelivery(this.lane.from, this.lane.to, '', size);
        arrive();
      });
    if (host.workMs === 0) return take();
    const nowMs = internet.time.monotonic();
    host.busyUntilMs = Math.max(nowMs, host.busyUntilMs) + host.workMs;
    internet.time.after(host.busyUntilMs - nowMs, take);
  }

  /** A machine that knows nothing of the connection says so, and the other end closes. */
  #reset(): void {
    const other = this.#other;
    if (other === undefined || !other.isOpen) return;
    this.#node.internet.wire.carry(this.lane, () => other.#ended(), true);
  }

  async close(): Promise<void> {
    this.abort();
  }

  abort(): void {
    if (!this.isOpen) return;
    this.#reset();
    this.#ended();
  }

  die(resets: boolean): void {
    if (!this.isOpen) return;
    this.status = 'closed';
    if (resets) this.#reset();
  }

  #ended(): void {
    if (!this.isOpen) return;
    this.status = 'closed';
    this.#node.connections.delete(this);
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
    this.#node.host.life?.run(() => this.#node.tell('connection:close', this));
  }

  #hold(stream: SimulatedStream): void {
    this.#streams.add(stream);
    stream.addEventListener('close', () => this.#streams.delete(stream));
  }
}

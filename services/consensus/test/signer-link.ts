import { openCoordinationEngine, type CoordinationEngine } from '#engines/coordination';
import type { PeerEvent, PeerInfo, Transport } from '#services/network';
import type { SignerService } from '../signing/signer-service.ts';
import type { VirtualTime } from './virtual-time.ts';

export const SIGNER = 'signer';

/** The way to the signer: cut, silent, or saying something of its own. */
export class SignerLink implements Pick<Transport, 'request' | 'peers' | 'onPeer'> {
  readonly #node: string;
  readonly #service: SignerService;
  readonly #time: VirtualTime;
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  isConnected = true;
  isSilent = false;
  delayMs = 5;
  answerWith: Uint8Array | undefined;
  requests = 0;

  constructor(node: string, service: SignerService, time: VirtualTime) {
    this.#node = node;
    this.#service = service;
    this.#time = time;
  }

  peers(): readonly PeerInfo[] {
    return this.isConnected ? [{ id: SIGNER } as PeerInfo] : [];
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connect(isConnected: boolean): void {
    this.isConnected = isConnected;
    const kind = isConnected ? 'connected' : 'disconnected';
    for (const listener of this.#listeners) listener({ kind, peer: SIGNER });
  }

  async request(_peer: string, _protocol: string, body: Uint8Array, { timeoutMs }: { timeoutMs: number }) {
    this.requests++;
    await this.#wait(this.delayMs);
    if (!this.isConnected) throw new Error('gone');
    if (this.isSilent) {
      await this.#wait(timeoutMs);
      throw new Error('too late');
    }
    return this.answerWith ?? this.#service.answer(this.#node, body);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(ms, resolve);
    });
  }
}

/** A coordination engine that keeps leases alive and, while it is full, writes no record. */
export async function fillableEngine(
  time: VirtualTime,
): Promise<{ engine: CoordinationEngine; room: { isFull: boolean } }> {
  const engine = await openCoordinationEngine('memory:', time);
  const room = { isFull: false };
  const put = engine.put.bind(engine);
  engine.put = (...record) => (room.isFull ? Promise.reject(new Error('no room')) : put(...record));
  return { engine, room };
}

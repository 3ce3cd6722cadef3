import { isCodedError, toHex } from '#kernel';
import { manifestCodec, placesOf, type ChunkPlace, type SnapshotManifest } from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import { OFFERING_PEERS_MAX } from '../limits.ts';
import { MANIFESTS_BYTES_MAX, SNAPSHOTS_PROTOCOL, manifestsCodec } from './messages.ts';

/** A snapshot with the peers that have it, cut in the same way. */
export interface Offer {
  readonly manifest: SnapshotManifest;
  readonly places: readonly ChunkPlace[];
  readonly peers: ReadonlySet<PeerId>;
  /** How many offers have failed of the one of its peers that has failed least. */
  readonly failures: number;
}

export interface OffersOptions {
  /** For the answer of one peer. */
  readonly timeoutMs: number;
  /** Ends the requests that are under way. */
  readonly signal: AbortSignal;
}

interface Listed {
  readonly id: string;
  readonly manifest: SnapshotManifest;
}

/** SYNC-2: what the connected peers offer; peers with equal manifests stand together. */
export class Offers {
  readonly #transport: Transport;
  readonly #options: OffersOptions;
  /** The last answer of each peer that was asked; nothing after a request that failed. */
  readonly #lists = new Map<PeerId, readonly Listed[]>();
  readonly #asking = new Map<PeerId, Promise<void>>();
  readonly #peerFailures = new Map<PeerId, number>();
  readonly #offerFailures = new Map<string, number>();
  /** The lowest height whose headers could not be verified. */
  #unverifiedHeight = Infinity;
  #fault: unknown;

  constructor(transport: Transport, options: OffersOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /**
   * Asks every connected peer anew. Waits only for those that were not heard yet, until they answer or time is up:
   * of the others the answer before counts until the next is there, so that no peer can hold up every attempt.
   */
  async refresh(): Promise<void> {
    const peers = new Set(this.#transport.peers().map(({ id }) => id));
    for (const peer of this.#lists.keys()) if (!peers.has(peer)) this.#lists.delete(peer);
    const unheard: Promise<void>[] = [];
    for (const peer of peers) {
      const asking = this.#asking.get(peer) ?? this.#ask(peer);
      if (!this.#lists.has(peer)) unheard.push(asking);
    }
    await Promise.all(unheard);
    if (this.#fault !== undefined) throw this.#fault;
    const offered = new Set([...this.#lists.values()].flat().map(({ id }) => id));
    for (const id of this.#offerFailures.keys()) if (!offered.has(id)) this.#offerFailures.delete(id);
  }

  /**
   * That of peers whose offers have failed least, so that whoever offers ever new snapshots delays each other peer
   * by one attempt. Then one that is not above what could not be verified, the one that itself failed least, the
   * newest, the one of more peers.
   */
  best(): Offer | undefined {
    const [best] = this.#together()
      .map((offer) => ({ offer, record: this.#record(offer) }))
      .toSorted(
        ({ offer: a, record: ofA }, { offer: b, record: ofB }) =>
          ofA.failures - ofB.failures ||
          Number(ofA.isTooHigh) - Number(ofB.isTooHigh) ||
          ofA.ownFailures - ofB.ownFailures ||
          b.manifest.height - a.manifest.height ||
          b.peers.size - a.peers.size,
      );
    if (best === undefined) return undefined;
    const { manifest, peers } = best.offer;
    return { manifest, peers, failures: best.record.failures, places: placesOf(manifest.depths) ?? [] };
  }

  /** The offer did not lead to a state. @param isVerified whether the headers of its height could be verified */
  setFailed({ manifest, peers }: Offer, isVerified: boolean): void {
    const id = idOf(manifest);
    this.#offerFailures.set(id, (this.#offerFailures.get(id) ?? 0) + 1);
    if (!isVerified) this.#unverifiedHeight = Math.min(this.#unverifiedHeight, manifest.height);
    for (const peer of peers) {
      const failures = (this.#peerFailures.get(peer) ?? 0) + 1;
      this.#peerFailures.delete(peer);
      this.#peerFailures.set(peer, failures);
    }
    // Kept also of peers that are gone, since they may come again: those that failed last.
    for (const peer of this.#peerFailures.keys()) {
      if (this.#peerFailures.size <= OFFERING_PEERS_MAX) break;
      this.#peerFailures.delete(peer);
    }
  }

  #together(): (Listed & { peers: Set<PeerId> })[] {
    const offers = new Map<string, Listed & { peers: Set<PeerId> }>();
    for (const [peer, list] of this.#lists) {
      for (const listed of list) {
        const offer = offers.get(listed.id) ?? { ...listed, peers: new Set<PeerId>() };
        offer.peers.add(peer);
        offers.set(listed.id, offer);
      }
    }
    return [...offers.values()];
  }

  #record({ id, manifest, peers }: Listed & { peers: ReadonlySet<PeerId> }) {
    return {
      failures: Math.min(...[...peers].map((peer) => this.#peerFailures.get(peer) ?? 0)),
      ownFailures: this.#offerFailures.get(id) ?? 0,
      isTooHigh: manifest.height > this.#unverifiedHeight,
    };
  }

  #ask(peer: PeerId): Promise<void> {
    const asking = this.#list(peer)
      .then((list) => void this.#lists.set(peer, list))
      // Nobody may be waiting for it: who asks next hears of it.
      .catch((error: unknown) => {
        this.#fault ??= error;
      })
      .finally(() => this.#asking.delete(peer));
    this.#asking.set(peer, asking);
    return asking;
  }

  async #list(peer: PeerId): Promise<readonly Listed[]> {
    let manifests: readonly SnapshotManifest[];
    try {
      const options = { ...this.#options, maxResponseBytes: MANIFESTS_BYTES_MAX };
      const body = await this.#transport.request(peer, SNAPSHOTS_PROTOCOL, new Uint8Array(0), options);
      manifests = manifestsCodec.decode(body);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      if (error.code.startsWith('kernel.')) this.#transport.report(peer, 'malformed', error.message);
      return [];
    }
    const whole = manifests.filter(({ depths }) => placesOf(depths) !== undefined);
    if (whole.length < manifests.length) {
      this.#transport.report(peer, 'invalid', 'its snapshot does not cover the state');
    }
    return whole.map((manifest) => ({ id: idOf(manifest), manifest }));
  }
}

function idOf(manifest: SnapshotManifest): string {
  return toHex(manifestCodec.encode(manifest));
}

import { isCodedError, toHex } from '#kernel';
import { manifestCodec, placesOf, type ChunkPlace, type SnapshotManifest } from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import { MANIFESTS_BYTES_MAX, SNAPSHOTS_PROTOCOL, manifestsCodec } from './messages.ts';

/** A snapshot with the peers that have it, cut in the same way. */
export interface Offer {
  readonly manifest: SnapshotManifest;
  readonly places: readonly ChunkPlace[];
  readonly peers: ReadonlySet<PeerId>;
}

/** SYNC-2: what the connected peers offer; peers with equal manifests stand together. */
export class Offers {
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #offers = new Map<
    string,
    { manifest: SnapshotManifest; places: ChunkPlace[]; peers: Set<PeerId> }
  >();
  readonly #tried = new Set<string>();

  constructor(transport: Transport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks every connected peer anew. */
  async refresh(): Promise<void> {
    this.#offers.clear();
    await Promise.all(this.#transport.peers().map(({ id }) => this.#ask(id)));
  }

  /** The newest that was not tried, the one of more peers among equals. */
  best(): Offer | undefined {
    const untried = [...this.#offers].filter(([id]) => !this.#tried.has(id)).map(([, offer]) => offer);
    return untried.toSorted(
      (a, b) => b.manifest.height - a.manifest.height || b.peers.size - a.peers.size,
    )[0];
  }

  /** The offer did not lead to a state: it is not the best again. */
  setTried({ manifest }: Offer): void {
    this.#tried.add(idOf(manifest));
  }

  /** Everything may be tried again. */
  forgetTried(): void {
    this.#tried.clear();
  }

  async #ask(peer: PeerId): Promise<void> {
    let manifests: readonly SnapshotManifest[];
    try {
      const options = { timeoutMs: this.#timeoutMs, maxResponseBytes: MANIFESTS_BYTES_MAX };
      const body = await this.#transport.request(peer, SNAPSHOTS_PROTOCOL, new Uint8Array(0), options);
      manifests = manifestsCodec.decode(body);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      if (error.code.startsWith('kernel.')) this.#transport.report(peer, 'malformed', error.message);
      return;
    }
    for (const manifest of manifests) {
      const places = placesOf(manifest.depths);
      if (places === undefined) {
        this.#transport.report(peer, 'invalid', 'its snapshot does not cover the state');
        continue;
      }
      const id = idOf(manifest);
      const offer = this.#offers.get(id) ?? { manifest, places, peers: new Set<PeerId>() };
      offer.peers.add(peer);
      this.#offers.set(id, offer);
    }
  }
}

function idOf(manifest: SnapshotManifest): string {
  return toHex(manifestCodec.encode(manifest));
}

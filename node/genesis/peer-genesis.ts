import { genesisError } from '#genesis';
import { toHex, type Cancellable, type CodedError, type Logger, type Scheduler } from '#kernel';
import type { GreetingEvent, PeerId } from '#services/network';

/** Time in which peers that have the same genesis may still answer. */
const GRACE_MS = 3_000;
const HASHES_SHOWN_MAX = 3;

export interface PeerGenesisComponents {
  /** Hex. */
  readonly genesisHash: string;
  /** Peers that the node was told of, without itself. */
  readonly peers: ReadonlySet<PeerId>;
  /** Whether a block is final here: then the node has a chain, and others may be of any other. */
  readonly hasBegun: () => boolean;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** The node must end. */
  readonly onDiffering: (error: CodedError) => void;
}

/**
 * Looks at which genesis the peers have. A node whose chain has not begun and that stands alone with its genesis
 * would wait for ever: it ends and says so.
 *
 * Only peers that the node was told of count, by the identity that the connection proves. More than half of them
 * must have answered with another genesis and none with the same, so that a few hostile ones, answering before
 * the others are up, cannot end it.
 */
export class PeerGenesis {
  readonly #components: PeerGenesisComponents;
  /** Genesis hash in hex that each peer named last. */
  readonly #answers = new Map<PeerId, string>();
  #grace: Cancellable | undefined;

  constructor(components: PeerGenesisComponents) {
    this.#components = components;
  }

  take({ peer, hello }: Pick<GreetingEvent, 'peer' | 'hello'>): void {
    const { peers, scheduler } = this.#components;
    if (!peers.has(peer)) return;
    this.#answers.set(peer, toHex(hello.genesisHash));
    if (!this.#standsAlone()) {
      this.stop();
      return;
    }
    this.#grace ??= scheduler.after(GRACE_MS, () => {
      this.#grace = undefined;
      if (this.#standsAlone()) this.#end();
    });
  }

  stop(): void {
    this.#grace?.cancel();
    this.#grace = undefined;
  }

  #standsAlone(): boolean {
    const { genesisHash, peers, hasBegun } = this.#components;
    const answers = [...this.#answers.values()];
    return answers.length * 2 > peers.size && !answers.includes(genesisHash) && !hasBegun();
  }

  #end(): void {
    const { genesisHash, peers, logger, onDiffering } = this.#components;
    const others = [...Map.groupBy(this.#answers.values(), (hash) => hash)]
      .map(([hash, having]) => ({ genesisHash: hash, peers: having.length }))
      .toSorted((a, b) => b.peers - a.peers);
    const shown = others
      .slice(0, HASHES_SHOWN_MAX)
      .map((other) => `${other.genesisHash} (${other.peers} of ${peers.size} peers)`)
      .join(', ');
    const more = others.length > HASHES_SHOWN_MAX ? ` and ${others.length - HASHES_SHOWN_MAX} more` : '';
    const error = genesisError(
      'peers-differ',
      `no peer has the genesis of this node: its hash is ${genesisHash}, the others have ${shown}${more}; compare the documents with node0 genesis hash, and move the folder data of this home away before you start from another document`,
      { own: genesisHash, others, peers: peers.size },
    );
    logger.error({ own: genesisHash, others }, error.message);
    onDiffering(error);
  }
}

import { peerIdOfAddress, type PeerId } from '#services/network';

/** Peers of the genesis that a node dials at most: it declares thousands of validators at most. */
const DECLARED_PEERS_MAX = 200;

export interface PeerChoice {
  /** Multiaddrs to dial. */
  readonly addresses: readonly string[];
  /** Their peer ids. */
  readonly ids: ReadonlySet<PeerId>;
  /** What stands as a peer in the genesis and is no address of one. */
  readonly malformed: readonly string[];
  /** Declared peers that are not dialled, because there are too many. */
  readonly leftOut: number;
}

/**
 * The peers to stay connected to: those of the configuration, and those that the validators declare in the
 * genesis. Where both name a peer, the operator's own address counts. Pure.
 */
export function choosePeers(from: {
  readonly configured: readonly string[];
  /** In the order of the genesis. */
  readonly declared: readonly string[];
  readonly self: PeerId;
  /** When not empty, no other peer may be connected. */
  readonly allow: readonly PeerId[];
}): PeerChoice {
  const { configured, self, allow } = from;
  const addresses = [...configured];
  const ids = new Set(configured.map(peerIdOfAddress).filter((id) => id !== undefined && id !== self));
  const declared = from.declared.map((address) => ({ address, id: peerIdOfAddress(address) }));
  const malformed = declared.flatMap(({ address, id }) => (id === undefined ? [address] : []));
  let leftOut = 0;
  let taken = 0;
  for (const { address, id } of fromOwnPlace(declared, self)) {
    if (id === undefined || id === self || ids.has(id)) continue;
    if (allow.length > 0 && !allow.includes(id)) continue;
    if (taken === DECLARED_PEERS_MAX) {
      leftOut++;
      continue;
    }
    taken++;
    ids.add(id);
    addresses.push(address);
  }
  return { addresses, ids: ids as ReadonlySet<PeerId>, malformed, leftOut };
}

/** Begins after the own place, so that where not all can be dialled the nodes do not all dial the same ones. */
function fromOwnPlace<Item extends { readonly id: PeerId | undefined }>(
  items: readonly Item[],
  self: PeerId,
): readonly Item[] {
  const own = items.findIndex(({ id }) => id === self);
  return [...items.slice(own + 1), ...items.slice(0, own + 1)];
}

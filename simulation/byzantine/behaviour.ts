import type { Clock, Scheduler, SigningKey } from '#kernel';
import type { Chain } from '#services/block';
import type { ConsensusMessage } from '#services/consensus';
import type { Network } from '#services/network';
import type { AccountReader, ChainIdentity, Mempool } from '#services/transaction';
import type { SeededRandom } from '../random.ts';

/** What a Byzantine validator has at hand: its key without a guard, and a node that works. */
export interface ByzantineTools {
  readonly key: SigningKey;
  readonly identity: ChainIdentity;
  readonly genesisTimeMs: number;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** The honest chain under the wrapped one. */
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly accounts: AccountReader;
  /** The honest network under the wrapped one. */
  readonly network: Network;
  /** Keys of accounts with funds that the Byzantine validator controls. */
  readonly account: SigningKey;
  /** Proposals and votes that it saw lately, the newest last. */
  readonly heard: readonly ConsensusMessage[];
  /** Its index in the set of the next height. */
  index(): number;
}

/**
 * How a Byzantine validator differs from a correct one. Each wraps what it must and leaves the rest to the real
 * code: the more of the protocol it keeps, the further its lies get.
 */
export interface ByzantineBehaviour {
  readonly name: string;
  /** What its contexts see of the network. */
  network?(tools: ByzantineTools): Network;
  /** What its consensus sees of the chain. */
  chain?(tools: ByzantineTools): Chain;
  /** What its contexts see of the time. */
  clock?(clock: Clock, random: SeededRandom): Clock;
  /** What it does besides, once it runs. */
  start?(tools: ByzantineTools): void;
}

/** A network that does what `network` does, but for the members given. */
export function networkLike(network: Network, changes: Partial<Network>): Network {
  return {
    self: network.self,
    peers: () => network.peers(),
    send: (peer, channel, message) => network.send(peer, channel, message),
    broadcast: (channel, message, except) => network.broadcast(channel, message, except),
    onMessage: (channel, handler) => network.onMessage(channel, handler),
    request: (peer, protocol, body, options) => network.request(peer, protocol, body, options),
    onRequest: (protocol, options, handler) => network.onRequest(protocol, options, handler),
    onPeer: (listener) => network.onPeer(listener),
    onGreeting: (listener) => network.onGreeting(listener),
    report: (peer, offence, reason) => network.report(peer, offence, reason),
    start: () => network.start(),
    stop: () => network.stop(),
    addresses: () => network.addresses(),
    setPeerHeight: (peer, height) => network.setPeerHeight(peer, height),
    statistics: () => network.statistics(),
    ...changes,
  };
}

import { silentLogger, toHex, type Clock, type SigningKey } from '#kernel';
import {
  createBackfill,
  createBlockSync,
  createChain,
  serveState,
  type BlockSync,
  type Chain,
} from '#services/block';
import {
  createLedger,
  createSnapshots,
  type GenesisState,
  type Ledger,
  type Snapshots,
  type SnapshotStore,
} from '#services/blockchain';
import {
  createConsensus,
  createEvidencePool,
  createEvidenceStore,
  decodeMessage,
  openLocalSigner,
  type Consensus,
  type ConsensusMessage,
  type EvidencePool,
} from '#services/consensus';
import { createNetwork, type Network, type OpenLibp2p } from '#services/network';
import {
  createMempool,
  createTransactionFetch,
  createTransactionGossip,
  type Mempool,
  type TransactionGossip,
} from '#services/transaction';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from '../byzantine/behaviour.ts';
import type { MountedDisk } from '../disk/simulated-disk.ts';
import type { SeededRandom } from '../random.ts';
import type { Said } from '../run/events.ts';
import type { LifeScheduler } from '../time/machine-clock.ts';
import { joinByState } from './join-by-state.ts';
import { sharedVerifier } from './verifier.ts';

const RETAINED_HEIGHTS = 8;
/** Often and small, so that one who joins finds some, in several pieces. */
const SNAPSHOTS = { interval: 4, keep: 2, chunkTargetBytes: 2_048 };
/** Short, so that nodes that lag by a few heights make runs of final blocks, and end them. */
const SYNC_LIMITS = { runBlocks: 4, runTail: 2 };
/** Few at a time, so that many peers are asked. */
const BACKFILL_LIMITS = { headersPerRequest: 3 };
/** Small, so that logs are changed for new ones within a run. */
const LOG_SEGMENT_BYTES = 32 * 1024;
export const MEMPOOL_LIMITS = { maxTransactions: 2_000, maxBytes: 2 ** 20, maxPerAccount: 32 };
/** Messages that a Byzantine validator remembers. */
const HEARD_MAX = 256;

export interface NodeInit {
  readonly genesis: GenesisState;
  readonly key: SigningKey;
  /** What it tells its peers that it is. */
  readonly role: 'validator' | 'full';
  readonly transportSeed: Uint8Array;
  readonly peers: readonly string[];
  readonly disk: MountedDisk;
  /** Of all its lives; undefined for a node that makes no snapshots. */
  readonly snapshots: SnapshotStore | undefined;
  /** Begins with a snapshot of its peers rather than with the genesis. */
  readonly joinsByState: boolean;
  readonly clock: Clock;
  readonly life: LifeScheduler;
  readonly random: SeededRandom;
  readonly openLibp2p: OpenLibp2p;
  readonly byzantine: { readonly behaviour: ByzantineBehaviour; readonly account: SigningKey } | undefined;
  /** Hears every proposal and vote before it goes to a peer. */
  readonly onSaid: (message: Said) => void;
  /** Places in the set of a height of whose proposals and votes those are heard that come from a peer. */
  readonly isWatched: (height: number, place: number) => boolean;
  readonly onHeard: (message: Said) => void;
  readonly onFatal: (error: unknown) => void;
}

/** One life of a node, put together as `node/assembly` does it. */
export interface AssembledNode {
  /** In this life its state came from a snapshot. */
  readonly joinedByState: boolean;
  readonly chain: Chain;
  readonly ledger: Ledger;
  readonly mempool: Mempool;
  readonly network: Network;
  readonly gossip: TransactionGossip;
  readonly sync: BlockSync;
  readonly consensus: Consensus;
  readonly evidence: EvidencePool;
  /** Graceful: everything ends in order. */
  stop(): Promise<void>;
}

type Ports = Pick<Parameters<typeof createNetwork>[1], 'clock' | 'scheduler' | 'random' | 'logger'>;

/** Opens the state. The node says nothing yet. */
export async function assembleNode(
  init: NodeInit,
): Promise<{ node: AssembledNode; start: () => Promise<void> }> {
  const { genesis, life, random, disk, onFatal } = init;
  const { identity } = genesis;
  const logger = silentLogger;
  const clock = init.byzantine?.behaviour.clock?.(init.clock, random) ?? init.clock;
  const { engine } = disk;
  const verifier = sharedVerifier;
  const ports = { clock, scheduler: life, random, logger };
  const { joinedByState, ledger, chain, mempool, snapshots } = await openState(init, ports);
  const network = tapped(await openNetwork(init, () => chain.tip().height, ports), init);
  const wrapped = wrap(init, { chain, mempool, network, clock, accounts: ledger });
  const transport = wrapped.network;
  if (snapshots !== undefined) serveState({ transport, chain, snapshots, clock });
  const fetch = createTransactionFetch(
    { identity },
    { transport, verifier, logger, lookup: (id) => mempool.lookup(id) ?? consensus.transaction(id) },
  );
  const gossip = createTransactionGossip({ ...ports, transport, mempool, fetch });
  const { sync, backfill } = syncing(init, ports, { chain, network, transport, snapshots });
  const evidence = createEvidencePool({
    ...ports,
    chain: wrapped.chain,
    transport,
    store: createEvidenceStore(engine, logger),
  });
  const { genesisHash } = identity;
  const signer = await openLocalSigner({ directory: disk.signRecord, key: init.key, genesisHash });
  const consensus = createConsensus({
    identity,
    directory: disk.consensusLog,
    logSegmentBytes: LOG_SEGMENT_BYTES,
    key: signer,
  })({ ...ports, chain: wrapped.chain, transport, mempool, fetch, verifier, evidence });
  consensus.onFatal(onFatal);
  sync.onStateChange((syncing) => (syncing ? consensus.pause() : consensus.resume()));
  const node: AssembledNode = {
    joinedByState,
    chain,
    ledger,
    mempool,
    network,
    gossip,
    sync,
    consensus,
    evidence,
    async stop() {
      await backfill.stop();
      await sync.stop();
      await consensus.stop();
      await evidence.stop();
      gossip.stop();
      await signer.close();
      await network.stop();
      await snapshots?.stop();
      await mempool.close();
      await chain.close();
    },
  };
  const start = async (): Promise<void> => {
    fetch.start();
    gossip.start();
    await evidence.start();
    await consensus.start();
    sync.start();
    await network.start();
    backfill.start();
    wrapped.start();
  };
  return { node, start };
}

/** Ledger, chain and mempool on the disk, which a snapshot of the peers fills where the node joins by one. */
async function openState(init: NodeInit, ports: Ports) {
  const { genesis, life, disk, onFatal } = init;
  const { identity, initialHeight, timeMs: genesisTimeMs } = genesis;
  const { logger } = ports;
  const { engine } = disk;
  const verifier = sharedVerifier;
  const openEarly = () => openNetwork(init, () => initialHeight - 1, ports);
  const joinedByState =
    init.joinsByState &&
    (await joinByState({ ...ports, scheduler: life, genesis, disk, openNetwork: openEarly }));
  const ledger = createLedger({ identity, engine, retainedHeights: RETAINED_HEIGHTS })({ scheduler: life });
  await ledger.open(genesis);
  const chain = createChain({ identity, engine, initialHeight, genesisTimeMs })({ ledger, verifier, logger });
  await chain.open();
  const rules = () => ({ height: chain.tip().height + 1, parameters: chain.tip().parameters });
  const mempool = createMempool(
    { identity, limits: MEMPOOL_LIMITS },
    { accounts: ledger, rules, verifier, journal: disk.journal, logger },
  );
  await mempool.load();
  const { snapshots: store } = init;
  const snapshots = store && createSnapshots(SNAPSHOTS)({ engine, store, scheduler: life, logger });
  chain.onFinalised(({ block, execution }) => {
    const { height } = block.header;
    mempool.finalised(height, block.transactions, execution.changedAccounts);
    snapshots?.finalised(height);
    ledger.prune(snapshots?.held()).catch(onFatal);
  });
  return { joinedByState, ledger, chain, mempool, snapshots };
}

/** What brings blocks, and headers of before a snapshot, from peers. */
function syncing(
  { genesis, disk, onFatal }: NodeInit,
  ports: Ports,
  {
    chain,
    network,
    transport,
    snapshots,
  }: {
    readonly chain: Chain;
    readonly network: Network;
    readonly transport: Network;
    readonly snapshots: Snapshots | undefined;
  },
) {
  const { identity, initialHeight } = genesis;
  const { engine } = disk;
  const shared = { ...ports, identity, transport, chain, onFatal };
  const sync = createBlockSync({
    ...shared,
    verifier: sharedVerifier,
    onPeerHeight: (peer, height) => network.setPeerHeight(peer, height),
    limits: SYNC_LIMITS,
    needsState: (height) => snapshots?.isDue(height) ?? false,
  });
  const backfill = createBackfill({
    ...shared,
    initialHeight,
    engine,
    isBusy: () => sync.syncing,
    limits: BACKFILL_LIMITS,
  });
  return { sync, backfill };
}

function openNetwork(init: NodeInit, height: () => number, ports: Ports): Promise<Network> {
  const { chainId, genesisHash } = init.genesis.identity;
  return createNetwork(
    {
      listen: [],
      peers: init.peers,
      privateKey: init.transportSeed,
      hello: () => ({
        protocolVersion: 1,
        chainId,
        genesisHash,
        role: init.role,
        agent: 'simulation',
        height: height(),
      }),
    },
    { ...ports, openLibp2p: init.openLibp2p },
  );
}

/** Lets ears hear every proposal and vote that the node sends, and those that come from validators that are watched. */
function tapped(network: Network, { onSaid, onHeard, isWatched }: NodeInit): Network {
  const listen = (channel: string, bytes: Uint8Array): void => {
    if (channel !== 'consensus') return;
    const message = parsed(bytes);
    if (message !== undefined && message.kind !== 'round-state') onSaid(message);
  };
  return networkLike(network, {
    send(peer, channel, message) {
      listen(channel, message);
      return network.send(peer, channel, message);
    },
    broadcast(channel, message, except) {
      listen(channel, message);
      return network.broadcast(channel, message, except);
    },
    onMessage(channel, handler) {
      network.onMessage(channel, (peer, bytes) => {
        const isOfInterest = channel === 'consensus' && isSaidBy(bytes, isWatched);
        const message = isOfInterest ? parsed(bytes) : undefined;
        handler(peer, bytes);
        if (message !== undefined && message.kind !== 'round-state') onHeard(message);
      });
    },
  });
}

const PROPOSAL_TAG = 1;
const VOTE_TAG = 2;
const ROUND_STATE_TAG = 3;
/** Where the height and the place of its maker stand in an encoded message: after members of fixed length. */
const HEAD: Readonly<Record<number, { readonly heightAt: number; readonly placeAt: number }>> = {
  [PROPOSAL_TAG]: { heightAt: 1, placeAt: 1 + 8 + 4 + 4 + 32 },
  [VOTE_TAG]: { heightAt: 1 + 1, placeAt: 1 + 1 + 8 + 4 + 4 },
};

/** Whether one who is watched made a message, without decoding it. */
function isSaidBy(bytes: Uint8Array, isWatched: NodeInit['isWatched']): boolean {
  const head = HEAD[bytes[0] ?? 0];
  if (head === undefined || bytes.length < head.placeAt + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isWatched(Number(view.getBigUint64(head.heightAt, true)), view.getUint32(head.placeAt, true));
}

const PARSED_MAX = 1_000;
/** Votes are below it, of which there are most. */
const PARSED_BYTES_MAX = 512;
/** What messages say, by their bytes: the ears of many nodes hear the same ones. */
const known = new Map<string, ConsensusMessage | undefined>();

/** Undefined for a round state and for what only a Byzantine node sends. */
function parsed(bytes: Uint8Array): ConsensusMessage | undefined {
  if (bytes[0] === ROUND_STATE_TAG) return undefined;
  if (bytes.length > PARSED_BYTES_MAX) return decoded(bytes);
  const key = Buffer.from(bytes).toString('latin1');
  if (known.has(key)) return known.get(key);
  const message = decoded(bytes);
  if (known.size >= PARSED_MAX) known.clear();
  known.set(key, message);
  return message;
}

function decoded(bytes: Uint8Array): ConsensusMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch {
    return undefined;
  }
}

/** Puts a Byzantine behaviour between the contexts and the world. */
function wrap(
  init: NodeInit,
  parts: Pick<ByzantineTools, 'chain' | 'mempool' | 'network' | 'clock' | 'accounts'>,
) {
  const { byzantine, key, random, life, genesis } = init;
  const nothing = { ...parts, start: () => undefined };
  if (byzantine === undefined) return nothing;
  const { behaviour, account } = byzantine;
  const heard: ConsensusMessage[] = [];
  const network = networkLike(parts.network, {
    onMessage(channel, handler) {
      parts.network.onMessage(channel, (peer, bytes) => {
        const message = channel === 'consensus' ? parsed(bytes) : undefined;
        if (message !== undefined) heard.push(message);
        if (heard.length > HEARD_MAX) heard.splice(0, HEARD_MAX / 2);
        handler(peer, bytes);
      });
    },
  });
  const own = toHex(key.publicKey);
  const tools: ByzantineTools = {
    ...parts,
    network,
    key,
    account,
    random: random.fork('byzantine'),
    scheduler: life,
    identity: genesis.identity,
    genesisTimeMs: genesis.timeMs,
    heard,
    index: () =>
      parts.chain.tip().validators.validators.findIndex(({ publicKey }) => toHex(publicKey) === own),
  };
  return {
    chain: behaviour.chain?.(tools) ?? parts.chain,
    network: behaviour.network?.(tools) ?? network,
    start: () => behaviour.start?.(tools),
  };
}

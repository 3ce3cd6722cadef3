import type { StateEngine } from '#engines/state';
import { toHex, type Logger } from '#kernel';
import { systemClock, systemRandom, systemScheduler, type RuntimeVerifier } from '#runtime';
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
  openFileSnapshots,
  type GenesisState,
  type Ledger,
  type Snapshots,
} from '#services/blockchain';
import {
  createConsensus,
  createEvidencePool,
  createEvidenceStore,
  openFileDirectory,
  type Consensus,
  type EvidencePool,
} from '#services/consensus';
import { createNetwork, peerIdOfSeed, type Network, type PeerId } from '#services/network';
import {
  createMempool,
  createTransactionFetch,
  createTransactionGossip,
  openFileJournal,
  type Mempool,
} from '#services/transaction';
import type { LoadedConfiguration } from '../configuration/load-configuration.ts';
import { choosePeers } from '../genesis/choose-peers.ts';
import { PeerGenesis } from '../genesis/peer-genesis.ts';
import type { NodeGenesis } from '../genesis/node-genesis.ts';
import { Pruning, pruneSteps } from '../lifecycle/pruning.ts';
import type { Teardown } from '../lifecycle/teardown.ts';
import { VERSION } from '../version.ts';
import { openSigner, type ConsensusKey, type OpenedSigner } from './signer.ts';

/** Version of what peers say to each other; peers of another version part. */
const PROTOCOL_VERSION = 1;
/** What peers call each other. */
export const VALIDATOR_ROLE = 'validator';
const FULL_NODE_ROLE = 'full';

export interface ProtocolInit {
  readonly loaded: LoadedConfiguration;
  readonly genesis: NodeGenesis;
  readonly engine: StateEngine;
  /** 32-byte seed of the transport identity. */
  readonly transportSeed: Uint8Array;
  /** Absent: the node follows and never votes. */
  readonly consensusKey: ConsensusKey | undefined;
  readonly verifier: RuntimeVerifier;
  readonly logger: Logger;
  /** At the first start: the part of the genesis state that is written, 0 to 1. */
  readonly onStateProgress: (fraction: number) => void;
  /** The node must end. */
  readonly onFatal: (error: unknown) => void;
}

/** The protocol contexts of a node, put together. */
export interface Protocol {
  readonly chain: Chain;
  readonly ledger: Ledger;
  readonly snapshots: Snapshots;
  readonly mempool: Mempool;
  readonly network: Network;
  readonly sync: BlockSync;
  readonly consensus: Consensus;
  readonly evidence: EvidencePool;
  /** Of a node whose key a signer keeps. */
  readonly signer: OpenedSigner['remote'];
}

/**
 * Opens ledger and chain on the engine, and the mempool with what its journal holds.
 *
 * @param beginning gives the state of the genesis, at the first start
 */
export async function openState(
  init: ProtocolInit,
  beginning: () => Promise<GenesisState>,
  teardown: Teardown,
) {
  const { genesis, engine, verifier, logger, loaded } = init;
  const { configuration, path } = loaded;
  const { identity, initialHeight, timeMs: genesisTimeMs } = genesis;
  const retainedHeights = configuration['storage.retainedHeights'] || Infinity;
  const ledger = createLedger({ identity, engine, retainedHeights })({ scheduler: systemScheduler });
  await ledger.open(beginning, init.onStateProgress);
  const chain = createChain({ identity, engine, initialHeight, genesisTimeMs })({ ledger, verifier, logger });
  teardown.add('chain', () => chain.close());
  await chain.open();
  const mempool = createMempool(
    {
      identity,
      limits: {
        maxTransactions: configuration['mempool.maxTransactions'],
        maxBytes: configuration['mempool.maxBytes'],
        maxPerAccount: configuration['mempool.maxPerAccount'],
      },
    },
    {
      accounts: ledger,
      rules: () => ({ height: chain.tip().height + 1, parameters: chain.tip().parameters }),
      verifier,
      journal: await openFileJournal(path('data/mempool.journal')),
      logger,
    },
  );
  teardown.add('mempool', () => mempool.close());
  const pending = await mempool.load();
  const { height } = chain.tip();
  logger.info({ height, pending }, 'the state is open');
  const snapshots = createSnapshots({
    interval: configuration['snapshots.interval'],
    keep: configuration['snapshots.keep'],
  })({ engine, store: await openFileSnapshots(path('data/snapshots')), scheduler: systemScheduler, logger });
  teardown.add('snapshots', () => snapshots.stop());
  const prune = pruneSteps({ chain, ledger, snapshots }, configuration['storage.retainedBlocks']);
  const pruning = new Pruning({ prune, scheduler: systemScheduler, logger, onFatal: init.onFatal });
  teardown.add('pruning', () => pruning.stop());
  chain.onFinalised(({ block, execution }) => {
    mempool.finalised(block.header.height, block.transactions, execution.changedAccounts);
    snapshots.finalised(block.header.height);
    pruning.wake();
  });
  return { chain, ledger, mempool, snapshots };
}

/** Puts the network and what speaks over it on top of the state, and starts them. */
export async function startProtocol(
  init: ProtocolInit,
  state: Pick<Protocol, 'chain' | 'ledger' | 'mempool' | 'snapshots'>,
  teardown: Teardown,
): Promise<Protocol> {
  const { genesis, verifier, logger, onFatal } = init;
  const { chain, mempool, snapshots } = state;
  const { identity } = genesis;
  const ports = { clock: systemClock, scheduler: systemScheduler, random: systemRandom, logger };
  const { network, peers } = await makeNetwork(init, () => chain.tip().height);
  teardown.add('network', () => network.stop());
  watchPeerGenesis(init, { chain, network, peers }, teardown);
  const transport = network;
  serveState({ transport, chain, snapshots, clock: systemClock });
  const fetch = createTransactionFetch(
    { identity },
    { transport, verifier, logger, lookup: (id) => mempool.lookup(id) ?? consensus.transaction(id) },
  );
  const gossip = createTransactionGossip({ ...ports, transport, mempool, fetch });
  const sync = createBlockSync({
    ...ports,
    identity,
    transport,
    chain,
    verifier,
    onFatal,
    onPeerHeight: (peer, height) => network.setPeerHeight(peer, height),
    needsState: (height) => snapshots.isDue(height),
    // An archive answers for the state of every height: none may lack its tree.
    limits: init.loaded.configuration['storage.retainedHeights'] === 0 ? { runBlocks: 1 } : {},
  });
  const store = createEvidenceStore(init.engine, logger);
  const evidence = createEvidencePool({ ...ports, chain, transport, store });
  // One that nobody hears leaves the lease to the other node of its validator.
  const isHeard = () => network.peers().length > 0 || chain.tip().validators.validators.length === 1;
  const isFit = () => !sync.syncing && isHeard();
  const { signer, remote } = await openSigner(init, { tipHeight: chain.tip().height, isFit }, teardown);
  const consensus = createConsensus({
    identity,
    directory: await openFileDirectory(init.loaded.path('data/consensus')),
    ...(signer !== undefined && { key: signer }),
  })({ ...ports, chain, transport, mempool, fetch, verifier, evidence });
  consensus.onFatal(onFatal);
  sync.onStateChange((syncing) => (syncing ? consensus.pause() : consensus.resume()));
  fetch.start();
  gossip.start();
  teardown.add('gossip', () => gossip.stop());
  teardown.add('evidence', () => evidence.stop());
  await evidence.start();
  teardown.add('consensus', () => consensus.stop());
  await consensus.start();
  teardown.add('sync', () => sync.stop());
  sync.start();
  const backfill = createBackfill({
    ...ports,
    identity,
    initialHeight: genesis.initialHeight,
    engine: init.engine,
    chain,
    transport,
    isBusy: () => sync.syncing,
    onFatal,
  });
  teardown.add('backfill', () => backfill.stop());
  await network.start();
  backfill.start();
  return { ...state, network, sync, consensus, evidence, signer: remote };
}

/** @param height of the tip, for handshakes */
export async function makeNetwork(
  init: ProtocolInit,
  height: () => number,
): Promise<{ network: Network; peers: ReadonlySet<PeerId> }> {
  const { genesis, transportSeed, consensusKey, logger } = init;
  const { configuration } = init.loaded;
  const { chainId, genesisHash } = genesis.identity;
  const { addresses, ids, malformed, leftOut } = choosePeers({
    configured: configuration['network.peers'],
    declared: configuration['network.genesisPeers'] ? genesis.peers : [],
    self: await peerIdOfSeed(transportSeed),
    allow: configuration['network.allow'],
  });
  if (malformed.length > 0) {
    const examples = malformed.slice(0, 5).map((address) => address.slice(0, 200));
    logger.warn(
      { count: malformed.length, examples },
      'the genesis declares peers that cannot be dialled; name their addresses in network.peers',
    );
  }
  if (leftOut > 0) logger.info({ leftOut }, 'the genesis declares more peers than a node dials');
  const network = await createNetwork(
    {
      listen: configuration['network.listen'],
      peers: addresses,
      allow: configuration['network.allow'],
      privateKey: transportSeed,
      hello: () => ({
        protocolVersion: PROTOCOL_VERSION,
        chainId,
        genesisHash,
        role: consensusKey === undefined ? FULL_NODE_ROLE : VALIDATOR_ROLE,
        agent: `node0/${VERSION}`,
        height: height(),
      }),
    },
    { clock: systemClock, scheduler: systemScheduler, random: systemRandom, logger },
  );
  return { network, peers: ids };
}

/** A node that stands alone with its genesis does not sit there. */
function watchPeerGenesis(
  { genesis, logger, onFatal }: ProtocolInit,
  { chain, network, peers }: { chain: Chain; network: Network; peers: ReadonlySet<PeerId> },
  teardown: Teardown,
): void {
  const watch = new PeerGenesis({
    genesisHash: toHex(genesis.identity.genesisHash),
    peers,
    hasBegun: () => chain.tip().commit !== undefined,
    scheduler: systemScheduler,
    logger,
    onDiffering: onFatal,
  });
  network.onGreeting((event) => watch.take(event));
  teardown.add('peer genesis', () => watch.stop());
}

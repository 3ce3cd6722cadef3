import type { StateEngine } from '#engines/state';
import { silentLogger, toHex } from '#kernel';
import { systemScheduler, verifySignature } from '#runtime';
import { createChain, lastStoredHeight, type Chain } from '#services/block';
import { blockchainError, createLedger, type Ledger } from '#services/blockchain';
import { hasState, openStorage } from '../assembly/storage.ts';
import {
  loadConfiguration,
  type ConfigurationSources,
  type LoadedConfiguration,
} from '../configuration/load-configuration.ts';
import { openGenesis, type NodeGenesis } from '../genesis/node-genesis.ts';
import { homeError } from '../home/errors.ts';
import { isLivingNode0, readPidFile } from '../home/pid-file.ts';

/** Where the judgement of the genesis is kept: see `node.ts`. */
const JUDGEMENT = 'data/genesis-judgement.json';

export interface HomeOptions extends ConfigurationSources {
  readonly configurationFile: string;
}

/** The home of a node that does not run, with its database open. */
export interface OpenedHome {
  readonly loaded: LoadedConfiguration;
  readonly genesis: NodeGenesis;
  readonly engine: StateEngine;
}

/**
 * Opens the database of a home, works on it and closes it. No key is read, no peer is dialled.
 *
 * @throws `configuration.*`, `home.in-use` while the node runs, `home.no-chain`, `genesis.*`, `engine.state.*`
 */
export async function withHome<Value>(
  options: HomeOptions,
  work: (home: OpenedHome) => Promise<Value>,
): Promise<Value> {
  const loaded = await loadConfiguration(options.configurationFile, options);
  await refuseRunning(loaded);
  if (!(await hasState(loaded))) {
    throw homeError(
      'no-chain',
      `${loaded.home} holds no chain: its node never started, or its data were removed`,
      {
        home: loaded.home,
      },
    );
  }
  const { configuration, path } = loaded;
  const { genesis } = await openGenesis({
    file: path(configuration['chain.genesis']),
    record: path(JUDGEMENT),
    expectedHash: configuration['chain.genesisHash'],
    onProgress: () => {},
  });
  const engine = await openStorage(loaded);
  try {
    return await work({ loaded, genesis, engine });
  } finally {
    await engine.close();
  }
}

async function refuseRunning({ home, path }: LoadedConfiguration): Promise<void> {
  const pid = await readPidFile(path('pid'));
  if (pid === undefined || !(await isLivingNode0(pid, 'start', home))) return;
  throw homeError('in-use', `process ${pid} runs the node in ${home}; stop that process first`, {
    home,
    pid,
  });
}

/**
 * The chain of an opened home at its tip.
 *
 * @param retainedHeights those of the configuration unless it says otherwise
 * @throws `blockchain.rolled-back-already`
 */
export async function openChain(
  { loaded, genesis, engine }: OpenedHome,
  retainedHeights = loaded.configuration['storage.retainedHeights'],
): Promise<{ readonly chain: Chain; readonly ledger: Ledger }> {
  const { identity, initialHeight, timeMs: genesisTimeMs } = genesis;
  const ledger = createLedger({ identity, engine, retainedHeights })({ scheduler: systemScheduler });
  await ledger.open(async () => {
    const hash = toHex(identity.genesisHash);
    throw blockchainError(
      'corrupt-state',
      `the database has no state of the genesis ${hash}; sync the home anew`,
    );
  });
  await refuseRolledBack(engine, ledger.tip().height);
  const verifier = { verify: verifySignature, verifyBatch: async () => [] };
  const chain = createChain({ identity, engine, initialHeight, genesisTimeMs })({
    ledger,
    verifier,
    logger: silentLogger,
  });
  await chain.open();
  return { chain, ledger };
}

/**
 * Opening the chain would execute the last block again, and so undo what a rollback is for: that is left to the node's
 * next start, which may be of another version than this command.
 */
async function refuseRolledBack(engine: StateEngine, height: number): Promise<void> {
  const last = await lastStoredHeight(engine);
  if (last !== height + 1) return;
  throw blockchainError(
    'rolled-back-already',
    `the state was rolled back to height ${height}: start the node, which executes block ${last} again, then repeat this`,
    { height },
  );
}

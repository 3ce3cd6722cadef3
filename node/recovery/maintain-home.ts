import { nativeVerifier, systemScheduler } from '#runtime';
import { rollBack } from '#services/block';
import { forgetRoots } from '#services/blockchain';
import { openChain, withHome, type HomeOptions } from './open-home.ts';
import { verifyDatabase, type DatabaseReport, type DatabaseToVerify } from './verify-database.ts';

/** Blocks of one step of pruning. */
const BLOCKS_PER_STEP = 64;

/**
 * Puts the state of a home back by one height: see `rollBack` of the block context.
 *
 * @throws as `withHome`; `block.nothing-to-roll-back`, `blockchain.rolled-back-already`
 */
export function rollBackHome(options: HomeOptions): ReturnType<typeof rollBack> {
  return withHome(options, ({ engine, genesis }) => rollBack(engine, genesis.identity));
}

/** Verifies the database of a home: see `verifyDatabase`. @throws as `withHome` */
export function verifyHome(
  options: HomeOptions,
  asked: Pick<DatabaseToVerify, 'from' | 'to' | 'faultsMax' | 'onProgress'>,
): Promise<DatabaseReport> {
  return withHome(options, ({ engine, genesis, loaded }) =>
    verifyDatabase({
      ...asked,
      engine,
      identity: genesis.identity,
      initialHeight: genesis.initialHeight,
      genesisTimeMs: genesis.timeMs,
      retainedHeights: loaded.configuration['storage.retainedHeights'],
      scheduler: systemScheduler,
      verifier: nativeVerifier,
    }),
  );
}

export interface PrunedHome {
  readonly height: number;
  /** First height whose transactions, receipts and state are kept. */
  readonly earliest: number;
  /** Blocks whose transactions were removed now. */
  readonly blocks: number;
}

/**
 * Removes transactions, receipts, indexes and states of all but the last heights. Headers and commits stay. Broken off
 * at any instant, it leaves a sound home, and may be run again.
 *
 * @param keep heights, 2 at least
 * @throws as `withHome`
 */
export function pruneHome(
  options: HomeOptions,
  keep: number,
  onProgress: (done: number, total: number) => void,
): Promise<PrunedHome> {
  return withHome(options, async (home) => {
    const { chain, ledger } = await openChain(home, keep);
    const { height } = chain.tip();
    // First the roots: no height may be called retained of which a node is gone.
    await forgetRoots(home.engine, height - keep);
    while (await ledger.prune());
    const below = height - keep + 1;
    const first = chain.earliest();
    let blocks = 0;
    for (;;) {
      const pruned = await chain.prune(below, BLOCKS_PER_STEP);
      if (pruned === 0) break;
      blocks += pruned;
      onProgress(blocks, Math.max(blocks, below - first));
    }
    await home.engine.write(home.engine.batch(), { sync: true });
    return { height, earliest: chain.earliest(), blocks };
  });
}

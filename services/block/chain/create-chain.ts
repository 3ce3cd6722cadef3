import type { StateEngine } from '#engines/state';
import type { Logger, SignatureVerifier } from '#kernel';
import { createBlockStore } from '../store/block-store.ts';
import { pruneBlocks } from '../store/prune-blocks.ts';
import { assembleBlock } from './assemble.ts';
import { createChainState, type ChainOrigin } from './chain-state.ts';
import { createExecutions } from './executions.ts';
import type { Chain, FinalisedBlock } from './face.ts';
import { finaliseRun } from './finalise-run.ts';
import { finaliseBlock } from './finalise.ts';
import type { ChainLedger } from './ports.ts';
import { createEvidenceJudge } from './evidence-judge.ts';
import { evidenceQueries } from './evidence-queries.ts';
import { createQueries } from './queries.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { replayTip } from './replay-tip.ts';
import { createSerial } from './serial.ts';
import { validateBlock } from './validate.ts';

export interface ChainInit extends ChainOrigin {
  readonly engine: StateEngine;
}

export interface ChainComponents {
  readonly ledger: ChainLedger;
  readonly verifier: SignatureVerifier;
  readonly logger: Logger;
}

/**
 * The chain of final blocks over a state engine and a ledger, which share their batches.
 *
 * What reads the tip to build on it (assemble, validate, finalise, prune) runs one after the other; queries
 * run at any time and see what is final.
 */
export function createChain(init: ChainInit): (components: ChainComponents) => Chain {
  return (components) => {
    const { engine, identity } = init;
    const { ledger, verifier } = components;
    const logger = components.logger.child({ context: 'block' });
    const store = createBlockStore(engine, identity);
    const state = createChainState(init, ledger, store);
    const executions = createExecutions(ledger);
    const recent = new RecentBlocks();
    const listeners = new Set<(event: FinalisedBlock) => unknown>();
    const serial = createSerial();
    const inTurn = <Value>(task: () => Promise<Value>) =>
      serial(async () => {
        state.requireRunning();
        return task();
      });
    const base = { engine, identity, ledger, verifier, logger, store, state, executions, recent };
    const queries = createQueries(base);
    const { initialHeight, genesisTimeMs } = init;
    const judge = createEvidenceJudge({ ...base, initialHeight, genesisTimeMs, history: queries });
    const shared = { ...base, judge };
    const finalising = { ...shared, storedSets: new Set<string>() };

    return {
      open: () =>
        serial(async () => {
          await replayTip(shared);
          await state.open();
        }),
      close: () =>
        serial(async () => {
          state.close();
          executions.clear();
          listeners.clear();
        }),
      tip: () => state.tip(),
      assemble: (input) => inTurn(() => assembleBlock(shared, input)),
      validate: (block) => inTurn(() => validateBlock(shared, block)),
      checkEvidence: (evidence) => inTurn(() => judge.check(evidence, state.last().blockTimeMs)),
      finalise: (block, commit) =>
        inTurn(async () => {
          const event = await finaliseBlock(finalising, block, commit);
          if (event !== undefined) notify(listeners, event, logger);
        }),
      finaliseRun: (first, next, limits) =>
        inTurn(async () => {
          const events = await finaliseRun(finalising, first, next, limits);
          for (const event of events) notify(listeners, event, logger);
          return events.length;
        }),
      onFinalised(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      earliest: () => state.earliest(),
      prune: (belowHeight, blocksMax) =>
        inTurn(async () => {
          // The tip keeps its transactions: there is always a block to show and to serve.
          const start = state.earliest();
          const end = Math.min(belowHeight, state.last().height, start + Math.max(blocksMax, 0));
          if (end <= start) return 0;
          await pruneBlocks(shared, start, end);
          state.pruned(end);
          return end - start;
        }),
      ...queries,
      ...evidenceQueries(store),
    };
  };
}

/** A block is final whatever a listener makes of it: failures are logged, asynchronous ones too. */
function notify(
  listeners: ReadonlySet<(event: FinalisedBlock) => unknown>,
  event: FinalisedBlock,
  logger: Logger,
): void {
  const { height } = event.block.header;
  const failed = (error: unknown) =>
    logger.error({ height, err: error }, 'a listener failed on a final block');
  for (const listener of listeners) {
    try {
      const outcome = listener(event);
      if (outcome instanceof Promise) outcome.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

import { equalBytes, invariant, type CodedError } from '#kernel';
import type { RunTip } from '#services/blockchain';
import type { ChainIdentity } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import { commitHash } from '../domain/commit.ts';
import type { HeaderBasis, RunHeaderBasis } from '../domain/make-header.ts';
import type { Block, Commit } from '../domain/types.ts';
import { blockError } from '../errors.ts';
import { corruptHome, type BlockStore } from '../store/block-store.ts';
import type { ChainTip } from './face.ts';
import type { ChainLedger } from './ports.ts';

/** The last final block as it is held in memory. */
export interface LastFinal {
  readonly height: number;
  readonly blockHash: Uint8Array;
  readonly blockTimeMs: number;
  readonly commit: Commit | undefined;
  /** Hash of `commit`, which is known to be valid. */
  readonly commitHash: Uint8Array | undefined;
  /** Validators of `height`, who sign its commit; undefined before the first block. */
  readonly validators: ValidatorSet | undefined;
}

/** A final block as the last one. @param validators those of its height */
export function lastFinalOf(block: Block, commit: Commit, validators: ValidatorSet): LastFinal {
  const { height, timeMs } = block.header;
  return {
    height,
    blockHash: block.hash,
    blockTimeMs: timeMs,
    commit,
    commitHash: commitHash(commit),
    validators,
  };
}

/** Where a chain starts. */
export interface ChainOrigin {
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly genesisTimeMs: number;
}

/** The chain's own memory: the last final block, and whether it may go on. */
export interface ChainState {
  last(): LastFinal;
  moveTo(last: LastFinal): void;
  tip(): ChainTip;
  /** First height of which the transactions are kept. */
  earliest(): number;
  pruned(below: number): void;
  basis(): HeaderBasis;
  /** What follows from a block and the state after it, which need not be written yet. */
  basisOf(
    last: Pick<LastFinal, 'height' | 'blockHash' | 'blockTimeMs' | 'validators'>,
    state: RunTip,
  ): RunHeaderBasis;
  /** @throws `block.not-open`, `block.halted` */
  requireRunning(): void;
  /** Stops the chain for good and returns the error to throw. */
  halt<Failure>(error: Failure): Failure;
  close(): void;
  open(): Promise<void>;
}

export function createChainState(origin: ChainOrigin, ledger: ChainLedger, store: BlockStore): ChainState {
  let current: LastFinal | undefined;
  let earliest = origin.initialHeight;
  let fault: unknown;

  function last(): LastFinal {
    if (current === undefined) throw notOpen();
    return current;
  }

  return {
    last,
    moveTo(last) {
      current = last;
    },
    tip() {
      const { height, blockHash, blockTimeMs, commit } = last();
      const state = ledger.tip();
      invariant(state.height === height, 'the ledger and the chain have the same tip');
      const { validators, rotation, parameters, consensus, stateRoot } = state;
      return {
        height,
        blockHash,
        blockTimeMs,
        commit,
        validators,
        rotation,
        parameters,
        consensus,
        stateRoot,
      };
    },
    basis() {
      const state = ledger.tip();
      return { ...this.basisOf(last(), state), stateRoot: state.stateRoot };
    },
    basisOf({ height, blockHash, blockTimeMs, validators }, state) {
      return {
        chainId: origin.identity.chainId,
        height,
        blockHash,
        blockTimeMs,
        hasBlock: validators !== undefined,
        stateRoot: state.stateRoot,
        receiptRoot: state.receiptRoot,
        validatorSetHash: state.validators.hash,
      };
    },
    requireRunning() {
      if (fault !== undefined) {
        throw blockError(
          'halted',
          'the chain stopped after a fault, see its first error; restart the node',
          {},
          { cause: fault },
        );
      }
      last();
    },
    earliest: () => earliest,
    pruned(below) {
      earliest = Math.max(earliest, below);
    },
    halt(error) {
      fault ??= error;
      return error;
    },
    close() {
      current = undefined;
    },
    async open() {
      earliest = Math.max(origin.initialHeight, await store.prunedBelow());
      current = await loadLast(origin, ledger.tip().height, store);
    },
  };
}

function notOpen(): CodedError {
  return blockError('not-open', 'the chain is not open: call open first, and nothing after close');
}

/** Reads the last final block and checks that the ledger stands at the same height. */
async function loadLast(origin: ChainOrigin, ledgerHeight: number, store: BlockStore): Promise<LastFinal> {
  const tip = await store.tip();
  const height = tip?.height ?? origin.initialHeight - 1;
  if (ledgerHeight !== height) {
    throw corruptHome(`the last stored block is ${height}, the stored state is of height ${ledgerHeight}`);
  }
  if (tip === undefined) {
    return {
      height,
      blockHash: origin.identity.genesisHash,
      blockTimeMs: origin.genesisTimeMs,
      commit: undefined,
      commitHash: undefined,
      validators: undefined,
    };
  }
  const [summary, commit] = await Promise.all([store.summary(height), store.commit(height)]);
  if (summary === undefined || !equalBytes(summary.hash, tip.hash)) {
    throw corruptHome(`the block of the stored tip ${height} is missing or another`);
  }
  if (commit === undefined || !equalBytes(commit.blockHash, tip.hash)) {
    throw corruptHome(`the commit of the stored tip ${height} is missing or for another block`);
  }
  if (summary.header.chainId !== origin.identity.chainId) {
    throw corruptHome(`the stored blocks are of chain ${summary.header.chainId}`);
  }
  const validators = await store.validators(summary.header.validatorSetHash);
  if (validators === undefined) throw corruptHome(`the validators of the stored tip ${height} are missing`);
  return {
    height,
    blockHash: tip.hash,
    blockTimeMs: summary.header.timeMs,
    commit,
    commitHash: commitHash(commit),
    validators,
  };
}

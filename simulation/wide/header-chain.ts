import { equalBytes, ok, toHex, type Result, type SignatureVerifier } from '#kernel';
import {
  commitHash,
  evidenceRoot,
  makeBlock,
  NO_COMMIT_HASH,
  transactionRoot,
  verifyCommit,
  type AssembleInput,
  type Block,
  type Chain,
  type ChainTip,
  type Commit,
} from '#services/block';
import {
  advanceRotation,
  initialRotation,
  type ProposerRotation,
  type ValidatorSet,
} from '#services/validator';
import type { Costs } from './costs.ts';
import type { MachineCpu } from './machine-cpu.ts';
import type { WideGenesis } from './genesis.ts';

const NO_ROOT = new Uint8Array(32);

/** What is the same for all machines is worked out once: rotations, and which commits are valid. */
export class SharedChain {
  readonly genesis: WideGenesis;
  readonly #rotations: ProposerRotation[];
  readonly #commits = new Map<string, Result<void>>();

  constructor(genesis: WideGenesis) {
    this.genesis = genesis;
    this.#rotations = [initialRotation(genesis.set)];
  }

  rotationAfter(height: number): ProposerRotation {
    for (let next = this.#rotations.length; next <= height; next++) {
      this.#rotations.push(advanceRotation(this.genesis.set, this.#rotations[next - 1] as ProposerRotation));
    }
    return this.#rotations[height] as ProposerRotation;
  }

  verifyCommit(commit: Commit, block: Uint8Array, verifier: Pick<SignatureVerifier, 'verify'>): Result<void> {
    const key = toHex(commitHash(commit));
    const { set, identity } = this.genesis;
    const known = this.#commits.get(key);
    if (known !== undefined) return known;
    const { height } = commit;
    const { genesisHash } = identity;
    const verified = verifyCommit(commit, { set, height, blockHash: block, genesisHash, verifier });
    this.#commits.set(key, verified);
    return verified;
  }
}

export interface HeaderChainComponents {
  readonly shared: SharedChain;
  readonly cpu: MachineCpu;
  readonly costs: Costs;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
}

/**
 * The chain of one machine as consensus sees it: real headers, blocks and commits without a ledger, whose work is
 * charged. Blocks come from correct proposers only, so that of the rules of validation those are kept that cost
 * something with the number of validators: the signatures of the last commit.
 */
export function headerChain(
  components: HeaderChainComponents,
): Pick<Chain, 'tip' | 'assemble' | 'validate' | 'finalise' | 'onFinalised'> {
  const { shared, cpu, costs } = components;
  const { set, consensus, ledger, timeMs, identity } = shared.genesis;
  let last: { readonly block: Block; readonly commit: Commit } | undefined;
  const tip = (): ChainTip => {
    const height = last?.block.header.height ?? 0;
    return {
      height,
      blockHash: last?.block.hash ?? identity.genesisHash,
      blockTimeMs: last?.block.header.timeMs ?? timeMs,
      commit: last?.commit,
      validators: set,
      rotation: shared.rotationAfter(height),
      parameters: ledger,
      consensus,
      stateRoot: NO_ROOT,
    };
  };
  return {
    tip,
    async assemble(input) {
      cpu.charge(input.transactions.length * (costs.executeMs / 2));
      return blockAfter(tip(), set, identity.chainId, input);
    },
    async validate(block) {
      cpu.charge(block.transactions.length * (costs.executeMs / 2 + costs.blockMs / 2));
      const { lastCommit } = block;
      if (lastCommit === undefined || last === undefined) return ok(undefined);
      // As `validateBlock` has it: the own commit of the tip was verified vote by vote.
      if (equalBytes(commitHash(lastCommit), commitHash(last.commit))) return ok(undefined);
      const signatures = lastCommit.signatures.filter((signature) => signature !== undefined).length;
      cpu.charge(signatures * costs.verifyMs);
      return shared.verifyCommit(lastCommit, last.block.hash, components.verifier);
    },
    async finalise(block, commit) {
      // Those of the next block come meanwhile.
      const transferMs = costs.executeMs / 2 + costs.blockMs / 2 + costs.admitMs;
      cpu.charge(block.transactions.length * transferMs);
      await new Promise<void>((resolve) => {
        cpu.after(costs.syncMs, resolve);
      });
      last = { block, commit };
    },
    onFinalised: () => () => undefined,
  };
}

function blockAfter(tip: ChainTip, set: ValidatorSet, chainId: string, input: AssembleInput): Block {
  const { timeMs, proposer, transactions, lastCommit } = input;
  const header = {
    version: 1,
    chainId,
    height: tip.height + 1,
    timeMs,
    parentHash: tip.blockHash,
    proposer,
    transactionRoot: transactionRoot(transactions),
    evidenceRoot: evidenceRoot([]),
    stateRoot: NO_ROOT,
    receiptRoot: NO_ROOT,
    commitHash: lastCommit === undefined ? NO_COMMIT_HASH : commitHash(lastCommit),
    validatorSetHash: set.hash,
    nextValidatorSetHash: set.hash,
  };
  return makeBlock(header, transactions, lastCommit, []);
}

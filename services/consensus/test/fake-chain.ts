import { CodedError, equalBytes, err, hash, ok, toHex, utf8, type Result } from '#kernel';
import {
  commitHash,
  encodeBlock,
  evidenceRoot,
  makeBlock,
  NO_COMMIT_HASH,
  transactionRoot,
  type AssembleInput,
  type Block,
  type ChainTip,
  type Commit,
  type FinalisedBlock,
  type Header,
} from '#services/block';
import type { ConsensusParameters, LedgerParameters } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import { advanceRotation, initialRotation, type ValidatorSet } from '#services/validator';
import { consensusError } from '../errors.ts';
import type { ConsensusChain } from '../face.ts';

const EMPTY = new Uint8Array(32);
const NOT_CHECKABLE = new CodedError(
  { code: 'block.evidence-not-checkable', title: 'Not checkable', status: 410, action: 'ignore' },
  'this node keeps nothing of that height',
);

/** Final blocks as a disk keeps them; survives the crash of the node that uses it. */
export interface ChainDisk {
  readonly blocks: { block: Block; commit: Commit }[];
}

export const LEDGER_PARAMETERS: LedgerParameters = {
  minGasPrice: 1n,
  maxBlockBytes: 1_000_000,
  maxBlockGas: 1_000_000,
  maxBlockTransactions: 1_000,
  maxValidators: 100,
  minSelfStake: 1n,
  powerReduction: 1n,
  epochBlocks: 100,
  unbondingPeriodMs: 1,
  evidenceMaxAgeMs: 1,
};

/** Blocks by their encoding: what a decoder would give back. */
const encoded = new Map<string, Block>();

export function decodeFakeBlock(bytes: Uint8Array): Block {
  const block = encoded.get(toHex(hash('merkle-leaf', bytes)));
  if (block === undefined) throw new Error('the bytes are not a block of this test');
  return block;
}

export function fakeTransaction(text: string): Transaction {
  const bytes = utf8(text);
  const digest = hash('transaction', bytes);
  return {
    chainId: 'test',
    senderKeyType: 'ed25519',
    senderKey: EMPTY,
    nonce: 0,
    gasLimit: 1,
    gasPrice: 1n,
    validUntil: 1_000_000,
    payload: { type: 'attest', digest, label: text },
    signature: new Uint8Array(64),
    bytes,
    hash: digest,
    id: toHex(digest),
    sender: new Uint8Array(20),
    senderId: '00'.repeat(20),
    digest,
  };
}

/** Transactions whose text starts so make a block invalid. */
export const INVALID_PREFIX = 'invalid';
/** And so one that a node without history cannot judge, as with evidence of a height before its snapshot. */
export const OLD_EVIDENCE_PREFIX = 'old evidence';

/** The chain as consensus sees it, on blocks in memory. */
export function fakeChain(
  disk: ChainDisk,
  set: ValidatorSet,
  consensus: ConsensusParameters,
  genesis: { hash: Uint8Array; timeMs: number },
  isAlive: () => boolean,
  hasHistory: () => boolean = () => true,
): ConsensusChain {
  const listeners = new Set<(event: FinalisedBlock) => void>();
  const tip = (): ChainTip => {
    const last = disk.blocks.at(-1);
    let rotation = initialRotation(set);
    for (let height = 0; height < disk.blocks.length; height++) rotation = advanceRotation(set, rotation);
    return {
      height: disk.blocks.length,
      blockHash: last?.block.hash ?? genesis.hash,
      blockTimeMs: last?.block.header.timeMs ?? genesis.timeMs,
      commit: last?.commit,
      validators: set,
      rotation,
      parameters: LEDGER_PARAMETERS,
      consensus,
      stateRoot: EMPTY,
    };
  };
  const alive = (): void => {
    if (!isAlive()) throw new Error('the machine is down');
  };
  return {
    tip,
    async assemble(input: AssembleInput): Promise<Block> {
      alive();
      const block = makeBlock(
        headerAfter(tip(), set, input),
        input.transactions,
        input.lastCommit,
        input.evidence,
      );
      encoded.set(toHex(hash('merkle-leaf', encodeBlock(block))), block);
      return block;
    },
    async validate(block: Block): Promise<Result<void>> {
      alive();
      encoded.set(toHex(hash('merkle-leaf', encodeBlock(block))), block);
      const before = tip();
      const { header } = block;
      const isNext = header.height === before.height + 1 && equalBytes(header.parentHash, before.blockHash);
      const isLater = header.timeMs > before.blockTimeMs;
      const texts = block.transactions.map(({ bytes }) => Buffer.from(bytes).toString());
      if (!hasHistory() && texts.some((text) => text.startsWith(OLD_EVIDENCE_PREFIX)))
        return err(NOT_CHECKABLE);
      const isClean = texts.every((text) => !text.startsWith(INVALID_PREFIX));
      if (isNext && isLater && isClean) return ok(undefined);
      return err(consensusError('proposal-failed', 'the block is invalid'));
    },
    async finalise(block: Block, commit: Commit): Promise<void> {
      await Promise.resolve();
      alive();
      const known = disk.blocks[block.header.height - 1];
      if (known !== undefined) {
        if (!equalBytes(known.block.hash, block.hash)) throw new Error('conflicting finalisation');
        return;
      }
      if (block.header.height !== disk.blocks.length + 1) throw new Error('a gap in the chain');
      disk.blocks.push({ block, commit });
      const event = { block, commit, execution: undefined } as unknown as FinalisedBlock;
      for (const listener of listeners) listener(event);
    },
    onFinalised(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function headerAfter(
  tip: ChainTip,
  set: ValidatorSet,
  input: Pick<AssembleInput, 'timeMs' | 'proposer' | 'transactions' | 'lastCommit' | 'evidence'>,
): Header {
  return {
    version: 1,
    chainId: 'test',
    height: tip.height + 1,
    timeMs: input.timeMs,
    parentHash: tip.blockHash,
    proposer: input.proposer,
    transactionRoot: transactionRoot(input.transactions),
    evidenceRoot: evidenceRoot(input.evidence ?? []),
    stateRoot: EMPTY,
    receiptRoot: EMPTY,
    commitHash: input.lastCommit === undefined ? NO_COMMIT_HASH : commitHash(input.lastCommit),
    validatorSetHash: set.hash,
    nextValidatorSetHash: set.hash,
  };
}

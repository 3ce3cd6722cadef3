import type { StateEngine } from '#engines/state';
import { equalBytes, toHex, type Scheduler } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { blockchainError } from '../errors.ts';
import type { ExecutionInput } from '../domain/types.ts';
import { createLedger } from '../ledger/ledger.ts';
import { META } from '../ledger/records.ts';
import { decodeRoot } from '../tree/node-codec.ts';
import { EMPTY_HASH } from '../tree/node.ts';
import type { Faults, VerifyProgress } from './faults.ts';
import { PastEngine } from './past-engine.ts';

/** A block to execute again, with what must come of it. */
export interface BlockToExecute {
  readonly input: ExecutionInput;
  /** Root of its receipts, as the next header, or the tip of the state, names it. */
  readonly receiptRoot: Uint8Array;
  readonly nextValidatorSetHash: Uint8Array;
}

/**
 * Executes blocks again on the stored state of the height before each, and compares state root, receipts and
 * validators. Ends at the first block that differs: what follows is built on it.
 *
 * @param given `first` is the height whose state is begun from, `last` the last block to execute; both retained
 * @returns the number of blocks that were executed
 */
export async function verifyExecution(given: {
  readonly engine: StateEngine;
  readonly identity: ChainIdentity;
  readonly scheduler: Scheduler;
  readonly first: number;
  readonly last: number;
  /** Root of the receipts of `first`. */
  readonly receiptRoot: Uint8Array;
  readonly blockOf: (height: number) => Promise<BlockToExecute | undefined>;
  readonly faults: Faults;
  readonly onProgress: VerifyProgress;
}): Promise<number> {
  const { engine, identity, scheduler, first, last, blockOf, faults, onProgress } = given;
  const past = new PastEngine(engine);
  let executed = 0;
  let height = first;
  await faults.guard('blockchain.corrupt-state', `execution on the state of height ${first}`, async () => {
    await past.moveTo(first, given.receiptRoot);
    const ledger = createLedger({ identity, engine: past, retainedHeights: last })({ scheduler });
    await ledger.open(async () => {
      throw blockchainError('corrupt-state', 'the state has no tip');
    });
    while (height < last) {
      height++;
      const block = await blockOf(height);
      if (block === undefined) return;
      const execution = await ledger.execute(block.input);
      const root =
        decodeRoot((await engine.get('meta', META.root(height))) ?? new Uint8Array(0))?.hash ?? EMPTY_HASH;
      const compared = [
        ['state root', execution.stateRoot, root],
        ['receipt root', execution.receiptRoot, block.receiptRoot],
        ['next validators', execution.nextValidators.hash, block.nextValidatorSetHash],
      ] as const;
      const differing = compared.filter(([, found, expected]) => !equalBytes(found, expected));
      for (const [what, found, expected] of differing) {
        const message = `executed again, it has the ${what} ${toHex(found)}; stored is ${toHex(expected)}`;
        faults.add('blockchain.corrupt-state', `block ${height}`, message);
      }
      if (differing.length > 0) return;
      executed++;
      ledger.committed(execution);
      await past.moveTo(height, block.receiptRoot);
      onProgress(height - first, last - first);
    }
  });
  return executed;
}

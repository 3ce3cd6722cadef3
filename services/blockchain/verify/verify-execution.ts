import type { StateEngine } from '#engines/state';
import { equalBytes, toHex, type Scheduler } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { blockchainError } from '../errors.ts';
import type { ExecutionInput } from '../domain/types.ts';
import { createLedger } from '../ledger/ledger.ts';
import { META } from '../ledger/records.ts';
import { firstMade, isUnmade } from '../ledger/roots.ts';
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
 * Executes blocks again on the stored state of the height before each, or of the one before the run of final blocks
 * that it belongs to, and compares state root, receipts and validators. Ends at the first block that differs: what follows is built on it.
 *
 * @param given `first` is the height whose state is begun from, or that of the next height that has one, `last` the last
 *   block to execute; both retained
 * @returns the number of blocks that were executed
 */
export async function verifyExecution(given: {
  readonly engine: StateEngine;
  readonly identity: ChainIdentity;
  readonly scheduler: Scheduler;
  readonly first: number;
  readonly last: number;
  /** Root of the receipts of a height. */
  readonly receiptRootOf: (height: number) => Promise<Uint8Array | undefined>;
  readonly blockOf: (height: number) => Promise<BlockToExecute | undefined>;
  readonly faults: Faults;
  readonly onProgress: VerifyProgress;
}): Promise<number> {
  const { engine, identity, scheduler, last, blockOf, faults, onProgress } = given;
  const past = new PastEngine(engine);
  let executed = 0;
  await faults.guard(
    'blockchain.corrupt-state',
    `execution on the state of height ${given.first}`,
    async () => {
      const first = await firstMade(engine, given.first, last);
      const receiptRoot = first === undefined ? undefined : await given.receiptRootOf(first);
      if (first === undefined || receiptRoot === undefined) return;
      await past.moveTo(first, receiptRoot);
      const ledger = createLedger({ identity, engine: past, retainedHeights: last })({ scheduler });
      await ledger.open(async () => {
        throw blockchainError('corrupt-state', 'the state has no tip');
      });
      let [height, run] = [first, ledger.beginRun()];
      while (height < last) {
        height++;
        const block = await blockOf(height);
        if (block === undefined) return;
        const execution = await run.execute(block.input);
        const isAsSaid = agree(height, faults, [
          ['receipt root', execution.receiptRoot, block.receiptRoot],
          ['next validators', execution.nextValidators.hash, block.nextValidatorSetHash],
        ]);
        if (!isAsSaid) return;
        run.add(execution);
        const stored = (await engine.get('meta', META.root(height))) ?? new Uint8Array(0);
        if (!isUnmade(stored)) {
          const sealed = await run.seal();
          const root = decodeRoot(stored)?.hash ?? EMPTY_HASH;
          if (!agree(height, faults, [['state root', sealed.stateRoot, root]])) return;
          ledger.committed(sealed);
          await past.moveTo(height, block.receiptRoot);
          run = ledger.beginRun();
        }
        executed++;
        onProgress(height - first, last - first);
      }
    },
  );
  return executed;
}

/** Names what differs between an execution and what is stored of it. */
function agree(
  height: number,
  faults: Faults,
  compared: readonly (readonly [what: string, found: Uint8Array, expected: Uint8Array])[],
): boolean {
  const differing = compared.filter(([, found, expected]) => !equalBytes(found, expected));
  for (const [what, found, expected] of differing) {
    const message = `executed again, it has the ${what} ${toHex(found)}; stored is ${toHex(expected)}`;
    faults.add('blockchain.corrupt-state', `block ${height}`, message);
  }
  return differing.length === 0;
}

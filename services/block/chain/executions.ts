import { toHex } from '#kernel';
import type { SealedExecution } from '#services/blockchain';
import { inputOf } from '../domain/execution-input.ts';
import type { Block } from '../domain/types.ts';
import { EXECUTIONS_CACHED_MAX } from '../limits.ts';
import type { ChainLedger } from './ports.ts';

/** Executes blocks on the tip once, however often they are validated before they are final. */
export interface Executions {
  of(block: Block): Promise<SealedExecution>;
  /** Remembers what `assemble` executed under the block that came of it. */
  keep(blockHash: Uint8Array, execution: SealedExecution): void;
  /** The tip moved: nothing held is of use. */
  clear(): void;
}

export function createExecutions(ledger: Pick<ChainLedger, 'execute'>): Executions {
  // Insertion order is age: the first key is the oldest.
  const held = new Map<string, SealedExecution>();

  function keep(blockHash: Uint8Array, execution: SealedExecution): void {
    held.set(toHex(blockHash), execution);
    const oldest = held.keys().next();
    if (held.size > EXECUTIONS_CACHED_MAX && !oldest.done) held.delete(oldest.value);
  }

  return {
    keep,
    clear: () => held.clear(),
    async of(block) {
      const known = held.get(toHex(block.hash));
      if (known !== undefined) return known;
      const execution = await ledger.execute(inputOf(block));
      keep(block.hash, execution);
      return execution;
    },
  };
}

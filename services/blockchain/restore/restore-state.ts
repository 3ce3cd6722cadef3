import type { StateEngine, WriteBatch } from '#engines/state';
import { concatBytes, equalBytes, uint64ToBytes, utf8 } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { readStakeTip, type ValidatorSet } from '#services/validator';
import { blockchainError } from '../errors.ts';
import { META, encodeIdentity, encodeTip } from '../ledger/records.ts';
import { recordReader } from '../ledger/stake-state.ts';
import { RESTORE_DELETES } from '../limits.ts';
import type { StateChunk } from '../snapshot/chunk.ts';
import { encodeNode, encodeRoot } from '../tree/node-codec.ts';
import { StateTree, changeOf } from '../tree/state-tree.ts';

/** Marks an engine in which a restore began and did not end. */
const RESTORING = utf8('ledger/restoring');

export interface RestoreTarget {
  readonly identity: ChainIdentity;
  /** The state is that after this height. */
  readonly height: number;
  readonly stateRoot: Uint8Array;
  readonly receiptRoot: Uint8Array;
}

/** Builds the state of one height out of verified chunks. */
export interface StateRestore {
  /** Adds the entries of a chunk that was verified; chunks come in any order, each once, one after the other. */
  apply(chunk: StateChunk): Promise<void>;
  /** The validators of the next height, out of the entries so far. */
  validators(): Promise<ValidatorSet>;
  /**
   * Puts what makes the state complete into a batch, with which it becomes the tip: write it synced.
   *
   * @throws `blockchain.incomplete-restore` when the entries do not have the state root
   */
  complete(batch: WriteBatch): void;
}

/**
 * SYNC-6: begins to build a state in an empty engine. From now on, until the batch of `complete` is written, the
 * engine counts as empty: `clearUnfinishedRestore` removes what is there.
 *
 * @throws `blockchain.not-empty` when the engine holds a state
 */
export async function beginRestore(engine: StateEngine, target: RestoreTarget): Promise<StateRestore> {
  const { identity, height, stateRoot, receiptRoot } = target;
  if (!(await isEmpty(engine))) {
    throw blockchainError(
      'not-empty',
      'there is a state already; remove the data directory to restore another',
    );
  }
  const marker = engine.batch();
  marker.put('meta', RESTORING, uint64ToBytes(height));
  await engine.write(marker, { sync: true });
  // A genesis that a crash cut short leaves entries without a tip: the restored state may not have them.
  await removeEntries(engine);
  const tree = new StateTree({ getMany: (keys) => engine.getMany('tree', keys) }, undefined);
  return {
    async apply({ entries }) {
      const changes = entries.map(({ key, value }) => changeOf(key, value));
      const update = await tree.update(changes, height);
      const batch = engine.batch();
      // Entries only come, all under one version: what takes the place of a node takes its key, and nothing is stale.
      for (const { key, node } of update.added) batch.put('tree', key, encodeNode(node));
      for (const { key, value } of entries) batch.put('state', key, value);
      await engine.write(batch);
      tree.adopt(update);
    },
    validators: () => validatorsIn(engine, height),
    complete(batch) {
      if (!equalBytes(tree.rootHash, stateRoot)) {
        throw blockchainError('incomplete-restore', `the chunks of height ${height} do not make its state`);
      }
      batch.put('meta', META.identity, encodeIdentity(identity));
      batch.put('meta', META.root(height), encodeRoot(tree.root));
      batch.put('meta', META.tip, encodeTip(height, receiptRoot));
      batch.delete('meta', RESTORING);
    },
  };
}

/** True when the engine holds no state, not even an unfinished one. */
export async function isEmpty(engine: StateEngine): Promise<boolean> {
  const [tip, restoring] = await engine.getMany('meta', [META.tip, RESTORING]);
  return tip === undefined && restoring === undefined;
}

/**
 * SYNC-6: removes what a restore left that a crash cut short, in bounded steps; the marker goes last. Call it before
 * anything else opens the engine.
 *
 * @returns whether there was one
 */
export async function clearUnfinishedRestore(engine: StateEngine): Promise<boolean> {
  if ((await engine.get('meta', RESTORING)) === undefined) return false;
  await removeEntries(engine);
  const batch = engine.batch();
  batch.delete('meta', RESTORING);
  await engine.write(batch, { sync: true });
  return true;
}

async function removeEntries(engine: StateEngine): Promise<void> {
  for (const family of ['state', 'tree'] as const) {
    let after = new Uint8Array(0);
    for (;;) {
      const entries = await engine.rangeAll(family, { gte: after, limit: RESTORE_DELETES });
      const last = entries.at(-1);
      if (last === undefined) break;
      const batch = engine.batch();
      for (const { key } of entries) batch.delete(family, key);
      await engine.write(batch);
      // The next key in order: what was removed is not walked over again.
      after = concatBytes(last.key, Uint8Array.of(0)) as typeof after;
    }
  }
}

async function validatorsIn(engine: StateEngine, height: number): Promise<ValidatorSet> {
  const stake = await readStakeTip(recordReader(engine), height);
  if (stake === undefined) throw blockchainError('incomplete-restore', 'the chunks hold no staking');
  return stake.validators;
}

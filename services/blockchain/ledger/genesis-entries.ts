import { AMOUNT_MAX, equalBytes, invariant } from '#kernel';
import {
  DEFAULT_STAKING,
  STAKING_PARAMETERS,
  TOTALS,
  genesisRecords,
  initialRotation,
  type GenesisRecords,
  type ProposerRotation,
  type StakingParameters,
  type ValidatorSet,
} from '#services/validator';
import { stateKey } from '../domain/state-keys.ts';
import type { GenesisState } from '../domain/types.ts';
import {
  accountCodec,
  consensusParametersCodec,
  feePoolCodec,
  ledgerParametersCodec,
  rotationRecord,
} from '../domain/values.ts';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { EMPTY_HASH } from '../tree/node.ts';

/** An entry of the state. */
export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A new value of an entry, or its removal. */
export interface StateWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** The state before the first block. */
export interface GenesisEntries {
  /** Made one by one, each time that they are asked for: there may be millions. */
  readonly entries: Iterable<StateEntry>;
  readonly validators: ValidatorSet;
  readonly rotation: ProposerRotation;
}

/** Every entry of the state that a genesis leads to. @throws `validator.*`, `stake.*` of its declarations */
export function genesisEntries(genesis: GenesisState): GenesisEntries {
  const staking = genesis.staking ?? DEFAULT_STAKING;
  const declared = genesisRecords(
    genesis.validators.map(({ operator, publicKey, stake, name, identity, commission }) => ({
      operator,
      publicKey,
      stake,
      identity: identity ?? { name, website: '', contact: '', description: '', location: '' },
      commission: commission ?? NO_COMMISSION,
    })),
    { ...genesis.ledger, ...staking },
    genesis,
  );
  const { validators } = declared;
  const rotation = initialRotation(validators);
  const entries = { [Symbol.iterator]: () => entriesOf(genesis, staking, declared, rotation) };
  return { entries, validators, rotation };
}

/** What a declaration without terms keeps. */
const NO_COMMISSION = { rate: 0, maxRate: 10_000, maxDailyChange: 100 };

function* entriesOf(
  genesis: GenesisState,
  staking: StakingParameters,
  { records, totals }: GenesisRecords,
  rotation: ProposerRotation,
): Iterator<StateEntry> {
  let liquid = 0n;
  for (const { address, balance } of genesis.accounts) {
    invariant(balance >= 0n && balance <= AMOUNT_MAX, 'a balance of the genesis is an amount');
    liquid += balance;
    yield { key: stateKey.account(address), value: accountCodec.encodeTrusted({ balance, nonce: 0 }) };
  }
  const issued = totals.issued + liquid;
  for (const { key, bytes } of records)
    if (bytes !== undefined && !equalBytes(key, TOTALS.keyOf())) yield { key, value: bytes };
  yield { key: TOTALS.keyOf(), value: TOTALS.encode({ ...totals, issued }) };
  yield { key: STAKING_PARAMETERS.keyOf(), value: STAKING_PARAMETERS.encode(staking) };
  yield { key: stateKey.ledgerParameters(), value: ledgerParametersCodec.encode(genesis.ledger) };
  yield { key: stateKey.consensusParameters(), value: consensusParametersCodec.encode(genesis.consensus) };
  yield { key: stateKey.proposerRotation(), value: rotationRecord.encode(rotation) };
  yield { key: stateKey.feePool(), value: feePoolCodec.encode({ balance: 0n }) };
}

/**
 * Dry run of a genesis: the state root and the first validators, without an engine.
 *
 * @param onProgress called on the way, with the entries that are in the tree and with all of them
 */
export async function buildGenesisState(
  genesis: GenesisState,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ stateRoot: Uint8Array; validators: ValidatorSet; rotation: ProposerRotation }> {
  const { entries, validators, rotation } = genesisEntries(genesis);
  const leaves = new LeafTable();
  for (const { key, value } of entries) leaves.add(key, value);
  const root = await buildTree(leaves, {
    version: genesis.initialHeight - 1,
    pause: (done) => onProgress(done, leaves.length),
  });
  return { stateRoot: root?.hash ?? EMPTY_HASH, validators, rotation };
}

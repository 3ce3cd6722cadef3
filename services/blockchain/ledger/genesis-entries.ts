import { AMOUNT_MAX, addressOfKey, invariant } from '#kernel';
import {
  initialRotation,
  makeValidatorSet,
  type ProposerRotation,
  type ValidatorSet,
} from '#services/validator';
import { stateKey } from '../domain/state-keys.ts';
import type { GenesisState, ValidatorRecord } from '../domain/types.ts';
import {
  accountCodec,
  consensusParametersCodec,
  feePoolCodec,
  ledgerParametersCodec,
  rotationRecord,
  validatorRecord,
} from '../domain/values.ts';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { EMPTY_HASH } from '../tree/node.ts';

/** An entry of the state. */
export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The state before the first block. */
export interface GenesisEntries {
  /** Made one by one, each time that they are asked for: there may be millions. */
  readonly entries: Iterable<StateEntry>;
  readonly validators: ValidatorSet;
  readonly rotation: ProposerRotation;
}

/** Every entry of the state that a genesis leads to. @throws `validator.*` when its validators make no set */
export function genesisEntries(genesis: GenesisState): GenesisEntries {
  const validators = validatorSetOf(
    genesis.validators.map((validator) => ({ ...validator, status: 'active' as const })),
    genesis.ledger.powerReduction,
    genesis.ledger.maxValidators,
  );
  const rotation = initialRotation(validators);
  return { entries: { [Symbol.iterator]: () => entriesOf(genesis, rotation) }, validators, rotation };
}

function* entriesOf(genesis: GenesisState, rotation: ProposerRotation): Iterator<StateEntry> {
  for (const { address, balance } of genesis.accounts) {
    invariant(balance >= 0n && balance <= AMOUNT_MAX, 'a balance of the genesis is an amount');
    yield { key: stateKey.account(address), value: accountCodec.encodeTrusted({ balance, nonce: 0 }) };
  }
  for (const validator of genesis.validators) {
    const value = validatorRecord.encode({ ...validator, status: 'active' });
    yield { key: stateKey.validator(validator.operator), value };
  }
  yield { key: stateKey.ledgerParameters(), value: ledgerParametersCodec.encode(genesis.ledger) };
  yield { key: stateKey.consensusParameters(), value: consensusParametersCodec.encode(genesis.consensus) };
  yield { key: stateKey.proposerRotation(), value: rotationRecord.encode(rotation) };
  yield { key: stateKey.feePool(), value: feePoolCodec.encode({ balance: 0n }) };
}

/** The active set of validator records: the largest `maxValidators` by stake, power in whole units of stake. */
export function validatorSetOf(
  records: readonly (ValidatorRecord & { readonly operator: Uint8Array })[],
  powerReduction: bigint,
  maxValidators: number,
): ValidatorSet {
  invariant(powerReduction > 0n, 'the power reduction is positive');
  const active = records.filter(({ status, stake }) => status === 'active' && stake >= powerReduction);
  const candidates = active.map(({ publicKey, stake, operator, name }) => ({
    address: addressOfKey('ed25519', publicKey),
    publicKey,
    power: Number(stake / powerReduction),
    operator,
    name,
  }));
  if (candidates.length <= maxValidators) return makeValidatorSet(candidates);
  return makeValidatorSet(makeValidatorSet(candidates).validators.slice(0, maxValidators));
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

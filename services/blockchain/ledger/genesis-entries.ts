import { addressOfKey, invariant } from '#kernel';
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
import { StateTree, changeOf } from '../tree/state-tree.ts';

/** An entry of the state. */
export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The state before the first block. */
export interface GenesisEntries {
  readonly entries: readonly StateEntry[];
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
  const entries: StateEntry[] = [
    ...genesis.accounts.map(({ address, balance }) => ({
      key: stateKey.account(address),
      value: accountCodec.encode({ balance, nonce: 0 }),
    })),
    ...genesis.validators.map((validator) => ({
      key: stateKey.validator(validator.operator),
      value: validatorRecord.encode({ ...validator, status: 'active' }),
    })),
    { key: stateKey.ledgerParameters(), value: ledgerParametersCodec.encode(genesis.ledger) },
    { key: stateKey.consensusParameters(), value: consensusParametersCodec.encode(genesis.consensus) },
    { key: stateKey.proposerRotation(), value: rotationRecord.encode(rotation) },
    { key: stateKey.feePool(), value: feePoolCodec.encode({ balance: 0n }) },
  ];
  return { entries, validators, rotation };
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

/** Dry run of a genesis: the state root and the first validators, without an engine. */
export async function buildGenesisState(
  genesis: GenesisState,
): Promise<{ stateRoot: Uint8Array; validators: ValidatorSet; rotation: ProposerRotation }> {
  const { entries, validators, rotation } = genesisEntries(genesis);
  const tree = new StateTree({ getMany: async (keys) => keys.map(() => undefined) }, undefined);
  const changes = entries.map(({ key, value }) => changeOf(key, value));
  const { rootHash } = await tree.update(changes, genesis.initialHeight - 1);
  return { stateRoot: rootHash, validators, rotation };
}

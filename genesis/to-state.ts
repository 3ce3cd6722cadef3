import { formatAddress } from '#kernel';
import type { ConsensusParameters, GenesisState, LedgerParameters } from '#services/blockchain';
import { DEFAULT_STAKING, type StakingParameters } from '#services/validator';
import type { StakingMember } from './document/document.ts';
import type { GenesisModel } from './document/model.ts';

/** The state that a document without errors leads to. A stake leaves its operator's balance. */
export function toGenesisState(model: GenesisModel, genesisHash: Uint8Array): GenesisState {
  const number = (value: bigint | undefined): number => Number(known(value));
  const { ledger: l, consensus: c } = model;
  const ledger: LedgerParameters = {
    minGasPrice: known(l.minGasPrice),
    maxBlockBytes: number(l.maxBlockBytes),
    maxBlockGas: number(l.maxBlockGas),
    maxBlockTransactions: number(l.maxBlockTransactions),
    maxValidators: number(l.maxValidators),
    minSelfStake: known(l.minSelfStake),
    powerReduction: known(l.powerReduction),
    epochBlocks: number(l.epochBlocks),
    unbondingPeriodMs: number(l.unbondingPeriodMs),
    evidenceMaxAgeMs: number(l.evidenceMaxAgeMs),
  };
  const consensus: ConsensusParameters = {
    proposeTimeoutMs: number(c.proposeTimeoutMs),
    prevoteTimeoutMs: number(c.prevoteTimeoutMs),
    precommitTimeoutMs: number(c.precommitTimeoutMs),
    timeoutDeltaMs: number(c.timeoutDeltaMs),
    emptyBlockIntervalMs: number(c.emptyBlockIntervalMs),
    precisionMs: number(c.precisionMs),
    messageDelayMs: number(c.messageDelayMs),
  };
  const staking = stakingOf(model, ledger.epochBlocks);
  return {
    identity: { chainId: known(model.chainId), genesisHash },
    initialHeight: known(model.initialHeight),
    timeMs: known(model.timeMs),
    accounts: { [Symbol.iterator]: () => accountsWithoutStakes(model) },
    validators: model.validators.map((validator) => {
      const { website = '', contact = '', description = '', location = '' } = validator;
      const operator = known(validator.operator);
      const name = validator.name === '' ? formatAddress(operator) : validator.name;
      return {
        operator,
        publicKey: known(validator.publicKey),
        stake: known(validator.stake),
        name,
        identity: { name, website, contact, description, location },
        commission: known(validator.commission),
      };
    }),
    ledger,
    staking,
    consensus,
  };
}

/** A set is in force before the next is decided, whatever the length of an epoch. */
function stakingOf({ staking }: GenesisModel, epochBlocks: number): StakingParameters {
  const { blockReward = DEFAULT_STAKING.blockReward, minDelegation = DEFAULT_STAKING.minDelegation } =
    staking;
  const number = (name: Exclude<StakingMember, 'blockReward' | 'minDelegation'>): number =>
    Number(staking[name] ?? DEFAULT_STAKING[name]);
  return {
    activationDelayBlocks: Math.min(number('activationDelayBlocks'), epochBlocks - 1),
    maxChurnBasisPoints: number('maxChurnBasisPoints'),
    blockReward,
    communityBasisPoints: number('communityBasisPoints'),
    minDelegation,
    signedBlocksWindow: number('signedBlocksWindow'),
    minSignedBasisPoints: number('minSignedBasisPoints'),
    downtimeJailMs: number('downtimeJailMs'),
    downtimeSlashBasisPoints: number('downtimeSlashBasisPoints'),
    equivocationSlashBasisPoints: number('equivocationSlashBasisPoints'),
    reputationWeightBasisPoints: number('reputationWeightBasisPoints'),
  };
}

/** The accounts one by one, as they are asked for: no list of them is made. */
function* accountsWithoutStakes({ accounts, validators }: GenesisModel) {
  const stakes = new Map(
    validators.map(({ operator, stake }) => [accounts.find(known(operator)), known(stake)]),
  );
  for (let row = 0; row < accounts.length; row++) {
    const stake = stakes.get(row) ?? 0n;
    yield { address: known(accounts.addressAt(row)), balance: known(accounts.balanceAt(row)) - stake };
  }
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a document with errors has no state');
  return value;
}

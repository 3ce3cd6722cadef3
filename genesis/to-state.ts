import { formatAddress, toHex } from '#kernel';
import type { ConsensusParameters, GenesisState, LedgerParameters } from '#services/blockchain';
import type { GenesisModel } from './document/model.ts';

/** The state that a document without errors leads to. A stake leaves its operator's balance. */
export function toGenesisState(model: GenesisModel, genesisHash: Uint8Array): GenesisState {
  const stakes = new Map<string, bigint>();
  for (const { operator, stake } of model.validators) stakes.set(toHex(known(operator)), known(stake));
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
  return {
    identity: { chainId: known(model.chainId), genesisHash },
    initialHeight: known(model.initialHeight),
    timeMs: known(model.timeMs),
    accounts: model.accounts.map(({ address, balance }) => ({
      address: known(address),
      balance: known(balance) - (stakes.get(toHex(known(address))) ?? 0n),
    })),
    validators: model.validators.map(({ operator, publicKey, stake, name }) => ({
      operator: known(operator),
      publicKey: known(publicKey),
      stake: known(stake),
      name: name === '' ? formatAddress(known(operator)) : name,
    })),
    ledger,
    consensus,
  };
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a document with errors has no state');
  return value;
}

import { formatAddress, fromHex, toHex, verifyZip215 } from '#kernel';
import type { GenesisState } from '#services/blockchain';
import { approvalDigest } from './approval.ts';
import type { GenesisSeal } from './seal.ts';

/** What of a genesis its approvals are judged by. */
export interface ApprovedGenesis {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  readonly validators: GenesisState['validators'];
}

/** How far a genesis is approved. Amounts are decimal text in base units. */
export interface SealReport {
  /** Valid approvals hold more than two thirds of the declared stake. */
  readonly sealed: boolean;
  readonly genesisHash: string;
  readonly approvedStake: string;
  readonly totalStake: string;
  readonly approvals: readonly JudgedApproval[];
}

export interface JudgedApproval {
  readonly operator: string;
  /** Of the validator; empty for nobody that the genesis declares. */
  readonly name: string;
  readonly stake: string;
  readonly valid: boolean;
  /** What is wrong with one that does not count. */
  readonly reason?: string;
}

/** Judges a seal against a genesis: every signature, and whether they hold more than two thirds of the stake. */
export function checkSeal(genesis: ApprovedGenesis, seal: GenesisSeal): SealReport {
  const { chainId, genesisHash } = genesis;
  const validators = new Map(
    genesis.validators.map((validator) => [formatAddress(validator.operator), validator]),
  );
  const digest = approvalDigest(genesisHash, chainId);
  const isOfGenesis = seal.genesisHash === toHex(genesisHash) && seal.chainId === chainId;
  const counted = new Set<string>();
  const approvals = seal.approvals.map(({ operator, signature }): JudgedApproval => {
    const validator = validators.get(operator);
    const { name = '', stake = 0n } = validator ?? {};
    const judged = { operator, name, stake: stake.toString() };
    const fails = (reason: string): JudgedApproval => ({ ...judged, valid: false, reason });
    if (validator === undefined) return fails('the genesis declares no validator of this operator');
    if (!isOfGenesis)
      return fails(`the seal is of the genesis ${seal.genesisHash} of "${seal.chainId.slice(0, 60)}"`);
    if (counted.has(operator)) return fails('it stands twice');
    if (!verifyZip215(validator.publicKey, digest, fromHex(signature))) {
      return fails('the signature is not of the validator’s consensus key over this genesis');
    }
    counted.add(operator);
    return { ...judged, valid: true };
  });
  const sum = (stakes: readonly bigint[]): bigint => stakes.reduce((total, stake) => total + stake, 0n);
  const approved = sum(approvals.filter(({ valid }) => valid).map(({ stake }) => BigInt(stake)));
  const total = sum(genesis.validators.map(({ stake }) => stake));
  return {
    sealed: isQuorum(approved, total),
    genesisHash: toHex(genesisHash),
    approvedStake: approved.toString(),
    totalStake: total.toString(),
    approvals,
  };
}

/** More than two thirds, exactly. */
export function isQuorum(part: bigint, total: bigint): boolean {
  return part * 3n > total * 2n;
}

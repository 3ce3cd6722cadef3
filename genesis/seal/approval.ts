import { equalBytes, formatAddress, signingDigest, toHex, utf8, type SigningKey } from '#kernel';
import { genesisError } from '../errors.ts';
import type { ApprovedGenesis } from './verify-seal.ts';

/** A validator's signature over the genesis hash, as the file that it sends. */
export interface ApprovalFile {
  readonly kind: 'bizra-approval';
  readonly version: 1;
  readonly chainId: string;
  /** Hex. */
  readonly genesisHash: string;
  /** Address of the account that controls the validator. */
  readonly operator: string;
  /** Of the consensus key, in hex. */
  readonly signature: string;
}

/** What an approval signs: the chain id, in a domain of its own under the genesis hash. */
export function approvalDigest(genesisHash: Uint8Array, chainId: string): Uint8Array {
  return signingDigest('approval', genesisHash, utf8(chainId));
}

/**
 * A validator's approval of exactly this genesis.
 *
 * @throws `genesis.not-a-validator` when the genesis declares no validator with the key
 */
export function approveGenesis(genesis: ApprovedGenesis, consensusKey: SigningKey): ApprovalFile {
  const validator = genesis.validators.find(({ publicKey }) => equalBytes(publicKey, consensusKey.publicKey));
  if (validator === undefined) {
    throw genesisError(
      'not-a-validator',
      `the genesis declares no validator with the consensus key ${toHex(consensusKey.publicKey)}; only its validators approve it`,
      { publicKey: toHex(consensusKey.publicKey) },
    );
  }
  return {
    kind: 'bizra-approval',
    version: 1,
    chainId: genesis.chainId,
    genesisHash: toHex(genesis.genesisHash),
    operator: formatAddress(validator.operator),
    signature: toHex(consensusKey.sign(approvalDigest(genesis.genesisHash, genesis.chainId))),
  };
}

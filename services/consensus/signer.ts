import { proposalDigest, voteDigest, type ProposalBody, type VoteBody } from '#services/block';
import type { SigningKey } from '#kernel';
import { openLastSignGuard } from './store/last-sign-guard.ts';
import type { LogDirectory } from './store/log-directory.ts';

/** A validator's consensus key, wherever it is kept. CONS-9: never signs two contradicting messages. */
export interface ConsensusSigner {
  /** 32-byte Ed25519 key. */
  readonly publicKey: Uint8Array;
  /** CONS-15: a signature may take long or never come; consensus does not wait for it. */
  readonly isRemote?: boolean;
  /** Tells when to ask again for what the signer could not sign: it is back, or some time has passed since it failed. */
  onReady?(listener: () => void): () => void;
  /** CONS-16: tells what another node had the key say in a place in which this one asked for something else. */
  onSaid?(listener: (body: VoteBody, signature: Uint8Array) => void): () => void;
  /**
   * @throws `consensus.sign-regression`, `consensus.sign-conflict`, `consensus.storage-failed`; a remote one also
   *   `consensus.sign-fenced`, `consensus.sign-locked`, `consensus.signer-standby`, `consensus.signer-unavailable`,
   *   `consensus.signer-failed`
   */
  signVote(body: VoteBody): Promise<Uint8Array>;
  /** @throws as `signVote` */
  signProposal(body: ProposalBody): Promise<Uint8Array>;
}

/**
 * A signer with the key in this process and the record of its last signature in `directory`.
 *
 * @param init `key` Ed25519; `genesisHash` 32 bytes, part of what is signed
 * @throws `consensus.sign-record-corrupt`, `consensus.sign-record-of-other-key`
 */
export async function openLocalSigner(init: {
  directory: LogDirectory;
  key: SigningKey;
  genesisHash: Uint8Array;
}): Promise<ConsensusSigner & { close(): Promise<void> }> {
  const { directory, key, genesisHash } = init;
  const guard = await openLastSignGuard(directory, key.publicKey);
  const sign = (digest: Uint8Array) => key.sign(digest);
  return {
    publicKey: key.publicKey,
    signVote(body) {
      const { height, round, kind } = body;
      return guard.sign({ height, round, step: kind, digest: voteDigest(body, genesisHash) }, sign);
    },
    signProposal(body) {
      const { height, round } = body;
      return guard.sign({ height, round, step: 'proposal', digest: proposalDigest(body, genesisHash) }, sign);
    },
    close: () => guard.close(),
  };
}

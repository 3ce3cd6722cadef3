import type { CoordinationEngine, Lease } from '#engines/coordination';
import { demandsHalt, isCodedError, type CodedError, type Logger, type SigningKey } from '#kernel';
import { proposalBodyCodec, proposalDigest, voteBodyCodec, voteDigest } from '#services/block';
import type { PeerId } from '#services/network';
import { consensusError } from '../errors.ts';
import { openLastSignGuard } from '../store/last-sign-guard.ts';
import type { LogDirectory } from '../store/log-directory.ts';
import { createFencedGuard, fenced, leaseNameOf, type FencedGuard } from './fenced-guard.ts';
import type { BlockSignRequest } from './lock-rule.ts';
import {
  decodeSignerRequest,
  encodeSignerAnswer,
  type SignerAnswer,
  type SignerRequest,
  type SignerStatusCode,
} from './signer-messages.ts';

export interface SignerServiceInit {
  readonly key: SigningKey;
  /** 32 bytes, part of what is signed: a signer signs for one chain. */
  readonly genesisHash: Uint8Array;
  /** Time to live of the lease that a node gets. */
  readonly leaseMs: number;
}

export interface SignerServiceComponents {
  readonly engine: CoordinationEngine;
  /** Where this machine's own record of the last signature is. */
  readonly directory: LogDirectory;
  readonly logger: Logger;
  /** Called once when going on would not be safe; the process must end. */
  readonly onFatal: (error: CodedError) => void;
}

/** A signer's answers. */
export interface SignerService {
  /** Answers one request of a node whose identity is proven; never throws. */
  answer(node: PeerId, request: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

const NO_BYTES = new Uint8Array(0);
const NOTHING = { token: 0, forMs: 0, signature: NO_BYTES, body: NO_BYTES, reason: '' };
const REFUSALS: ReadonlySet<string> = new Set<SignerStatusCode>([
  'consensus.signer-standby',
  'consensus.sign-fenced',
  'consensus.sign-regression',
  'consensus.sign-conflict',
  'consensus.sign-locked',
  'consensus.signer-malformed',
]);

/**
 * Serves a consensus key to several nodes, one at a time: to the one that has the lease.
 *
 * CONS-13: signs the body of a vote or a proposal under the current token of the node that asks, after two records
 * have the signature: this machine's own file, and the fenced one that every machine of the key shares. The file
 * keeps the key from signing twice also when the coordination engine was emptied or put back from an older copy.
 *
 * @throws `consensus.sign-record-corrupt`, `consensus.sign-record-of-other-key`, `consensus.storage-failed`
 */
export async function openSignerService(
  { key, genesisHash, leaseMs }: SignerServiceInit,
  { engine, directory, logger, onFatal }: SignerServiceComponents,
): Promise<SignerService> {
  const own = await openLastSignGuard(directory, key.publicKey);
  const shared = createFencedGuard(engine, key.publicKey);
  const name = leaseNameOf(key.publicKey);
  let fatal: CodedError | undefined;

  async function perform(node: PeerId, request: SignerRequest): Promise<SignerAnswer> {
    const lease = { name, token: request.token };
    switch (request.kind) {
      case 'acquire':
        return acquire(node);
      case 'renew':
        await requireLease(node, lease);
        await engine.renew(lease);
        return { ...NOTHING, status: 'ok', token: lease.token, forMs: leaseMs };
      case 'release':
        await requireLease(node, lease);
        await engine.release(lease);
        logger.info({ node, token: lease.token }, 'a node gave the lease back');
        return { ...NOTHING, status: 'ok' };
      case 'vote':
      case 'proposal':
        return sign(node, lease, bodyRequest(request, genesisHash));
    }
  }

  async function acquire(node: PeerId): Promise<SignerAnswer> {
    const acquisition = await engine.acquire(name, node, leaseMs);
    if (acquisition.kind === 'granted') {
      const { token } = acquisition.lease;
      logger.info({ node, token }, 'a node has the lease');
      return { ...NOTHING, status: 'ok', token, forMs: leaseMs };
    }
    const { holder, remainingMs } = acquisition.by;
    const reason = `the node ${holder} signs; its lease lasts ${remainingMs} ms more unless it renews it`;
    return { ...NOTHING, status: 'consensus.signer-standby', forMs: remainingMs, reason };
  }

  /** A token is a small number that others can guess: it counts only from the node that it was given to. */
  async function requireLease(node: PeerId, lease: Lease): Promise<void> {
    const current = await engine.holder(name);
    if (current?.token !== lease.token || current.holder !== node) throw fenced(lease);
  }

  async function sign(node: PeerId, lease: Lease, request: BlockSignRequest): Promise<SignerAnswer> {
    await requireLease(node, lease);
    try {
      const signature = await own.sign(request, () =>
        shared.sign(request, lease, (digest) => key.sign(digest)),
      );
      return { ...NOTHING, status: 'ok', signature };
    } catch (error) {
      const said = await saidInstead(shared, request, error);
      if (said === undefined) throw error;
      return { ...refusal(node, error), ...said };
    }
  }

  function refusal(node: PeerId, error: unknown): SignerAnswer {
    const status = refusalStatus(error);
    if (status !== undefined && error instanceof Error) {
      logger.warn({ node, code: status }, error.message);
      return { ...NOTHING, status, reason: error.message };
    }
    logger.error({ node, error }, 'a request failed');
    if (isCodedError(error) && demandsHalt(error) && fatal === undefined) {
      fatal = error;
      onFatal(error);
    }
    const code = isCodedError(error) ? error.code : 'internal';
    return { ...NOTHING, status: 'consensus.signer-failed', reason: `the signer failed: ${code}` };
  }

  return {
    async answer(node, bytes) {
      try {
        if (fatal !== undefined) throw fatal;
        return encodeSignerAnswer(await perform(node, decodeSignerRequest(bytes)));
      } catch (error) {
        return encodeSignerAnswer(refusal(node, error));
      }
    },
    close: () => own.close(),
  };
}

/** The status of a refusal; undefined for a failure. */
function refusalStatus(error: unknown): SignerStatusCode | undefined {
  if (!isCodedError(error)) return undefined;
  if (error.code === 'engine.coordination.lease-lost') return 'consensus.sign-fenced';
  return REFUSALS.has(error.code) ? (error.code as SignerStatusCode) : undefined;
}

/** CONS-16: the vote that the key said in the place in which it refuses another. */
async function saidInstead(
  guard: FencedGuard,
  request: BlockSignRequest,
  error: unknown,
): Promise<Pick<SignerAnswer, 'body' | 'signature'> | undefined> {
  const isSaid =
    isCodedError(error, 'consensus.sign-conflict') || isCodedError(error, 'consensus.sign-regression');
  const said = isSaid ? await guard.said(request) : undefined;
  if (said === undefined || said.step === 'proposal') return undefined;
  const { step: kind, round, blockHash, signature } = said;
  return { signature, body: voteBodyCodec.encode({ kind, height: request.height, round, blockHash }) };
}

/** What the bytes of a body ask to be signed: the signer makes the digest itself. */
function bodyRequest({ kind, body }: SignerRequest, genesisHash: Uint8Array): BlockSignRequest {
  try {
    if (kind === 'vote') {
      const vote = voteBodyCodec.decode(body);
      const { height, round, blockHash } = vote;
      requireHeight(height);
      return { height, round, step: vote.kind, blockHash, digest: voteDigest(vote, genesisHash) };
    }
    const proposal = proposalBodyCodec.decode(body);
    const { height, round, blockHash } = proposal;
    requireHeight(height);
    return { height, round, step: 'proposal', blockHash, digest: proposalDigest(proposal, genesisHash) };
  } catch (cause) {
    if (!isCodedError(cause) || cause.code === 'consensus.signer-malformed') throw cause;
    throw consensusError(
      'signer-malformed',
      `the body is not one of a ${kind}: ${cause.message}`,
      {},
      { cause },
    );
  }
}

function requireHeight(height: number): void {
  if (height > 0) return;
  throw consensusError('signer-malformed', 'no chain has a height 0 to vote on', { height });
}

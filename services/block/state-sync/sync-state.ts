import { equalBytes, isCodedError } from '#kernel';
import { beginRestore, clearUnfinishedRestore } from '#services/blockchain';
import { voteDigest } from '../domain/signed-bodies.ts';
import type { Commit } from '../domain/types.ts';
import { isQuorum } from '../domain/verify-commit.ts';
import { blockError } from '../errors.ts';
import { STATE_SYNC_LIMITS, type StateSyncLimits } from '../limits.ts';
import { stageStart } from '../store/stage-start.ts';
import { downloadChunks, type ChunkCounts } from './chunk-download.ts';
import { fetchBlock } from './fetch-block.ts';
import { Offers, type Offer } from './offers.ts';
import type { StateSyncComponents, VerifiedHeader } from './ports.ts';

/** What state sync did. */
export interface StateSyncOutcome extends ChunkCounts {
  readonly height: number;
  readonly elapsedMs: number;
}

/**
 * Fills an empty engine with the newest state that peers have a snapshot of and the light client verifies. After it,
 * ledger and chain open at that height, and block sync goes on from there. Nothing counts until the last write, one
 * synced batch of what makes state and block the tip.
 *
 * @returns undefined when no snapshot could be verified in time: then the engine is empty again
 * @throws what the engine throws; the reason of `signal` when it is aborted
 */
export async function syncState(
  components: StateSyncComponents,
  signal: AbortSignal,
): Promise<StateSyncOutcome | undefined> {
  const limits = { ...STATE_SYNC_LIMITS, ...components.limits };
  const ended = new AbortController();
  const offers = new Offers(components.transport, {
    timeoutMs: limits.manifestTimeoutMs,
    signal: AbortSignal.any([signal, ended.signal]),
  });
  try {
    return await takeBest(offers, components, limits, signal);
  } finally {
    ended.abort();
  }
}

/** Takes one offer after the other until one leads to a state or the time is up. */
async function takeBest(
  offers: Offers,
  components: StateSyncComponents,
  limits: StateSyncLimits,
  signal: AbortSignal,
): Promise<StateSyncOutcome | undefined> {
  const { clock, engine, transport, logger } = components;
  const startedMs = clock.monotonic();
  let discoveredMs: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const nowMs = clock.monotonic();
    if (nowMs - startedMs > limits.giveUpMs) return undefined;
    if (transport.peers().length > 0) discoveredMs ??= nowMs;
    // Peers that come a moment later may have a newer one, and the light client wants more than one.
    const isDue = discoveredMs !== undefined && nowMs - discoveredMs >= limits.discoveryMs;
    if (isDue) await offers.refresh();
    const offer = isDue ? offers.best() : undefined;
    // Where all have failed before, something new may come.
    if (offer === undefined || offer.failures > 0) await pause(components, limits.pollMs);
    if (offer === undefined) continue;
    let proven: ProvenHeaders | undefined;
    try {
      proven = await prove(offer, components);
      const counts = await take(offer, proven, components, limits, signal);
      return { ...counts, height: offer.manifest.height, elapsedMs: clock.monotonic() - startedMs };
    } catch (error) {
      if (!isCodedError(error) || error.action === 'halt') throw error;
      offers.setFailed(offer, proven !== undefined);
      await clearUnfinishedRestore(engine);
      logger.warn({ height: offer.manifest.height, err: error }, 'a snapshot did not lead to a state');
    }
  }
}

function pause({ scheduler }: StateSyncComponents, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(delayMs, resolve);
  });
}

/** Headers of a snapshot's height, and of the next, in which the root of the state stands. */
interface ProvenHeaders {
  readonly own: VerifiedHeader;
  readonly next: VerifiedHeader;
}

async function prove({ manifest }: Offer, { headers }: StateSyncComponents): Promise<ProvenHeaders> {
  const { height } = manifest;
  const next = await headers.verifiedAt(height + 1);
  return { own: await headers.verifiedAt(height), next };
}

async function take(
  offer: Offer,
  { own: verified, next }: ProvenHeaders,
  components: StateSyncComponents,
  limits: StateSyncLimits,
  signal: AbortSignal,
): Promise<ChunkCounts> {
  const { identity, engine, transport, scheduler, logger } = components;
  const { height, stateRoot: claimed } = offer.manifest;
  const { stateRoot, receiptRoot } = next.header;
  if (!equalBytes(claimed, stateRoot)) {
    for (const peer of offer.peers) transport.report(peer, 'invalid', 'its snapshot is of another state');
    throw blockError('no-snapshot', `the snapshot of height ${height} is not of the chain's state`, {
      height,
    });
  }
  logger.info(
    { height, chunks: offer.places.length, peers: offer.peers.size },
    'state sync takes a snapshot',
  );
  const restore = await beginRestore(engine, { identity, height, stateRoot, receiptRoot });
  const apply = (chunk: Parameters<typeof restore.apply>[0]) => restore.apply(chunk);
  const counts = await downloadChunks(offer, {
    transport,
    scheduler,
    logger,
    limits,
    signal,
    stateRoot,
    apply,
  });
  signal.throwIfAborted();
  const timeoutMs = limits.requestTimeoutMs;
  const block = await fetchBlock(verified, { transport, identity, timeoutMs, signal });
  const following = await restore.validators();
  if (!equalBytes(following.hash, verified.header.nextValidatorSetHash)) {
    throw blockError('corrupt-home', `the restored state of height ${height} holds other validators`);
  }
  const own = equalBytes(following.hash, verified.validators.hash) ? following : verified.validators;
  const batch = engine.batch();
  restore.complete(batch);
  const commit = withoutGarbage(verified, components);
  stageStart(batch, { block, commit, validatorSets: [own, following] });
  await engine.write(batch, { sync: true });
  return counts;
}

/**
 * SYNC-5: the commit with its valid signatures alone. The light client checks no more of them than it needs; a
 * proposer that hands on the others would have its block refused.
 */
function withoutGarbage(verified: VerifiedHeader, { identity, verifier }: StateSyncComponents): Commit {
  const { commit, hash, header, validators: set } = verified;
  const { height } = header;
  const { round } = commit;
  const digest = voteDigest({ kind: 'precommit', height, round, blockHash: hash }, identity.genesisHash);
  let power = 0;
  const signatures = set.validators.map(({ publicKey, power: own }, index) => {
    const signature = commit.signatures[index];
    if (signature === undefined || !verifier.verify({ publicKey, digest, signature })) return undefined;
    power += own;
    return signature;
  });
  if (!isQuorum(power, set))
    throw blockError('invalid-commit', `the commit of height ${height} proves nothing`);
  return { ...commit, signatures };
}

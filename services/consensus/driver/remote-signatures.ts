import { isCodedError, type CodedError, type Logger } from '#kernel';
import type { ProposalBody, VoteBody } from '#services/block';
import type { CoreEffect } from '../domain/types.ts';
import type { ConsensusSigner } from '../signer.ts';
import type { Telemetry } from './telemetry.ts';

export type VoteEffect = Extract<CoreEffect, { kind: 'vote' }>;

/** What is not said is not said: consensus goes on without it. */
const REFUSALS: ReadonlySet<string> = new Set([
  'consensus.sign-regression',
  'consensus.sign-conflict',
  'consensus.sign-locked',
  'consensus.sign-fenced',
  'consensus.signer-standby',
  'consensus.signer-unavailable',
  'consensus.signer-failed',
]);

export interface SigningComponents {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/**
 * The vote that the key signs; undefined when its guard refused it or its signer is away: the guard of the key has the
 * last word. CONS-14: where the lock of the key forbids a block, nil, since nobody may leave the round without it.
 *
 * @throws what ends consensus
 */
export async function signedVote(
  signer: ConsensusSigner,
  body: VoteBody,
  components: SigningComponents,
): Promise<{ readonly body: VoteBody; readonly signature: Uint8Array } | undefined> {
  const { signature, refusal } = await unlessRefused(signer.signVote(body), body, components);
  if (signature !== undefined) return { body, signature };
  if (refusal?.code !== 'consensus.sign-locked' || body.blockHash === undefined) return undefined;
  return signedVote(signer, { ...body, blockHash: undefined }, components);
}

/** The signature of a proposal, or undefined as for a vote; throws what ends consensus. */
export async function signedProposal(
  signer: ConsensusSigner,
  body: ProposalBody,
  components: SigningComponents,
): Promise<Uint8Array | undefined> {
  return (await unlessRefused(signer.signProposal(body), body, components)).signature;
}

async function unlessRefused(
  signing: Promise<Uint8Array>,
  { height, round }: { readonly height: number; readonly round: number },
  { logger, telemetry }: SigningComponents,
): Promise<{ readonly signature?: Uint8Array; readonly refusal?: CodedError }> {
  try {
    return { signature: await signing };
  } catch (error) {
    if (!isCodedError(error) || !REFUSALS.has(error.code)) throw error;
    tellRefusal(error, { height, round }, logger, telemetry);
    return { refusal: error };
  }
}

/** Standing by is what a standby does, and the remote signer says itself when it is lost. */
function tellRefusal(
  error: CodedError,
  place: { height: number; round: number },
  logger: Logger,
  telemetry: Telemetry,
): void {
  const level = error.action === 'retry' ? 'debug' : 'warn';
  logger[level]({ error, ...place }, 'the signer refused to sign');
  if (error.code === 'consensus.signer-standby') return;
  telemetry.emit({ kind: 'sign-refused', ...place, error });
}

/**
 * CONS-15: the votes of the round in progress that a remote signer could not sign. Where the power of this validator
 * is needed, the others set no timeout before they have its vote: the node that takes over must say what the one
 * before it did not.
 */
export class UnsignedVotes {
  #effects: VoteEffect[] = [];

  keep(effect: VoteEffect): void {
    this.#effects = [...this.#effects.filter(({ round }) => round === effect.round), effect];
  }

  /** The votes of `round`, which are not kept any longer. */
  take(round: number): VoteEffect[] {
    return this.#effects.splice(0).filter((effect) => effect.round === round);
  }
}

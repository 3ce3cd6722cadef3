import { isCodedError, type CodedError, type Logger } from '#kernel';
import type { CoreEffect } from '../domain/types.ts';
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

/** A signature, or why there is none. */
export interface Signing {
  readonly signature: Uint8Array | undefined;
  readonly refusal?: CodedError;
}

/** The signature, or why the key's guard refused it or its signer is away; throws what ends consensus. */
export async function signatureUnlessRefused(
  signing: Promise<Uint8Array>,
  place: { height: number; round: number },
  { logger, telemetry }: { logger: Logger; telemetry: Telemetry },
): Promise<Signing> {
  try {
    return { signature: await signing };
  } catch (error) {
    if (!isCodedError(error) || !REFUSALS.has(error.code)) throw error;
    tellRefusal(error, place, logger, telemetry);
    return { signature: undefined, refusal: error };
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

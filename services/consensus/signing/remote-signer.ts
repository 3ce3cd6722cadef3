import {
  isCodedError,
  type Cancellable,
  type CodedError,
  type Logger,
  type Random,
  type Scheduler,
  type SignatureVerifier,
} from '#kernel';
import { proposalBodyCodec, proposalDigest, voteBodyCodec, voteDigest, type VoteBody } from '#services/block';
import type { PeerId, Transport } from '#services/network';
import { consensusError } from '../errors.ts';
import {
  SIGNATURES_PENDING_MAX,
  SIGNER_ANSWER_BYTES_MAX,
  SIGNER_RETRY_MS_MAX,
  SIGNER_RETRY_MS_MIN,
  SIGNER_TIMEOUT_MS,
} from '../limits.ts';
import type { ConsensusSigner } from '../signer.ts';
import {
  decodeSignerAnswer,
  encodeSignerRequest,
  SIGNER_PROTOCOL,
  type SignerAnswer,
  type SignerRequest,
} from './signer-messages.ts';

export interface RemoteSignerInit {
  /** Of the consensus key that the signer keeps, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly genesisHash: Uint8Array;
  /** The signer's identity; the transport proves it. */
  readonly signer: PeerId;
  /** Whether this node is fit to sign: one that is behind, or that nobody hears, leaves the lease to the other. */
  readonly isFit: () => boolean;
}

export interface RemoteSignerComponents {
  readonly transport: Pick<Transport, 'request' | 'peers' | 'onPeer'>;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
}

/** `signing`: this node has the lease. `standby`: another has it, or this one is not fit. */
export interface RemoteSignerStatus {
  readonly state: 'signing' | 'standby' | 'unavailable';
  /** Why it does not sign. */
  readonly error?: CodedError;
}

export interface RemoteSigner extends ConsensusSigner {
  readonly isRemote: true;
  onReady(listener: () => void): () => void;
  onSaid(listener: SaidListener): () => void;
  status(): RemoteSignerStatus;
  start(): void;
  /** Gives the lease back, so that the other node need not wait for its end. */
  stop(): Promise<void>;
}

type SaidListener = (body: VoteBody, signature: Uint8Array) => void;

/** A key that a signer keeps, in a process or on a machine of its own. Nothing leaves before the lease is there. */
export function createRemoteSigner(init: RemoteSignerInit, components: RemoteSignerComponents): RemoteSigner {
  return new LeasedSigner(init, components);
}

class LeasedSigner implements RemoteSigner {
  readonly isRemote = true;
  readonly publicKey: Uint8Array;
  readonly #init: RemoteSignerInit;
  readonly #components: RemoteSignerComponents;
  readonly #logger: Logger;
  readonly #listeners = new Set<() => void>();
  readonly #saidListeners = new Set<SaidListener>();
  #status: RemoteSignerStatus = { state: 'unavailable', error: unavailable('it was not reached yet') };
  /** Token of the lease, while this node has no reason to think that it is over. */
  #token: number | undefined;
  #retryMs = SIGNER_RETRY_MS_MIN;
  #timer: Cancellable | undefined;
  /** Set while votes are to be asked for again that failed under a lease that lasts. */
  #askAgainTimer: Cancellable | undefined;
  #askAgainMs = SIGNER_RETRY_MS_MIN;
  /** The look that is under way. */
  #looking: Promise<void> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #unsubscribe: (() => void) | undefined;
  #isRunning = false;

  constructor(init: RemoteSignerInit, components: RemoteSignerComponents) {
    this.publicKey = init.publicKey;
    this.#init = init;
    this.#components = components;
    this.#logger = components.logger.child({ context: 'signer' });
  }

  status(): RemoteSignerStatus {
    return this.#status;
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onSaid(listener: SaidListener): () => void {
    this.#saidListeners.add(listener);
    return () => this.#saidListeners.delete(listener);
  }

  start(): void {
    this.#isRunning = true;
    this.#unsubscribe = this.#components.transport.onPeer(({ kind, peer }) => {
      if (peer !== this.#init.signer) return;
      if (kind === 'disconnected') this.#lose(unavailable('the connection is gone'));
      else this.#lookIn(0);
    });
    this.#lookIn(0);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#askAgainTimer?.cancel();
    this.#askAgainTimer = undefined;
    this.#unsubscribe?.();
    // It may bring a lease.
    await this.#looking;
    await this.#giveBack();
  }

  signVote(body: Parameters<ConsensusSigner['signVote']>[0]): Promise<Uint8Array> {
    const digest = voteDigest(body, this.#init.genesisHash);
    return this.#sign('vote', voteBodyCodec.encode(body), digest);
  }

  signProposal(body: Parameters<ConsensusSigner['signProposal']>[0]): Promise<Uint8Array> {
    const digest = proposalDigest(body, this.#init.genesisHash);
    return this.#sign('proposal', proposalBodyCodec.encode(body), digest);
  }

  /** One after the other, so that they reach the signer in the order in which consensus made them. */
  #sign(kind: 'vote' | 'proposal', body: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    if (this.#token === undefined) return Promise.reject(this.#whyNot());
    if (this.#pending >= SIGNATURES_PENDING_MAX) {
      this.#haveAskedAgain();
      return Promise.reject(unavailable(`${this.#pending} signatures wait already`));
    }
    this.#pending++;
    const result = this.#tail.then(() => this.#askForSignature(kind, body, digest));
    this.#tail = result
      .catch(() => undefined)
      .finally(() => {
        this.#pending--;
      });
    return result;
  }

  async #askForSignature(
    kind: 'vote' | 'proposal',
    body: Uint8Array,
    digest: Uint8Array,
  ): Promise<Uint8Array> {
    const token = this.#token;
    if (token === undefined) throw this.#whyNot();
    const answer = await this.#ask({ kind, token, body });
    if (answer.status !== 'ok') {
      const error = refusalOf(answer);
      if (answer.status === 'consensus.sign-fenced') this.#lose(error);
      if (answer.status === 'consensus.signer-failed') this.#haveAskedAgain();
      if (answer.body.length > 0) this.#tellSaid(answer);
      throw error;
    }
    const { publicKey } = this;
    if (this.#components.verifier.verify({ publicKey, digest, signature: answer.signature })) {
      this.#askAgainMs = SIGNER_RETRY_MS_MIN;
      return answer.signature;
    }
    throw consensusError(
      'signer-failed',
      'the signature of the signer is not one of the configured consensus key; compare signer.consensusKey with what "node0 signer init" printed',
    );
  }

  /**
   * CONS-15: a vote that failed under a lease that lasts would not be asked for again, since the lease does not come
   * back. One pause is under way at a time, and it ends with the asking: nobody asks for a vote whose round is over.
   */
  #haveAskedAgain(): void {
    if (!this.#isRunning || this.#askAgainTimer !== undefined) return;
    this.#askAgainTimer = this.#components.scheduler.after(this.#askAgainMs, () => {
      this.#askAgainTimer = undefined;
      // Without a lease, the one that comes makes it known.
      if (this.#token !== undefined) for (const listener of this.#listeners) listener();
    });
    this.#askAgainMs = Math.min(SIGNER_RETRY_MS_MAX, 2 * this.#askAgainMs);
  }

  #tellSaid({ body: bytes, signature }: SignerAnswer): void {
    const body = voteBodyCodec.decode(bytes);
    const digest = voteDigest(body, this.#init.genesisHash);
    if (!this.#components.verifier.verify({ publicKey: this.publicKey, digest, signature })) return;
    for (const listener of this.#saidListeners) listener(body, signature);
  }

  /** @throws `consensus.signer-unavailable`; then nothing is known of the lease */
  async #ask(request: SignerRequest): Promise<SignerAnswer> {
    const options = { timeoutMs: SIGNER_TIMEOUT_MS, maxResponseBytes: SIGNER_ANSWER_BYTES_MAX };
    const { transport } = this.#components;
    try {
      const bytes = encodeSignerRequest(request);
      return decodeSignerAnswer(await transport.request(this.#init.signer, SIGNER_PROTOCOL, bytes, options));
    } catch (cause) {
      const error = unavailable(isCodedError(cause) ? cause.message : String(cause), cause);
      this.#lose(error);
      throw error;
    }
  }

  #lookIn(delayMs: number): void {
    if (!this.#isRunning) return;
    this.#timer?.cancel();
    this.#timer = this.#components.scheduler.after(delayMs, () => {
      // The look that is under way sets the time of the next.
      this.#looking ??= this.#look();
    });
  }

  /** Renews the lease, or tries to get it; then sets the time of the next look. */
  async #look(): Promise<void> {
    let nextMs = SIGNER_RETRY_MS_MAX;
    try {
      nextMs = await this.#seeToLease();
      this.#retryMs = SIGNER_RETRY_MS_MIN;
    } catch (error) {
      this.#lose(isCodedError(error) ? error : unavailable(String(error), error));
      nextMs = this.#retryMs;
      this.#retryMs = Math.min(SIGNER_RETRY_MS_MAX, 2 * nextMs);
    } finally {
      this.#looking = undefined;
      // Between 75 and 125 percent: two nodes that wait for one lease do not come together for ever.
      this.#lookIn(Math.round(nextMs * (0.75 + this.#components.random.integer(501) / 1_000)));
    }
  }

  /** @returns milliseconds until the next look */
  async #seeToLease(): Promise<number> {
    const { isFit, signer } = this.#init;
    if (!this.#components.transport.peers().some(({ id }) => id === signer))
      throw unavailable('it is not connected');
    if (!isFit()) {
      await this.#giveBack();
      this.#enter({ state: 'standby', error: standby('it is catching up with its peers, or has none') });
      return SIGNER_RETRY_MS_MAX / 2;
    }
    const token = this.#token;
    const kind = token === undefined ? 'acquire' : 'renew';
    const answer = await this.#ask({ kind, token: token ?? 0, body: new Uint8Array(0) });
    if (answer.status === 'ok') {
      // The lease may have been lost while the answer was on its way.
      if (kind === 'renew') return this.#token === token ? answer.forMs / 3 : SIGNER_RETRY_MS_MIN;
      this.#token = answer.token;
      if (this.#isRunning) this.#enter({ state: 'signing' });
      return answer.forMs / 3;
    }
    const error = refusalOf(answer);
    if (kind === 'renew') {
      this.#lose(error);
      return SIGNER_RETRY_MS_MIN;
    }
    if (answer.status !== 'consensus.signer-standby') throw error;
    this.#enter({ state: 'standby', error });
    return Math.min(SIGNER_RETRY_MS_MAX, Math.max(SIGNER_RETRY_MS_MIN, answer.forMs));
  }

  async #giveBack(): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    if (token === undefined) return;
    await this.#ask({ kind: 'release', token, body: new Uint8Array(0) }).catch(() => undefined);
  }

  /** The token is not used again: what was asked under it and comes late is refused by the signer. */
  #lose(error: CodedError): void {
    const hadLease = this.#token !== undefined;
    this.#token = undefined;
    this.#enter({ state: 'unavailable', error });
    if (hadLease) this.#lookIn(SIGNER_RETRY_MS_MIN);
  }

  #enter(status: RemoteSignerStatus): void {
    const before = this.#status;
    this.#status = status;
    const { state, error } = status;
    if (state === before.state && error?.code === before.error?.code) return;
    if (state === 'signing') {
      this.#logger.info({ token: this.#token }, 'this node has the lease of its key, and signs');
      for (const listener of this.#listeners) listener();
    } else if (state === 'standby') this.#logger.info({ code: error?.code }, `stands by: ${error?.message}`);
    else this.#logger.warn({ code: error?.code }, `goes on without signing: ${error?.message}`);
  }

  #whyNot(): CodedError {
    return this.#status.error ?? unavailable('the lease is being acquired');
  }
}

function refusalOf({ status, reason }: SignerAnswer): CodedError {
  switch (status) {
    case 'consensus.signer-standby':
      return standby(reason);
    case 'consensus.sign-fenced':
      return consensusError('sign-fenced', reason);
    case 'consensus.sign-regression':
      return consensusError('sign-regression', reason);
    case 'consensus.sign-conflict':
      return consensusError('sign-conflict', reason);
    case 'consensus.sign-locked':
      return consensusError('sign-locked', reason);
    case 'consensus.signer-malformed':
      return consensusError(
        'signer-failed',
        `the signer cannot read this node: ${reason}; run the same version on both`,
      );
    case 'consensus.signer-failed':
    case 'ok':
      return consensusError('signer-failed', `${reason}; its log says why`);
  }
}

function unavailable(reason: string, cause?: unknown) {
  return consensusError(
    'signer-unavailable',
    `the signer does not answer: ${reason}; check that "node0 signer" runs, that signer.address is its address, and that it lists this node`,
    { reason },
    { cause },
  );
}

function standby(reason: string) {
  return consensusError('signer-standby', `this node does not sign: ${reason}`, { reason });
}

import type { Cancellable, Clock, Random, Scheduler } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { CoreState } from '../domain/state.ts';
import {
  PROPOSAL_RELAYS,
  ROUND_STATE_ANSWER_INTERVAL_MS,
  ROUND_STATE_IDLE_INTERVAL_MS,
  ROUND_STATE_INTERVAL_MS,
  ROUND_STATE_INTERVAL_PER_PEER_MS,
} from '../limits.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { RoundState } from '../wire/messages.ts';
import type { HeightBook } from './height-book.ts';
import type { HeightContext } from './height-context.ts';
import { completionFor, completionOfFinal, isAhead, roundStateOf, type Completion } from './round-states.ts';
import type { Telemetry } from './telemetry.ts';

export interface RelayComponents {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** The height in progress, and the messages of the one before as far as this node had them. */
export interface RelayView {
  readonly context: HeightContext;
  readonly core: CoreState;
  readonly previous: HeightBook | undefined;
}

/**
 * The exchange of round states: every node says at short intervals what it has, and whoever sees that a peer
 * lacks what is here sends it. It is the only retransmission: each message travels from its maker to all once.
 */
export class Relay {
  readonly #components: RelayComponents;
  readonly #view: () => RelayView | undefined;
  /** Of the connected peers: the height that each said last, and when it was answered. */
  readonly #peers = new Map<PeerId, { height: number; answeredAtMs: number }>();
  #timer: Cancellable | undefined;

  constructor(components: RelayComponents, view: () => RelayView | undefined) {
    this.#components = components;
    this.#view = view;
  }

  /** Begins the intervals anew: the first one is short, so that whoever missed a height's end hears of it soon. */
  start(): void {
    this.#schedule(ROUND_STATE_INTERVAL_MS);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Tells a new peer where this node stands, so that it sends what is missing. */
  greet(peer: PeerId): void {
    const message = this.#ownState();
    if (message !== undefined) this.#components.transport.send(peer, 'consensus', message);
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  peersAt(height: number): number {
    return [...this.#peers.values()].filter((peer) => peer.height === height).length;
  }

  /** Takes a peer's round state and sends it what it lacks. */
  take(peer: PeerId, state: RoundState): void {
    const { clock, transport } = this.#components;
    const known = this.#peers.get(peer);
    // A message may come after the disconnection: nothing would ever forget such a peer.
    if (known === undefined && !transport.peers().some(({ id }) => id === peer)) return;
    const nowMs = clock.monotonic();
    const answeredAtMs = known?.answeredAtMs ?? -Infinity;
    const mayAnswer = nowMs - answeredAtMs >= ROUND_STATE_ANSWER_INTERVAL_MS;
    this.#peers.set(peer, { height: state.height, answeredAtMs: mayAnswer ? nowMs : answeredAtMs });
    const view = this.#view();
    if (view === undefined || !mayAnswer) return;
    const completion = this.#completion(state, view, nowMs);
    if (completion !== undefined) this.#send(peer, completion);
    // The peer has what is missing here: ask now rather than at the next interval.
    if (isAhead(state, view.context, view.core)) this.greet(peer);
  }

  #completion(state: RoundState, view: RelayView, nowMs: number): Completion | undefined {
    const { context, core, previous } = view;
    if (state.height === context.height) return completionFor(state, context, core, nowMs);
    const { commit } = context.tip;
    if (commit === undefined || state.height !== commit.height) return undefined;
    return completionOfFinal(state, commit, previous, nowMs);
  }

  #send(peer: PeerId, { votes, proposal }: Completion): void {
    const { transport, random, telemetry } = this.#components;
    const send = (message: Uint8Array): void => {
      if (transport.send(peer, 'consensus', message)) telemetry.count('messagesRelayed');
    };
    // Proposals are large and several peers may have the same: a few of them send it.
    const isMine = random.integer(Math.max(1, transport.peers().length)) < PROPOSAL_RELAYS;
    if (proposal !== undefined && isMine) send(encodeMessage({ kind: 'proposal', proposal }));
    for (const vote of votes) send(encodeMessage({ kind: 'vote', vote }));
  }

  #tick(): void {
    const message = this.#ownState();
    if (message !== undefined) this.#components.transport.broadcast('consensus', message);
    const isIdle = this.#view()?.core.step === 'waiting';
    this.#schedule(isIdle ? ROUND_STATE_IDLE_INTERVAL_MS : ROUND_STATE_INTERVAL_MS);
  }

  #schedule(intervalMs: number): void {
    const { scheduler, transport } = this.#components;
    this.#timer?.cancel();
    const delayMs = intervalMs + transport.peers().length * ROUND_STATE_INTERVAL_PER_PEER_MS;
    this.#timer = scheduler.after(delayMs, () => this.#tick());
  }

  #ownState(): Uint8Array | undefined {
    const view = this.#view();
    if (view === undefined) return undefined;
    return encodeMessage({ kind: 'round-state', state: roundStateOf(view.context, view.core) });
  }
}

import type { Clock } from '#kernel';
import type { Offence, PeerId } from './face.ts';
import { REMEMBERED_PEERS_MAX, type NetworkLimits } from './limits.ts';

/** How peers behaved, over their connections. */
export class PeerScores {
  readonly #limits: NetworkLimits;
  readonly #clock: Clock;
  readonly #scores = new Map<PeerId, { score: number; atMs: number }>();
  readonly #bannedUntilMs = new Map<PeerId, number>();
  bans = 0;
  offences = 0;

  constructor(limits: NetworkLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  score(peer: PeerId): number {
    const { scoreMax, scoreRecoveryPerSecond } = this.#limits;
    const known = this.#scores.get(peer);
    if (known === undefined) return scoreMax;
    const recovered = ((this.#clock.monotonic() - known.atMs) / 1000) * scoreRecoveryPerSecond;
    return Math.min(scoreMax, known.score + recovered);
  }

  /** Notes an offence; true when the peer is to be dropped now. */
  report(peer: PeerId, offence: Offence): boolean {
    this.offences++;
    const score = this.score(peer) - this.#limits.offenceCost[offence];
    remember(this.#scores, peer, { score: Math.max(0, score), atMs: this.#clock.monotonic() });
    if (score > 0) return false;
    this.bans++;
    remember(this.#bannedUntilMs, peer, this.#clock.monotonic() + this.#limits.banMs);
    // It comes back with half a score: the next ban is nearer.
    this.#scores.set(peer, { score: this.#limits.scoreMax / 2, atMs: this.#clock.monotonic() });
    return true;
  }

  isBanned(peer: PeerId): boolean {
    const untilMs = this.#bannedUntilMs.get(peer);
    if (untilMs === undefined) return false;
    if (untilMs > this.#clock.monotonic()) return true;
    this.#bannedUntilMs.delete(peer);
    return false;
  }
}

function remember<Value>(map: Map<PeerId, Value>, peer: PeerId, value: Value): void {
  map.delete(peer);
  map.set(peer, value);
  if (map.size <= REMEMBERED_PEERS_MAX) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

import { connect, type Socket } from 'node:net';
import { Flow } from './flow.ts';
import type { Link } from './link.ts';

/** A connection through a proxy: from the node that dials to the one that listens, over one link each way. */
export class Passage {
  readonly #near: Socket;
  readonly #port: number;
  /** To the listener, and back. */
  readonly #forth: Link;
  readonly #back: Link;
  readonly #chance: () => number;
  readonly #onEnd: (passage: Passage) => void;
  readonly #unsubscribes: (() => void)[];
  #far: Socket | undefined;
  #flows: Flow[] = [];
  #isOver = false;
  /** A socket whose other end is gone, and which does not know. */
  #orphan: Socket | undefined;
  /** One end failed during a silent cut: the other hears of it when the cut is over. */
  #resetsLater = false;

  constructor(options: {
    near: Socket;
    port: number;
    forth: Link;
    back: Link;
    chance: () => number;
    onEnd: (passage: Passage) => void;
  }) {
    this.#near = options.near;
    this.#port = options.port;
    this.#forth = options.forth;
    this.#back = options.back;
    this.#chance = options.chance;
    this.#onEnd = options.onEnd;
    this.#watch(this.#near);
    this.#unsubscribes = [this.#forth, this.#back].map((link) => link.onChange(() => this.#changed()));
    this.#changed();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    for (const flow of this.#flows) flow.stop();
    this.#near.destroy();
    this.#far?.destroy();
    this.#onEnd(this);
  }

  get #cut() {
    return this.#forth.cut ?? this.#back.cut;
  }

  #changed(): void {
    if (this.#isOver) return;
    const cut = this.#cut;
    if (cut === 'reset') this.#reset();
    else if (cut === 'half-open') this.#halfOpen();
    else if (cut === undefined && this.#orphan !== undefined) this.#answerOrphan(this.#orphan);
    else if (cut === undefined && this.#resetsLater) this.#reset();
    // What knocks during a silent cut gets through when it ends, as a repeated SYN would.
    else if (cut === undefined && this.#far === undefined) this.#connect();
    else if (cut !== undefined && this.#far === undefined) this.#near.pause();
  }

  #connect(): void {
    const far = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#far = far;
    this.#watch(far);
    this.#near.setNoDelay(true);
    this.#flows = [
      new Flow(this.#near, far, this.#forth, this.#chance),
      new Flow(far, this.#near, this.#back, this.#chance),
    ];
  }

  #watch(socket: Socket): void {
    let failed = false;
    socket.on('error', () => (failed = true));
    socket.on('close', () => this.#closed(socket, failed));
  }

  /** A socket is gone. The other follows: at once after a failure, else when what is under way has arrived. */
  #closed(socket: Socket, failed: boolean): void {
    if (this.#isOver) return;
    if (this.#orphan !== undefined) {
      if (socket === this.#orphan) this.destroy();
      return;
    }
    if (failed && this.#cut === 'silent' && this.#far !== undefined) this.#resetsLater = true;
    else if (failed) this.#reset();
    else if (this.#near.destroyed && this.#far?.destroyed !== false) this.destroy();
  }

  #reset(): void {
    if (!this.#near.destroyed) this.#near.resetAndDestroy();
    if (this.#far !== undefined && !this.#far.destroyed) this.#far.resetAndDestroy();
    this.destroy();
  }

  /** One end is told that the connection is over, the other goes on believing in it. */
  #halfOpen(): void {
    if (this.#orphan !== undefined) return;
    const dialler = this.#forth.from;
    const nearUnaware = this.#forth.leavesUnaware(dialler) || this.#back.leavesUnaware(dialler);
    const listener = this.#forth.to;
    const farUnaware = this.#forth.leavesUnaware(listener) || this.#back.leavesUnaware(listener);
    if (this.#far === undefined || nearUnaware === farUnaware) return this.#reset();
    this.#orphan = nearUnaware ? this.#near : this.#far;
    const told = nearUnaware ? this.#far : this.#near;
    if (!told.destroyed) told.resetAndDestroy();
    this.#orphan.pause();
  }

  /** After the cut, the first word of an orphan is answered with a reset, as by a machine that knows no such connection. */
  #answerOrphan(orphan: Socket): void {
    for (const flow of this.#flows) flow.stop();
    orphan.removeAllListeners('data');
    orphan.once('data', () => {
      if (!orphan.destroyed) orphan.resetAndDestroy();
    });
    orphan.once('end', () => orphan.destroy());
    orphan.resume();
  }
}

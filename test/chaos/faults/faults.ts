import type { DirectedLink } from '../manifest/links.ts';

/** `silent`: nothing comes through, and nobody is told. `reset`: both ends are told. `half-open`: one end is. */
export type CutKind = 'silent' | 'reset' | 'half-open';

export interface LinkShape {
  readonly delayMs: number;
  /** Up to so much more, drawn for each piece; the order stays. */
  readonly jitterMs: number;
  readonly kibPerSecond: number | undefined;
}

/** How a node is placed on the network that the faults work on. */
export interface Placement {
  /** Multiaddr to listen on, and address of the API. */
  readonly listen: string;
  readonly api: string;
  /** Multiaddr, without peer id, at which it dials each other node. */
  readonly dial: Readonly<Record<string, string>>;
  /** What stands before the command that starts the node. */
  readonly prefix: readonly string[];
}

/** Faults of the network between real processes. */
export interface Faults {
  readonly kind: 'proxy' | 'namespaces';
  /** Why this kind was chosen. */
  readonly why: string;
  placement(node: string): Placement;
  /** @param unaware at a half-open cut: whose ends of the connections are not told */
  cut(links: readonly DirectedLink[], how: CutKind, unaware: ReadonlySet<string>): Promise<void>;
  slow(links: readonly DirectedLink[], shape: LinkShape): Promise<void>;
  /** Ends cuts and slowness of the links. */
  heal(links: readonly DirectedLink[]): Promise<void>;
  /** Bytes that came through, by `from to`; undefined where they are not counted. */
  bytes(): Readonly<Record<string, number>> | undefined;
  close(): Promise<void>;
}

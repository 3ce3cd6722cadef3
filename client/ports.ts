import type { LightBlock } from './domain/types.ts';

/** A node that light blocks are asked of: the primary, or a witness. Nothing that it says is believed. */
export interface LightBlockSource {
  /** Shown in messages: a URL or a peer id. */
  readonly name: string;
  /**
   * The light block of a height, or of the node's tip, in one piece (`makeLightBlock`).
   *
   * @throws `light.not-available` when the node does not have it or does not answer, others for what is forged
   */
  lightBlock(height: number | 'latest'): Promise<LightBlock>;
}

/** Where verified blocks are kept. What it returns is trusted: nobody else may write to it. */
export interface LightStore {
  /** Highest block at or below a height. */
  atOrBelow(height: number): Promise<LightBlock | undefined>;
  /** Lowest block above a height. */
  above(height: number): Promise<LightBlock | undefined>;
  put(block: LightBlock): Promise<void>;
}

import { isCodedError, type CodedError } from '#kernel';
import type { LightBlock } from '../domain/types.ts';
import { lightError } from '../errors.ts';
import { POOL_WITNESSES_MAX } from '../limits.ts';
import type { LightBlockSource, LightStore } from '../ports.ts';
import { createLightClient, type LightClientComponents, type LightClientInit } from './light-client.ts';
import { memoryLightStore } from './memory-store.ts';

export interface LightPoolComponents extends Pick<
  LightClientComponents,
  'clock' | 'verifier' | 'onDivergence'
> {
  /** The nodes to be had now: each may be the primary, some others are its witnesses. */
  readonly sources: () => readonly LightBlockSource[];
  readonly store?: LightStore;
  /** Hears of a source that answered what no correct node does. */
  readonly blame?: (source: LightBlockSource, error: CodedError) => void;
}

/** What no other primary would change. */
const FINAL_CODES = new Set(['light.divergence', 'light.trust-expired', 'light.wrong-rules']);

/**
 * A light client over nodes that come and go: where one as primary does not do, the next is. All share one store.
 *
 * @throws from `verifiedAt`: `light.divergence`, `light.trust-expired`, or the error of the last node tried
 */
export function createLightPool(
  init: LightClientInit,
): (components: LightPoolComponents) => { verifiedAt(height: number): Promise<LightBlock> } {
  const make = createLightClient(init);
  return ({ sources, store = memoryLightStore(), blame, ...shared }) => ({
    async verifiedAt(height) {
      let last: CodedError | undefined;
      const nodes = sources();
      for (const primary of nodes) {
        const witnesses = nodes.filter((node) => node !== primary).slice(0, POOL_WITNESSES_MAX);
        try {
          return await make({ ...shared, primary, witnesses, store }).verifiedAt(height);
        } catch (error) {
          if (!isCodedError(error) || FINAL_CODES.has(error.code)) throw error;
          if (error.action === 'penalise') blame?.(primary, error);
          last = error;
        }
      }
      throw last ?? lightError('not-available', `no node is there to ask for height ${height}`, { height });
    },
  });
}

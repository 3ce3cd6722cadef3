import type { LightBlock } from '../domain/types.ts';
import { STORED_BLOCKS_MAX } from '../limits.ts';
import type { LightStore } from '../ports.ts';

/** Verified blocks in memory, sorted by height, a bounded number of them. */
export function memoryLightStore(blocksMax = STORED_BLOCKS_MAX): LightStore {
  const blocks: LightBlock[] = [];
  const indexAbove = (height: number): number => {
    const index = blocks.findIndex((block) => block.header.height > height);
    return index < 0 ? blocks.length : index;
  };
  return {
    atOrBelow: async (height) => blocks[indexAbove(height) - 1],
    above: async (height) => blocks[indexAbove(height)],
    async put(block) {
      const { height } = block.header;
      const index = indexAbove(height);
      const replaces = blocks[index - 1]?.header.height === height;
      blocks.splice(replaces ? index - 1 : index, replaces ? 1 : 0, block);
      // The lowest stays: walking back starts from it.
      if (blocks.length > blocksMax) blocks.splice(1, 1);
    },
  };
}

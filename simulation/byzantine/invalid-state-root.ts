import type { ByzantineBehaviour } from './behaviour.ts';
import { tamperedChain, withHeader } from './speech.ts';

/** Proposes blocks whose header has another state, other receipts or another parent than the chain. */
export const invalidStateRoot: ByzantineBehaviour = {
  name: 'invalid-state-root',
  chain: (tools) =>
    tamperedChain(tools.chain, (block) => {
      const member = tools.random.pick(['stateRoot', 'stateRoot', 'receiptRoot', 'parentHash'] as const);
      return withHeader(block, { [member]: tools.random.bytes(32) });
    }),
};

import { toHex } from '#kernel';
import { openChain, withHome, type HomeOptions } from '../open-home.ts';

/** What the database of a home holds, in numbers. @throws as `withHome`, and what opening a damaged one throws */
export function describeStoredChain(options: HomeOptions): Promise<object> {
  return withHome(options, async (home) => {
    const { chainId, genesisHash } = home.genesis.identity;
    const identity = { chainId, genesisHash: toHex(genesisHash), initialHeight: home.genesis.initialHeight };
    const statistics = await home.engine.statistics();
    const { chain } = await openChain(home);
    const tip = chain.tip();
    return {
      ...identity,
      height: tip.height,
      blockHash: toHex(tip.blockHash),
      blockTime: new Date(tip.blockTimeMs).toISOString(),
      stateRoot: toHex(tip.stateRoot),
      validators: tip.validators.validators.map(({ name, power }) => ({ name, power })),
      earliestTransactions: chain.earliest(),
      statistics,
    };
  });
}

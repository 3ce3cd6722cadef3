import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChainOracle } from '../harness/crash/chain-oracle.ts';
import { makeCrashNetwork, type CrashNetwork } from '../harness/crash/crash-network.ts';
import { VoteOracle } from '../harness/crash/vote-oracle.ts';
import { buildPowerLoss, type PowerLossLibrary } from '../harness/power-loss/power-loss.ts';
import { until } from '../harness/until.ts';

/** How long others may take to hear what the node says after its return; that they do not is no fault. */
const HEARD_MS = 4_000;

/**
 * The order of events that no random moment finds: a process dies after it wrote the record of its last signature and
 * before the sync, the next process reads that record and says the signature again, and then power is lost. What was
 * said must be on disk all the same. Three of four validators run, so that nothing goes on without this one.
 */
describe('a signature that is said again after a crash, before a power loss', () => {
  let library: PowerLossLibrary | undefined;
  let network: CrashNetwork | undefined;
  const chain = new ChainOracle();
  const votes = new VoteOracle();
  before(async () => {
    library = await buildPowerLoss();
    if (library === undefined) return;
    network = await makeCrashNetwork(library);
    for (const node of network.nodes) await node.start();
    chain.follow(network.nodes);
    await until('the chain goes on', async () => chain.height > 1);
    await votes.learnIndexes(network);
    await votes.listen(network);
  });
  after(async () => {
    await chain.stop();
    await votes.stop();
    await network?.destroy();
    await library?.remove();
  });

  for (const sync of [1, 2, 3]) {
    it(
      `is in the synced record: the process dies at the sync ${sync} of its record`,
      { timeout: 900_000 },
      async (context) => {
        if (network === undefined) return context.skip('no power to lose on this machine');
        const [node, absent, ...others] = network.validators;
        assert.ok(node !== undefined && absent !== undefined);
        await absent.kill();
        await node.kill();
        await node.start({ POWERLOSS_DIE_IN: 'last-sign', POWERLOSS_DIE_AT: String(sync) });
        await node.died();
        // The page cache has the record, the disk does not.
        await node.start({ POWERLOSS_DIE_IN: 'last-sign', POWERLOSS_DIE_AT: '1' });
        await node.died();
        await until(
          'the others heard it',
          async () => {
            for (const other of others) await votes.readLogs(other);
            return false;
          },
          { withinMs: HEARD_MS, everyMs: 500 },
        ).catch(() => {});
        await node.losePower('all', () => 0);
        await votes.checkKept(node);
        assert.deepEqual([...votes.findings, ...chain.findings], []);
        await node.start();
        await absent.start();
        const { height } = chain;
        await until('the chain goes on', async () => chain.height > height + 1);
        assert.deepEqual(
          [...votes.findings, ...chain.findings, ...network.nodes.flatMap(({ ended }) => ended ?? [])],
          [],
        );
      },
    );
  }
});

import { silentLogger } from '#kernel';
import { systemRandom, systemScheduler } from '#runtime';
import type { Clock } from '#kernel';
import type { Benchmark } from '../../../bench/benchmark.ts';
import { createNetwork, type Network } from '../index.ts';

/** As long as a vote on the wire. */
const VOTE_BYTES = 118;
/** As long as a proposal that holds the commit of 500 validators and names 200 transactions. */
const PROPOSAL_BYTES = 40_000;

async function openNode(clock: Clock, seed: number, peers: readonly string[]): Promise<Network> {
  const genesisHash = new Uint8Array(32).fill(1);
  const network = await createNetwork(
    {
      listen: ['/ip4/127.0.0.1/tcp/0'],
      peers,
      privateKey: new Uint8Array(32).fill(seed),
      hello: () => ({
        protocolVersion: 1,
        chainId: 'bench',
        genesisHash,
        role: 'validator',
        agent: 'bench',
        height: 0,
      }),
    },
    { clock, random: systemRandom, scheduler: systemScheduler, logger: silentLogger },
  );
  await network.start();
  return network;
}

const nextTick = (): Promise<void> => new Promise((resolve) => systemScheduler.soon(resolve));

/** Both ends share the thread, so a piece has the work of both. */
async function carry(
  clock: Clock,
  bytes: number,
  count: number,
): Promise<{ operations: number; milliseconds: number }> {
  const receiver = await openNode(clock, 1, []);
  const received: number[] = [];
  receiver.onMessage('consensus', (_, message) => void received.push(message.length));
  const sender = await openNode(clock, 2, receiver.addresses());
  while (sender.peers().length === 0) await nextTick();
  const message = new Uint8Array(bytes).fill(7);
  const started = clock.monotonic();
  for (let sent = 0; sent < count; sent++) {
    sender.broadcast('consensus', message);
    await nextTick();
    await nextTick();
  }
  while (received.length < count) await nextTick();
  const milliseconds = clock.monotonic() - started;
  await Promise.all([sender.stop(), receiver.stop()]);
  return { operations: count, milliseconds };
}

/** Operations are pieces: what one tick sends to one peer. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'network: carry votes over loopback, a piece each, both ends',
    run: (clock) => carry(clock, VOTE_BYTES, 4_000),
  },
  {
    name: 'network: carry proposals of 40,000 bytes over loopback, both ends',
    run: (clock) => carry(clock, PROPOSAL_BYTES, 1_000),
  },
];

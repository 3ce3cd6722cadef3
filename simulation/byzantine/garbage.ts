import { encodeMessage } from '#services/consensus';
import type { ByzantineBehaviour, ByzantineTools } from './behaviour.ts';
import { repeat } from './speech.ts';

const PROTOCOLS = ['/bizra/blocks/1', '/bizra/transactions/1', '/bizra/unknown/1'];

/** Sends random bytes and damaged messages on every channel, and asks for nonsense. */
export const garbage: ByzantineBehaviour = {
  name: 'garbage',
  start(tools) {
    repeat(tools, 400, () => sendGarbage(tools));
    repeat(tools, 1_500, () => ask(tools));
  },
};

function sendGarbage(tools: ByzantineTools): void {
  const { random, network } = tools;
  for (const { id } of random.shuffled(network.peers()).slice(0, 2)) {
    const channel = random.pick(['consensus', 'status', 'transactions'] as const);
    network.send(id, channel, random.chance(0.5) ? random.bytes(random.between(0, 300)) : damaged(tools));
  }
}

function damaged({ random, heard }: ByzantineTools): Uint8Array {
  if (heard.length === 0) return new Uint8Array(0);
  const bytes = encodeMessage(random.pick(heard)).slice();
  const index = random.integer(bytes.length);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << random.integer(8));
  return random.chance(0.3) ? bytes.slice(0, index) : bytes;
}

function ask({ random, network }: ByzantineTools): void {
  const [peer] = random.shuffled(network.peers());
  if (peer === undefined) return;
  const body = random.bytes(random.between(0, 64));
  const options = { timeoutMs: 1_000, maxResponseBytes: 1_000 };
  network.request(peer.id, random.pick(PROTOCOLS), body, options).catch(() => undefined);
}

import { concatBytes, listRoot } from '#kernel';
import { makeBlock } from '#services/block';
import { decodeTransaction, type Transaction } from '#services/transaction';
import type { ByzantineBehaviour, ByzantineTools } from './behaviour.ts';
import { ownTransaction, repeat, tamperedChain } from './speech.ts';

/** Proposes, and gossips, transactions that no block may hold: false signatures, wrong nonces, fees beyond means. */
export const invalidTransactions: ByzantineBehaviour = {
  name: 'invalid-transactions',
  chain: (tools) =>
    tamperedChain(tools.chain, async (block) => {
      const bad = await invalidOne(tools);
      const transactions = [...block.transactions, bad];
      if (tools.random.chance(0.2)) transactions.push(bad);
      const header = { ...block.header, transactionRoot: listRoot(transactions.map(({ hash }) => hash)) };
      return makeBlock(header, transactions, block.lastCommit);
    }),
  start(tools) {
    repeat(tools, 900, () => void gossip(tools).catch(() => undefined));
    repeat(tools, 2_000, () => void keepReady(tools).catch(() => undefined));
  },
};

async function invalidOne(tools: ByzantineTools): Promise<Transaction> {
  switch (tools.random.integer(5)) {
    case 0:
      return ownTransaction(tools, { nonceAhead: 5 });
    case 1:
      return ownTransaction(tools, { nonceAhead: -1 }).catch(() => ownTransaction(tools, { nonceAhead: 3 }));
    case 2:
      return ownTransaction(tools, { gasPrice: 10n ** 30n });
    case 3:
      return ownTransaction(tools, { validUntil: 1 });
    default:
      return forged(tools, await ownTransaction(tools));
  }
}

/** The same body under a signature that is not its sender's. */
function forged(tools: ByzantineTools, transaction: Transaction): Transaction {
  const bytes = transaction.bytes.slice();
  // Inside the signature, which follows the 4-byte offset of the body.
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  return decodeTransaction(bytes, tools.identity);
}

async function gossip(tools: ByzantineTools): Promise<void> {
  const { bytes } = await invalidOne(tools);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  const [peer] = tools.random.shuffled(tools.network.peers());
  if (peer !== undefined)
    tools.network.send(peer.id, 'transactions', concatBytes(Uint8Array.of(0), length, bytes));
}

/** A valid one of its own now and then, so that its nonce moves on. */
async function keepReady(tools: ByzantineTools): Promise<void> {
  const { bytes } = await ownTransaction(tools);
  await tools.mempool.submit([bytes], 'api:own');
}

import { Type } from 'typebox';
import { fromHex, parseAddress } from '#kernel';
import type { FinalTransaction } from '#services/block';
import { gasOf, payloadFromJson } from '#services/transaction';
import { gatewayError } from '../errors.ts';
import { IMMUTABLE, isUnchanged, NO_STORE } from '../http/headers.ts';
import { finalTransactionToJson, pendingTransactionToJson } from '../json/transaction-json.ts';
import { LIMITS } from '../limits.ts';
import { transactionProof } from '../proofs/transaction-proof.ts';
import {
  FinalTransactionJson,
  FinalTransactionPage,
  KeyTypeJson,
  PayloadJson,
  TransactionParams,
  TransactionQuery,
} from '../schemas/blocks.ts';
import { Address, Amount, Count, PageQuery, strict } from '../schemas/common.ts';
import { operation, type App, type RouteContext } from './context.ts';

const EstimateJson = Type.Object({
  gasLimit: Count,
  gasPrice: Amount,
  fee: Amount,
  nonce: Type.Optional(Type.Integer({ description: 'the next nonce of the sender' })),
});
const MempoolJson = Type.Object({ size: Count, bytes: Count, minGasPrice: Amount });

/** Reads of single transactions, of the mempool, and the estimate. */
export function transactionRoutes(app: App, context: RouteContext): void {
  readRoute(app, context);
  estimateRoute(app, context);
  mempoolRoutes(app, context);
}

function readRoute(app: App, context: RouteContext): void {
  const { chain, mempool } = context.components;
  const schema = operation('transactions', 'A transaction and its outcome', FinalTransactionJson, {
    params: TransactionParams,
    querystring: TransactionQuery,
  });
  app.get('/transactions/:hash', { schema }, async (request, reply) => {
    const { hash } = request.params;
    const { wait = 0, proof = false } = request.query;
    const final =
      wait > 0 ? await awaitFinality(context, hash, wait) : await chain.transaction(fromHex(hash, 32));
    if (final === undefined) {
      const pending = mempool.lookup(hash);
      if (pending === undefined) throw notFound(context, hash);
      return reply.header('cache-control', NO_STORE).send(pendingTransactionToJson(pending));
    }
    if (proof) {
      const proven = await transactionProof(chain, final.height, final.index);
      return reply
        .header('cache-control', NO_STORE)
        .send({ ...finalTransactionToJson(final), proof: proven });
    }
    if (isUnchanged(request, reply, hash, IMMUTABLE)) return reply.send();
    return finalTransactionToJson(final);
  });
}

/** The final transaction, as soon as it is one; undefined when it is dropped or the wait is over. */
async function awaitFinality(
  { components, watch }: RouteContext,
  id: string,
  waitMs: number,
): Promise<FinalTransaction | undefined> {
  const { chain, mempool } = components;
  const hash = fromHex(id, 32);
  const watched = watch.watch(id, waitMs);
  try {
    const final = await chain.transaction(hash);
    // What was dropped already will not come back by itself.
    const isGone = mempool.lookup(id) === undefined && watch.dropReason(id) !== undefined;
    if (final !== undefined || isGone) return final;
    await watched.fate;
    return await chain.transaction(hash);
  } finally {
    watched.cancel();
  }
}

function notFound({ watch }: RouteContext, hash: string) {
  const reason = watch.dropReason(hash);
  if (reason === undefined) {
    const message = `this node knows no transaction ${hash}; it was not submitted, or not here, or it expired`;
    return gatewayError('transaction-not-found', message, { hash });
  }
  const message = `the mempool dropped ${hash}: ${reason.message}`;
  return gatewayError('transaction-not-found', message, { hash, reason: reason.code });
}

function estimateRoute(app: App, { components }: RouteContext): void {
  const { chain, ledger, mempool } = components;
  const schema = operation(
    'transactions',
    'Gas, fee and nonce for a transaction to be signed',
    EstimateJson,
    {
      body: strict({
        sender: Type.Optional(Address),
        senderKeyType: Type.Optional(KeyTypeJson), // ed25519 where it is left out
        payload: PayloadJson,
      }),
    },
  );
  app.post('/transactions/estimate', { schema }, async (request, reply) => {
    const { sender, senderKeyType = 'ed25519', payload } = request.body;
    const gasLimit = gasOf(payloadFromJson(payload), senderKeyType);
    const gasPrice = chain.tip().parameters.minGasPrice;
    const fee = (BigInt(gasLimit) * gasPrice).toString();
    void reply.header('cache-control', NO_STORE);
    const estimate = { gasLimit, gasPrice: gasPrice.toString(), fee };
    if (sender === undefined) return estimate;
    const address = parseAddress(sender);
    const nonce = mempool.nextNonce?.(address) ?? (await ledger.account(address))?.nonce ?? 0;
    return { ...estimate, nonce };
  });
}

function mempoolRoutes(app: App, { components }: RouteContext): void {
  const { chain, mempool } = components;
  const summary = operation('mempool', 'What waits for a block', MempoolJson, {});
  app.get('/mempool', { schema: summary }, (_request, reply) => {
    const minGasPrice = chain.tip().parameters.minGasPrice.toString();
    void reply.header('cache-control', NO_STORE);
    return reply.send({ size: mempool.size, bytes: mempool.bytes, minGasPrice });
  });
  const list = operation('mempool', 'The transactions that wait for a block', FinalTransactionPage, {
    querystring: PageQuery,
  });
  app.get('/mempool/transactions', { schema: list }, (request, reply) => {
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const found = mempool.pending(cursor, limit);
    const items = found.items.map((transaction) => pendingTransactionToJson(transaction));
    void reply.header('cache-control', NO_STORE);
    return reply.send(found.next === undefined ? { items } : { items, nextCursor: found.next });
  });
}

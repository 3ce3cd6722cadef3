import { toHex } from '#kernel';
import type { Block } from '#services/block';
import { gatewayError } from '../errors.ts';
import { IMMUTABLE, isUnchanged, REVALIDATE } from '../http/headers.ts';
import { blockToJson, commitToJson, summaryToJson } from '../json/chain-json.ts';
import { finalTransactionToJson } from '../json/transaction-json.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import {
  BlockJson,
  BlockPage,
  BlockParams,
  BlockTransactionsQuery,
  CommitJson,
  FinalTransactionPage,
} from '../schemas/blocks.ts';
import { PageQuery } from '../schemas/common.ts';
import { blockNotFound, parseBlockReference } from './block-reference.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** The list of blocks, one block, its transactions and its commit. */
export function blockRoutes(app: App, { components }: RouteContext): void {
  listRoute(app, components);
  blockRoute(app, components);
  transactionsRoute(app, components);
  commitRoute(app, components);
}

function listRoute(app: App, { chain }: GatewayComponents): void {
  const schema = operation('blocks', 'Blocks, newest first', BlockPage, { querystring: PageQuery });
  app.get('/blocks', { schema }, async (request, reply) => {
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const found = await chain.blocks(cursor === undefined ? { limit } : { limit, cursor });
    void reply.header('cache-control', REVALIDATE);
    const items = found.items.map(summaryToJson);
    return found.next === undefined ? { items } : { items, nextCursor: found.next };
  });
}

function blockRoute(app: App, components: GatewayComponents): void {
  const { chain } = components;
  const schema = operation('blocks', 'A block by height, hash or `latest`', BlockJson, {
    params: BlockParams,
  });
  app.get('/blocks/:ref', { schema }, async (request, reply) => {
    const { ref: text } = request.params;
    const { ref, moves } = parseBlockReference(text, chain.tip().height);
    const block = await chain.block(ref);
    if (block === undefined) throw blockNotFound(text, components);
    if (isUnchanged(request, reply, toHex(block.hash), moves ? REVALIDATE : IMMUTABLE)) return reply.send();
    return blockToJson(block);
  });
}

function transactionsRoute(app: App, components: GatewayComponents): void {
  const { chain } = components;
  const schema = operation('blocks', 'Transactions of a block with their outcomes', FinalTransactionPage, {
    params: BlockParams,
    querystring: BlockTransactionsQuery,
  });
  app.get('/blocks/:ref/transactions', { schema }, async (request, reply) => {
    const { ref: text } = request.params;
    const { cursor, limit = LIMITS.pageItemsMax } = request.query;
    const { ref, moves } = parseBlockReference(text, chain.tip().height);
    const block = await chain.block(ref);
    if (block === undefined) throw blockNotFound(text, components);
    const start = cursor === undefined ? 0 : startOf(cursor, block.transactions.length);
    const tag = `${toHex(block.hash)}-${start}-${limit}`;
    if (isUnchanged(request, reply, tag, moves ? REVALIDATE : IMMUTABLE)) return reply.send();
    return transactionPage(components, block, start, limit);
  });
}

async function transactionPage({ chain }: GatewayComponents, block: Block, start: number, limit: number) {
  const { height } = block.header;
  const receipts = (await chain.receipts(height)) ?? [];
  const end = Math.min(block.transactions.length, start + limit);
  const items = block.transactions.slice(start, end).flatMap((transaction, offset) => {
    const index = start + offset;
    const receipt = receipts[index];
    return receipt === undefined ? [] : [finalTransactionToJson({ transaction, height, index, receipt })];
  });
  return end < block.transactions.length ? { items, nextCursor: String(end) } : { items };
}

function startOf(cursor: string, count: number): number {
  const start = Number(cursor);
  if (/^\d{1,9}$/.test(cursor) && start <= count) return start;
  throw gatewayError('malformed-cursor', `"${cursor}" is no cursor of this block's transactions`);
}

function commitRoute(app: App, components: GatewayComponents): void {
  const { chain } = components;
  const schema = operation('blocks', 'The signatures that made a block final', CommitJson, {
    params: BlockParams,
  });
  app.get('/blocks/:ref/commit', { schema }, async (request, reply) => {
    const { ref: text } = request.params;
    const { ref } = parseBlockReference(text, chain.tip().height);
    const height = typeof ref === 'number' ? ref : (await chain.header(ref))?.height;
    const commit = height === undefined ? undefined : await chain.commit(height);
    if (commit === undefined) throw blockNotFound(text, components);
    // Not immutable: nodes may hold different sets of signatures, each of more than two thirds.
    void reply.header('cache-control', REVALIDATE);
    return commitToJson(commit);
  });
}

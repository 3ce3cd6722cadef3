import { Type } from 'typebox';
import { formatAddress, parseAddress } from '#kernel';
import { stateKey } from '#services/blockchain';
import { IMMUTABLE, NO_STORE, REVALIDATE } from '../http/headers.ts';
import { finalTransactionToJson } from '../json/transaction-json.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import { provableHeight, stateProof } from '../proofs/state-proof.ts';
import { FinalTransactionPage, StateProofJson } from '../schemas/blocks.ts';
import { Address, Amount, Count, Height, PageQuery, strict } from '../schemas/common.ts';
import { assertFinal } from './block-reference.ts';
import { operation, type App, type RouteContext } from './context.ts';

const AccountJson = Type.Object({
  address: Address,
  balance: Amount,
  nonce: Count,
  height: Type.Integer({ description: 'the state is that after this height' }),
  proof: Type.Optional(StateProofJson),
});
const AccountParams = strict({ address: Type.String({ maxLength: 90 }) });
const AccountQuery = strict({
  height: Type.Optional(Height),
  proof: Type.Optional(
    Type.Boolean({
      description:
        'with the proof; without `height` then of the block before the tip, whose root the tip holds',
    }),
  ),
});
/** Accounts and what they did. */
export function accountRoutes(app: App, { components }: RouteContext): void {
  accountRoute(app, components);
  historyRoute(app, components);
}

function accountRoute(app: App, components: GatewayComponents): void {
  const { chain, ledger } = components;
  const schema = operation('accounts', 'Balance and nonce of an account', AccountJson, {
    params: AccountParams,
    querystring: AccountQuery,
  });
  app.get('/accounts/:address', { schema }, async (request, reply) => {
    const address = parseAddress(request.params.address);
    const { height, proof = false } = request.query;
    if (height !== undefined) assertFinal(height, chain.tip().height);
    void reply.header('cache-control', height === undefined ? NO_STORE : IMMUTABLE);
    if (proof) {
      const proven = provableHeight(chain, height);
      const [account, evidence] = await Promise.all([
        ledger.account(address, proven),
        stateProof(components, stateKey.account(address), proven),
      ]);
      return { ...accountJson(address, account, proven), proof: evidence };
    }
    if (height !== undefined) return accountJson(address, await ledger.account(address, height), height);
    return accountAtTip(components, address);
  });
}

/** Reads at the tip, again when the tip moved meanwhile, so that height and values belong together. */
async function accountAtTip({ chain, ledger }: GatewayComponents, address: Uint8Array) {
  for (;;) {
    const { height } = chain.tip();
    const account = await ledger.account(address);
    if (chain.tip().height === height) return accountJson(address, account, height);
  }
}

function accountJson(
  address: Uint8Array,
  account: { balance: bigint; nonce: number } | undefined,
  height: number,
) {
  const { balance, nonce } = account ?? { balance: 0n, nonce: 0 };
  return { address: formatAddress(address), balance: balance.toString(), nonce, height };
}

function historyRoute(app: App, { chain }: GatewayComponents): void {
  const schema = operation(
    'accounts',
    'Transactions that an account sent or received by, newest first',
    FinalTransactionPage,
    { params: AccountParams, querystring: PageQuery },
  );
  app.get('/accounts/:address/transactions', { schema }, async (request, reply) => {
    const address = parseAddress(request.params.address);
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const page = cursor === undefined ? { limit } : { limit, cursor };
    const found = await chain.transactionsOf(address, page);
    void reply.header('cache-control', REVALIDATE);
    const items = found.items.map((item) => ({ ...finalTransactionToJson(item), role: item.role }));
    return found.next === undefined ? { items } : { items, nextCursor: found.next };
  });
}

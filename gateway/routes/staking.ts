import { Type } from 'typebox';
import { formatAddress, parseAddress, toHex } from '#kernel';
import type { AccountHoldings } from '#services/validator';
import { isUnchanged, REVALIDATE } from '../http/headers.ts';
import { jsonValue } from '../json/json-value.ts';
import { delegationToJson, unbondingToJson } from '../json/validator-json.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import { PageQuery, strict } from '../schemas/common.ts';
import { AccountDelegationsPage, RewardsPage, StakingJson, UnbondingsPage } from '../schemas/validators.ts';
import { parseAddressCursor } from '../validators/address-cursor.ts';
import { atTip } from '../validators/at-tip.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** Stake as an account and as an operator see it: what is bonded, released and earned, and under which rules. */
export function stakingRoutes(app: App, { components }: RouteContext): void {
  stakingRoute(app, components);
  delegationsRoute(app, components);
  unbondingsRoute(app, components);
  rewardsRoute(app, components);
}

function stakingRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'staking',
    'The epoch in progress, the sums of stake, and the parameters of both',
    StakingJson,
    {},
  );
  app.get('/staking', { schema }, (request, reply) => {
    const { height, stateRoot, parameters, staking } = ledger.tip();
    if (isUnchanged(request, reply, `${toHex(stateRoot).slice(0, 32)}-${height}`, REVALIDATE)) {
      return reply.send();
    }
    const { epochBlocks, maxValidators, minSelfStake, powerReduction } = parameters;
    const { unbondingPeriodMs, evidenceMaxAgeMs } = parameters;
    const chosen = { epochBlocks, maxValidators, minSelfStake, powerReduction };
    const progress = ledger.stake().progress();
    const lastHeight = progress.epochStart + epochBlocks;
    return reply.send({
      height,
      epoch: {
        epoch: progress.epoch,
        // The first epoch begins at its start, later ones after the height that ended the one before.
        firstHeight: progress.epochStart + (progress.epoch === 0 ? 0 : 1),
        lastHeight,
        blocksLeft: lastHeight - height,
        setSince: progress.setSince,
        decidedSetFrom: progress.appliesAt === 0 ? null : progress.appliesAt,
      },
      totals: jsonValue(ledger.stake().totals()),
      parameters: jsonValue({ ...chosen, unbondingPeriodMs, evidenceMaxAgeMs, ...staking }),
    });
  });
}

const AccountParams = strict({ address: Type.String({ maxLength: 90 }) });
const parts = { params: AccountParams, querystring: PageQuery };

interface AccountRequest {
  readonly params: { readonly address: string };
  readonly query: { readonly limit?: number; readonly cursor?: string };
}

/** The account and the page of a request; the cursor is the operator after whom the page begins. */
function asked({ params, query }: AccountRequest) {
  const { cursor, limit = LIMITS.pageItemsDefault } = query;
  return { account: parseAddress(params.address), page: { limit, ...parseAddressCursor(cursor) } };
}

function pageToJson<Item, Json>(
  account: Uint8Array,
  { items, next }: AccountHoldings<Item>,
  toJson: (item: Item) => Json,
) {
  const nextCursor = next === undefined ? {} : { nextCursor: formatAddress(next) };
  return { account: formatAddress(account), items: items.map(toJson), ...nextCursor };
}

function delegationsRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'staking',
    'What an account has bonded, by validator; a page may be short and not the last',
    AccountDelegationsPage,
    parts,
  );
  app.get('/accounts/:address/delegations', { schema }, async (request, reply) => {
    const { account, page } = asked(request);
    const { height, value } = await atTip(ledger, (stake) => stake.delegationsOf(account, page));
    void reply.header('cache-control', REVALIDATE);
    return { ...pageToJson(account, value, delegationToJson), height };
  });
}

function unbondingsRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'staking',
    'What an account is releasing, by validator and end; the limit is of validators, who have a few each',
    UnbondingsPage,
    parts,
  );
  app.get('/accounts/:address/unbondings', { schema }, async (request, reply) => {
    const { account, page } = asked(request);
    const { height, value } = await atTip(ledger, (stake) => stake.unbondingsOf(account, page));
    void reply.header('cache-control', REVALIDATE);
    return { ...pageToJson(account, value, unbondingToJson), height };
  });
}

function rewardsRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'staking',
    'What an account can withdraw, by validator, and its commission as an operator',
    RewardsPage,
    parts,
  );
  app.get('/accounts/:address/rewards', { schema }, async (request, reply) => {
    const { account, page } = asked(request);
    const { height, value } = await atTip(ledger, async (stake) => {
      const held = await stake.delegationsOf(account, page);
      return { held, commission: stake.validator(account)?.commissionDue ?? 0n };
    });
    void reply.header('cache-control', REVALIDATE);
    const found = pageToJson(account, value.held, (delegation) => {
      const { validator, account: delegator, rewards } = delegationToJson(delegation);
      return { validator, account: delegator, rewards };
    });
    return { ...found, commission: value.commission.toString(), height };
  });
}

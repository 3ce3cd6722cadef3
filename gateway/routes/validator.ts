import { addressOfKey, formatAddress } from '#kernel';
import type { StakeQueries, ValidatorState } from '#services/validator';
import { gatewayError } from '../errors.ts';
import { REVALIDATE } from '../http/headers.ts';
import {
  consensusKeyOf,
  currentTally,
  delegationToJson,
  performanceToJson,
  registeredToJson,
  reputationToJson,
  scoreOf,
  slashToJson,
  type CommitTelemetry,
} from '../json/validator-json.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import { PageQuery } from '../schemas/common.ts';
import {
  EpochsQuery,
  PerformanceJson,
  ReputationJson,
  SlashingPage,
  ValidatorDelegationsPage,
  ValidatorDetailJson,
  ValidatorParams,
} from '../schemas/validators.ts';
import { parseAddressCursor } from '../validators/address-cursor.ts';
import { atTip, validatorOf } from '../validators/at-tip.ts';
import { parsePlaceCursor, placeCursor } from '../validators/place-cursor.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** A validator: what it is, what it did, who bonded stake to it, and what it was punished for. */
export function validatorRoutes(app: App, { components }: RouteContext): void {
  oneRoute(app, components);
  epochRoutes(app, components);
  slashingRoute(app, components);
  delegationsRoute(app, components);
}

function oneRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'validators',
    'A validator by the address of its consensus key, also of one that it replaced, or of its operator',
    ValidatorDetailJson,
    { params: ValidatorParams },
  );
  app.get('/validators/:address', { schema }, async (request, reply) => {
    const { height, value } = await atTip(ledger, async (stake) => {
      const state = await validatorOf(stake, request.params.address);
      return {
        ...registeredToJson(state, ledger.tip().validators.totalPower),
        identity: { ...state.record.identity },
        commissionDue: state.commissionDue.toString(),
        epoch: currentTally(state, stake.progress()),
      };
    });
    void reply.header('cache-control', REVALIDATE);
    return { ...value, height };
  });
}

/** Who a list is about. */
function namesOf(state: ValidatorState) {
  const address = formatAddress(addressOfKey('ed25519', consensusKeyOf(state)));
  return { address, operator: formatAddress(state.operator) };
}

interface EpochPage {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Epochs of a validator that ended, oldest first; without `from` the latest ones. */
async function epochsOf(stake: StakeQueries, { operator }: ValidatorState, query: EpochPage) {
  const { from, to, limit = LIMITS.pageItemsDefault, cursor } = query;
  const last = Math.min(to ?? Number.MAX_SAFE_INTEGER, stake.progress().epoch - 1);
  const first = cursor === undefined ? (from ?? Math.max(0, last - limit + 1)) : epochIn(cursor);
  if (first > last) return { items: [] };
  const found = await stake.performance(operator, { from: first, to: last, limit: limit + 1 });
  const next = found[limit];
  return { items: found.slice(0, limit), ...(next !== undefined && { nextCursor: String(next.epoch) }) };
}

function epochIn(cursor: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(cursor)) return Number(cursor);
  throw gatewayError('malformed-cursor', `"${cursor}" is no cursor of this list: use "nextCursor" as it is`);
}

/** What this node saw of a validator in an epoch. */
function telemetryOf(
  { commitLatency }: GatewayComponents,
  operator: Uint8Array,
  epoch: number,
): CommitTelemetry | null {
  const seen = commitLatency?.(operator, epoch);
  return seen === undefined ? null : { meanCommitLatencyMs: seen.meanMs, precommits: seen.precommits };
}

function epochRoutes(app: App, components: GatewayComponents): void {
  const { ledger } = components;
  const parts = { params: ValidatorParams, querystring: EpochsQuery };
  const performance = operation(
    'validators',
    'What a validator did in the epochs that ended, oldest first, and in the one in progress',
    PerformanceJson,
    parts,
  );
  app.get('/validators/:address/performance', { schema: performance }, async (request, reply) => {
    const { height, value } = await atTip(ledger, async (stake) => {
      const state = await validatorOf(stake, request.params.address);
      const { items, ...rest } = await epochsOf(stake, state, request.query);
      const tally = currentTally(state, stake.progress());
      const telemetry = (epoch: number) => telemetryOf(components, state.operator, epoch);
      const current = { ...tally, telemetry: telemetry(tally.epoch) };
      const ended = items.map((item) => performanceToJson(item, telemetry(item.epoch)));
      return { ...namesOf(state), items: ended, ...rest, current };
    });
    void reply.header('cache-control', REVALIDATE);
    return { ...value, height };
  });
  const reputation = operation(
    'validators',
    'The reputation of a validator, what it is made of, and its history by epoch, oldest first',
    ReputationJson,
    parts,
  );
  app.get('/validators/:address/reputation', { schema: reputation }, async (request, reply) => {
    const { height, value } = await atTip(ledger, async (stake) => {
      const state = await validatorOf(stake, request.params.address);
      const { items, ...rest } = await epochsOf(stake, state, request.query);
      const history = items.map(({ epoch, performance: { score } }) => ({
        epoch,
        reputation: scoreOf(score),
      }));
      return { ...namesOf(state), ...reputationToJson(state.reputation), items: history, ...rest };
    });
    void reply.header('cache-control', REVALIDATE);
    return { ...value, height };
  });
}

function slashingRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation('validators', 'What a validator was slashed for, the latest first', SlashingPage, {
    params: ValidatorParams,
    querystring: PageQuery,
  });
  app.get('/validators/:address/slashing', { schema }, async (request, reply) => {
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const start = parsePlaceCursor(cursor);
    const { height, value } = await atTip(ledger, async (stake) => {
      const state = await validatorOf(stake, request.params.address);
      // A height has one slash of a reason at most: those of the cursor's height that were shown come again.
      const found = await stake.slashes(state.operator, {
        ...(start !== undefined && { upTo: start.height }),
        limit: limit + (start?.skip ?? 0) + 1,
      });
      const rest = found.slice(start?.skip ?? 0);
      const nextCursor = rest.length > limit ? placeCursor(rest.slice(0, limit), start) : undefined;
      const items = rest.slice(0, limit).map(slashToJson);
      return { ...namesOf(state), items, ...(nextCursor !== undefined && { nextCursor }) };
    });
    void reply.header('cache-control', REVALIDATE);
    return { ...value, height };
  });
}

function delegationsRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'validators',
    'Who bonded stake to a validator, by address',
    ValidatorDelegationsPage,
    { params: ValidatorParams, querystring: PageQuery },
  );
  app.get('/validators/:address/delegations', { schema }, async (request, reply) => {
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const start = parseAddressCursor(cursor);
    const { height, value } = await atTip(ledger, async (stake) => {
      const state = await validatorOf(stake, request.params.address);
      const found = await stake.delegations(state.operator, { limit: limit + 1, ...start });
      const items = found.slice(0, limit).map(delegationToJson);
      const nextCursor = found.length > limit ? items.at(-1)?.account : undefined;
      return { ...namesOf(state), items, ...(nextCursor !== undefined && { nextCursor }) };
    });
    void reply.header('cache-control', REVALIDATE);
    return { ...value, height };
  });
}

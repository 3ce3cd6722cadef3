import { toHex } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import { gatewayError } from '../errors.ts';
import { IMMUTABLE, isUnchanged, REVALIDATE } from '../http/headers.ts';
import { validatorToJson } from '../json/chain-json.ts';
import { registeredToJson } from '../json/validator-json.ts';
import { LIMITS } from '../limits.ts';
import type { ChainReader, GatewayComponents, LedgerReader } from '../ports.ts';
import { Height, strict } from '../schemas/common.ts';
import {
  ActiveQuery,
  TopJson,
  TopQuery,
  ValidatorsJson,
  ValidatorSetJson,
  ValidatorsQuery,
} from '../schemas/validators.ts';
import { pageOfValidators, rankValidators, type Ranked, type Sort } from '../validators/ranking.ts';
import { assertFinal } from './block-reference.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** Lists of validators: all that are registered, by what they are ranked by, and the sets of heights. */
export function validatorListRoutes(app: App, { components }: RouteContext): void {
  const registered = registeredAtTip(components.ledger);
  listRoute(app, components, registered);
  activeRoute(app, registered);
  topRoute(app, registered);
  setRoute(app, components);
}

interface Registered {
  readonly height: number;
  readonly set: ValidatorSet;
  /** Names the state that this is of. */
  readonly tag: string;
  readonly ranked: (sort: Sort) => readonly Ranked[];
}

/** The registered validators: read once a block and ranked once in each way, however many ask. */
function registeredAtTip(ledger: LedgerReader): () => Registered {
  let held: { readonly tip: object; readonly registered: Registered } | undefined;
  return () => {
    const tip = ledger.tip();
    if (held?.tip === tip) return held.registered;
    const { height, validators: set, stateRoot } = tip;
    const tag = toHex(stateRoot).slice(0, 32);
    const validators = ledger.stake().validators();
    const ranks = new Map<Sort, readonly Ranked[]>();
    const registered: Registered = {
      height,
      set,
      tag,
      ranked(sort) {
        const ranked = ranks.get(sort) ?? rankValidators(validators, sort);
        ranks.set(sort, ranked);
        return ranked;
      },
    };
    held = { tip, registered };
    return registered;
  };
}

function listRoute(app: App, { chain }: GatewayComponents, registered: () => Registered): void {
  const schema = operation(
    'validators',
    'The registered validators, those of the set of the next height first; with `height` the set of that height',
    ValidatorsJson,
    { querystring: ValidatorsQuery },
  );
  app.get('/validators', { schema }, async (request, reply) => {
    const { height, status, sort = 'power', limit = LIMITS.pageItemsMax, cursor } = request.query;
    if (height !== undefined) {
      const others = [status, request.query.sort, cursor].some((given) => given !== undefined);
      if (others) {
        throw gatewayError('invalid-request', 'the set of a height is not filtered, sorted or paged');
      }
      const set = await setAt(chain, height);
      if (isUnchanged(request, reply, tagOf(set, height), REVALIDATE)) return reply.send();
      return setToJson(set, height);
    }
    const all = registered();
    const { height: tip, set, tag } = all;
    const name = `${tag}-${tip}-${status ?? 'all'}-${sort}-${limit}-${cursor ?? ''}`;
    if (isUnchanged(request, reply, name, REVALIDATE)) return reply.send();
    const { items, nextCursor } = pageToJson(all, sort, { cursor, limit, status });
    return {
      items,
      totalPower: set.totalPower,
      height: tip + 1,
      hash: toHex(set.hash),
      ...(nextCursor !== undefined && { nextCursor }),
    };
  });
}

function activeRoute(app: App, registered: () => Registered): void {
  const schema = operation(
    'validators',
    'The validators that are active, largest voting power first',
    ValidatorsJson,
    { querystring: ActiveQuery },
  );
  app.get('/validators/active', { schema }, (request, reply) => {
    const { sort = 'power', limit = LIMITS.pageItemsMax, cursor } = request.query;
    const all = registered();
    const { height, set, tag } = all;
    if (isUnchanged(request, reply, `${tag}-${height}-${sort}-${limit}-${cursor ?? ''}`, REVALIDATE)) {
      return reply.send();
    }
    const { items, nextCursor } = pageToJson(all, sort, { cursor, limit, status: 'active' });
    return reply.send({
      items,
      totalPower: set.totalPower,
      height: height + 1,
      hash: toHex(set.hash),
      ...(nextCursor !== undefined && { nextCursor }),
    });
  });
}

function topRoute(app: App, registered: () => Registered): void {
  const schema = operation(
    'validators',
    'The first of the registered validators by stake, reputation, power or name',
    TopJson,
    { querystring: TopQuery },
  );
  app.get('/validators/top', { schema }, (request, reply) => {
    const { by = 'stake', limit = 10 } = request.query;
    const all = registered();
    const { height, tag } = all;
    if (isUnchanged(request, reply, `${tag}-${height}-${by}-${limit}`, REVALIDATE)) return reply.send();
    const { items } = pageToJson(all, by, { limit });
    return reply.send({ items, by, height });
  });
}

function setRoute(app: App, { chain }: GatewayComponents): void {
  const schema = operation(
    'validators',
    'The validator set of a height, in its order: largest power first, then by address',
    ValidatorSetJson,
    { params: strict({ height: Height }) },
  );
  app.get('/validators/set/:height', { schema }, async (request, reply) => {
    const { height } = request.params;
    const set = await setAt(chain, height);
    if (isUnchanged(request, reply, tagOf(set, height), IMMUTABLE)) return reply.send();
    return setToJson(set, height);
  });
}

/** @throws `gateway.height-ahead`, `gateway.block-not-found` */
async function setAt(chain: ChainReader, height: number): Promise<ValidatorSet> {
  const tip = chain.tip();
  assertFinal(height, tip.height + 1);
  const set = height === tip.height + 1 ? tip.validators : await chain.validatorSet(height);
  if (set !== undefined) return set;
  throw gatewayError('block-not-found', `this node does not keep the validators of height ${height}`);
}

function setToJson(set: ValidatorSet, height: number) {
  const items = set.validators.map((validator) => validatorToJson(validator, set.totalPower));
  return { items, totalPower: set.totalPower, height, hash: toHex(set.hash) };
}

function tagOf(set: ValidatorSet, height: number): string {
  return `${toHex(set.hash).slice(0, 32)}-${height}`;
}

function pageToJson(
  { ranked, set: { totalPower } }: Registered,
  sort: Sort,
  page: Parameters<typeof pageOfValidators>[2],
) {
  const { items, next } = pageOfValidators(ranked(sort), sort, page);
  return { items: items.map((state) => registeredToJson(state, totalPower)), nextCursor: next };
}

import { Type } from 'typebox';
import { equalBytes, parseAddress, toHex } from '#kernel';
import type { ValidatorRecord } from '#services/blockchain';
import { gatewayError } from '../errors.ts';
import { isUnchanged, NO_STORE, REVALIDATE } from '../http/headers.ts';
import { validatorToJson } from '../json/chain-json.ts';
import { jsonValue } from '../json/json-value.ts';
import type { GatewayComponents, LedgerReader } from '../ports.ts';
import { Address, Amount, Hash, Height, strict } from '../schemas/common.ts';
import { assertFinal } from './block-reference.ts';
import { AnyObject, operation, type App, type RouteContext } from './context.ts';

const ValidatorJson = Type.Object({
  address: Type.String({ description: 'address of the consensus key' }),
  operator: Address,
  name: Type.String(),
  publicKey: Hash,
  power: Type.Integer(),
  share: Type.Number({ description: 'share of the total power, 0 to 1' }),
  stake: Type.Optional(Amount),
  status: Type.Optional(Type.String({ description: 'active, inactive, jailed or tombstoned' })),
});
const ValidatorsJson = Type.Object({
  items: Type.Array(ValidatorJson),
  totalPower: Type.Integer(),
  height: Type.Integer({ description: 'the height that this set decides' }),
  hash: Hash,
});
const PeersJson = Type.Object({ self: Type.String(), items: Type.Array(AnyObject) });

/** Validators, consensus and peers. */
export function networkRoutes(app: App, { components }: RouteContext): void {
  validatorRoutes(app, components);
  const { consensus, peers } = components;
  const round = operation('consensus', 'The height, round and step that consensus is in', AnyObject, {});
  app.get('/consensus', { schema: round }, (_request, reply) =>
    reply.header('cache-control', NO_STORE).send(jsonValue(consensus.status())),
  );
  const list = operation('peers', 'The connected peers', PeersJson, {});
  app.get('/peers', { schema: list }, (_request, reply) => {
    const items = peers.peers().map((peer) => jsonValue(peer) as object);
    return reply.header('cache-control', NO_STORE).send({ self: peers.self, items });
  });
}

/** What the ledger holds of each validator at the tip, by operator. */
async function recordsOf(ledger: LedgerReader): Promise<Map<string, ValidatorRecord>> {
  const records = await ledger.validators();
  return new Map(records.map((record) => [toHex(record.operator), record]));
}

function validatorRoutes(app: App, { chain, ledger }: GatewayComponents): void {
  const list = operation('validators', 'The validators, largest power first', ValidatorsJson, {
    querystring: strict({ height: Type.Optional(Height) }),
  });
  app.get('/validators', { schema: list }, async (request, reply) => {
    const tip = chain.tip();
    const height = request.query.height ?? tip.height + 1;
    assertFinal(height, tip.height + 1);
    const isNext = height === tip.height + 1;
    const set = isNext ? tip.validators : await chain.validatorSet(height);
    if (set === undefined) {
      throw gatewayError('block-not-found', `this node does not keep the validators of height ${height}`);
    }
    const hash = toHex(set.hash);
    if (isUnchanged(request, reply, `${hash.slice(0, 32)}-${height}`, REVALIDATE)) return reply.send();
    const records = isNext ? await recordsOf(ledger) : new Map<string, ValidatorRecord>();
    const items = set.validators.map((validator) =>
      validatorToJson(validator, set.totalPower, records.get(toHex(validator.operator))),
    );
    return { items, totalPower: set.totalPower, height, hash };
  });

  const one = operation(
    'validators',
    'A validator by the address of its consensus key or of its operator',
    ValidatorJson,
    { params: strict({ address: Type.String({ maxLength: 90 }) }) },
  );
  app.get('/validators/:address', { schema: one }, async (request, reply) => {
    const address = parseAddress(request.params.address);
    const { validators, totalPower } = chain.tip().validators;
    const found =
      validators.find((validator) => equalBytes(validator.address, address)) ??
      validators.find((validator) => equalBytes(validator.operator, address));
    if (found === undefined) {
      const message = `${request.params.address} is neither the consensus address nor the operator of an active validator`;
      throw gatewayError('validator-not-found', message);
    }
    void reply.header('cache-control', REVALIDATE);
    return validatorToJson(found, totalPower, (await recordsOf(ledger)).get(toHex(found.operator)));
  });
}

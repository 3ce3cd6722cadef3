import { Type } from 'typebox';
import { addressOfKey, equalBytes, formatAddress, fromHex, parseAddress, toHex } from '#kernel';
import { gatewayError } from '../errors.ts';
import { IMMUTABLE, REVALIDATE } from '../http/headers.ts';
import { evidenceToJson, offenceToJson } from '../json/evidence-json.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import { PageQuery, Hash, strict } from '../schemas/common.ts';
import { EvidenceJson, EvidencePage, OffencePage } from '../schemas/evidence.ts';
import { parsePlaceCursor, placeCursor } from '../validators/place-cursor.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** What validators verifiably did wrong. */
export function evidenceRoutes(app: App, { components }: RouteContext): void {
  const { chain } = components;
  const list = operation('evidence', 'Evidence in final blocks, newest first', EvidencePage, {
    querystring: PageQuery,
  });
  app.get('/evidence', { schema: list }, async (request, reply) => {
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const found = await chain.evidences(cursor === undefined ? { limit } : { limit, cursor });
    void reply.header('cache-control', REVALIDATE);
    const items = found.items.map(evidenceToJson);
    return found.next === undefined ? { items } : { items, nextCursor: found.next };
  });

  const one = operation('evidence', 'Evidence by its hash, with what proves it', EvidenceJson, {
    params: strict({ hash: Hash }),
  });
  app.get('/evidence/:hash', { schema: one }, async (request, reply) => {
    const { hash } = request.params;
    const found = await chain.evidence(fromHex(hash, 32));
    if (found === undefined) {
      throw gatewayError('evidence-not-found', `no final block of this node holds evidence ${hash}`);
    }
    void reply.header('cache-control', IMMUTABLE);
    return evidenceToJson(found);
  });
  submitRoute(app, components);
  offencesRoute(app, components);
}

/** EVID-21 */
function submitRoute(app: App, { evidence }: GatewayComponents): void {
  const schema = operation(
    'evidence',
    'Hands in evidence in its one encoding, as a light client does that was shown a conflicting header',
    Type.Object({ hash: Hash }),
    {},
    202,
  );
  const options = { schema, bodyLimit: LIMITS.evidenceBytesMax };
  app.post('/evidence', options, async (request, reply) => {
    const { body } = request;
    if (evidence === undefined) throw gatewayError('not-available', 'this node takes no evidence');
    if (!(body instanceof Uint8Array)) {
      throw gatewayError(
        'unsupported-media-type',
        'send the bytes of the evidence as application/octet-stream',
      );
    }
    const taken = await evidence.submit(Uint8Array.from(body));
    if (!taken.ok) throw taken.error;
    void reply.status(202);
    return { hash: toHex(taken.value.hash) };
  });
}

function offencesRoute(app: App, components: GatewayComponents): void {
  const schema = operation(
    'validators',
    'Offences of a validator that are recorded, the latest height first',
    OffencePage,
    { params: strict({ address: Type.String({ maxLength: 90 }) }), querystring: PageQuery },
  );
  app.get('/validators/:address/evidence', { schema }, async (request, reply) => {
    const address = await consensusAddress(components, request.params.address);
    const { cursor, limit = LIMITS.pageItemsDefault } = request.query;
    const start = parsePlaceCursor(cursor);
    // A height has one offence of a kind at most: those of the cursor's height that were shown come again.
    const records = await components.ledger.offences(address, {
      ...(start !== undefined && { upTo: start.height }),
      limit: limit + (start?.skip ?? 0) + 1,
    });
    const shown = records.slice(start?.skip ?? 0);
    void reply.header('cache-control', REVALIDATE);
    const items = shown.slice(0, limit);
    const page = { address: formatAddress(address), items: items.map(offenceToJson) };
    const nextCursor = shown.length > limit ? placeCursor(items, start) : undefined;
    return nextCursor === undefined ? page : { ...page, nextCursor };
  });
}

/** The address of the consensus key, of that address itself or of the operator's. */
async function consensusAddress({ chain, ledger }: GatewayComponents, text: string): Promise<Uint8Array> {
  const address = parseAddress(text);
  const { validators } = chain.tip().validators;
  const active =
    validators.find((validator) => equalBytes(validator.address, address)) ??
    validators.find((validator) => equalBytes(validator.operator, address));
  if (active !== undefined) return active.address;
  for (const record of await ledger.validators()) {
    const consensus = addressOfKey('ed25519', record.publicKey);
    if (equalBytes(record.operator, address) || equalBytes(consensus, address)) return consensus;
  }
  throw gatewayError(
    'validator-not-found',
    `${text} is neither the consensus address nor the operator of a validator`,
  );
}

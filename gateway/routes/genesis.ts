import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { toHex, utf8 } from '#kernel';
import { gatewayError } from '../errors.ts';
import { isUnchanged, NO_STORE, REVALIDATE } from '../http/headers.ts';
import { LIMITS } from '../limits.ts';
import { Hash } from '../schemas/common.ts';
import { AnyObject, JSON_TYPE, operation, type App, type RouteContext } from './context.ts';

const GenesisJson = Type.Object({
  genesisHash: Hash,
  document: AnyObject,
  report: AnyObject,
  seal: Type.Union([AnyObject, Type.Null()], {
    description:
      'Approvals that hold more than two thirds of the stake, each a signature that anybody can check',
  }),
});

/** The genesis of the chain, and the judgement of any other. */
export function genesisRoutes(app: App, { components }: RouteContext): void {
  const genesisHash = toHex(components.identity.genesisHash);
  const { genesis } = components;
  const { report, seal, bytes } = genesis;
  const before = utf8(`{"genesisHash":"${genesisHash}","document":`);
  const after = utf8(`,"report":${JSON.stringify(report)},"seal":${JSON.stringify(seal)}}`);
  // A node may start with another seal the next time.
  const tag =
    seal === null
      ? genesisHash
      : `${genesisHash}-${createHash('sha256').update(JSON.stringify(seal)).digest('hex').slice(0, 16)}`;
  const schema = operation(
    'genesis',
    'The genesis document, its hash, its report and its seal',
    GenesisJson,
    {},
  );
  app.get('/genesis', { schema }, async (request, reply) => {
    if (isUnchanged(request, reply, tag, REVALIDATE)) return reply.send();
    const document = await genesis.stream();
    return reply
      .type(JSON_TYPE)
      .header('content-length', before.length + bytes + after.length)
      .send(Readable.from(joined(before, document, after), { objectMode: false }));
  });
  void app.register(async (inner: App) => validateRoute(inner, components.validateGenesis));
}

async function* joined(
  before: Uint8Array,
  document: AsyncIterable<Uint8Array>,
  after: Uint8Array,
): AsyncIterable<Uint8Array> {
  yield before;
  yield* document;
  yield after;
}

/** Takes the bytes of a document as they are, one at a time: a large one takes memory and time. */
function validateRoute(app: App, validate: (bytes: Uint8Array) => Promise<object>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: LIMITS.genesisBytesMax },
    (_request, body, done) => done(null, body),
  );
  // A client that goes away does not end the work that it caused: both must be over.
  let open = false;
  let working = false;
  const schema = {
    ...operation('genesis', 'Judge a genesis document of any format', AnyObject, {}),
    consumes: ['application/json', 'application/octet-stream'],
    description: 'The body is the document. The report is the answer, for an invalid document too.',
  };
  app.post('/genesis/validate', {
    schema,
    bodyLimit: LIMITS.genesisBytesMax,
    onRequest: (_request, reply, done) => {
      if (open || working) {
        const message = 'another genesis is being validated; try again in a few seconds';
        return done(gatewayError('busy', message, { retryAfterSeconds: 5 }));
      }
      open = true;
      reply.raw.once('close', () => (open = false));
      return done();
    },
    handler: async (request, reply) => {
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
      working = true;
      const report = await validate(body).finally(() => (working = false));
      return reply.header('cache-control', NO_STORE).type(JSON_TYPE).send(JSON.stringify(report));
    },
  });
}

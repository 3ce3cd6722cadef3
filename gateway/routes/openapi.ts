import swagger from '@fastify/swagger';
import { createHash } from 'node:crypto';
import { isUnchanged, REVALIDATE } from '../http/headers.ts';
import { JSON_TYPE, type App } from './context.ts';

/** Collects the schemas of all routes registered after it. */
export function collectOpenApi(app: App, version: string): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'BIZRA Node-0',
        version,
        description:
          'Integers of 64 bits and amounts are decimal text; hashes and keys lower-case hexadecimal; addresses bech32m. Every error is a problem document (RFC 9457) with a stable code.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'this node' }],
    },
    hideUntagged: true,
  });
}

/** `GET /openapi.json`: made from the schemas that validate, when first asked for. */
export function openApiRoute(app: App): void {
  let made: { text: string; tag: string } | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, (request, reply) => {
    made ??= describe(app);
    if (isUnchanged(request, reply, made.tag, REVALIDATE)) return reply.send();
    return reply.type(JSON_TYPE).send(made.text);
  });
}

function describe(app: App): { text: string; tag: string } {
  const text = JSON.stringify(app.swagger());
  return { text, tag: createHash('sha256').update(text).digest('hex').slice(0, 32) };
}

import { toHex } from '#kernel';
import { gatewayError } from '../errors.ts';
import { REVALIDATE } from '../http/headers.ts';
import { signedHeader } from '../proofs/signed-header.ts';
import { BlockParams, LightBlockJson } from '../schemas/blocks.ts';
import { blockNotFound, parseBlockReference } from './block-reference.ts';
import { operation, type App, type RouteContext } from './context.ts';

/** What light clients verify headers with. */
export function lightRoutes(app: App, { components }: RouteContext): void {
  const { chain } = components;
  const schema = operation(
    'light',
    'A final header with its commit and its validators, in one piece: what a light client verifies',
    LightBlockJson,
    { params: BlockParams },
  );
  app.get('/light/:ref', { schema }, async (request, reply) => {
    const { ref: text } = request.params;
    const { ref } = parseBlockReference(text, chain.tip().height);
    const height = typeof ref === 'number' ? ref : (await chain.header(ref))?.height;
    if (height === undefined) throw blockNotFound(text, components);
    const [signed, set] = await Promise.all([signedHeader(chain, height), chain.validatorSet(height)]);
    if (signed === undefined) throw blockNotFound(text, components);
    if (set === undefined) {
      throw gatewayError('block-not-found', `this node does not keep the validators of height ${height}`);
    }
    // Not immutable: nodes may hold different sets of signatures, each of more than two thirds.
    void reply.header('cache-control', REVALIDATE);
    const validators = set.validators.map(({ publicKey, power }) => ({ publicKey: toHex(publicKey), power }));
    return { ...signed, validators };
  });
}

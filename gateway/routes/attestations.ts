import { Type } from 'typebox';
import { formatAddress, fromHex, parseAddress, toHex } from '#kernel';
import { attestationRecord, stateKey, type AttestationRecord } from '#services/blockchain';
import { IMMUTABLE, NO_STORE, REVALIDATE } from '../http/headers.ts';
import { timeText } from '../json/chain-json.ts';
import type { GatewayComponents } from '../ports.ts';
import { provableHeight, stateProof } from '../proofs/state-proof.ts';
import { StateProofJson } from '../schemas/blocks.ts';
import { Address, Flag, Hash, Height, strict, Time } from '../schemas/common.ts';
import { assertFinal } from './block-reference.ts';
import { operation, type App, type RouteContext } from './context.ts';

const RecordJson = Type.Object({
  digest: Hash,
  address: Address,
  label: Type.String(),
  height: Height,
  time: Time,
});
const AttestationsJson = Type.Object({ digest: Hash, items: Type.Array(RecordJson) });
const AttestationJson = Type.Object({
  digest: Hash,
  address: Address,
  attestation: Type.Union([RecordJson, Type.Null()], {
    description: 'null: the account anchored no such hash',
  }),
  stateHeight: Type.Integer({ description: 'the state is that after this height' }),
  proof: Type.Optional(StateProofJson),
});

/** Anchored document hashes: who anchored one, and whether an account did, with proof of either. */
export function attestationRoutes(app: App, { components }: RouteContext): void {
  listRoute(app, components);
  oneRoute(app, components);
}

function listRoute(app: App, { ledger }: GatewayComponents): void {
  const schema = operation(
    'attestations',
    'Who anchored the hash of a document, and when',
    AttestationsJson,
    { params: strict({ digest: Hash }) },
  );
  app.get('/attestations/:digest', { schema }, async (request, reply) => {
    const { digest } = request.params;
    const records = await ledger.attestations(fromHex(digest, 32));
    void reply.header('cache-control', REVALIDATE);
    return { digest, items: records.map(recordToJson) };
  });
}

function oneRoute(app: App, components: GatewayComponents): void {
  const { chain, ledger } = components;
  const schema = operation(
    'attestations',
    'Whether an account anchored the hash of a document, with proof of it or of the contrary',
    AttestationJson,
    {
      params: strict({ digest: Hash, address: Type.String({ maxLength: 90 }) }),
      querystring: strict({ height: Type.Optional(Height), proof: Flag }),
    },
  );
  app.get('/attestations/:digest/:address', { schema }, async (request, reply) => {
    const { digest } = request.params;
    const address = parseAddress(request.params.address);
    const { height, proof = false } = request.query;
    const tip = chain.tip().height;
    if (height !== undefined) assertFinal(height, tip);
    const stateHeight = proof ? provableHeight(chain, height) : (height ?? tip);
    const key = stateKey.attestation(fromHex(digest, 32), address);
    const [{ proof: found }, evidence] = await Promise.all([
      ledger.prove(key, stateHeight),
      proof ? stateProof(components, key, stateHeight) : undefined,
    ]);
    void reply.header('cache-control', height === undefined ? NO_STORE : IMMUTABLE);
    return {
      digest,
      address: formatAddress(address),
      attestation:
        found.value === undefined ? null : recordToJson(attestationRecord.decode(key, found.value)),
      stateHeight,
      ...(evidence === undefined ? {} : { proof: evidence }),
    };
  });
}

function recordToJson({ digest, address, label, height, timeMs }: AttestationRecord) {
  return {
    digest: toHex(digest),
    address: formatAddress(address),
    label,
    height,
    time: timeText(timeMs),
  };
}

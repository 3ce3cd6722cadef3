import {
  CHUNKS_PROTOCOL,
  HEADERS_PROTOCOL,
  headersCodec,
  LIGHT_PROTOCOL,
  lightPartsCodec,
  manifestsCodec,
  SNAPSHOTS_PROTOCOL,
} from '#services/block';
import { chunkCodec, type StateChunk } from '#services/blockchain';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from './behaviour.ts';

type Forge = (tools: ByzantineTools, answer: Uint8Array) => Uint8Array;

const FORGERS: Readonly<Record<string, Forge>> = {
  [SNAPSHOTS_PROTOCOL]: forgeManifests,
  [CHUNKS_PROTOCOL]: forgeChunk,
  [LIGHT_PROTOCOL]: forgeLightBlock,
  [HEADERS_PROTOCOL]: forgeHeaders,
};

/** Gives nodes that join snapshots that are not, chunks of another state, and headers that nobody signed. */
export const forgedState: ByzantineBehaviour = {
  name: 'forged-state',
  network: (tools) =>
    networkLike(tools.network, {
      onRequest(protocol, options, handler) {
        const forge = FORGERS[protocol];
        if (forge === undefined) return tools.network.onRequest(protocol, options, handler);
        tools.network.onRequest(protocol, options, async (peer, body) => {
          const answer = await handler(peer, body);
          return answer.length === 0 || tools.random.chance(0.4) ? answer : forge(tools, answer);
        });
      },
    }),
};

/** A newer snapshot than there is, one of another state, or one with other pieces. */
function forgeManifests({ random, chain }: ByzantineTools, answer: Uint8Array): Uint8Array {
  const manifests = manifestsCodec.decode(answer);
  const [newest, ...older] = manifests;
  if (newest === undefined) return answer;
  const forged = random.pick([
    { ...newest, height: chain.tip().height - 1, stateRoot: random.bytes(32) },
    { ...newest, height: chain.tip().height + 1_000 },
    { ...newest, stateRoot: random.bytes(32) },
    { ...newest, depths: Uint8Array.from(newest.depths, (depth) => depth + random.integer(2)) },
  ]);
  return manifestsCodec.encode(random.chance(0.5) ? [forged, ...manifests] : [forged, ...older]);
}

/** A piece with another value, without an entry, with one twice, of another place, or no piece at all. */
function forgeChunk({ random }: ByzantineTools, answer: Uint8Array): Uint8Array {
  const chunk = chunkCodec.decode(answer);
  const { entries } = chunk;
  const at = random.integer(Math.max(1, entries.length));
  const entry = entries[at];
  if (entry === undefined || random.chance(0.1)) return random.bytes(random.between(1, 300));
  const value = entry.value.slice();
  const position = random.integer(Math.max(1, value.length));
  value[position] = (value[position] ?? 0) ^ (1 << random.integer(8));
  const forged: StateChunk = random.pick([
    { ...chunk, entries: entries.with(at, { ...entry, value }) },
    { ...chunk, entries: entries.toSpliced(at, 1) },
    { ...chunk, entries: entries.toSpliced(at, 0, entry) },
    { ...chunk, siblings: chunk.siblings.toReversed() },
  ]);
  return chunkCodec.encode(forged);
}

/** Headers of before a snapshot of which one is another, or under another commit, or left out. */
function forgeHeaders({ random }: ByzantineTools, answer: Uint8Array): Uint8Array {
  const headers = headersCodec.decode(answer);
  const at = random.integer(Math.max(1, headers.length));
  const one = headers[at];
  if (one === undefined || random.chance(0.1)) return random.bytes(random.between(1, 300));
  const member = random.pick(['header', 'commit'] as const);
  const bytes = one[member].slice();
  const position = random.integer(bytes.length);
  bytes[position] = (bytes[position] ?? 0) ^ (1 << random.integer(8));
  return headersCodec.encode(
    random.pick([headers.with(at, { ...one, [member]: bytes }), headers.toSpliced(at, 1)]),
  );
}

/** A header that nobody signed, under the real signatures, its own, or those of a set of its own. */
function forgeLightBlock({ random, key }: ByzantineTools, answer: Uint8Array): Uint8Array {
  const parts = lightPartsCodec.decode(answer);
  const header = { ...parts.header, stateRoot: random.bytes(32) };
  const signature = random.bytes(64);
  return lightPartsCodec.encode(
    random.pick([
      { ...parts, header },
      {
        ...parts,
        header,
        commit: { ...parts.commit, signatures: parts.commit.signatures.map(() => signature) },
      },
      {
        header,
        validators: [{ publicKey: key.publicKey, power: 1 }],
        commit: { ...parts.commit, signatures: [signature] },
      },
    ]),
  );
}

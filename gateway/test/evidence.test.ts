import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { equalBytes, err, formatAddress, fromHex, ok, toHex } from '#kernel';
import {
  decodeEvidence,
  duplicateProposalEvidence,
  duplicateVoteEvidence,
  evidenceRoot,
  proposalDigest,
  voteDigest,
  type Evidence,
} from '#services/block';
import { buildGateway } from '../build-gateway.ts';
import { gatewayError } from '../errors.ts';
import { identity, openRealNode, validatorKeys } from './real-node.ts';

let node: Awaited<ReturnType<typeof openRealNode>>;
let app: FastifyInstance;
before(async () => {
  node = await openRealNode();
  app = await buildGateway(node.components);
});
after(async () => {
  await app.close();
  await node.close();
});

const get = async (url: string) => {
  const response = await app.inject(`/api/v2${url}`);
  return { status: response.statusCode, body: response.json() };
};

/** What the first validator did at the height, and who it is. */
async function misbehaviourAt(height: number) {
  const set = await node.chain.validatorSet(height);
  const validator = set?.validators[0];
  const key = validatorKeys.find((candidate) =>
    equalBytes(candidate.publicKey, validator?.publicKey ?? candidate.publicKey.slice(1)),
  );
  const timeMs = (await node.chain.header(height - 1))?.timeMs ?? 1_700_000_000_000;
  assert.ok(validator !== undefined && key !== undefined);
  const { address, power, operator } = validator;
  const place = { validator: { address, power }, timeMs };
  const hashes = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
  const [a, b] = hashes.map((blockHash) => {
    const body = { kind: 'prevote' as const, height, round: 0, blockHash };
    return { body, signature: key.sign(voteDigest(body, identity.genesisHash)) };
  });
  const [c, d] = hashes.map((blockHash) => {
    const body = { height, round: 0, polRound: -1, blockHash };
    return { body, signature: key.sign(proposalDigest(body, identity.genesisHash)) };
  });
  const votes = a && b && duplicateVoteEvidence(a, b, place);
  const proposals = c && d && duplicateProposalEvidence(c, d, place);
  assert.ok(votes !== undefined && proposals !== undefined);
  return { votes, proposals, address: formatAddress(address), operator: formatAddress(operator) };
}

describe('evidence over the API', () => {
  it('stands in the block, in the list, by its hash and at its validator, whole and page by page', async () => {
    await node.grow();
    await node.grow();
    const first = await misbehaviourAt(1);
    const second = await misbehaviourAt(2);
    const all: Evidence[] = [first.votes, first.proposals, second.votes];
    await node.grow(all);

    const { body: block } = await get('/blocks/3');
    assert.deepEqual(
      block.evidence,
      all.map(({ hash }) => toHex(hash)),
    );
    assert.equal(block.header.evidenceRoot, toHex(evidenceRoot(all)));

    const { body: list } = await get('/evidence?limit=2');
    assert.deepEqual(
      list.items.map((item: { hash: string }) => item.hash),
      [2, 1].map((index) => toHex((all[index] as Evidence).hash)),
    );
    const { body: rest } = await get(`/evidence?limit=2&cursor=${list.nextCursor}`);
    assert.deepEqual([rest.items.length, rest.nextCursor], [1, undefined]);

    const { status, body: one } = await get(`/evidence/${toHex(first.votes.hash)}`);
    assert.equal(status, 200);
    assert.deepEqual(decodeEvidence(fromHex(one.bytes)), first.votes);
    const { kind, height, block: at, index, validators, proof } = one;
    assert.deepEqual({ kind, height, at, index }, { kind: 'duplicate-vote', height: 1, at: 3, index: 0 });
    assert.deepEqual(validators, [
      {
        address: first.address,
        power: first.votes.kind === 'duplicate-vote' ? first.votes.validator.power : 0,
      },
    ]);
    assert.deepEqual([proof.vote, proof.round, proof.messages.length], ['prevote', 0, 2]);

    for (const name of [first.address, first.operator]) {
      const found: { kind: string; height: number; block: number }[] = [];
      let cursor = '';
      for (let page = 0; page < 3; page++) {
        const { body } = await get(`/validators/${name}/evidence?limit=1${cursor}`);
        assert.equal(body.address, first.address);
        found.push(...body.items);
        cursor = `&cursor=${body.nextCursor}`;
        assert.equal(body.nextCursor === undefined, page === 2);
      }
      assert.deepEqual(
        found.map((item) => [item.kind, item.height, item.block]),
        [
          ['duplicate-vote', 2, 3],
          ['duplicate-proposal', 1, 3],
          ['duplicate-vote', 1, 3],
        ],
      );
    }
  });

  it('EVID-21: is handed in as bytes, and refused by the code of what is wrong with it', async () => {
    const { votes } = await misbehaviourAt(1);
    const submitted: Uint8Array[] = [];
    const refuse = new Map([[1, err(gatewayError('busy', 'later'))]]);
    const evidence = {
      submit: async (bytes: Uint8Array) => {
        submitted.push(bytes);
        return refuse.get(bytes.length) ?? ok(votes);
      },
    };
    const taking = await buildGateway({ ...node.components, evidence });
    const post = async (payload: Uint8Array | object, on = taking) => {
      const headers = payload instanceof Uint8Array ? { 'content-type': 'application/octet-stream' } : {};
      const body = payload instanceof Uint8Array ? Buffer.from(payload) : payload;
      const response = await on.inject({ method: 'POST', url: '/api/v2/evidence', payload: body, headers });
      return [response.statusCode, response.json().hash ?? response.json().code];
    };
    assert.deepEqual(await post(votes.bytes), [202, toHex(votes.hash)]);
    assert.deepEqual(submitted, [votes.bytes]);
    assert.deepEqual(await post(new Uint8Array(1)), [503, 'gateway.busy']);
    assert.deepEqual(await post({ evidence: '00' }), [415, 'gateway.unsupported-media-type']);
    assert.deepEqual(await post(new Uint8Array(2 ** 20)), [413, 'gateway.body-too-large']);
    assert.deepEqual(await post(votes.bytes, app), [503, 'gateway.not-available']);
    await taking.close();
    const open = await buildGateway({ ...node.components, evidence, publicExposure: true });
    assert.deepEqual(await post(votes.bytes, open), [403, 'gateway.not-public']);
    await open.close();
  });

  it('what does not exist, and cursors of other lists, are refused with a code', async () => {
    const { address } = await misbehaviourAt(1);
    const codes = await Promise.all(
      [
        `/evidence/${'0'.repeat(64)}`,
        '/evidence/12',
        '/evidence?cursor=nonsense',
        `/validators/${formatAddress(new Uint8Array(20).fill(1))}/evidence`,
        `/validators/${address}/evidence?cursor=1`,
        `/validators/${address}/evidence?cursor=99999999999999999.1`,
      ].map(async (url) => (await get(url)).body.code),
    );
    assert.deepEqual(codes, [
      'gateway.evidence-not-found',
      'gateway.invalid-request',
      'block.malformed-cursor',
      'gateway.validator-not-found',
      'gateway.malformed-cursor',
      'gateway.malformed-cursor',
    ]);
  });
});

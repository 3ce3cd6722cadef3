import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { formatAddress, fromHex, parseAddress, toHex, verifyListProof } from '#kernel';
import { blockHash, verifyCommit, type Commit, type Header } from '#services/block';
import { accountCodec, receiptCodec, verifyStateProof } from '#services/blockchain';
import { transactionToJson, type Transaction } from '#services/transaction';
import { buildGateway } from '../build-gateway.ts';
import type { SignedHeaderJson } from '../schemas/blocks.ts';
import { framed } from './fakes.ts';
import { alice, bob, identity, openRealNode, sign } from './real-node.ts';

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

const get = async (path: string) => {
  const response = await app.inject(`/api/v2${path}`);
  return { status: response.statusCode, body: response.json() };
};
const post = async (payload: Buffer | string, type = 'application/octet-stream') => {
  const headers = { 'content-type': type };
  const response = await app.inject({ method: 'POST', url: '/api/v2/transactions', payload, headers });
  return { status: response.statusCode, body: response.json() };
};
const transfer = (nonce: number, amount = 7n): Transaction =>
  sign(nonce, { type: 'transfer', outputs: [{ to: bob, amount }] });
const DIGEST = new Uint8Array(32).fill(6);

function headerOf(json: SignedHeaderJson['header']): Header {
  return {
    version: json.version,
    chainId: json.chainId,
    height: json.height,
    timeMs: Date.parse(json.time),
    parentHash: fromHex(json.parentHash),
    proposer: parseAddress(json.proposer),
    transactionRoot: fromHex(json.transactionRoot),
    evidenceRoot: fromHex(json.evidenceRoot),
    stateRoot: fromHex(json.stateRoot),
    receiptRoot: fromHex(json.receiptRoot),
    commitHash: fromHex(json.commitHash),
    validatorSetHash: fromHex(json.validatorSetHash),
    nextValidatorSetHash: fromHex(json.nextValidatorSetHash),
  };
}

/** What a client does that trusts nothing but the validators: the header of the signed form, checked. */
function trustedHeader({ header: json, blockHash: hash, commit }: SignedHeaderJson): Header {
  const header = headerOf(json);
  assert.equal(toHex(blockHash(header)), hash);
  const signed: Commit = {
    height: commit.height,
    round: commit.round,
    blockHash: fromHex(commit.blockHash),
    signatures: commit.signatures.map((text) => (text === null ? undefined : fromHex(text))),
  };
  const checked = verifyCommit(signed, {
    set: node.chain.tip().validators,
    height: header.height,
    blockHash: fromHex(hash),
    genesisHash: identity.genesisHash,
    verifier: node.verifier,
  });
  assert.ok(checked.ok);
  return header;
}

describe('the edge on the real contexts', () => {
  it('takes transactions in every form and makes them final', async () => {
    const json = JSON.stringify(transactionToJson(transfer(0)));
    assert.equal((await post(json, 'application/json')).body.hash, transfer(0).id);
    const hex = JSON.stringify({ transaction: toHex(transfer(1).bytes) });
    assert.equal((await post(hex, 'application/json')).status, 202);
    const attest = sign(2, { type: 'attest', digest: DIGEST, label: 'contract' });
    assert.equal((await post(framed(attest, transfer(3)))).body.hashes.length, 2);
    assert.equal((await get('/mempool')).body.size, 4);
    const waiting = get(`/transactions/${transfer(3).id}?wait=10000`);
    await node.grow();
    const { body } = await waiting;
    assert.deepEqual([body.status, body.height, body.index], ['finalized', 1, 3]);
    assert.equal((await get('/mempool')).body.size, 0);
    // What the edge shows can be submitted as it is.
    const again = await post(JSON.stringify(body.transaction), 'application/json');
    assert.match(again.body.code, /^mempool\./);
  });

  it('says by code why a transaction is refused', async () => {
    assert.equal((await post(framed(transfer(0)))).body.code.split('.')[0], 'mempool');
    const forged = Buffer.from(transfer(4).bytes);
    forged[forged.length - 70] = (forged[forged.length - 70] ?? 0) ^ 1;
    const refused = await post(framed({ bytes: forged }));
    assert.ok(refused.status >= 400 && refused.status < 500, refused.body.code);
    assert.equal((await post(framed({ bytes: Buffer.alloc(50) }))).status, 400);
  });

  it('estimates what the ledger then takes', async () => {
    const payload = { type: 'transfer', outputs: [{ to: formatAddress(bob), amount: '7' }] };
    const response = await app.inject({
      method: 'POST',
      url: '/api/v2/transactions/estimate',
      payload: { sender: formatAddress(alice), payload },
    });
    const { body } = await get(`/transactions/${transfer(0).id}`);
    assert.equal(response.json().gasLimit, body.gasUsed);
    assert.equal(response.json().nonce, 4);
  });

  it('proves an account down to the signatures of the validators', async () => {
    await node.grow();
    const { body } = await get(`/accounts/${formatAddress(alice)}?proof=true`);
    const { proof } = body;
    const header = trustedHeader(proof);
    assert.equal(toHex(header.stateRoot), proof.stateRoot);
    const value = fromHex(proof.value);
    const stateProof = { key: fromHex(proof.key), value, path: fromHex(proof.path) };
    assert.ok(verifyStateProof(header.stateRoot, stateProof));
    const account = accountCodec.decode(value);
    assert.deepEqual([account.balance.toString(), account.nonce], [body.balance, body.nonce]);
    assert.equal(account.nonce, 4);
  });

  it('proves that an account does not exist', async () => {
    const { body } = await get(`/accounts/${formatAddress(new Uint8Array(20).fill(77))}?proof=true`);
    assert.deepEqual([body.balance, body.proof.value], ['0', undefined]);
    const header = trustedHeader(body.proof);
    const absence = { key: fromHex(body.proof.key), path: fromHex(body.proof.path) };
    assert.ok(verifyStateProof(header.stateRoot, absence));
  });

  it('reads an account at a past height', async () => {
    const at = async (height: number) =>
      (await get(`/accounts/${formatAddress(bob)}?height=${height}`)).body.balance;
    assert.deepEqual([await at(0), await at(1)], ['0', '21']);
    assert.equal((await get(`/accounts/${formatAddress(bob)}?height=99`)).body.code, 'gateway.height-ahead');
  });

  it('proves a transaction and its receipt', async () => {
    const { body } = await get(`/transactions/${transfer(3).id}?proof=true`);
    const { transaction, receipt } = body.proof;
    for (const [part, root] of [
      [transaction, trustedHeader(transaction).transactionRoot],
      [receipt, trustedHeader(receipt).receiptRoot],
    ] as const) {
      const proof = {
        index: part.index,
        total: part.total,
        path: part.path.map((text: string) => fromHex(text)),
      };
      assert.ok(verifyListProof(root, fromHex(part.item), proof));
    }
    assert.equal(transaction.item, transfer(3).id);
    assert.equal(receiptCodec.decode(fromHex(receipt.item)).gasUsed, body.gasUsed);
  });

  it('finds what an account did and who anchored a document', async () => {
    const { body } = await get(`/accounts/${formatAddress(bob)}/transactions?limit=2`);
    assert.deepEqual(
      body.items.map(({ role }: { role: string }) => role),
      ['receiver', 'receiver'],
    );
    const next = await get(`/accounts/${formatAddress(bob)}/transactions?limit=2&cursor=${body.nextCursor}`);
    assert.equal(next.body.items.length, 1);
    const { body: anchored } = await get(`/attestations/${toHex(DIGEST)}`);
    assert.deepEqual(
      anchored.items.map(({ address, label, height }: Record<string, unknown>) => [address, label, height]),
      [[formatAddress(alice), 'contract', 1]],
    );
  });

  it('shows whether one account anchored a document, with proof of either', async () => {
    const one = (who: Uint8Array, query = '') =>
      get(`/attestations/${toHex(DIGEST)}/${formatAddress(who)}${query}`);
    const { body } = await one(alice);
    assert.deepEqual([body.attestation.label, body.stateHeight, body.proof], ['contract', 2, undefined]);
    assert.equal((await one(alice, '?height=0')).body.attestation, null);
    for (const [who, label] of [
      [alice, 'contract'],
      [bob, undefined],
    ] as const) {
      const { attestation, proof } = (await one(who, '?proof=true')).body;
      assert.equal(attestation?.label, label);
      const path = { key: fromHex(proof.key), path: fromHex(proof.path) };
      const stated = proof.value === undefined ? path : { ...path, value: fromHex(proof.value) };
      assert.ok(verifyStateProof(trustedHeader(proof).stateRoot, stated));
    }
    assert.equal((await one(alice, '?proof=true&height=2')).body.code, 'gateway.proof-not-ready');
    assert.equal((await one(alice, '?height=9')).body.code, 'gateway.height-ahead');
  });

  it('gives light clients header, commit and validators in one piece', async () => {
    const { body } = await get('/light/latest');
    assert.equal(trustedHeader(body).height, 2);
    const { validators } = node.chain.tip().validators;
    assert.deepEqual(
      body.validators,
      validators.map(({ publicKey, power }) => ({ publicKey: toHex(publicKey), power })),
    );
    assert.deepEqual((await get(`/light/${body.blockHash}`)).body, body);
    assert.equal((await get('/light/3')).body.code, 'gateway.height-ahead');
    assert.equal((await get('/light/0')).body.code, 'gateway.block-not-found');
    assert.equal((await get('/light/one')).body.code, 'gateway.malformed-reference');
  });

  it('shows validators with their stake, blocks and commits', async () => {
    const { body } = await get('/validators');
    assert.deepEqual([body.items.length, body.items[0].stake], [3, '1000000000']);
    assert.equal((await get('/validators?height=1')).body.items.length, 3);
    assert.equal((await get('/blocks?limit=1')).body.items[0].height, 2);
    assert.equal((await get('/blocks/1/transactions')).body.items.length, 4);
    assert.equal((await get('/blocks/1/commit')).body.signatures.length, 3);
    assert.equal((await get('/blocks?cursor=nonsense')).body.code, 'block.malformed-cursor');
  });
});

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { loadGenesis } from '#genesis';
import { addressOfKey, equalBytes, fromHex, parseAddress, toHex } from '#kernel';
import { systemClock } from '#runtime';
import { blockHash, voteDigest, type Header } from '#services/block';
import { accountCodec, stateKey, verifyStateProof } from '#services/blockchain';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';

/** `GET /accounts/{address}?proof=true`. */
export interface AccountAnswer {
  readonly address: string;
  readonly balance: string;
  readonly nonce: number;
  readonly height: number;
  readonly proof: {
    readonly key: string;
    readonly value?: string;
    readonly path: string;
    readonly stateRoot: string;
    readonly stateHeight: number;
    readonly blockHash: string;
    readonly header: Readonly<Record<Exclude<keyof Header, 'timeMs' | 'version' | 'height'>, string>> & {
      readonly version: number;
      readonly height: number;
      readonly time: string;
    };
    readonly commit: {
      readonly height: number;
      readonly round: number;
      readonly blockHash: string;
      readonly signatures: readonly (string | null)[];
    };
  };
}

/** What a client trusts that trusts no server: the genesis document. */
export interface Trust {
  readonly genesisHash: Uint8Array;
  readonly validators: ValidatorSet;
}

export async function trustOf(genesisBytes: Uint8Array): Promise<Trust> {
  const { genesisHash, state } = await loadGenesis(genesisBytes, { clock: systemClock });
  const validators = makeValidatorSet(
    state.validators.map(({ publicKey, operator, stake, name }) => ({
      address: addressOfKey('ed25519', publicKey),
      publicKey,
      operator,
      name,
      power: Number(stake / state.ledger.powerReduction),
    })),
  );
  return { genesisHash, validators };
}

/**
 * Checks an answer from the value to the signatures, as a client in another language would: signatures by
 * OpenSSL and the power counted here, not by the node's own verification of commits.
 *
 * @throws AssertionError whose message names the step that fails
 */
export function checkAccountAnswer(trust: Trust, asked: string, answer: AccountAnswer): void {
  const { proof } = answer;
  assert.equal(answer.address, asked, 'the answer is for the address');
  assert.equal(proof.key, toHex(stateKey.account(parseAddress(asked))), 'the key is that of the address');
  assert.equal(answer.height, proof.stateHeight, 'the answer is of the proven height');
  const value = proof.value === undefined ? undefined : fromHex(proof.value);
  const held = value === undefined ? { balance: 0n, nonce: 0 } : accountCodec.decode(value);
  assert.deepEqual(
    [held.balance.toString(), held.nonce],
    [answer.balance, answer.nonce],
    'the value says so',
  );
  const header = headerOf(proof.header);
  assert.equal(header.height, proof.stateHeight + 1, 'the header is the next one');
  assert.equal(toHex(header.stateRoot), proof.stateRoot, 'the header holds the root');
  const stateProof = {
    key: fromHex(proof.key),
    path: fromHex(proof.path),
    ...(value === undefined ? {} : { value }),
  };
  assert.ok(verifyStateProof(header.stateRoot, stateProof), 'the value stands under the root');
  assert.equal(toHex(blockHash(header)), proof.blockHash, 'the header hashes to the block hash');
  assert.ok(
    equalBytes(header.validatorSetHash, trust.validators.hash),
    'the header names the validators of the genesis',
  );
  checkCommit(trust, header.height, proof);
}

function checkCommit(
  { genesisHash, validators }: Trust,
  height: number,
  { commit, blockHash: hash }: AccountAnswer['proof'],
): void {
  assert.deepEqual([commit.height, commit.blockHash], [height, hash], 'the commit is for the block');
  const { round, signatures } = commit;
  const digest = voteDigest({ kind: 'precommit', height, round, blockHash: fromHex(hash) }, genesisHash);
  assert.equal(signatures.length, validators.validators.length, 'one place a validator');
  let power = 0;
  for (const [index, validator] of validators.validators.entries()) {
    const signature = signatures[index];
    if (signature === null || signature === undefined) continue;
    assert.ok(
      isSignature(validator.publicKey, digest, fromHex(signature)),
      `the signature of ${validator.name} is valid`,
    );
    power += validator.power;
  }
  assert.ok(power * 3 > validators.totalPower * 2, 'more than two thirds of the power signed');
}

function isSignature(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, digest, key, signature);
}

function headerOf(json: AccountAnswer['proof']['header']): Header {
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

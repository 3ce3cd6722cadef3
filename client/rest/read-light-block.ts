import { ADDRESS_BYTES, HASH_BYTES, SIGNATURE_BYTES } from '#kernel';
import { COMMIT_VALIDATORS_MAX, type Commit, type Header } from '#services/block/portable';
import type { LightValidator } from '../domain/types.ts';
import type { JsonReader } from './json-reader.ts';

/** A header of its JSON form. @throws `light.malformed-answer` */
export function readHeader(json: JsonReader): Header {
  const hash = (name: string) => json.member(name).bytes(HASH_BYTES);
  const proposer = json.member('proposer').address();
  return {
    version: json.member('version').count(),
    chainId: json.member('chainId').text(),
    height: json.member('height').count(),
    timeMs: json.member('time').time(),
    parentHash: hash('parentHash'),
    proposer: proposer.subarray(0, ADDRESS_BYTES),
    transactionRoot: hash('transactionRoot'),
    stateRoot: hash('stateRoot'),
    receiptRoot: hash('receiptRoot'),
    commitHash: hash('commitHash'),
    validatorSetHash: hash('validatorSetHash'),
    nextValidatorSetHash: hash('nextValidatorSetHash'),
    evidenceRoot: hash('evidenceRoot'),
  };
}

/** A commit of its JSON form. @throws `light.malformed-answer` */
export function readCommit(json: JsonReader): Commit {
  return {
    height: json.member('height').count(),
    round: json.member('round').count(),
    blockHash: json.member('blockHash').bytes(HASH_BYTES),
    signatures: json
      .member('signatures')
      .items(COMMIT_VALIDATORS_MAX)
      .map((item) => (item.isNull ? undefined : item.bytes(SIGNATURE_BYTES))),
  };
}

/** Keys and powers of their JSON form. @throws `light.malformed-answer` */
export function readValidators(json: JsonReader): LightValidator[] {
  return json.items(COMMIT_VALIDATORS_MAX).map((item) => ({
    publicKey: item.member('publicKey').bytes(32),
    power: item.member('power').count(),
  }));
}

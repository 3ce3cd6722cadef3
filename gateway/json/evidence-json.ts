import { formatAddress, toHex } from '#kernel';
import type { AccountableValidator, Evidence, FinalEvidence } from '#services/block';
import type { OffenceRecord } from '#services/blockchain';
import type { EvidenceJson, OffenceJson } from '../schemas/evidence.ts';
import { commitToJson, headerToJson, timeText } from './chain-json.ts';

/** Evidence in a final block with everything that proves it. */
export function evidenceToJson({ evidence, height, index }: FinalEvidence): EvidenceJson {
  return {
    hash: toHex(evidence.hash),
    kind: evidence.kind,
    height: evidence.height,
    time: timeText(evidence.timeMs),
    block: height,
    index,
    validators: accountableOf(evidence).map(({ address, power }) => {
      return { address: formatAddress(address), power };
    }),
    proof: proofOf(evidence),
    bytes: toHex(evidence.bytes),
  };
}

export function offenceToJson(record: OffenceRecord): OffenceJson {
  return {
    kind: record.kind,
    height: record.height,
    time: timeText(record.timeMs),
    power: record.power,
    evidence: toHex(record.evidenceHash),
    block: record.recordedHeight,
  };
}

function accountableOf(evidence: Evidence): readonly AccountableValidator[] {
  return evidence.kind === 'light-client-attack' ? evidence.accountable : [evidence.validator];
}

function proofOf(evidence: Evidence): object {
  switch (evidence.kind) {
    case 'duplicate-vote': {
      const { voteKind: vote, round, first, second } = evidence;
      const messages = [first, second].map(({ blockHash, signature }) => {
        return { blockHash: blockHash === undefined ? null : toHex(blockHash), signature: toHex(signature) };
      });
      return { vote, round, messages };
    }
    case 'duplicate-proposal': {
      const { round, first, second } = evidence;
      const messages = [first, second].map(({ blockHash, polRound, signature }) => {
        return { blockHash: toHex(blockHash), polRound, signature: toHex(signature) };
      });
      return { round, messages };
    }
    case 'light-client-attack': {
      const validators = evidence.validators.map(({ publicKey, power }) => {
        return { publicKey: toHex(publicKey), power };
      });
      return { header: headerToJson(evidence.header), commit: commitToJson(evidence.commit), validators };
    }
  }
}

import { compareBytes, isCodedError, parseAddress, toHex } from '#kernel';
import { ofFile, type FileFinding, type NamedFile } from '../ceremony/collect.ts';
import { readJson } from '../document/read-json.ts';
import { Findings } from '../report/findings.ts';
import type { ApprovalFile } from './approval.ts';
import type { GenesisSeal } from './seal.ts';
import { checkSeal, type ApprovedGenesis, type SealReport } from './verify-seal.ts';

export interface SealAttempt {
  /** Holds the valid approvals only. */
  readonly seal: GenesisSeal;
  readonly report: SealReport;
  /** What is wrong with approvals, by file. */
  readonly findings: readonly FileFinding[];
}

/** Puts approvals together into a seal; each that does not count is found and named. */
export function makeSeal(genesis: ApprovedGenesis, files: readonly NamedFile[]): SealAttempt {
  const findings: FileFinding[] = [];
  const counted = new Map<string, { operator: string; signature: string }>();
  for (const file of files) {
    const { operator, signature, found } = readApproval(file, genesis);
    const contributor = nameOf(genesis, operator) || operator;
    if (!found.hasErrors) {
      const { reason, rule } = judge(genesis, operator, signature);
      if (rule !== undefined) found.add(rule, '/signature', reason);
      else if (counted.has(operator)) {
        found.add('ceremony.approved-twice', '', `the approval of ${contributor} stands in another file too`);
      } else counted.set(operator, { operator, signature });
    }
    findings.push(...ofFile(found, file.name, contributor));
  }
  const seal: GenesisSeal = {
    kind: 'bizra-seal',
    version: 1,
    chainId: genesis.chainId,
    genesisHash: toHex(genesis.genesisHash),
    approvals: [...counted.values()].toSorted((a, b) =>
      compareBytes(parseAddress(a.operator), parseAddress(b.operator)),
    ),
  };
  return { seal, report: checkSeal(genesis, seal), findings };
}

/** What the check of a seal says of one approval alone. */
function judge(genesis: ApprovedGenesis, operator: string, signature: string) {
  const { chainId, genesisHash } = genesis;
  const seal = {
    kind: 'bizra-seal' as const,
    version: 1 as const,
    chainId,
    genesisHash: toHex(genesisHash),
    approvals: [{ operator, signature }],
  };
  const [judged] = checkSeal(genesis, seal).approvals;
  if (judged === undefined || judged.valid) return { rule: undefined, reason: '' };
  const rule =
    judged.name === '' ? ('ceremony.unknown-validator' as const) : ('ceremony.approval-signature' as const);
  return { rule, reason: judged.reason ?? '' };
}

function nameOf({ validators }: ApprovedGenesis, operator: string): string {
  const bytes = addressOf(operator);
  if (bytes === undefined) return '';
  return validators.find((validator) => compareBytes(validator.operator, bytes) === 0)?.name ?? '';
}

function addressOf(text: string): Uint8Array | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return undefined;
  }
}

/** Reads an approval as far as it goes; `found` says why one does not count for this genesis. */
function readApproval({ bytes }: NamedFile, genesis: ApprovedGenesis) {
  const found = new Findings();
  const value: unknown = readJson(bytes, found)?.value;
  if (found.hasErrors) return { operator: '', signature: '', found };
  if (!isApproval(value)) {
    found.add(
      'ceremony.file-kind',
      '',
      'the file is no approval of version 1 with an operator and a signature',
    );
    return { operator: '', signature: '', found };
  }
  const { operator, signature, chainId, genesisHash } = value;
  if (chainId !== genesis.chainId) {
    const given = chainId.slice(0, 60);
    found.add(
      'ceremony.chain',
      '/chainId',
      `the approval is for "${given}"; the genesis is of "${genesis.chainId}"`,
    );
  } else if (genesisHash !== toHex(genesis.genesisHash)) {
    found.add(
      'ceremony.other-hash',
      '/genesisHash',
      `${nameOf(genesis, operator) || operator} approved the genesis ${genesisHash.slice(0, 64)}; this one is ${toHex(genesis.genesisHash)}`,
    );
  }
  return { operator, signature, found };
}

function isApproval(value: unknown): value is ApprovalFile {
  const approval = value as Partial<ApprovalFile> | null;
  return (
    typeof approval === 'object' &&
    approval?.kind === 'bizra-approval' &&
    approval.version === 1 &&
    typeof approval.chainId === 'string' &&
    typeof approval.genesisHash === 'string' &&
    typeof approval.operator === 'string' &&
    addressOf(approval.operator) !== undefined &&
    typeof approval.signature === 'string' &&
    /^[0-9a-f]{128}$/.test(approval.signature)
  );
}

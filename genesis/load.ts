import { toHex, type Clock } from '#kernel';
import type { GenesisState } from '#services/blockchain';
import { genesisError } from './errors.ts';
import type { GenesisReport } from './report/report.ts';
import type { ApprovedGenesis } from './seal/verify-seal.ts';
import { toGenesisState } from './to-state.ts';
import { judgeGenesis, type JudgeOptions } from './validate.ts';

/** A genesis that a node can start from. */
export interface Genesis extends ApprovedGenesis {
  /** The document as it was parsed. */
  readonly document: unknown;
  readonly report: GenesisReport;
  readonly state: GenesisState;
  /** Addresses at which the validators are reached, in their order, as they declare them: any text. */
  readonly peers: readonly string[];
}

/**
 * Reads a genesis of the own format for a node to start from.
 *
 * @param expectedHash hex of the genesis hash that the node is told to expect; empty for any
 * @throws `genesis.invalid` with the findings, `genesis.unexpected-hash` naming both
 */
export async function loadGenesis(
  bytes: Uint8Array,
  options: JudgeOptions & { readonly clock: Clock; readonly expectedHash?: string },
): Promise<Genesis> {
  const { report, document, model, genesisHash } = await judgeGenesis(bytes, options.clock, options);
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`;
    throw genesisError(
      'invalid',
      `the genesis is not valid: ${first.message} [${first.rule}, at ${first.path || 'the top'}]${more}; see node0 genesis validate`,
      {
        format: report.format,
        findings: errors.slice(0, 20).map(({ rule, path, message }) => ({ rule, path, message })),
      },
    );
  }
  if (report.format !== 'node0' || model === undefined || genesisHash === undefined) {
    throw genesisError(
      'invalid',
      'the genesis is of another chain format; import it with node0 genesis import',
      { format: report.format },
    );
  }
  const { expectedHash = '' } = options;
  if (expectedHash !== '' && expectedHash !== toHex(genesisHash)) {
    throw genesisError(
      'unexpected-hash',
      `the genesis has the hash ${toHex(genesisHash)}; expected is ${expectedHash}. Compare the documents; do not start from this one`,
      {
        found: toHex(genesisHash),
        expected: expectedHash,
      },
    );
  }
  const state = toGenesisState(model, genesisHash);
  const peers = model.validators.flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
  return {
    chainId: state.identity.chainId,
    genesisHash,
    document,
    report,
    state,
    validators: state.validators,
    peers,
  };
}

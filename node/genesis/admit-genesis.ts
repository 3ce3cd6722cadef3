import { readFile } from 'node:fs/promises';
import { checkSeal, genesisError, readSeal, type ApprovedGenesis, type GenesisSeal } from '#genesis';
import { equalBytes, toHex } from '#kernel';
import type { LoadedConfiguration } from '../configuration/load-configuration.ts';
import { homeError } from '../home/errors.ts';
import { durationText } from './moments.ts';

const HOUR_MS = 3_600_000;

export interface AdmissionFacts {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** Whether the home holds state of a chain already. */
  readonly hasState: boolean;
  /** Public part of the consensus key; undefined for a node that does not vote. */
  readonly consensusKey: Uint8Array | undefined;
}

/** A genesis that a node is about to start from. */
export interface StartingGenesis extends ApprovedGenesis {
  /** Unix milliseconds. */
  readonly timeMs: number;
}

/**
 * Refuses a genesis that is valid but not one to start from: without the seal that is asked for, with a seal
 * that is not its own, or too old for a new chain.
 *
 * @returns the seal, where the configuration names one
 * @throws `genesis.unsealed`, `genesis.seal-malformed`, `genesis.seal-mismatch`, `genesis.seal-incomplete`,
 *   `genesis.too-old`, `home.unreadable`
 */
export async function admitGenesis(
  genesis: StartingGenesis,
  { configuration, path }: LoadedConfiguration,
  facts: AdmissionFacts,
): Promise<GenesisSeal | undefined> {
  const file = configuration['chain.seal'] === '' ? undefined : path(configuration['chain.seal']);
  const seal = file === undefined ? undefined : readSeal(await readSealFile(file));
  if (seal !== undefined) requireSealed(genesis, seal, file ?? '');
  else if (configuration['chain.requireSeal']) throw unsealed(genesis);
  refuseTooOld(genesis, facts, configuration['chain.maxGenesisAgeHours']);
  return seal;
}

async function readSealFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw homeError('unreadable', `the seal ${file} cannot be read: ${reason}`, { file }, { cause });
  }
}

function unsealed(genesis: ApprovedGenesis) {
  const genesisHash = toHex(genesis.genesisHash);
  return genesisError(
    'unsealed',
    `the genesis ${genesisHash} has no seal, and chain.requireSeal asks for one; name the file of its seal in chain.seal`,
    { genesisHash },
  );
}

/** @throws `genesis.seal-mismatch`, `genesis.seal-incomplete` */
export function requireSealed(genesis: ApprovedGenesis, seal: GenesisSeal, file: string): void {
  const genesisHash = toHex(genesis.genesisHash);
  if (seal.genesisHash !== genesisHash || seal.chainId !== genesis.chainId) {
    throw genesisError(
      'seal-mismatch',
      `the seal ${file} is of the genesis ${seal.genesisHash} (chain ${JSON.stringify(seal.chainId.slice(0, 64))}), this node's genesis is ${genesisHash} (chain "${genesis.chainId}"); take the seal and the document from the same ceremony`,
      { file, seal: seal.genesisHash, genesis: genesisHash },
    );
  }
  const report = checkSeal(genesis, seal);
  if (report.sealed) return;
  const valid = report.approvals.filter((approval) => approval.valid);
  const refused = report.approvals.filter((approval) => !approval.valid);
  throw genesisError(
    'seal-incomplete',
    `the seal ${file} of the genesis ${genesisHash} holds ${report.approvedStake} of ${report.totalStake} staked, by ${valid.length} valid approvals${refused.length === 0 ? '' : ` (${refused.length} do not count)`}; more than 2/3 is needed: collect more approvals`,
    {
      file,
      genesisHash,
      approvedStake: report.approvedStake,
      totalStake: report.totalStake,
      refused: refused
        .slice(0, 20)
        .map(({ operator, reason = 'not valid' }) => ({ operator: operator.slice(0, 100), reason })),
    },
  );
}

/** @throws `genesis.too-old` */
export function refuseTooOld(
  genesis: StartingGenesis,
  { nowMs, hasState, consensusKey }: AdmissionFacts,
  maxAgeHours: number,
): void {
  if (hasState || maxAgeHours === 0 || consensusKey === undefined) return;
  const { timeMs, validators } = genesis;
  const ageMs = nowMs - timeMs;
  if (ageMs <= maxAgeHours * HOUR_MS) return;
  if (!validators.some(({ publicKey }) => equalBytes(publicKey, consensusKey))) return;
  const genesisTime = new Date(timeMs).toISOString();
  throw genesisError(
    'too-old',
    `the genesis time ${genesisTime} is ${durationText(Math.floor(ageMs / 1_000))} in the past, more than the ${maxAgeHours} h of chain.maxGenesisAgeHours, and this validator has no chain yet; a new chain needs a genesis with a new time; to join a chain that runs already, set chain.maxGenesisAgeHours: 0`,
    { genesisTime, ageHours: Math.floor(ageMs / HOUR_MS), maxAgeHours },
  );
}

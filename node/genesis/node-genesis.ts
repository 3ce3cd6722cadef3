import { loadGenesis, type ApprovedGenesis, type GenesisReport, type ProgressListener } from '#genesis';
import { ADDRESS_BYTES, ED25519_PUBLIC_KEY_BYTES, fromHex, HASH_BYTES, toHex } from '#kernel';
import { nativeVerifier, systemClock } from '#runtime';
import { buildGenesisState, type GenesisState, type LedgerTip } from '#services/blockchain';
import type { ChainIdentity } from '#services/transaction';
import { VERSION } from '../version.ts';
import { measureGenesisFile, readGenesisFile, type GenesisFile } from './genesis-file.ts';
import { readJudgementRecord, writeJudgementRecord, type JudgementRecord } from './judgement-record.ts';

/** What a running node knows of its genesis: not the document, which may be large. */
export interface NodeGenesis {
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly timeMs: number;
  /** Who approves it. */
  readonly validators: ApprovedGenesis['validators'];
  /** Addresses that the validators declare: any text. */
  readonly peers: readonly string[];
  readonly file: GenesisFile;
  /** Its state root is null until `settleReport`. */
  readonly report: GenesisReport;
}

export interface OpenedGenesis {
  readonly genesis: NodeGenesis;
  /** The state to begin with; a node that goes on from its own state never asks. */
  readonly state: () => Promise<GenesisState>;
  /** What was judged now, for `settleReport`; undefined when the judgement of an earlier start holds. */
  readonly judged: GenesisState | undefined;
}

export interface OpenGenesisOptions {
  readonly file: string;
  /** Where the judgement is kept. */
  readonly record: string;
  /** Hex of the hash that the node is told to expect; empty for any. */
  readonly expectedHash: string;
  readonly onProgress: ProgressListener;
}

/**
 * Opens the genesis of a node. A file that an earlier start of this software judged is not judged again: the same
 * bytes have the same hash and the same report.
 *
 * @throws `home.unreadable`, `genesis.invalid`, `genesis.unexpected-hash`
 */
export async function openGenesis(options: OpenGenesisOptions): Promise<OpenedGenesis> {
  const file = await measureGenesisFile(options.file);
  const load = async () => {
    const { expectedHash, onProgress } = options;
    const bytes = await readGenesisFile(file);
    // The state is built once, in the engine: no dry run before.
    const how = { clock: systemClock, verifier: nativeVerifier, expectedHash, onProgress, dryRun: false };
    return loadGenesis(bytes, how);
  };
  const record = await readJudgementRecord(options.record, file, VERSION);
  const isExpected = options.expectedHash === '' || options.expectedHash === record?.genesisHash;
  if (record !== undefined && isExpected) {
    const { chainId, initialHeight, timeMs, peers, report } = record;
    const identity = { chainId, genesisHash: fromHex(record.genesisHash, HASH_BYTES) };
    const validators = record.validators.map(({ operator, publicKey, stake, name }) => ({
      operator: fromHex(operator, ADDRESS_BYTES),
      publicKey: fromHex(publicKey, ED25519_PUBLIC_KEY_BYTES),
      stake: BigInt(stake),
      name,
    }));
    const genesis = { identity, initialHeight, timeMs, validators, peers, file, report };
    return { genesis, state: async () => (await load()).state, judged: undefined };
  }
  const { state, report, peers } = await load();
  const { identity, initialHeight, timeMs } = state;
  // As the record of the judgement keeps them.
  const validators = state.validators.map(({ operator, publicKey, stake, name }) => {
    return { operator, publicKey, stake, name };
  });
  return {
    genesis: { identity, initialHeight, timeMs, validators, peers, file, report },
    state: async () => state,
    judged: state,
  };
}

/**
 * Completes the report of a genesis that was judged now with the root of its state, and keeps it for the next start.
 *
 * @param tip of the ledger that was opened: before the first block it has the root
 */
export async function settleReport(
  { genesis, judged }: OpenedGenesis,
  tip: LedgerTip,
  recordPath: string,
): Promise<NodeGenesis> {
  if (judged === undefined) return genesis;
  const isBeforeFirst = tip.height === genesis.initialHeight - 1;
  const stateRoot = toHex(isBeforeFirst ? tip.stateRoot : (await buildGenesisState(judged)).stateRoot);
  const report = { ...genesis.report, summary: { ...genesis.report.summary, stateRoot } };
  const record: JudgementRecord = {
    version: 1,
    software: VERSION,
    digest: genesis.file.digest,
    chainId: genesis.identity.chainId,
    genesisHash: toHex(genesis.identity.genesisHash),
    initialHeight: genesis.initialHeight,
    timeMs: genesis.timeMs,
    validators: genesis.validators.map(({ operator, publicKey, stake, name }) => ({
      operator: toHex(operator),
      publicKey: toHex(publicKey),
      stake: stake.toString(),
      name,
    })),
    peers: [...genesis.peers],
    report,
  };
  await writeJudgementRecord(recordPath, record);
  return { ...genesis, report };
}

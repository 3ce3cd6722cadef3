import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ProgressListener } from '#genesis';
import { toHex } from '#kernel';
import { homeError } from '../home/errors.ts';
import type { NetworkLayout } from './layout.ts';
import { checkSource, judgeSource, prepareGenesis, type JudgedSource } from './network-genesis.ts';
import { ensurePassword, ensurePeerIds } from './network-keys.ts';
import { nodesOf } from './node-files.ts';
import { freePorts, isPortFree } from './ports.ts';
import { readNetworkRecord, writeNetworkRecord, type NetworkRecord } from './record.ts';

/** What is asked of a local network; for one that is there already, what must match. */
export interface NetworkRequest {
  /** Of the platform node. */
  readonly apiPort: number;
  readonly validators?: number | undefined;
  /** Absolute path. */
  readonly genesisFile?: string | undefined;
  readonly denomination?: string | undefined;
  /** Absolute path; unless stated, the folder of the genesis file. */
  readonly keysFolder?: string | undefined;
  /** Hears how far the judgement of the genesis file is. */
  readonly onProgress?: ProgressListener | undefined;
}

export interface PreparedNetwork {
  readonly record: NetworkRecord;
  /** What was done, for people. */
  readonly notes: readonly string[];
}

/** A request that can be met, as far as that can be said without making anything. */
export interface CheckedRequest extends NetworkRequest {
  /** The genesis file. Undefined too for a network that is there and was made from it. */
  readonly source: JudgedSource | undefined;
}

/**
 * Judges a request before anything is made, so that one that is refused leaves nothing behind.
 *
 * @throws `home.other-chain`, `home.unreadable`, `home.keys-missing`, `genesis.*`
 */
export async function checkRequest(layout: NetworkLayout, request: NetworkRequest): Promise<CheckedRequest> {
  const record = await readNetworkRecord(layout.record);
  if (record !== undefined) refuseOther(layout.home, record, request);
  const { genesisFile, onProgress } = request;
  if (genesisFile === undefined) return { ...request, source: undefined };
  const bytes = await readGenesisFile(genesisFile);
  if (record !== undefined) {
    await refuseOtherGenesis(layout.home, record, bytes, onProgress);
    return { ...request, source: undefined };
  }
  const source = await judgeSource(bytes, onProgress);
  await checkSource({ ...request, source, keysFolder: keysFolderOf(layout, request) });
  return { ...request, source };
}

/**
 * Makes the network of a home, or takes the one that is there. The record is written last: a creation that was
 * cut short before it is completed by the next one, with the keys that were made.
 *
 * @throws `home.unreadable`, `home.keys-missing`, `genesis.*`
 */
export async function prepareNetwork(
  layout: NetworkLayout,
  request: CheckedRequest,
): Promise<PreparedNetwork> {
  const record = await readNetworkRecord(layout.record);
  if (record === undefined) return createNetwork(layout, request);
  return { record: await withFreePorts(layout, record, request.apiPort), notes: [] };
}

function keysFolderOf(layout: NetworkLayout, { keysFolder, genesisFile }: NetworkRequest): string {
  return keysFolder ?? dirname(genesisFile ?? layout.genesis);
}

async function createNetwork(layout: NetworkLayout, request: CheckedRequest): Promise<PreparedNetwork> {
  await mkdir(layout.home, { recursive: true });
  const password = await ensurePassword(layout);
  const { source } = request;
  const keysFolder = keysFolderOf(layout, request);
  const prepared = await prepareGenesis(layout, password, { ...request, keysFolder });
  const { genesis } = prepared;
  await writeFile(`${layout.genesis}.new`, prepared.bytes);
  await rename(`${layout.genesis}.new`, layout.genesis);
  const nodes = nodesOf(layout, prepared);
  const record: NetworkRecord = {
    version: 1,
    chainId: genesis.chainId,
    genesisHash: toHex(genesis.genesisHash),
    validators: prepared.validators,
    ...(source !== undefined && { sourceHash: sha256(source.bytes) }),
    peerPorts: await freePorts(nodes.length, [request.apiPort]),
    peerIds: await ensurePeerIds(nodes, password),
  };
  await writeNetworkRecord(layout.record, record);
  const { findings, summary } = genesis.report;
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  return {
    record,
    notes: [
      `made ${layout.home}: chain ${record.chainId}, ${summary.accounts} accounts, ${record.validators} validators`,
      ...prepared.notes,
      `genesis ${record.genesisHash}: valid`,
      ...warnings.map(({ rule, message }) => `warning: ${message} [${rule}]`),
    ],
  };
}

function refuseOther(home: string, record: NetworkRecord, { validators }: NetworkRequest): void {
  if (validators === undefined || validators === record.validators) return;
  throw homeError(
    'other-chain',
    `the network in ${home} has ${record.validators} validators, not ${validators}; leave --validators out, or name another --home`,
    { home, found: record.validators, asked: validators },
  );
}

async function refuseOtherGenesis(
  home: string,
  record: NetworkRecord,
  source: Uint8Array,
  onProgress: ProgressListener | undefined,
): Promise<void> {
  if (record.sourceHash === sha256(source)) return;
  const judged = await judgeSource(source, onProgress).catch(() => undefined);
  if (judged?.kind === 'own' && toHex(judged.genesis.genesisHash) === record.genesisHash) return;
  throw homeError(
    'other-chain',
    `${home} belongs to another genesis (chain ${record.chainId}, ${record.genesisHash}); leave --genesis out to go on with it, or name another --home`,
    { home, chainId: record.chainId, genesisHash: record.genesisHash },
  );
}

/** Ports may have been taken by others since the last run. */
async function withFreePorts(
  layout: NetworkLayout,
  record: NetworkRecord,
  apiPort: number,
): Promise<NetworkRecord> {
  const free = await Promise.all(record.peerPorts.map(async (port) => port !== apiPort && isPortFree(port)));
  if (free.every(Boolean)) return record;
  const moved = { ...record, peerPorts: await freePorts(record.peerPorts.length, [apiPort]) };
  await writeNetworkRecord(layout.record, moved);
  return moved;
}

async function readGenesisFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw homeError('unreadable', `the genesis ${file} cannot be read: ${reason}`, { file }, { cause });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

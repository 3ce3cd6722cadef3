import { HASH_BYTES, KEY_TYPE_TAGS, SIGNATURE_BYTES, type KeyType } from '#kernel';
import { checkIdentity } from '#services/validator';
import { pointer } from '../report/findings.ts';
import { NAME_BYTES_MAX, TEXT_BYTES_MAX } from '../limits.ts';
import { AccountTable, accountPath } from './account-table.ts';
import {
  CONSENSUS_MEMBERS,
  LEDGER_MEMBERS,
  STAKING_MEMBERS,
  type Range,
  type StakingMember,
} from './document.ts';
import type { GenesisModel, ModelCommission, ModelKey, ModelValidator } from './model.ts';
import { IDLE, type Progress } from '../report/progress.ts';
import { own, type Members, type ValueReader } from './value-reader.ts';

const MEMBERS = [
  'version',
  'chainId',
  'genesisTime',
  'initialHeight',
  'consensus',
  'ledger',
  'totalSupply',
  'accounts',
  'validators',
];
const VALIDATOR_MEMBERS = [
  'operator',
  'operatorKey',
  'consensusKey',
  'proofOfPossession',
  'stake',
  'commission',
  'identity',
  'signature',
];
const PUBLIC_KEY_BYTES: Readonly<Record<KeyType, number>> = { ed25519: 32, secp256k1: 33 };
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const BASIS_POINTS_MAX = 10_000;

/** Reads a document of the own format as far as it goes; every fault is noted. */
export function readDocument(
  value: unknown,
  reader: ValueReader,
  progress: Progress = IDLE,
): GenesisModel | undefined {
  const members = reader.object(value, '', MEMBERS, ['source', 'staking']);
  if (members === undefined) return undefined;
  readVersion(members, reader);
  readSource(own(members, 'source'), reader);
  const ledgerMembers = reader.object(own(members, 'ledger') ?? {}, '/ledger', [
    ...Object.keys(LEDGER_MEMBERS),
    'denomination',
  ]);
  const consensusMembers = reader.object(
    own(members, 'consensus') ?? {},
    '/consensus',
    Object.keys(CONSENSUS_MEMBERS),
  );
  return {
    chainId: readChainId(members, reader),
    timeMs: readTime(members, reader),
    initialHeight: readInitialHeight(members, reader),
    consensus: readParameters(consensusMembers, '/consensus', CONSENSUS_MEMBERS, reader),
    ledger: readParameters(ledgerMembers, '/ledger', LEDGER_MEMBERS, reader),
    staking: readStaking(own(members, 'staking'), reader),
    denomination: readDenomination(ledgerMembers, reader),
    totalSupply: reader.amount(members, 'totalSupply', ''),
    accounts: readAccounts(reader.list(members, 'accounts', ''), reader, progress),
    validators: reader
      .list(members, 'validators', '')
      .map((validator, i) => readValidator(validator, pointer('/validators', i), reader)),
  };
}

function readVersion(members: Members, reader: ValueReader): void {
  const version = own(members, 'version');
  if (version === 1 || version === undefined) return;
  reader.findings.add(
    'genesis.version',
    '/version',
    `the version is ${JSON.stringify(version)?.slice(0, 40)}; this software knows version 1`,
  );
}

function readSource(value: unknown, reader: ValueReader): void {
  const source =
    value === undefined ? undefined : reader.object(value, '/source', ['format', 'chainId', 'hash']);
  if (source === undefined) return;
  const format = reader.text(source, 'format', '/source', NAME_BYTES_MAX);
  if (format !== undefined && format !== 'cometbft') {
    reader.findings.add(
      'genesis.wrong-type',
      '/source/format',
      `the format is "${format}"; known is cometbft`,
    );
  }
  reader.text(source, 'chainId', '/source', TEXT_BYTES_MAX);
  reader.hex(source, 'hash', '/source', HASH_BYTES);
}

function readChainId(members: Members, reader: ValueReader): string | undefined {
  const chainId = reader.text(members, 'chainId', '', TEXT_BYTES_MAX);
  if (chainId === undefined || /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(chainId)) return chainId;
  reader.findings.add(
    'genesis.chain-id',
    '/chainId',
    `"${chainId.slice(0, 60)}" is not 3 to 50 of a-z, 0-9 and -, beginning and ending with a letter or digit`,
  );
  return undefined;
}

function readTime(members: Members, reader: ValueReader): number | undefined {
  const text = reader.text(members, 'genesisTime', '', TEXT_BYTES_MAX);
  if (text === undefined) return undefined;
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  // A day that does not exist is moved into the next month by the parser: the text must come back.
  if (timeMs > 0 && new Date(timeMs).toISOString() === text) return timeMs;
  reader.findings.add(
    'genesis.time',
    '/genesisTime',
    `"${text.slice(0, 60)}" is not a time after 1970 like 2026-01-31T12:00:00.000Z`,
  );
  return undefined;
}

function readInitialHeight(members: Members, reader: ValueReader): number | undefined {
  const height = reader.amount(members, 'initialHeight', '');
  if (height === undefined) return undefined;
  if (height >= 1n && height < 2n ** 48n) return Number(height);
  reader.findings.add(
    'genesis.initial-height',
    '/initialHeight',
    `the initial height is ${height}; it must be from 1 to 2^48 - 1`,
  );
  return undefined;
}

function readParameters<Name extends string>(
  members: Members | undefined,
  path: string,
  ranges: Readonly<Record<Name, Range>>,
  reader: ValueReader,
): Partial<Record<Name, bigint>> {
  const parameters: Partial<Record<Name, bigint>> = {};
  if (members === undefined) return parameters;
  for (const [name, { min, max }] of Object.entries(ranges) as [Name, Range][]) {
    const value = reader.amount(members, name, path);
    if (value === undefined) continue;
    if (value >= min && value <= max) parameters[name] = value;
    else
      reader.findings.add(
        'genesis.parameter-range',
        pointer(path, name),
        `${name} is ${value}; the safe range is ${min} to ${max}`,
      );
  }
  return parameters;
}

/** Only what is given is read: the rest has the values that this software begins with. */
function readStaking(value: unknown, reader: ValueReader): Partial<Record<StakingMember, bigint>> {
  const members =
    value === undefined ? undefined : reader.object(value, '/staking', [], Object.keys(STAKING_MEMBERS));
  return readParameters(members, '/staking', STAKING_MEMBERS, reader);
}

function readDenomination(ledger: Members | undefined, reader: ValueReader): string {
  const path = '/ledger/denomination';
  const value = ledger === undefined ? undefined : own(ledger, 'denomination');
  const members = value === undefined ? undefined : reader.object(value, path, ['symbol', 'decimals']);
  if (members === undefined) return '';
  const decimals = reader.integer(members, 'decimals', path);
  if (decimals !== undefined && (decimals < 0 || decimals > 30)) {
    reader.findings.add(
      'genesis.parameter-range',
      `${path}/decimals`,
      `decimals is ${decimals}; the safe range is 0 to 30`,
    );
  }
  return reader.text(members, 'symbol', path, 16) ?? '';
}

const ACCOUNT_MEMBERS = ['address', 'balance'];
const ACCOUNT_OPTIONAL = ['label'];

function readAccounts(list: readonly unknown[], reader: ValueReader, progress: Progress): AccountTable {
  const table = new AccountTable(list.length);
  for (let i = 0; i < list.length; i++) {
    const path = accountPath(i);
    const members = reader.object(list[i], path, ACCOUNT_MEMBERS, ACCOUNT_OPTIONAL);
    if (members === undefined) {
      table.add(undefined, undefined);
      continue;
    }
    if (own(members, 'label') !== undefined) reader.text(members, 'label', path, NAME_BYTES_MAX);
    table.add(reader.address(members, 'address', path), reader.amount(members, 'balance', path));
    progress.at(i, list.length);
  }
  return table;
}

function readValidator(value: unknown, path: string, reader: ValueReader): ModelValidator {
  const members = reader.object(value, path, VALIDATOR_MEMBERS, ['peer']);
  if (members === undefined) return unreadableValidator(path);
  const commission = readCommission(members, path, reader);
  const identityPath = pointer(path, 'identity');
  const identity =
    own(members, 'identity') === undefined
      ? undefined
      : reader.object(
          own(members, 'identity'),
          identityPath,
          ['name'],
          ['website', 'contact', 'description', 'location'],
        );
  const text = (name: string): string | undefined =>
    identity === undefined || own(identity, name) === undefined
      ? undefined
      : reader.text(identity, name, identityPath, name === 'name' ? NAME_BYTES_MAX : TEXT_BYTES_MAX);
  const [website, contact, description, location] = ['website', 'contact', 'description', 'location'].map(
    text,
  );
  const name = text('name') ?? '';
  checkTexts({ name, website, contact, description, location }, identityPath, reader);
  return {
    path,
    operator: reader.address(members, 'operator', path),
    operatorKey: readOperatorKey(members, path, reader),
    publicKey: readConsensusKey(members, path, reader),
    proof: reader.hex(members, 'proofOfPossession', path, 64),
    stake: reader.amount(members, 'stake', path),
    name,
    website,
    contact,
    description,
    location,
    commission,
    peer: own(members, 'peer') === undefined ? undefined : reader.text(members, 'peer', path, TEXT_BYTES_MAX),
    signature: reader.hex(members, 'signature', path, SIGNATURE_BYTES),
    declaration: members,
  };
}

function unreadableValidator(path: string): ModelValidator {
  return {
    path,
    operator: undefined,
    operatorKey: undefined,
    publicKey: undefined,
    proof: undefined,
    stake: undefined,
    name: '',
    website: undefined,
    contact: undefined,
    description: undefined,
    location: undefined,
    commission: undefined,
    peer: undefined,
    signature: undefined,
    declaration: {},
  };
}

/** VAL-2: the ledger takes no other identity later. */
function checkTexts(
  { name, website = '', contact = '', description = '', location = '' }: IdentityTexts,
  path: string,
  reader: ValueReader,
): void {
  // A name that is missing or too long was noted where it was read.
  const error = checkIdentity({ name: name || '-', website, contact, description, location });
  if (error === undefined) return;
  const { member } = error.details;
  const place = typeof member === 'string' ? pointer(path, member) : path;
  reader.findings.add('genesis.identity', place, error.message);
}

interface IdentityTexts {
  readonly name: string;
  readonly website: string | undefined;
  readonly contact: string | undefined;
  readonly description: string | undefined;
  readonly location: string | undefined;
}

/** A public key with its type: 32 bytes for ed25519, 33 for secp256k1. */
function readOperatorKey(members: Members, path: string, reader: ValueReader): ModelKey | undefined {
  const keyPath = pointer(path, 'operatorKey');
  const value = own(members, 'operatorKey');
  const key = value === undefined ? undefined : reader.object(value, keyPath, ['type', 'value']);
  if (key === undefined) return undefined;
  const type = reader.text(key, 'type', keyPath, NAME_BYTES_MAX);
  if (type === undefined) return undefined;
  if (!isKeyType(type)) {
    const message = `the key type is "${type.slice(0, 40)}"; accounts have ${Object.keys(KEY_TYPE_TAGS).join(' or ')} keys`;
    reader.findings.add('genesis.key-type', pointer(keyPath, 'type'), message);
    return undefined;
  }
  const bytes = reader.hex(key, 'value', keyPath, PUBLIC_KEY_BYTES[type]);
  return bytes === undefined ? undefined : { type, value: bytes };
}

function isKeyType(text: string): text is KeyType {
  return Object.hasOwn(KEY_TYPE_TAGS, text);
}

function readConsensusKey(members: Members, path: string, reader: ValueReader): Uint8Array | undefined {
  const keyPath = pointer(path, 'consensusKey');
  const value = own(members, 'consensusKey');
  const key = value === undefined ? undefined : reader.object(value, keyPath, ['type', 'value']);
  if (key === undefined) return undefined;
  const type = reader.text(key, 'type', keyPath, NAME_BYTES_MAX);
  if (type !== undefined && type !== 'ed25519') {
    reader.findings.add(
      'genesis.key-type',
      pointer(keyPath, 'type'),
      `the key type is "${type.slice(0, 40)}"; consensus keys are ed25519`,
    );
    return undefined;
  }
  return reader.hex(key, 'value', keyPath, 32);
}

function readCommission(members: Members, path: string, reader: ValueReader): ModelCommission | undefined {
  const at = pointer(path, 'commission');
  const value = own(members, 'commission');
  const commission =
    value === undefined ? undefined : reader.object(value, at, ['rate', 'maxRate', 'maxDailyChange']);
  if (commission === undefined) return undefined;
  const [rate, maxRate, change] = ['rate', 'maxRate', 'maxDailyChange'].map((name) =>
    reader.integer(commission, name, at),
  );
  for (const points of [rate, maxRate, change]) {
    if (points === undefined || (points >= 0 && points <= BASIS_POINTS_MAX)) continue;
    reader.findings.add(
      'genesis.commission',
      at,
      `${points} is not from 0 to ${BASIS_POINTS_MAX} basis points`,
    );
  }
  if (rate !== undefined && maxRate !== undefined && rate > maxRate) {
    reader.findings.add('genesis.commission', at, `the rate ${rate} is above the largest rate ${maxRate}`);
  }
  if (rate === undefined || maxRate === undefined || change === undefined) return undefined;
  return { rate, maxRate, maxDailyChange: change };
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalGenesis, loadGenesis, type Genesis } from '#genesis';
import {
  addressOfKey,
  ed25519Key,
  formatAddress,
  isCodedError,
  signingDigest,
  toHex,
  utf8,
  type CodedError,
  type SigningKey,
} from '#kernel';
import { mergeSettings } from '../../configuration/load-configuration.ts';
import { admitGenesis } from '../admit-genesis.ts';

const TIME_MS = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const keys = [1, 2, 3, 4].map((seed) => ed25519Key(new Uint8Array(32).fill(seed)));
const operatorKeys = [11, 12, 13, 14].map((seed) => ed25519Key(new Uint8Array(32).fill(seed)));
const operators = operatorKeys.map(({ publicKey }) => addressOfKey('ed25519', publicKey));

let folder: string;
let genesis: Genesis;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admit-'));
  genesis = await genesisOf('seal-1');
});
after(() => rm(folder, { recursive: true }));

function genesisOf(chainId: string, validators = keys.length): Promise<Genesis> {
  const document = createLocalGenesis({
    chainId,
    timeMs: TIME_MS,
    accounts: [],
    validators: keys.slice(0, validators).map((consensusKey, index) => ({
      name: `validator-${index}`,
      consensusKey,
      operatorKey: operatorKeys[index] as SigningKey,
      stake: 1_000_000_000n,
    })),
  });
  const clock = { now: () => TIME_MS, monotonic: () => 0 };
  return loadGenesis(utf8(JSON.stringify(document)), { clock });
}

/** A seal by the first `count` validators, with what `changes` changes of it. */
function sealOf(of: Genesis, count: number, changes: object = {}): object {
  const digest = signingDigest('approval', of.genesisHash, utf8(of.chainId));
  return {
    kind: 'bizra-seal',
    version: 1,
    chainId: of.chainId,
    genesisHash: toHex(of.genesisHash),
    approvals: keys.slice(0, count).map((key, index) => ({
      operator: formatAddress(operators[index] as Uint8Array),
      signature: toHex(key.sign(digest)),
    })),
    ...changes,
  };
}

interface Given {
  readonly seal?: object | string;
  readonly of?: Genesis;
  readonly settings?: readonly string[];
  readonly ageMs?: number;
  readonly hasState?: boolean;
  readonly consensusKey?: Uint8Array | undefined;
}

async function admit(given: Given): Promise<CodedError | undefined> {
  const { seal, settings = [], ageMs = 0, hasState = false } = given;
  if (seal !== undefined) {
    await writeFile(join(folder, 'seal.json'), typeof seal === 'string' ? seal : JSON.stringify(seal));
  }
  const overrides = [...(seal === undefined ? [] : ['chain.seal=seal.json']), ...settings];
  const configuration = mergeSettings(new Map(), '', { overrides });
  const loaded = { configuration, home: folder, path: (name: string) => join(folder, name) };
  const consensusKey = 'consensusKey' in given ? given.consensusKey : keys[0]?.publicKey;
  try {
    await admitGenesis({ ...(given.of ?? genesis), timeMs: TIME_MS }, loaded, {
      nowMs: TIME_MS + ageMs,
      hasState,
      consensusKey,
    });
    return undefined;
  } catch (error) {
    assert.ok(isCodedError(error), String(error));
    return error;
  }
}

describe('a seal', () => {
  it('of more than two thirds of the stake admits the genesis, asked for or not', async () => {
    for (const count of [3, 4]) assert.equal(await admit({ seal: sealOf(genesis, count) }), undefined);
    assert.equal(await admit({ seal: sealOf(genesis, 3), settings: ['chain.requireSeal=true'] }), undefined);
  });

  it('is not asked for unless the configuration says so', async () => {
    assert.equal(await admit({}), undefined);
    const error = await admit({ settings: ['chain.requireSeal=true'] });
    assert.equal(error?.code, 'genesis.unsealed');
    assert.match(error.message, new RegExp(`${toHex(genesis.genesisHash)}.*chain\\.seal`));
  });

  it('of too little stake is refused, with what it holds', async () => {
    for (const count of [0, 1, 2]) {
      const error = await admit({ seal: sealOf(genesis, count) });
      assert.equal(error?.code, 'genesis.seal-incomplete');
      assert.match(error.message, new RegExp(`holds ${count * 1e9} of 4000000000 staked`));
    }
  });

  it('of exactly two thirds is of too little', async () => {
    const of = await genesisOf('seal-3', 3);
    assert.equal((await admit({ of, seal: sealOf(of, 2) }))?.code, 'genesis.seal-incomplete');
    assert.equal(await admit({ of, seal: sealOf(of, 3) }), undefined);
  });

  it('does not count an approval twice, nor one of another genesis', async () => {
    const { approvals } = sealOf(genesis, 2) as { approvals: object[] };
    const twice = await admit({ seal: sealOf(genesis, 2, { approvals: [...approvals, ...approvals] }) });
    assert.equal(twice?.code, 'genesis.seal-incomplete');
    const other = sealOf(await genesisOf('seal-2'), 4) as { approvals: object[] };
    const foreign = await admit({ seal: sealOf(genesis, 0, { approvals: other.approvals }) });
    assert.equal(foreign?.code, 'genesis.seal-incomplete');
  });

  it('of another genesis is refused, with both hashes', async () => {
    const other = await genesisOf('seal-2');
    const error = await admit({ seal: sealOf(other, 4) });
    assert.equal(error?.code, 'genesis.seal-mismatch');
    for (const { genesisHash } of [other, genesis]) assert.ok(error.message.includes(toHex(genesisHash)));
    const hash = await admit({ seal: sealOf(genesis, 4, { genesisHash: '0'.repeat(64) }) });
    assert.equal(hash?.code, 'genesis.seal-mismatch');
    const chain = await admit({ seal: sealOf(genesis, 4, { chainId: 'x'.repeat(10_000) }) });
    assert.equal(chain?.code, 'genesis.seal-mismatch');
    assert.ok(chain.message.length < 1_000);
  });

  it('that is none, or is not there, is refused', async () => {
    for (const seal of ['', '[]', '{"kind":"bizra-seal"}', sealOf(genesis, 4, { approvals: [7] })]) {
      assert.equal((await admit({ seal }))?.code, 'genesis.seal-malformed');
    }
    assert.equal((await admit({ settings: ['chain.seal=none.json'] }))?.code, 'home.unreadable');
  });
});

describe('the age of a genesis', () => {
  const tooOld = 168 * HOUR_MS + 1;

  it('is bounded for a validator of it that has no chain yet', async () => {
    assert.equal(await admit({ ageMs: tooOld - 1 }), undefined);
    const error = await admit({ ageMs: tooOld });
    assert.equal(error?.code, 'genesis.too-old');
    assert.match(
      error.message,
      /2026-03-01T12:00:00\.000Z is 7 d in the past, more than the 168 h.*chain\.maxGenesisAgeHours: 0/,
    );
  });

  it('does not matter to a home with a chain, to a node that does not vote, nor to another validator', async () => {
    assert.equal(await admit({ ageMs: tooOld, hasState: true }), undefined);
    assert.equal(await admit({ ageMs: tooOld, consensusKey: undefined }), undefined);
    const stranger = ed25519Key(new Uint8Array(32).fill(9)).publicKey;
    assert.equal(await admit({ ageMs: tooOld, consensusKey: stranger }), undefined);
  });

  it('is any where the bound is 0, and follows the configuration', async () => {
    const ageMs = 3 * HOUR_MS;
    assert.equal(await admit({ ageMs: 1e12, settings: ['chain.maxGenesisAgeHours=0'] }), undefined);
    const refused = await admit({ ageMs, settings: ['chain.maxGenesisAgeHours=2'] });
    assert.equal(refused?.code, 'genesis.too-old');
    assert.equal(await admit({ ageMs, settings: ['chain.maxGenesisAgeHours=3'] }), undefined);
  });

  it('in the future is none', async () => {
    assert.equal(await admit({ ageMs: -1e12 }), undefined);
  });
});

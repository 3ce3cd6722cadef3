import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bech32 } from '@scure/base';
import { formatAddress, fromHex, toHex } from '#kernel';
import { accountCodec } from '#services/blockchain';
import { checkAccountAnswer, trustOf, type AccountAnswer, type Trust } from '../harness/account-proof.ts';
import { ROOT, node0 } from '../harness/command.ts';
import { contentOf, temporaryFolder } from '../harness/folder.ts';
import { TestNetwork } from '../harness/network.ts';
import { assertRefused } from '../harness/refusal.ts';
import { until } from '../harness/until.ts';

/** The genesis of a real chain; it is large, and not part of the repository. */
const SOURCE = join(ROOT, '..', 'shared', 'data', 'genesis', 'cosmoshub-1.json');
const isThere = existsSync(SOURCE);
if (!isThere) {
  console.error(`SKIPPED: the rehearsal of a real launch. There is no ${SOURCE}; put that genesis there.`);
}
const skip = isThere ? false : `there is no ${SOURCE}`;

const REQUESTS_AT_ONCE = 16;

interface SourceDocument {
  readonly chain_id: string;
  readonly app_state: {
    readonly accounts: readonly { address: string; coins: readonly { denom: string; amount: string }[] }[];
    readonly gentxs: readonly { value: { msg: readonly { value: { value: { amount: string } } }[] } }[];
  };
}

/** Balances of the file, largest first, by the address that the same bytes have here. */
function balancesOf({ app_state: { accounts } }: SourceDocument): { address: string; balance: bigint }[] {
  return accounts
    .map(({ address, coins }) => {
      const { prefix, words } = bech32.decode(address as `cosmos1${string}`);
      assert.equal(prefix, 'cosmos');
      const held = coins.filter(({ denom }) => denom === 'uatom');
      const balance = held.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
      return { address: formatAddress(bech32.fromWords(words)), balance };
    })
    .toSorted((a, b) => Number(b.balance - a.balance));
}

/** Stakes of the file's validators, largest first. */
function stakesOf({ app_state: { gentxs } }: SourceDocument): bigint[] {
  return gentxs
    .map(({ value }) => BigInt(value.msg[0]?.value.value.amount ?? '0'))
    .toSorted((a, b) => Number(b - a));
}

describe('the rehearsal of a real launch', { skip }, () => {
  let network: TestNetwork;
  let source: SourceDocument;
  let balances: ReturnType<typeof balancesOf>;
  let trust: Trust;
  before(async () => {
    source = JSON.parse(await readFile(SOURCE, 'utf8')) as SourceDocument;
    balances = balancesOf(source);
    network = await TestNetwork.create();
    await network.up(['--genesis', SOURCE]);
    trust = await trustOf(await readFile(join(network.home, 'genesis.json')));
  });
  after(() => network.destroy());

  const provenAccount = (address: string): Promise<AccountAnswer> =>
    until('the account can be proven', () => network.get<AccountAnswer>(`/accounts/${address}?proof=true`));

  it('holds the balance of every account of the file', async () => {
    assert.ok(balances.length > 900);
    const waiting = balances.values();
    const check = async (): Promise<void> => {
      for (const { address, balance } of waiting) {
        const answer = await network.get<{ balance: string; nonce: number }>(`/accounts/${address}`);
        assert.deepEqual([answer.balance, answer.nonce], [balance.toString(), 0], address);
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, check));
  });

  it('gives the local validators the largest stakes of the file', async () => {
    const { items } = await network.get<{ items: { stake: string; power: number; share: number }[] }>(
      '/validators',
    );
    const largest = stakesOf(source).slice(0, items.length);
    assert.equal(items.length, 4);
    assert.deepEqual(
      items.map(({ stake }) => BigInt(stake)),
      largest,
    );
    const total = largest.reduce((sum, stake) => sum + stake, 0n);
    for (const [index, { share }] of items.entries()) {
      assert.ok(Math.abs(share - Number(largest[index]) / Number(total)) < 1e-6, `share ${share}`);
    }
  });

  it('keeps the proportions of stakes that differ', async () => {
    const { path, remove } = await temporaryFolder();
    try {
      const out = join(path, 'genesis.json');
      // The eleven largest are equal: only with more do the powers differ.
      const imported = await node0(['genesis', 'import', SOURCE, '--out', out, '--validators', '13']);
      assert.equal(imported.code, 0, imported.stderr);
      const { validators } = await trustOf(await readFile(out));
      const largest = stakesOf(source).slice(0, 13);
      assert.ok((largest[0] as bigint) > (largest[12] as bigint));
      const powers = validators.validators.map(({ power }) => BigInt(power));
      for (const [index, power] of powers.entries()) {
        assert.equal(
          power * (largest[0] as bigint),
          (powers[0] as bigint) * (largest[index] as bigint),
          `validator ${index}`,
        );
      }
    } finally {
      await remove();
    }
  });

  it('proves accounts down to the signatures of the validators of the genesis', async () => {
    const middle = Math.floor(balances.length / 2);
    const chosen = [0, 1, middle, balances.length - 2, balances.length - 1].map((at) => balances[at]);
    for (const account of chosen) {
      assert.ok(account !== undefined);
      const answer = await provenAccount(account.address);
      assert.equal(answer.balance, account.balance.toString());
      checkAccountAnswer(trust, account.address, answer);
    }
  });

  it('proves that an account holds nothing', async () => {
    const nobody = formatAddress(new Uint8Array(20).fill(0xaa));
    const answer = await provenAccount(nobody);
    assert.deepEqual([answer.balance, answer.proof.value], ['0', undefined]);
    checkAccountAnswer(trust, nobody, answer);
    const somebody = balances[0]?.address ?? '';
    const theirs = await provenAccount(somebody);
    const { value: _, ...absence } = theirs.proof;
    assert.throws(
      () => checkAccountAnswer(trust, somebody, { ...theirs, balance: '0', nonce: 0, proof: absence }),
      /the value stands under the root/,
    );
  });

  it('is not believed when anything of the proof is altered', async () => {
    const { address } = balances[0] as { address: string };
    const answer = await provenAccount(address);
    const { proof } = answer;
    const refuse = (altered: Partial<AccountAnswer>, step: RegExp, from: Trust = trust): void =>
      assert.throws(() => checkAccountAnswer(from, address, { ...answer, ...altered }), step);
    const richer = (BigInt(answer.balance) + 1n).toString();
    refuse({ balance: richer }, /the value says so/);
    const value = toHex(accountCodec.encode({ balance: BigInt(richer), nonce: answer.nonce }));
    refuse({ balance: richer, proof: { ...proof, value } }, /the value stands under the root/);
    refuse({ proof: { ...proof, path: flipped(proof.path, -1) } }, /the value stands under the root/);
    const stateRoot = flipped(proof.stateRoot, 0);
    refuse({ proof: { ...proof, stateRoot } }, /the header holds the root/);
    const header = { ...proof.header, receiptRoot: flipped(proof.header.receiptRoot, 0) };
    refuse({ proof: { ...proof, header } }, /the header hashes to the block hash/);
    const other = balances[1]?.address ?? '';
    assert.throws(
      () => checkAccountAnswer(trust, other, { ...answer, address: other }),
      /the key is that of/,
    );
    const signed = proof.commit.signatures.flatMap((text, at) => (text === null ? [] : [at]));
    const withSignatures = (change: (text: string | null, at: number) => string | null) => ({
      proof: { ...proof, commit: { ...proof.commit, signatures: proof.commit.signatures.map(change) } },
    });
    for (const at of signed) {
      const forged = withSignatures((text, index) =>
        index === at && text !== null ? flipped(text, 0) : text,
      );
      refuse(forged, /the signature of .* is valid/);
    }
    // Two of four equal stakes are not more than two thirds.
    const kept = signed.slice(0, 2);
    refuse(
      withSignatures((text, at) => (kept.includes(at) ? text : null)),
      /more than two thirds of the power signed/,
    );
    const otherChain = { ...trust, genesisHash: fromHex(flipped(toHex(trust.genesisHash), 0)) };
    refuse({}, /the signature of .* is valid/, otherChain);
  });

  it('refuses another genesis for its home, changes nothing, and goes on without --genesis', async () => {
    const earlier = await network.status();
    await network.stop();
    const before = await contentOf(network.home);
    const { path, remove } = await temporaryFolder();
    try {
      const genesis = join(path, 'other.json');
      await writeFile(genesis, JSON.stringify({ ...source, chain_id: 'cosmoshub-other' }));
      const up = ['up', '--home', network.home, '--port', String(network.port)];
      await assertRefused({
        parameters: [...up, '--genesis', genesis],
        code: 'home.other-chain',
        says: /belongs to another genesis \(chain cosmoshub-1, [0-9a-f]{64}\)/,
      });
      await assertRefused({ parameters: [...up, '--validators', '3'], code: 'home.other-chain' });
    } finally {
      await remove();
    }
    assert.deepEqual(await contentOf(network.home), before);
    await network.up();
    const now = await network.status();
    assert.equal(now.genesisHash, earlier.genesisHash);
    assert.ok(now.height >= earlier.height);
    const same = await network.get<{ hash: string }>(`/blocks/${earlier.height}`);
    assert.equal(same.hash, earlier.blockHash);
    const { address, balance } = balances[0] as { address: string; balance: bigint };
    const answer = await provenAccount(address);
    assert.equal(answer.balance, balance.toString());
    checkAccountAnswer(trust, address, answer);
    await network.advance(1);
  });
});

/** The hexadecimal text with one bit of a byte turned; negative places count from the end. */
function flipped(text: string, at: number): string {
  const bytes = fromHex(text);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return toHex(bytes);
}

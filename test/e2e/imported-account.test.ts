import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addressOfKey, formatAddress, formatForeignAddress, secp256k1Key, toHex } from '#kernel';
import { systemRandom } from '#runtime';
import { makeForeign } from '../../genesis/test/fixtures/foreign.ts';
import { node0 } from '../harness/command.ts';
import { TestNetwork } from '../harness/network.ts';
import { framed, identityOf, signTransfer, walletOf } from '../harness/wallet.ts';

/** What the accounts of the test hold on the other chain, in base units. */
const BALANCE = 1_000_000_000_000n;
/** Gas of a transfer of one output that a secp256k1 key signs. */
const GAS = 2_500n;

interface Submitted {
  readonly hash: string;
  readonly status: string;
  readonly height: number;
}

/** A key of somebody who holds a balance on the other chain. */
function makeHolder() {
  const secret = systemRandom.bytes(32);
  const key = secp256k1Key(secret);
  const address = addressOfKey('secp256k1', key.publicKey);
  return { secret, key, address: formatAddress(address), elsewhere: formatForeignAddress('cosmos', address) };
}

describe('an account that was imported from another chain', () => {
  const holder = makeHolder();
  const thief = makeHolder();
  let network: TestNetwork;
  let gasPrice: bigint;
  before(async () => {
    network = await TestNetwork.create();
    const document = makeForeign();
    const { bank } = document.app_state;
    const coins = [{ denom: 'stake', amount: BALANCE.toString() }];
    for (const { elsewhere } of [holder, thief]) bank.balances.push({ address: elsewhere, coins });
    bank.supply = [{ denom: 'stake', amount: (5_000_000n + 2n * BALANCE).toString() }];
    const genesis = join(network.home, '..', 'foreign.json');
    await writeFile(genesis, JSON.stringify(document));
    await network.up(['--genesis', genesis, '--validators', '1']);
    const payload = { type: 'transfer', outputs: [{ to: holder.address, amount: '1' }] };
    const estimate = await post('/transactions/estimate', { senderKeyType: 'secp256k1', payload });
    assert.equal(estimate['gasLimit'], Number(GAS));
    gasPrice = BigInt(String(estimate['gasPrice']));
  });
  after(() => network.destroy());

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${network.url}/api/v2${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  const accountOf = (address: string) =>
    network.get<{ balance: string; nonce: number }>(`/accounts/${address}`);

  it('has its balance at the address of its key', async () => {
    assert.deepEqual(
      [await accountOf(holder.address), await accountOf(thief.address)].map(({ balance }) => BigInt(balance)),
      [BALANCE, BALANCE],
    );
  });

  it('is spent with its key, which a command imports', async () => {
    const secretFile = join(network.home, '..', 'secret');
    await writeFile(secretFile, `${toHex(holder.secret)}\n`);
    const password = join(network.home, 'password');
    const importKey = ['keys', 'import', 'holder', '--type', 'secp256k1', '--secret-file', secretFile];
    const home = ['--home', network.home, '--password-file', password];
    const imported = await node0([...importKey, '--show-prefix', 'cosmos', ...home, '--json']);
    assert.equal(imported.code, 0, imported.stderr);
    const shown = JSON.parse(imported.stdout) as Record<string, string>;
    assert.deepEqual([shown['address'], shown['foreignAddress']], [holder.address, holder.elsewhere]);

    const receiver = formatAddress(systemRandom.bytes(20));
    const transfer = ['tx', 'transfer', '--from', 'holder', '--to', receiver, '--amount', '12345'];
    const sent = await network.node0(...transfer, '--wait', '--json');
    assert.equal(sent.code, 0, sent.stderr);
    const { hash, status } = JSON.parse(sent.stdout) as Submitted;
    assert.equal(status, 'finalized');
    assert.equal((await accountOf(receiver)).balance, '12345');
    const left = BALANCE - 12_345n - GAS * gasPrice;
    assert.deepEqual(
      [(await accountOf(holder.address)).balance, (await accountOf(holder.address)).nonce],
      [left.toString(), 1],
    );
    const { sender, transaction } = await network.get<{
      sender: string;
      transaction: Record<string, unknown>;
    }>(`/transactions/${hash}`);
    assert.equal(sender, holder.address);
    assert.equal(transaction['senderKeyType'], 'secp256k1');
    assert.equal(transaction['senderKey'], toHex(holder.key.publicKey));
  });

  it('sends a transaction once, as bytes or in its JSON form', async () => {
    const fields = {
      to: holder.address,
      nonce: 0,
      validUntil: (await network.status()).height + 100,
      gasPrice,
    };
    const { id, bytes } = signTransfer(await identityOf(network), walletOf(thief.key), fields);
    const body = framed(bytes);
    const submit = () =>
      fetch(`${network.url}/api/v2/transactions`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body,
      });
    assert.equal((await submit()).status, 202);
    const final = await network.get<Record<string, unknown>>(`/transactions/${id}?wait=20000`);
    assert.equal(final['status'], 'finalized');
    assert.equal((await submit()).status, 409);
    assert.equal(
      (await post('/transactions', final['transaction'] as object))['code'],
      'mempool.already-final',
    );
  });

  it('is not spent with another key, nor with the other value of s', async () => {
    const identity = await identityOf(network);
    const { height } = await network.status();
    const { nonce, balance } = await accountOf(holder.address);
    const fields = { to: thief.address, nonce, validUntil: height + 100, gasPrice };
    const forged = {
      key: { ...holder.key, sign: (digest: Uint8Array) => thief.key.sign(digest) },
      address: holder.address,
    };
    const malleated = {
      key: { ...holder.key, sign: (digest: Uint8Array) => withHighS(holder.key.sign(digest)) },
      address: holder.address,
    };
    for (const wallet of [forged, malleated]) {
      const { bytes } = signTransfer(identity, wallet, fields);
      const answer = await post('/transactions', { transaction: toHex(bytes) });
      assert.equal(answer['code'], 'transaction.invalid-signature');
    }
    assert.equal((await accountOf(holder.address)).balance, balance);
  });
});

/** The other signature that the equation holds for: (r, n - s). */
function withHighS(signature: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${toHex(signature.subarray(32))}`);
  const changed = signature.slice();
  changed.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32);
  return changed;
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { toHex } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import { transactionToJson, type ChainIdentity, type Transaction } from '#services/transaction';
import { TestNetwork } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import {
  framed,
  identityOf,
  openLoadWallets,
  openWallet,
  signTransfer,
  walletOf,
  type TransferFields,
  type Wallet,
} from '../harness/wallet.ts';

const MEMPOOL_MAX = 12;
const BINARY = 'application/octet-stream';
const JSON_TYPE = 'application/json';
/** The edge's limits of a submission and of any other body. */
const SUBMISSION_BYTES_MAX = 4 * 2 ** 20;
const BODY_BYTES_MAX = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Record<string, unknown>;
}

type Body = Uint8Array<ArrayBuffer> | string;

let network: TestNetwork;
let identity: ChainIdentity;
let [alice, bob, carol, erin]: Wallet[] = [];
let load: Wallet[] = [];
before(async () => {
  network = await TestNetwork.create();
  await network.up(['--validators', '1', '--set', `mempool.maxTransactions=${MEMPOOL_MAX}`]);
  identity = await identityOf(network);
  const names = ['alice', 'bob', 'carol', 'erin'];
  [alice, bob, carol, erin] = await Promise.all(names.map((name) => openWallet(network.home, name)));
  load = await openLoadWallets(network.home, 4);
});
after(() => network.destroy());

async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${network.url}${path}`, { ...init, redirect: 'manual' });
  const contentType = response.headers.get('content-type') ?? '';
  return { status: response.status, contentType, body: (await response.json()) as Answer['body'] };
}

function post(body: Body, type = BINARY, path = '/api/v2/transactions'): Promise<Answer> {
  return send(path, { method: 'POST', headers: { 'content-type': type }, body });
}

const submit = (...transactions: readonly Transaction[]): Promise<Answer> =>
  post(framed(...transactions.map(({ bytes }) => bytes)));

/** A problem document with this status and code, and nothing of the node's inside. */
function assertProblem(answer: Answer, status: number, code: string, what = ''): void {
  const shown = `${what} ${JSON.stringify(answer)}`;
  assert.deepEqual([answer.status, answer.body['code']], [status, code], shown);
  assert.match(answer.contentType, /^application\/problem\+json/);
  assert.deepEqual([answer.body['status'], answer.body['type']], [status, `urn:bizra:error:${code}`], shown);
  assert.ok(typeof answer.body['detail'] === 'string' && answer.body['detail'].length > 10, shown);
  assert.doesNotMatch(shown, /node_modules|\.ts:\d+|\bat \w+ \(/);
}

interface AccountState {
  readonly balance: string;
  readonly nonce: number;
}

const account = ({ address }: Wallet): Promise<AccountState> =>
  network.get<AccountState>(`/accounts/${address}`);
const height = async (): Promise<number> => (await network.status()).height;

/** Everything that bad input could have changed: what accounts hold, and what waits. */
async function stateOfAll(): Promise<unknown> {
  const wallets = [alice, bob, carol, erin, ...load] as Wallet[];
  const accounts = await Promise.all(
    wallets.map(async (wallet) => {
      const { balance, nonce } = await account(wallet);
      return [wallet.address, balance, nonce];
    }),
  );
  return [accounts, await network.get<unknown>('/mempool')];
}

/** Runs `attack` and shows that nothing changed, although the chain went on. */
async function unchangedBy(attack: () => Promise<void>): Promise<void> {
  const earlier = await stateOfAll();
  await attack();
  await network.advance(1);
  assert.deepEqual(await stateOfAll(), earlier);
}

async function transfer(
  from: Wallet | undefined,
  changes: Partial<TransferFields> = {},
): Promise<Transaction> {
  assert.ok(from !== undefined && bob !== undefined);
  const { nonce } = changes.nonce === undefined ? await account(from) : { nonce: changes.nonce };
  return signTransfer(identity, from, {
    to: bob.address,
    validUntil: (await height()) + 100,
    ...changes,
    nonce,
  });
}

async function statusOf({ id }: Transaction, waitMs = 0): Promise<Answer> {
  return send(`/api/v2/transactions/${id}?wait=${waitMs}`);
}

describe('requests that are not as they should be', () => {
  it('are refused at every kind of resource', () =>
    unchangedBy(async () => {
      const { address } = alice as Wallet;
      const hash = '0'.repeat(64);
      const refusals: readonly (readonly [string, number, string])[] = [
        ['/api/v2/nothing', 404, 'gateway.not-found'],
        ['/api/v1/status', 404, 'gateway.not-found'],
        ['/accounts', 404, 'gateway.not-found'],
        ['/api/v2/accounts/nobody', 400, 'kernel.malformed-address'],
        // One letter of the checksum is another.
        [
          `/api/v2/accounts/${address.slice(0, -1)}${address.endsWith('q') ? 'p' : 'q'}`,
          400,
          'kernel.malformed-address',
        ],
        [`/api/v2/accounts/${address}?proof=perhaps`, 400, 'gateway.invalid-request'],
        [`/api/v2/accounts/${address}?hieght=1`, 400, 'gateway.invalid-request'],
        [`/api/v2/accounts/${address}?height=-1`, 400, 'gateway.invalid-request'],
        [`/api/v2/accounts/${address}?height=1000000`, 404, 'gateway.height-ahead'],
        ['/api/v2/blocks/1000000', 404, 'gateway.height-ahead'],
        [`/api/v2/blocks/${hash}`, 404, 'gateway.block-not-found'],
        ['/api/v2/blocks/first', 400, 'gateway.malformed-reference'],
        ['/api/v2/blocks?limit=0', 400, 'gateway.invalid-request'],
        ['/api/v2/blocks?limit=1000000', 400, 'gateway.invalid-request'],
        ['/api/v2/blocks?cursor=nonsense', 400, 'block.malformed-cursor'],
        [`/api/v2/transactions/${hash}`, 404, 'gateway.transaction-not-found'],
        ['/api/v2/transactions/xyz', 400, 'gateway.invalid-request'],
        [`/api/v2/transactions/${hash}?wait=30001`, 400, 'gateway.invalid-request'],
        ['/api/v2/attestations/00', 400, 'gateway.invalid-request'],
        ['/api/v2/mempool/transactions?cursor=nonsense', 400, 'mempool.malformed-cursor'],
        ['/api/v2/stream', 426, 'gateway.upgrade-required'],
      ];
      for (const [path, status, code] of refusals) assertProblem(await send(path), status, code);
      const taken = await send('/api/v2/transactions', { method: 'DELETE' });
      assertProblem(taken, 405, 'gateway.method-not-allowed');
      assertProblem(await send('/api/v2/accounts/%E0%A4%A'), 400, 'gateway.malformed-request');
    }));

  it('are refused when the body is not of a submission', () =>
    unchangedBy(async () => {
      const one = await transfer(alice);
      const json = transactionToJson(one) as Record<string, unknown>;
      const altered = (changes: object): string => JSON.stringify({ ...json, ...changes });
      const cut = one.bytes.subarray(0, -1);
      const refusals: readonly (readonly [string, Body, string, number, string])[] = [
        ['cut JSON', '{"transaction": "ab', JSON_TYPE, 400, 'gateway.malformed-json'],
        ['an empty body', '', JSON_TYPE, 400, 'gateway.malformed-json'],
        ['a text', '"ab"', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['a list', '[]', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['null', 'null', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['nothing known', '{}', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['__proto__', '{"__proto__": {"transaction": "00"}}', JSON_TYPE, 400, 'gateway.malformed-json'],
        ['no list', '{"transactions": "00"}', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['an empty list', '{"transactions": []}', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['a member too much', '{"transaction": "00", "x": 1}', JSON_TYPE, 400, 'gateway.invalid-request'],
        ['no hexadecimal', '{"transaction": "0g"}', JSON_TYPE, 400, 'gateway.malformed-submission'],
        ['an unknown member', altered({ memo: 'hello' }), JSON_TYPE, 400, 'transaction.malformed-json'],
        ['a number as a number', altered({ nonce: 0 }), JSON_TYPE, 400, 'transaction.malformed-json'],
        ['a negative price', altered({ gasPrice: '-1' }), JSON_TYPE, 400, 'kernel.malformed-amount'],
        [
          'another type',
          altered({ payload: { type: 'mint' } }),
          JSON_TYPE,
          400,
          'transaction.malformed-json',
        ],
        ['a short signature', altered({ signature: 'abcd' }), JSON_TYPE, 400, 'kernel.malformed-hex'],
        ['no binary', new Uint8Array(0), BINARY, 400, 'gateway.malformed-submission'],
        ['three bytes', new Uint8Array(3), BINARY, 400, 'gateway.malformed-submission'],
        ['a length of zero', new Uint8Array(8), BINARY, 400, 'gateway.malformed-submission'],
        [
          'a length beyond the end',
          framed(one.bytes).slice(0, -1),
          BINARY,
          400,
          'gateway.malformed-submission',
        ],
        ['a cut transaction', framed(cut), BINARY, 400, 'kernel.malformed-encoding'],
        ['noise', framed(new Uint8Array(200).fill(0xa5)), BINARY, 400, 'kernel.malformed-encoding'],
        [
          'a byte too much',
          framed(new Uint8Array([...one.bytes, 0])),
          BINARY,
          400,
          'kernel.malformed-encoding',
        ],
        ['text', 'hello', 'text/plain', 415, 'gateway.unsupported-media-type'],
        ['XML', '<x/>', 'application/xml', 415, 'gateway.unsupported-media-type'],
        ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'gateway.unsupported-media-type'],
      ];
      for (const [what, body, type, status, code] of refusals) {
        assertProblem(await post(body, type), status, code, what);
      }
      const estimate = '/api/v2/transactions/estimate';
      assertProblem(
        await post('{"payload": {"type": "mint"}}', JSON_TYPE, estimate),
        400,
        'gateway.invalid-request',
      );
      assertProblem(await post('{', JSON_TYPE, estimate), 400, 'gateway.malformed-json');
    }));

  it('are refused when they are too large, and when they are not HTTP at all', () =>
    unchangedBy(async () => {
      const one = await transfer(alice);
      for (const [path, type, max] of [
        ['/api/v2/transactions', BINARY, SUBMISSION_BYTES_MAX],
        ['/api/v2/transactions/estimate', JSON_TYPE, BODY_BYTES_MAX],
      ] as const) {
        const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\n`;
        const size = (max + 1).toString(16);
        for (const request of [
          // Refused for what it announces, before anything of it came.
          `${head}content-length: ${max + 1}\r\n\r\n`,
          `${head}transfer-encoding: chunked\r\n\r\n${size}\r\n${' '.repeat(max + 1)}`,
        ]) {
          const heard = await speak(request);
          assert.match(heard, /^HTTP\/1\.1 413 [\s\S]*application\/problem\+json/);
          assert.match(heard, /"code":"gateway\.body-too-large"/);
        }
      }
      const many = framed(...Array.from({ length: 5_001 }, () => one.bytes.subarray(0, 1)));
      assertProblem(await post(many), 413, 'gateway.too-many-transactions');
      const list = JSON.stringify({ transactions: Array.from({ length: 5_001 }, () => '00') });
      assertProblem(await post(list, JSON_TYPE), 400, 'gateway.invalid-request');
      assertProblem(await post(framed(new Uint8Array(65 * 1024))), 413, 'kernel.too-large');
      const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
      assertProblem(
        await post(deep, JSON_TYPE, '/api/v2/transactions/estimate'),
        400,
        'gateway.invalid-request',
      );
      for (const text of [
        '\u0000\u0001\u0002\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      ]) {
        assert.match(
          await speak(text),
          /^HTTP\/1\.1 (400|431) [\s\S]*application\/problem\+json[\s\S]*gateway\.malformed-request/,
        );
      }
    }));

  it('are answered together when only some of many are wrong', async () => {
    const good = await transfer(load[3]);
    const bad = await transfer(load[3], { nonce: 0, amount: 0n });
    const answer = await submit(bad, good);
    assert.equal(answer.status, 202, JSON.stringify(answer));
    assert.deepEqual(answer.body['hashes'], [good.id]);
    const codes = (answer.body['results'] as { code?: string; hash?: string }[]).map(({ code }) => code);
    assert.deepEqual(codes, ['transaction.zero-amount', undefined]);
    assert.equal((await statusOf(good, 10_000)).body['status'], 'finalized');
    assertProblem(await submit(bad, bad), 422, 'gateway.all-refused');
  });
});

describe('transactions that cannot be right', () => {
  it('are refused for what is wrong in themselves', () =>
    unchangedBy(async () => {
      const tip = await height();
      const to = (bob as Wallet).address;
      const fields = { to, nonce: 0, validUntil: tip + 100 };
      const sign = (changes: Partial<TransferFields>, of: ChainIdentity = identity): Transaction =>
        signTransfer(of, alice as Wallet, { ...fields, ...changes });
      const signed = sign({});
      const forged = Buffer.from(signed.bytes);
      // One bit of the signature: what it signs can be paid for as before.
      const at = forged.indexOf(signed.signature);
      forged[at] = (forged[at] as number) ^ 1;
      const otherGenesis = { ...identity, genesisHash: new Uint8Array(32).fill(1) };
      const refusals: readonly (readonly [Transaction | { bytes: Uint8Array }, string])[] = [
        [{ bytes: new Uint8Array(forged) }, 'transaction.invalid-signature'],
        // Signed for a chain of the same name that began otherwise.
        [sign({}, otherGenesis), 'transaction.invalid-signature'],
        [sign({}, { ...identity, chainId: 'other-chain' }), 'transaction.wrong-chain'],
        [sign({ validUntil: tip }), 'transaction.expired'],
        [sign({ validUntil: 0 }), 'transaction.expired'],
        [sign({ validUntil: tip + 200_000 }), 'transaction.valid-until-too-far'],
        [sign({ amount: 0n }), 'transaction.zero-amount'],
        [sign({ gasPrice: 0n }), 'transaction.gas-price-too-low'],
        [sign({ gasLimit: 1 }), 'transaction.gas-limit-too-low'],
        [sign({ gasLimit: 2 ** 40 }), 'transaction.gas-limit-too-high'],
      ];
      for (const [{ bytes }, code] of refusals) {
        assertProblem(await post(framed(bytes)), 400, code);
        const hex = JSON.stringify({ transaction: toHex(bytes) });
        assertProblem(await post(hex, JSON_TYPE), 400, code);
      }
    }));

  it('are refused when nobody can pay for them', () =>
    unchangedBy(async () => {
      const { balance } = await account(alice as Wallet);
      const underfunded = 'mempool.insufficient-balance';
      assertProblem(await submit(await transfer(alice, { amount: BigInt(balance) })), 402, underfunded);
      assertProblem(await submit(await transfer(alice, { amount: 2n ** 127n })), 402, underfunded);
      assertProblem(await submit(await transfer(alice, { gasPrice: 2n ** 100n })), 402, underfunded);
      const pauper = walletOf(nativeEd25519Key(new Uint8Array(32).fill(7)));
      assertProblem(await submit(await transfer(pauper)), 402, underfunded);
    }));

  it('are refused when they come again, waiting or final, and when their nonce is used', async () => {
    const first = await transfer(carol, { nonce: 0 });
    const second = await transfer(carol, { nonce: 1 });
    // The second waits for the first: it is pending for as long as the test wants.
    assert.equal((await submit(second)).status, 202);
    assertProblem(await submit(second), 409, 'mempool.already-known');
    assertProblem(
      await submit(await transfer(carol, { nonce: 1, amount: 2n })),
      409,
      'mempool.underpriced-replacement',
    );
    assert.equal((await submit(first)).status, 202);
    for (const transaction of [first, second]) {
      assert.equal((await statusOf(transaction, 10_000)).body['status'], 'finalized');
    }
    await unchangedBy(async () => {
      assertProblem(await submit(first), 409, 'mempool.already-final');
      assertProblem(await submit(second), 409, 'mempool.already-final');
      assertProblem(
        await post(JSON.stringify(transactionToJson(first)), JSON_TYPE),
        409,
        'mempool.already-final',
      );
      assertProblem(
        await submit(await transfer(carol, { nonce: 0, amount: 5n })),
        409,
        'mempool.nonce-too-low',
      );
      assertProblem(await submit(await transfer(carol, { nonce: 1_000_000 })), 409, 'mempool.nonce-too-high');
    });
    assert.equal((await account(carol as Wallet)).nonce, 2);
  });
});

describe('transactions whose time is not now', () => {
  it('wait while there is a gap before their nonce, and are final when it is filled', async () => {
    const [zero, one, two] = await Promise.all([0, 1, 2].map((nonce) => transfer(erin, { nonce })));
    assert.ok(zero !== undefined && one !== undefined && two !== undefined);
    const earlier = await account(erin as Wallet);
    assert.equal((await submit(two, one)).status, 202);
    await network.advance(2);
    for (const waiting of [one, two]) assert.equal((await statusOf(waiting)).body['status'], 'pending');
    assert.deepEqual(await account(erin as Wallet).then(({ balance, nonce }) => [balance, nonce]), [
      earlier.balance,
      0,
    ]);
    assert.equal((await submit(zero)).status, 202);
    const places = await Promise.all(
      [zero, one, two].map(async (transaction) => {
        const { body } = await statusOf(transaction, 10_000);
        assert.equal(body['status'], 'finalized');
        return (body['height'] as number) * 10_000 + (body['index'] as number);
      }),
    );
    assert.deepEqual(
      places.toSorted((a, b) => a - b),
      places,
    );
    assert.equal((await account(erin as Wallet)).nonce, 3);
  });

  it('fill the mempool: the next one must pay more, and takes the place of another', async () => {
    const validUntil = (await height()) + 4;
    const fields = { validUntil, gasPrice: 5n };
    // From nonce 1 on: all of them wait until they expire.
    const waiting = await Promise.all(
      [load[0], load[1]].flatMap((from) =>
        Array.from({ length: MEMPOOL_MAX / 2 }, (_, index) =>
          transfer(from, { ...fields, nonce: index + 1 }),
        ),
      ),
    );
    assert.equal((await submit(...waiting)).status, 202);
    assert.equal((await network.get<{ size: number }>('/mempool')).size, MEMPOOL_MAX);
    await unchangedBy(async () => {
      const cheap = await submit(await transfer(load[2], { ...fields, nonce: 1 }));
      assertProblem(cheap, 503, 'mempool.full');
      assertProblem(
        await submit(await transfer(load[2], { ...fields, nonce: 0, gasPrice: 4n })),
        503,
        'mempool.full',
      );
    });
    const better = await transfer(load[2], { ...fields, nonce: 0, gasPrice: 6n });
    assert.equal((await submit(better)).status, 202);
    const answers = await Promise.all(waiting.map((transaction) => statusOf(transaction)));
    const gone = answers.filter(({ status }) => status === 404);
    assert.deepEqual(
      gone.map(({ body }) => (body['details'] as { reason: string }).reason),
      ['mempool.evicted'],
    );
    assert.equal((await statusOf(better, 10_000)).body['status'], 'finalized');
    await until(
      'what waited has expired',
      async () => (await network.get<{ size: number }>('/mempool')).size === 0,
    );
    const expired = await statusOf(waiting[0] as Transaction);
    assertProblem(expired, 404, 'gateway.transaction-not-found');
    assert.equal((expired.body['details'] as { reason: string }).reason, 'mempool.expired');
    for (const from of [load[0], load[1]]) assert.equal((await account(from as Wallet)).nonce, 0);
  });
});

/** Sends text to the port of the API and returns everything that comes back until the end. */
async function speak(text: string): Promise<string> {
  const socket = connect(network.port, '127.0.0.1');
  await once(socket, 'connect');
  let heard = '';
  socket.setEncoding('utf8').on('data', (part: string) => (heard += part));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return heard;
}

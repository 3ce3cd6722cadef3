import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { AMOUNT_MAX, addressOfKey, formatAddress, listRoot, secp256k1Key, toHex } from '#kernel';
import { receiptCodec, type Account, type Ledger } from '../index.ts';
import {
  addressOf,
  attest,
  FEE,
  filled,
  FUNDS,
  genesisState,
  grow,
  inputOn,
  openLedger,
  rootOfState,
  signed,
  strangerAt,
  transfer,
  type SampleGenesis,
} from './support/samples.ts';

async function open(changes: Partial<SampleGenesis> = {}) {
  const engine = createMemoryStateEngine();
  const ledger = await openLedger(engine, { genesis: genesisState(changes) });
  return { engine, ledger };
}

const NONE: Account = { balance: 0n, nonce: 0 };

async function accountsOf(ledger: Ledger, ...addresses: readonly Uint8Array[]): Promise<Account[]> {
  return ledger.accounts(addresses);
}

describe('execution of transfers', () => {
  it('moves amounts, pays the gas that is used, and says what happened', async () => {
    const { engine, ledger } = await open();
    const [to, other] = [strangerAt(1), strangerAt(2)];
    const transaction = transfer(0, 0, [to, 7n], [other, 8n], [to, 1n]);
    const execution = await grow(ledger, engine, transaction);
    const fee = FEE.transfer(3);
    assert.deepEqual(await accountsOf(ledger, addressOf(0), to, other, strangerAt(3)), [
      { balance: FUNDS - fee - 16n, nonce: 1 },
      { balance: 8n, nonce: 0 },
      { balance: 8n, nonce: 0 },
      NONE,
    ]);
    assert.equal((await ledger.supply()).feePool, fee);
    const event = (address: Uint8Array, amount: string) => ({
      type: 'transfer',
      attributes: [
        { key: 'from', value: formatAddress(addressOf(0)) },
        { key: 'to', value: formatAddress(address) },
        { key: 'amount', value: amount },
      ],
    });
    assert.deepEqual(execution.receipts, [
      {
        transactionHash: transaction.hash,
        status: 'finalized',
        code: '',
        gasUsed: 2_500,
        fee,
        events: [event(to, '7'), event(other, '8'), event(to, '1')],
      },
    ]);
    assert.equal(execution.gasUsed, 2_500);
    const encoded = execution.receipts.map((receipt) => receiptCodec.encode(receipt));
    assert.deepEqual(execution.encodedReceipts, encoded);
    assert.deepEqual(execution.receiptRoot, listRoot(encoded));
    assert.deepEqual(
      execution.changedAccounts,
      new Map([
        [toHex(addressOf(0)), { balance: FUNDS - fee - 16n, nonce: 1 }],
        [toHex(to), { balance: 8n, nonce: 0 }],
        [toHex(other), { balance: 8n, nonce: 0 }],
      ]),
    );
  });

  it('lets a secp256k1 key spend its account, for 1,000 of gas more', async () => {
    const { publicKey: senderKey } = secp256k1Key(filled(32, 9));
    const address = addressOfKey('secp256k1', senderKey);
    const { engine, ledger } = await open({ accounts: [{ address, balance: FUNDS }] });
    const transaction = signed(0, 0, { senderKeyType: 'secp256k1', senderKey });
    const { gasUsed } = await grow(ledger, engine, transaction);
    assert.equal(gasUsed, 2_500);
    const fee = 2n * 2_500n;
    assert.deepEqual(await ledger.account(address), { balance: FUNDS - fee - 5n, nonce: 1 });
  });

  it('lets a sender pay itself, for the fee alone', async () => {
    const { engine, ledger } = await open();
    const self = addressOf(0);
    await grow(ledger, engine, transfer(0, 0, [self, 10n], [self, FUNDS - FEE.transfer(2) - 10n]));
    assert.deepEqual(await ledger.account(self), { balance: FUNDS - FEE.transfer(2), nonce: 1 });
  });

  it('lets a block spend what it brought before, and not what it brings after', async () => {
    const { engine, ledger } = await open({ accounts: [{ address: addressOf(0), balance: FUNDS }] });
    const amount = 600_000n;
    const sent = [transfer(0, 0, [addressOf(1), amount]), transfer(1, 0, [strangerAt(1), 1n])];
    const { receipts } = await grow(ledger, engine, ...sent);
    assert.deepEqual(
      receipts.map(({ status }) => status),
      ['finalized', 'finalized'],
    );
    assert.deepEqual(await ledger.account(addressOf(1)), { balance: amount - FEE.transfer() - 1n, nonce: 1 });
    const back = [transfer(2, 0, [strangerAt(1), 1n]), transfer(0, 1, [addressOf(2), amount])];
    await assert.rejects(ledger.execute(inputOn(ledger, ...back)), { code: 'blockchain.fee-not-covered' });
  });

  it('spends down to nothing and not below', async () => {
    const { engine, ledger } = await open();
    const all = FUNDS - FEE.transfer();
    const { receipts } = await grow(
      ledger,
      engine,
      transfer(0, 0, [strangerAt(1), all]),
      transfer(1, 0, [strangerAt(2), all + 1n]),
    );
    assert.deepEqual(
      receipts.map(({ code }) => code),
      ['', 'blockchain.insufficient-balance'],
    );
    assert.deepEqual(await accountsOf(ledger, addressOf(0), addressOf(1), strangerAt(2)), [
      { balance: 0n, nonce: 1 },
      { balance: all, nonce: 1 },
      NONE,
    ]);
  });

  it('takes the fee of a failed one and moves nothing, not even its first outputs', async () => {
    const { engine, ledger } = await open();
    const transaction = transfer(0, 0, [strangerAt(1), 1n], [strangerAt(2), FUNDS]);
    const { receipts } = await grow(ledger, engine, transaction);
    const fee = FEE.transfer(2);
    assert.deepEqual(receipts, [
      {
        transactionHash: transaction.hash,
        status: 'failed',
        code: 'blockchain.insufficient-balance',
        gasUsed: 2_000,
        fee,
        events: [],
      },
    ]);
    assert.deepEqual(await accountsOf(ledger, addressOf(0), strangerAt(1)), [
      { balance: FUNDS - fee, nonce: 1 },
      NONE,
    ]);
  });

  it('lets a balance grow to 128 bits and not beyond', async () => {
    const rich = { address: strangerAt(1), balance: AMOUNT_MAX - 1n };
    const { engine, ledger } = await open({ accounts: [...genesisState().accounts, rich] });
    const { receipts } = await grow(
      ledger,
      engine,
      transfer(0, 0, [strangerAt(2), 1n], [strangerAt(1), 2n]),
      transfer(0, 1, [strangerAt(1), 1n]),
      transfer(0, 2, [strangerAt(1), 1n]),
    );
    assert.deepEqual(
      receipts.map(({ code }) => code),
      ['blockchain.balance-overflow', '', 'blockchain.balance-overflow'],
    );
    assert.deepEqual(await accountsOf(ledger, strangerAt(1), strangerAt(2)), [
      { balance: AMOUNT_MAX, nonce: 0 },
      NONE,
    ]);
  });

  it('brings each of a large block to its place, in more than one slice', async () => {
    const { engine, ledger } = await open();
    const count = 600;
    const outputs = (block: number, nonce: number) =>
      [strangerAt(nonce + 100 * block), BigInt(nonce + 1)] as const;
    for (let block = 0; block < 2; block++) {
      const sent = Array.from({ length: count }, (_, i) => transfer(block, i, outputs(block, i)));
      await grow(ledger, engine, ...sent);
    }
    assert.deepEqual(await accountsOf(ledger, strangerAt(50), strangerAt(599), strangerAt(699)), [
      { balance: 51n, nonce: 0 },
      { balance: 600n + 500n, nonce: 0 },
      { balance: 600n, nonce: 0 },
    ]);
    assert.equal(await rootOfState(engine), toHex(ledger.tip().stateRoot));
  });
});

describe('execution of attestations', () => {
  const digest = filled(32, 0xd1);

  it('records who anchored what, when and under which label', async () => {
    const { engine, ledger } = await open();
    const input = inputOn(ledger, attest(0, 0, digest, 'contract'));
    const { receipts } = await grow(ledger, engine, ...input.transactions);
    await grow(ledger, engine, attest(1, 0, digest, 'same'), attest(1, 1, filled(32, 0xd2), 'next digest'));
    const found = await ledger.attestations(digest);
    assert.deepEqual(
      found.toSorted((a, b) => a.height - b.height),
      [
        { digest, address: addressOf(0), label: 'contract', height: 1, timeMs: input.timeMs },
        { digest, address: addressOf(1), label: 'same', height: 2, timeMs: input.timeMs + 1_000 },
      ],
    );
    assert.deepEqual(await ledger.attestations(filled(32, 0xd3)), []);
    assert.deepEqual(receipts[0]?.events, [
      {
        type: 'attestation.recorded',
        attributes: [
          { key: 'digest', value: toHex(digest) },
          { key: 'account', value: formatAddress(addressOf(0)) },
          { key: 'label', value: 'contract' },
        ],
      },
    ]);
    assert.deepEqual(await ledger.account(addressOf(0)), { balance: FUNDS - FEE.attest, nonce: 1 });
  });

  it('fails for a second time of one account, in the same block or later, and keeps the first', async () => {
    const { engine, ledger } = await open();
    const first = await grow(ledger, engine, attest(0, 0, digest, 'first'), attest(0, 1, digest, 'second'));
    const later = await grow(ledger, engine, attest(0, 2, digest, 'third'), attest(1, 0, digest, 'other'));
    assert.deepEqual(
      [...first.receipts, ...later.receipts].map(({ code }) => code),
      ['', 'blockchain.attestation-exists', 'blockchain.attestation-exists', ''],
    );
    assert.deepEqual((await ledger.attestations(digest)).map(({ label }) => label).toSorted(), [
      'first',
      'other',
    ]);
    assert.deepEqual(await ledger.account(addressOf(0)), { balance: FUNDS - 3n * FEE.attest, nonce: 3 });
  });
});

describe('a block that may not be', () => {
  const refusals: readonly [
    what: string,
    transactions: () => Parameters<typeof inputOn>[1][],
    code: string,
  ][] = [
    ['a nonce that comes too early', () => [signed(0, 1)], 'blockchain.nonce-mismatch'],
    ['a nonce twice', () => [signed(0, 0), signed(0, 0)], 'blockchain.nonce-mismatch'],
    ['nonces out of order', () => [signed(0, 1), signed(0, 0)], 'blockchain.nonce-mismatch'],
    ['too little gas', () => [signed(0, 0, { gasLimit: 1_499 })], 'blockchain.out-of-gas'],
    ['an account that is not there', () => [signed(77, 0)], 'blockchain.fee-not-covered'],
    // The whole limit must be covered, although only what is used will be paid.
    [
      'an offer beyond the balance',
      () => [signed(0, 0, { gasLimit: 2_000, gasPrice: FUNDS / 2_000n + 1n })],
      'blockchain.fee-not-covered',
    ],
  ];
  for (const [what, transactions, code] of refusals) {
    it(`is refused for ${what}, and changes nothing`, async () => {
      const { engine, ledger } = await open();
      const before = ledger.tip();
      await assert.rejects(ledger.execute(inputOn(ledger, signed(1, 0), ...transactions())), { code });
      assert.deepEqual(ledger.tip(), before);
      assert.deepEqual(await ledger.account(addressOf(1)), { balance: FUNDS, nonce: 0 });
      await grow(ledger, engine, signed(1, 0));
      assert.equal(await rootOfState(engine), toHex(ledger.tip().stateRoot));
    });
  }

  it('may offer exactly the balance for its gas', async () => {
    const { engine, ledger } = await open({ accounts: [{ address: addressOf(0), balance: 3_000n }] });
    const { receipts } = await grow(ledger, engine, signed(0, 0, { gasLimit: 1_500, gasPrice: 2n }));
    assert.deepEqual(receipts[0]?.code, 'blockchain.insufficient-balance');
    assert.deepEqual(await ledger.account(addressOf(0)), { balance: 0n, nonce: 1 });
  });
});

describe('an execution', () => {
  it('changes nothing until it is committed, however often and whatever is executed', async () => {
    const { engine, ledger } = await open();
    const before = {
      tip: ledger.tip(),
      supply: await ledger.supply(),
      writes: (await engine.statistics()).writes,
    };
    const [one, other] = await Promise.all([
      ledger.execute(inputOn(ledger, transfer(0, 0, [strangerAt(1), 5n]), attest(1, 0, filled(32, 1)))),
      ledger.execute(inputOn(ledger, transfer(0, 0, [strangerAt(2), 6n]))),
    ]);
    assert.notDeepEqual(one.stateRoot, other.stateRoot);
    assert.deepEqual(
      { tip: ledger.tip(), supply: await ledger.supply(), writes: (await engine.statistics()).writes },
      before,
    );
    assert.deepEqual(await accountsOf(ledger, addressOf(0), strangerAt(1)), [
      { balance: FUNDS, nonce: 0 },
      NONE,
    ]);
    const batch = engine.batch();
    ledger.stage(one, batch);
    await engine.write(batch);
    ledger.committed(one);
    assert.deepEqual(ledger.tip().stateRoot, one.stateRoot);
    assert.deepEqual(await accountsOf(ledger, strangerAt(1), strangerAt(2)), [
      { balance: 5n, nonce: 0 },
      NONE,
    ]);
  });

  it('is what accounts are of, also to who began to read before it was final', async () => {
    const memory = createMemoryStateEngine();
    await openLedger(memory);
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    let hold = false;
    const engine: StateEngine = {
      ...memory,
      async getMany(family, wanted) {
        const found = await memory.getMany(family, wanted);
        if (hold && family === 'state') {
          hold = false;
          arrived.resolve();
          await gate.promise;
        }
        return found;
      },
    };
    // Opened again: no account is at hand.
    const ledger = await openLedger(engine);
    hold = true;
    const early = ledger.account(addressOf(4));
    await arrived.promise;
    await grow(ledger, engine, transfer(2, 0, [addressOf(4), 5n]));
    gate.resolve();
    assert.deepEqual(await early, { balance: FUNDS, nonce: 0 });
    assert.deepEqual(await ledger.account(addressOf(4)), { balance: FUNDS + 5n, nonce: 0 });
  });

  it('is stale when another became final, when it is final itself, or when it is of another height', async () => {
    const { engine, ledger } = await open();
    const [one, other] = [
      await ledger.execute(inputOn(ledger, signed(0, 0))),
      await ledger.execute(inputOn(ledger, signed(1, 0))),
    ];
    const ahead = await ledger.execute({ ...inputOn(ledger), height: 2 });
    const foreign = await (await open()).ledger.execute(inputOn(ledger, signed(0, 0)));
    const stale = { code: 'blockchain.stale-execution', action: 'halt' };
    for (const wrong of [ahead, foreign]) {
      assert.throws(() => ledger.stage(wrong, engine.batch()), stale);
      assert.throws(() => ledger.committed(wrong), stale);
    }
    const batch = engine.batch();
    ledger.stage(one, batch);
    await engine.write(batch);
    ledger.committed(one);
    for (const wrong of [one, other, ahead, { ...one }]) {
      assert.throws(() => ledger.stage(wrong, engine.batch()), stale);
      assert.throws(() => ledger.committed(wrong), stale);
    }
    assert.equal(ledger.tip().height, 1);
  });
});

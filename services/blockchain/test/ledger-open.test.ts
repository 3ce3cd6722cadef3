import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { listRoot, toHex } from '#kernel';
import { systemScheduler } from '#runtime';
import { proposerAt } from '#services/validator';
import { buildGenesisState, createLedger, stateKey } from '../index.ts';
import {
  ACCOUNTS,
  addressOf,
  filled,
  FUNDS,
  genesisState,
  grow,
  IDENTITY,
  openLedger,
  rootOfState,
  strangerAt,
  transfer,
} from './support/samples.ts';

// Part of the protocol: it changes only with the layout of the state.
const FROZEN_GENESIS_ROOT = '1bf9313ca6bd0471ff69482968e652ea9ba145325ed2297b8a75a883d31f5ca0';

describe('opening a ledger', () => {
  it('begins with the state that the genesis says', async () => {
    const genesis = genesisState();
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine);
    const tip = ledger.tip();
    assert.equal(tip.height, 0);
    assert.deepEqual(tip.receiptRoot, listRoot([]));
    assert.deepEqual(tip.parameters, genesis.ledger);
    assert.deepEqual(tip.consensus, genesis.consensus);
    assert.deepEqual(
      tip.validators.validators.map(({ power }) => power),
      [400, 300, 200, 100],
    );
    assert.deepEqual(await ledger.account(addressOf(0)), { balance: FUNDS, nonce: 0 });
    assert.equal(await ledger.account(strangerAt(1)), undefined);
    const stake = genesis.validators.reduce((sum, validator) => sum + validator.stake, 0n);
    const balances = FUNDS * BigInt(ACCOUNTS);
    const total = balances + stake;
    const nothing = { unbonding: 0n, rewards: 0n, communityPool: 0n, feePool: 0n, minted: 0n, burnt: 0n };
    assert.deepEqual(await ledger.supply(), { balances, stake, ...nothing, total, issued: total });
    assert.deepEqual(
      (await ledger.validators()).map(({ name, status }) => [name, status]),
      genesis.validators.map(({ name }) => [name, 'active']),
    );
  });

  it('has the root that a dry run of the genesis shows, whatever the order of its parts', async () => {
    const genesis = genesisState();
    const { stateRoot, validators, rotation } = await buildGenesisState(genesis);
    const engine = createMemoryStateEngine();
    const tip = (await openLedger(engine)).tip();
    assert.equal(toHex(stateRoot), toHex(tip.stateRoot));
    assert.equal(await rootOfState(engine), toHex(tip.stateRoot));
    assert.deepEqual(validators, tip.validators);
    assert.deepEqual(rotation, tip.rotation);
    const reversed = await buildGenesisState({
      ...genesis,
      accounts: genesis.accounts.toReversed(),
      validators: genesis.validators.toReversed(),
    });
    assert.equal(toHex(reversed.stateRoot), toHex(stateRoot));
    assert.deepEqual(reversed.validators, validators);
    assert.equal(toHex(stateRoot), FROZEN_GENESIS_ROOT);
  });

  it('says with every part of the genesis what the root is', async () => {
    const genesis = genesisState();
    const [account] = genesis.accounts;
    const [validator] = genesis.validators;
    assert.ok(account !== undefined && validator !== undefined);
    const others = [
      genesis,
      genesisState({
        accounts: [...genesis.accounts.slice(1), { ...account, balance: account.balance + 1n }],
      }),
      genesisState({ accounts: genesis.accounts.slice(1) }),
      genesisState({
        validators: [...genesis.validators.slice(1), { ...validator, stake: validator.stake + 1n }],
      }),
      genesisState({ validators: [...genesis.validators.slice(1), { ...validator, name: 'other' }] }),
      genesisState({ ledger: { ...genesis.ledger, epochBlocks: 101 } }),
      genesisState({ consensus: { ...genesis.consensus, precisionMs: 251 } }),
    ];
    const roots = new Set<string>();
    for (const other of others) roots.add(toHex((await buildGenesisState(other)).stateRoot));
    assert.equal(roots.size, others.length);
  });

  it('finds its tip again, whole', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine);
    for (let nonce = 0; nonce < 3; nonce++)
      await grow(ledger, engine, transfer(0, nonce, [strangerAt(nonce), 5n]));
    const again = await openLedger(engine);
    assert.deepEqual(again.tip(), ledger.tip());
    assert.deepEqual(await again.supply(), await ledger.supply());
    assert.notEqual((await again.supply()).feePool, 0n);
    // The genesis that is given is not looked at again.
    const { accounts: _, ...rest } = genesisState();
    assert.deepEqual((await openLedger(engine, { genesis: { ...rest, accounts: [] } })).tip(), ledger.tip());
    await grow(again, engine, transfer(0, 3, [strangerAt(9), 5n]));
    assert.equal(again.tip().height, 4);
  });

  it('begins at the height that the genesis says', async () => {
    const engine = createMemoryStateEngine();
    const genesis = genesisState({ initialHeight: 1_000 });
    const ledger = await openLedger(engine, { genesis });
    assert.equal(ledger.tip().height, 999);
    await grow(ledger, engine);
    assert.equal((await openLedger(engine, { genesis })).tip().height, 1_000);
    assert.deepEqual(await ledger.account(addressOf(0), 999), { balance: FUNDS, nonce: 0 });
    await assert.rejects(ledger.account(addressOf(0), 998), { code: 'blockchain.height-not-retained' });
  });

  it('refuses the data of another chain and changes nothing', async () => {
    const engine = createMemoryStateEngine();
    const { stateRoot } = (await openLedger(engine)).tip();
    const { writes } = await engine.statistics();
    for (const identity of [
      { ...IDENTITY, chainId: 'test-chain-2' },
      { ...IDENTITY, genesisHash: filled(32, 1) },
    ]) {
      await assert.rejects(openLedger(engine, { genesis: genesisState({ identity }) }), {
        code: 'blockchain.other-chain',
        action: 'halt',
      });
    }
    assert.equal((await engine.statistics()).writes, writes);
    assert.deepEqual((await openLedger(engine)).tip().stateRoot, stateRoot);
  });

  it('stops at a state without its parameters', async () => {
    const engine = createMemoryStateEngine();
    await openLedger(engine);
    const batch = engine.batch();
    batch.delete('state', stateKey.consensusParameters());
    await engine.write(batch);
    await assert.rejects(openLedger(engine), { code: 'blockchain.corrupt-state', action: 'halt' });
  });

  it('answers nothing before', async () => {
    const ledger = createLedger({
      identity: IDENTITY,
      engine: createMemoryStateEngine(),
      retainedHeights: 1,
    })({
      scheduler: systemScheduler,
    });
    assert.throws(() => ledger.tip(), { code: 'blockchain.not-open' });
    await assert.rejects(
      ledger.execute({ height: 1, timeMs: 1, proposer: filled(20, 1), transactions: [] }),
      { code: 'blockchain.not-open' },
    );
  });
});

describe('validators of a ledger', () => {
  it('are the largest by stake, in whole units of power', async () => {
    const genesis = genesisState();
    const ledger = await openLedger(undefined, {
      genesis: {
        ...genesis,
        ledger: { ...genesis.ledger, maxValidators: 2, powerReduction: 3n * 10n ** 6n },
      },
    });
    const { validators } = ledger.tip().validators;
    assert.deepEqual(
      validators.map(({ power, name }) => [power, name]),
      [
        [133, 'validator 0'],
        [100, 'validator 1'],
      ],
    );
    assert.equal((await ledger.validators()).length, 4);
  });

  it('need stake for a whole unit of power', async () => {
    const genesis = genesisState();
    const ledger = await openLedger(undefined, {
      genesis: { ...genesis, ledger: { ...genesis.ledger, powerReduction: 150n * 10n ** 6n } },
    });
    assert.deepEqual(
      ledger.tip().validators.validators.map(({ power }) => power),
      [2, 2, 1],
    );
  });

  it('stay while there is no staking, and propose in turns by their power', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine);
    const turns = new Map<string, number>();
    for (let block = 0; block < 10; block++) {
      const { validators, rotation } = ledger.tip();
      const { name } = proposerAt(validators, rotation, 0);
      turns.set(name, (turns.get(name) ?? 0) + 1);
      const { nextValidators, nextRotation } = await grow(ledger, engine);
      assert.deepEqual([nextValidators, nextRotation], [ledger.tip().validators, ledger.tip().rotation]);
      assert.deepEqual(nextValidators, validators);
    }
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => turns.get(`validator ${index}`)),
      [4, 3, 2, 1],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { equalBytes, ok, silentLogger, toHex } from '#kernel';
import {
  decodeEvidence,
  proposalDigest,
  sealEvidence,
  type Block,
  type ChainTip,
  type Evidence,
  type FinalisedBlock,
  type ProposalBody,
} from '#services/block';
import { proposerAt } from '#services/validator';
import { compactProposal } from '../driver/compact-block.ts';
import { evidenceBatchCodec, packEvidence } from '../evidence/evidence-batch.ts';
import { createEvidencePool } from '../evidence/evidence-pool.ts';
import { createEvidenceStore } from '../evidence/evidence-store.ts';
import { PendingEvidence } from '../evidence/pending-evidence.ts';
import {
  EARLY_EVIDENCE_PER_PEER_MAX,
  EVIDENCE_PER_VALIDATOR_MAX,
  EVIDENCE_POOL_BYTES_MAX,
  EVIDENCE_POOL_MAX,
  EVIDENCE_QUEUE_BYTES_MAX,
  EVIDENCE_QUEUE_BYTES_PER_PEER_MAX,
  EVIDENCE_QUEUE_PER_PEER_MAX,
} from '../limits.ts';
import { encodeMessage } from '../wire/codec.ts';
import { EvidenceWorld, EVIL, type EvidenceNode } from './evidence-world.ts';
import { MemoryNetwork } from './memory-network.ts';
import { VirtualTime } from './virtual-time.ts';
import { GENESIS_HASH, testKey } from './world.ts';

const nodeAt = (world: EvidenceWorld, index: number) => world.nodes[index] as EvidenceNode;
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

/** Evidence of the form that a block holds, signed by nobody. */
function unsigned(height: number, address: Uint8Array = filled(20, 1), timeMs = 1): Evidence {
  const choice = (byte: number) => ({ blockHash: filled(32, byte), signature: filled(64, byte) });
  return sealEvidence({
    kind: 'duplicate-vote',
    height,
    timeMs,
    validator: { address, power: 1 },
    voteKind: 'prevote',
    round: 0,
    first: choice(1),
    second: choice(2),
  });
}

/** An attack that nobody signed, of some 400 KiB: as many validators as a set may have. */
async function largeAttack(
  world: EvidenceWorld,
  height: number,
  timeMs: number,
  headerHeight = height,
): Promise<Evidence> {
  const block = await nodeAt(world, 0).chain.block(1);
  assert.ok(block !== undefined);
  const validators = Array.from({ length: 10_000 }, () => ({ publicKey: filled(32, 1), power: 1 }));
  const commit = { height: headerHeight, round: 0, blockHash: filled(32, 1), signatures: [] };
  const header = { ...block.header, height: headerHeight };
  return sealEvidence({
    kind: 'light-client-attack',
    height,
    timeMs,
    header,
    commit,
    validators,
    accountable: [],
  });
}

describe('an equivocating voter (CONS-11)', () => {
  it('ends in a block of every node exactly once, whichever node saw it (EVID-3, EVID-12)', async () => {
    for (let witness = 0; witness < EVIL; witness++) {
      const world = await EvidenceWorld.start(witness + 1);
      await world.advance(2);
      world.equivocate(nodeAt(world, witness));
      await world.advance(2);
      for (const { index, pool } of world.nodes) {
        // At once, and not by the repetition: EVID-17.
        const { found, received } = pool.statistics();
        assert.deepEqual([found, received > 0], index === witness ? [1, received > 0] : [0, true]);
      }
      const [hash = ''] = await world.settle(1);
      for (const { chain, ledger } of world.nodes) {
        const held = await chain.evidence(Buffer.from(hash, 'hex'));
        assert.equal(held?.evidence.kind, 'duplicate-vote');
        const records = await ledger.offences(world.evilAddress(), { limit: 10 });
        assert.deepEqual(
          records.map(({ kind, height, evidenceHash }) => [kind, height, toHex(evidenceHash)]),
          [['duplicate-vote', 3, hash]],
        );
      }
      await world.stop();
    }
  });

  it('that shows itself to all nodes, in many rounds and heights, is recorded once a height', async () => {
    const world = await EvidenceWorld.start();
    for (let turn = 0; turn < 3; turn++) {
      for (const node of world.nodes) for (const round of [0, 1]) world.equivocate(node, round);
      await world.advance(1);
    }
    await world.settle(3);
    await world.stop();
  });
});

describe('an equivocating proposer', () => {
  /** Two blocks of the evil validator for its next turn, as signed proposals. */
  async function proposals(world: EvidenceWorld): Promise<Uint8Array[]> {
    const { chain } = nodeAt(world, 0);
    const { validators, rotation, height, blockTimeMs } = chain.tip();
    const evil = world.evilAddress();
    const round = [0, 1, 2, 3].find((candidate) =>
      equalBytes(proposerAt(validators, rotation, candidate).address, evil),
    );
    assert.ok(round !== undefined);
    const made = (block: Block): Uint8Array => {
      const body: ProposalBody = { height: height + 1, round, polRound: -1, blockHash: block.hash };
      const signature = testKey(EVIL).sign(proposalDigest(body, GENESIS_HASH));
      const proposal = compactProposal(block, body, world.evilIndex(), signature);
      return encodeMessage({ kind: 'proposal', proposal });
    };
    const blocks = [1, 2].map((ms) =>
      chain.assemble({
        round,
        timeMs: Math.max(world.time.now(), blockTimeMs) + ms,
        proposer: evil,
        lastCommit: undefined,
        transactions: [],
      }),
    );
    return (await Promise.all(blocks)).map(made);
  }

  it('ends in a block of every node exactly once, whichever node saw it (EVID-4)', async () => {
    for (let witness = 0; witness < EVIL; witness++) {
      const world = await EvidenceWorld.start(witness + 1);
      await world.advance(1);
      const [first, second] = (await proposals(world)) as [Uint8Array, Uint8Array];
      for (const { id } of world.nodes) world.network.inject('evil', id, first);
      await world.time.run(5);
      const seen = nodeAt(world, witness);
      for (const message of [second, second, first]) world.network.inject('evil', seen.id, message);
      const [hash = ''] = await world.settle(1);
      const held = await nodeAt(world, 0).chain.evidence(Buffer.from(hash, 'hex'));
      assert.equal(held?.evidence.kind, 'duplicate-proposal');
      assert.equal(seen.pool.statistics().found, 1);
      await world.stop();
    }
  });

  it('is blamed for what it signed only: a forged second proposal neither counts nor hides the real one', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const [first, second] = (await proposals(world)) as [Uint8Array, Uint8Array];
    const forged = second.slice();
    // The signature stands behind height, rounds, hash and index.
    forged[1 + 8 + 4 + 4 + 32 + 4] = (forged[1 + 8 + 4 + 4 + 32 + 4] as number) ^ 1;
    const { id } = nodeAt(world, 0);
    const found: number[] = [];
    for (const [peer, message] of [
      ['evil', first],
      ['forger', forged],
      ['forger', forged],
      ['evil', second],
    ] as const) {
      world.network.inject(peer, id, message);
      await world.time.run(5);
      found.push(nodeAt(world, 0).pool.statistics().found);
    }
    assert.deepEqual(found, [0, 0, 0, 1]);
    // Each one cost a check of a signature; those who relay have made it before.
    assert.deepEqual(
      world.network.reports.map(({ by, peer, offence }) => [by, peer, offence]),
      [1, 2].map(() => [id, 'forger', 'invalid']),
    );
    assert.match(world.network.reports[0]?.reason ?? '', /signature of a proposal of height 2 round/);
    await world.settle(1);
    await world.stop();
  });
});

describe('crashes (EVID-20)', () => {
  it('evidence that one node found survives its power loss before anybody heard of it', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const witness = nodeAt(world, 1);
    world.network.connects = () => false;
    world.equivocate(witness);
    await world.time.run(10);
    assert.equal(witness.pool.statistics().found, 1);
    await world.restart(witness);
    world.network.connects = () => true;
    await world.settle(1);
    await world.stop();
  });

  it('a height is not final on a node before what it found there is on disk', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const witness = nodeAt(world, 1);
    let release: () => void = () => undefined;
    world.slowDisks.set(
      witness.id,
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const { height } = witness.chain.tip();
    world.equivocate(witness);
    await world.time.run(3_000);
    assert.deepEqual(
      world.nodes.map(({ chain }) => chain.tip().height - height),
      [1, 0, 1],
    );
    release();
    await world.settle(1);
    await world.stop();
  });

  it('what the write-ahead log shows of the height is found again when the pool lost it', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const witness = nodeAt(world, 1);
    const isAlone = ({ from, to }: { from: string; to: string }) => from !== witness.id && to !== witness.id;
    world.network.passes = isAlone;
    world.network.connects = (from, to) => isAlone({ from, to });
    world.equivocate(witness);
    // Alone it votes nil in time: the log is on disk with what came before.
    await world.time.run(2_000);
    await world.restart(witness, async (engine) => {
      const entries = await engine.rangeAll('evidence', { limit: 10 });
      assert.equal(entries.length, 1);
      const batch = engine.batch();
      for (const { key } of entries) batch.delete('evidence', key);
      await engine.write(batch, { sync: true });
    });
    assert.equal(witness.pool.statistics().found, 1);
    // Stands in for block sync.
    const ahead = nodeAt(world, 0).chain;
    for (let height = witness.chain.tip().height + 1; height <= ahead.tip().height; height++) {
      const [block, commit] = await Promise.all([ahead.block(height), ahead.commit(height)]);
      if (block !== undefined && commit !== undefined) await witness.chain.finalise(block, commit);
    }
    world.network.passes = () => true;
    world.network.connects = () => true;
    await world.settle(1);
    await world.stop();
  });

  it('is kept while its height is in progress, and after: a second power loss changes nothing', async () => {
    const world = await EvidenceWorld.start();
    const witness = nodeAt(world, 2);
    world.equivocate(witness);
    for (let turn = 0; turn < 3; turn++) {
      await world.time.run(3);
      await world.restart(witness);
    }
    await world.settle(1);
    await world.restart(witness);
    await world.settle(1);
    await world.stop();
  });
});

describe('what peers send', () => {
  const send = (
    world: EvidenceWorld,
    evidence: readonly Evidence[],
    node = nodeAt(world, 0),
    from = 'evil',
  ) => {
    for (const message of packEvidence(evidence)) world.network.inject(from, node.id, message, 'evidence');
  };
  const offences = (world: EvidenceWorld, offence: string) =>
    world.network.reports.filter((report) => report.offence === offence && report.by === 'n0');

  it('EVID-18: garbage and invalid evidence cost their sender, and nothing of it is kept', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(2);
    const node = nodeAt(world, 0);
    world.network.inject('evil', node.id, filled(50, 0xff), 'evidence');
    await world.time.run(10);
    assert.equal(offences(world, 'malformed').length, 1);
    const batch = evidenceBatchCodec.encode([filled(80, 1)]);
    world.network.inject('evil', node.id, batch, 'evidence');
    await world.time.run(10);
    assert.equal(offences(world, 'malformed').length, 2);
    const address = world.evilAddress();
    const nowMs = world.time.now();
    send(world, [unsigned(1, address, nowMs), unsigned(2, address, nowMs)]);
    await world.time.run(10);
    // The rest of what an offender sent is not looked at.
    assert.equal(offences(world, 'invalid').length, 1);
    assert.deepEqual(node.pool.pending(), []);
    assert.equal(node.pool.statistics().unverifiedBytes, 0);
    await world.settle(0);
    await world.stop();
  });

  it('EVID-18: what is recorded, expired, or of a height that is not final costs nobody anything', async () => {
    const world = await EvidenceWorld.start();
    world.equivocate(nodeAt(world, 0));
    const [hash = ''] = await world.settle(1);
    const held = await nodeAt(world, 0).chain.evidence(Buffer.from(hash, 'hex'));
    assert.ok(held !== undefined);
    const expired = unsigned(1, filled(20, 1), 0);
    send(world, [held.evidence, expired, unsigned(1_000), unsigned(world.height() + 2)]);
    await world.time.run(50);
    assert.deepEqual(world.network.reports, []);
    assert.deepEqual(nodeAt(world, 0).pool.pending(), []);
    await world.stop();
  });

  it('EVID-21: what is handed in is judged at once, and goes the way of all evidence', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const [finder, taker] = [nodeAt(world, 1), nodeAt(world, 0)];
    world.network.connects = () => false;
    world.equivocate(finder);
    await world.time.run(10);
    const [stored] = await finder.engine.rangeAll('evidence', { limit: 1 });
    assert.ok(stored !== undefined);
    const codeOf = async (bytes: Uint8Array) => {
      const taken = await taker.pool.submit(bytes);
      return taken.ok ? 'taken' : taken.error.code;
    };
    assert.equal(await codeOf(stored.value), 'block.evidence-early');
    assert.equal(await codeOf(Uint8Array.of(9)), 'block.malformed-evidence');
    await world.restart(finder, async (engine) => {
      const batch = engine.batch();
      batch.delete('evidence', stored.key);
      await engine.write(batch, { sync: true });
    });
    await world.advance(1);
    assert.equal(await codeOf(stored.value), 'taken');
    assert.equal(await codeOf(stored.value), 'taken');
    world.network.connects = () => true;
    await world.settle(1);
    assert.equal(await codeOf(stored.value), 'block.evidence-recorded');
    await world.stop();
  });

  it('EVID-10: evidence that came too early is taken when its height is final', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const witness = nodeAt(world, 1);
    world.network.connects = () => false;
    world.equivocate(witness);
    await world.time.run(10);
    const [stored] = await witness.engine.rangeAll('evidence', { limit: 1 });
    assert.ok(stored !== undefined);
    send(world, [decodeEvidence(stored.value)]);
    await world.time.run(10);
    assert.equal(nodeAt(world, 0).pool.statistics().early, 1);
    await world.restart(witness, async (engine) => {
      const batch = engine.batch();
      batch.delete('evidence', stored.key);
      await engine.write(batch, { sync: true });
    });
    await world.settle(1);
    assert.deepEqual(world.network.reports, []);
    await world.stop();
  });

  it('EVID-17: one peer fills its own share of the queue only', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const expired = Array.from({ length: 200 }, (_, index) => unsigned(1, filled(20, index), index));
    send(world, expired);
    send(world, expired.slice(0, 3), nodeAt(world, 0), 'another');
    await world.time.run(10);
    const { dropped, ignored } = nodeAt(world, 0).pool.statistics();
    // One is being looked at while the others wait.
    const taken = EVIDENCE_QUEUE_PER_PEER_MAX + 1;
    assert.deepEqual([dropped, ignored], [200 - taken, taken + 3]);
    await world.stop();
  });

  it('EVID-17: large pieces fill the shares of their peers before they are many', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(3);
    const node = nodeAt(world, 0);
    const seen = () => node.pool.statistics();
    const expired = await largeAttack(world, 1, 0);
    const size = expired.bytes.length;
    send(
      world,
      Array.from({ length: 20 }, () => expired),
    );
    await world.time.run(10);
    // One is being looked at while the others wait.
    const ofPeer = 1 + Math.floor(EVIDENCE_QUEUE_BYTES_PER_PEER_MAX / size);
    assert.deepEqual([seen().ignored, seen().dropped], [ofPeer, 20 - ofPeer]);
    // What waits: the messages come at one instant.
    for (let peer = 0; peer < 12; peer++) {
      const messages = Array.from({ length: 6 }, () => expired);
      for (const message of packEvidence(messages))
        world.network.hand(`flood ${peer}`, node.id, message, 'evidence');
    }
    const { unverifiedBytes } = seen();
    assert.ok(unverifiedBytes <= EVIDENCE_QUEUE_BYTES_MAX, `${unverifiedBytes} bytes`);
    assert.ok(unverifiedBytes > EVIDENCE_QUEUE_BYTES_MAX - size, `${unverifiedBytes} bytes`);
    await world.time.run(10);
    assert.equal(seen().unverifiedBytes, 0);
    const early = await Promise.all(
      [1, 2, 3].map((timeMs) => largeAttack(world, world.height() + 4, timeMs)),
    );
    send(world, early);
    await world.time.run(10);
    assert.deepEqual([seen().early, seen().unverifiedBytes], [1, size]);
    // Of a height that is final, with a header of one that never is: it would wait for good.
    send(world, [await largeAttack(world, 1, world.time.now(), 2 ** 40)], node, 'another');
    await world.time.run(10);
    assert.equal(seen().early, 1);
    assert.deepEqual(world.network.reports, []);
    await world.stop();
  });

  it('EVID-16, EVID-17: a flood stays within the bounds, and the network goes on', async () => {
    const world = await EvidenceWorld.start();
    await world.advance(1);
    const node = nodeAt(world, 0);
    const early = Array.from({ length: 500 }, (_, index) =>
      unsigned(world.height() + 2 + (index % 5), filled(20, index % 250), index),
    );
    for (let turn = 0; turn < 20; turn++) {
      send(world, early, node, `evil ${turn % 3}`);
      send(world, [unsigned(1, world.evilAddress(), world.time.now())], node, 'forger');
    }
    await world.time.run(30);
    const seen = node.pool.statistics();
    assert.ok(seen.early <= 3 * EARLY_EVIDENCE_PER_PEER_MAX, `${seen.early} wait`);
    assert.ok(seen.dropped > 5_000, `${seen.dropped} dropped`);
    assert.equal(seen.pending, 0);
    world.equivocate(nodeAt(world, 1));
    await world.settle(1);
    assert.ok(offences(world, 'invalid').length > 0);
    await world.stop();
  });
});

describe('what is over (EVID-19)', () => {
  it('expired evidence leaves the pool and the disk at the next final block', async () => {
    const time = new VirtualTime();
    const { transport } = new MemoryNetwork(time, () => 0).join('n0');
    const engine = createMemoryStateEngine();
    const store = createEvidenceStore(engine, silentLogger);
    const listeners: ((event: FinalisedBlock) => void)[] = [];
    const chain = {
      tip: () => ({ height: 9, parameters: { evidenceMaxAgeMs: 100 } }) as ChainTip,
      checkEvidence: async () => ok(undefined),
      onFinalised: (listener: (event: FinalisedBlock) => void) => {
        listeners.push(listener);
        return () => undefined;
      },
    };
    const stays = unsigned(2, filled(20, 1), 20);
    const goes = unsigned(1, filled(20, 1), 10);
    for (const evidence of [stays, goes]) await store.add(evidence);
    const pool = createEvidencePool({ chain, transport, store, scheduler: time, logger: silentLogger });
    await pool.start();
    assert.equal(pool.pending().length, 2);
    const finalise = async (timeMs: number) => {
      const block = { header: { timeMs }, evidence: [] } as unknown as Block;
      for (const listener of listeners) listener({ block } as FinalisedBlock);
      await time.run(1);
    };
    const taken = await pool.submit(unsigned(3, filled(20, 2), 50).bytes);
    await pool.settled();
    assert.deepEqual([taken.ok, (await store.load()).length], [true, 3]);
    await finalise(110);
    assert.equal(pool.pending().length, 3);
    await finalise(111);
    for (const left of [pool.pending(), await store.load()]) {
      assert.deepEqual(
        new Set(left.map(({ hash }) => toHex(hash))),
        new Set([toHex(stays.hash), ...(taken.ok ? [toHex(taken.value.hash)] : [])]),
      );
    }
    await pool.stop();
  });
});

describe('the bounds of what waits (EVID-16)', () => {
  it('one validator takes a share at most, and all together the bound', () => {
    const pending = new PendingEvidence();
    const outcomes = Array.from({ length: 20 }, (_, height) => pending.add(unsigned(height)));
    assert.equal(outcomes.filter((outcome) => outcome === 'added').length, EVIDENCE_PER_VALIDATOR_MAX);
    assert.equal(outcomes.at(-1), 'full');
    assert.equal(pending.add(unsigned(0, filled(20, 1), 9)), 'known');
    for (let index = 0; index < EVIDENCE_POOL_MAX * 2; index++) {
      const address = filled(20, 2);
      new DataView(address.buffer).setUint32(0, index);
      pending.add(unsigned(1, address));
    }
    assert.equal(pending.size, EVIDENCE_POOL_MAX);
    assert.ok(pending.bytes <= EVIDENCE_POOL_BYTES_MAX);
    for (const evidence of pending.list()) assert.equal(pending.remove(evidence), true);
    assert.deepEqual([pending.size, pending.bytes, pending.remove(unsigned(0))], [0, 0, false]);
    assert.equal(pending.add(unsigned(0)), 'added');
  });

  it('messages hold no more than a block does', () => {
    const evidence = Array.from({ length: 150 }, (_, index) => unsigned(index));
    const batches = [...packEvidence(evidence)].map((message) => evidenceBatchCodec.decode(message));
    assert.deepEqual(
      batches.map(({ length }) => length),
      [64, 64, 22],
    );
    assert.deepEqual(
      batches.flat(),
      evidence.map(({ bytes }) => bytes),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '#kernel';
import { proposalDigest, voteDigest, type ProposalBody, type VoteBody } from '#services/block';
import { compactProposal } from '../driver/compact-block.ts';
import { isTimely, timeoutMs } from '../driver/timing.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import { fakeChain } from './fake-chain.ts';
import { GENESIS_HASH, grow, PARAMETERS, testKey, World, worldOf, type TestNode } from './world.ts';

const SEEDS = Number(process.env['CONSENSUS_SEEDS'] ?? 15);
const FIRST_SEED = Number(process.env['CONSENSUS_FIRST_SEED'] ?? 1);

const EVIL = 3;
const evilKey = testKey(EVIL);

/** Three correct validators, and the key of a fourth in other hands. */
async function withoutOne(): Promise<World> {
  const world = new World({ validators: 4 });
  for (let index = 0; index < EVIL; index++) await world.add(index);
  return world;
}

function evilVote(body: VoteBody, key = evilKey, validatorIndex = EVIL): SignedVote {
  return { body, validatorIndex, signature: key.sign(voteDigest(body, GENESIS_HASH)) };
}

function resign(proposal: SignedProposal, body: ProposalBody, index: number): SignedProposal {
  const signature = testKey(index).sign(proposalDigest(body, GENESIS_HASH));
  return { ...proposal, body, proposerIndex: index, signature };
}

/** The first proposal that a node sent; none of its copies arrives. */
async function catchProposal(world: World): Promise<SignedProposal> {
  world.network.passes = ({ message }) => message.kind !== 'proposal';
  world.submit('something');
  await world.time.run(10);
  world.network.passes = () => true;
  const sent = world.network.sent.findLast(({ message }) => message.kind === 'proposal')?.message;
  assert.ok(sent?.kind === 'proposal');
  return sent.proposal;
}

const target = (world: World) => world.nodes[1] as TestNode;
const reported = (world: World, offence: string) =>
  world.network.reports.filter((report) => report.offence === offence && report.by === target(world).id);

describe('misbehaving validators', () => {
  it('cannot fill the log with votes of ever later rounds (CONS-6)', async () => {
    const world = await withoutOne();
    const node = target(world);
    for (let round = 100; round < 5_100; round++) {
      const vote = evilVote({ kind: 'prevote', height: 1, round, blockHash: undefined });
      world.network.hand('evil', node.id, encodeMessage({ kind: 'vote', vote }));
      if (round % 1_000 === 0) await world.time.run(1);
    }
    await world.time.run(100);
    const { votesReceived, votesDropped } = node.consensus?.statistics() ?? {};
    assert.ok(votesReceived !== undefined && votesDropped !== undefined && votesReceived >= 5_000);
    assert.ok(votesReceived - votesDropped < 50, `${votesReceived - votesDropped} votes were taken`);
    await grow(world, 2, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('cannot have proposals decoded that say nothing new by their head', async () => {
    const world = await withoutOne();
    const node = target(world);
    const proposal = await catchProposal(world);
    const send = async (body: ProposalBody, proposerIndex = proposal.proposerIndex) => {
      const bytes = encodeMessage({ kind: 'proposal', proposal: { ...proposal, body, proposerIndex } });
      // Whoever decodes it sees that it has too few bytes.
      world.network.hand('evil', node.id, bytes.subarray(0, bytes.length - 1));
      await world.time.run(1);
      return reported(world, 'malformed').length;
    };
    const { body } = proposal;
    assert.equal(await send({ ...body, height: body.height + 5 }), 0, 'of a far height');
    assert.equal(await send({ ...body, height: body.height - 1 }), 0, 'of a height that is over');
    assert.equal(await send({ ...body, round: 50 }), 0, 'of a far round');
    assert.equal(await send(body), 1, 'new: it is decoded');
    await grow(world, 2, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('two votes in one place become one piece of evidence with both signatures', async () => {
    const world = await withoutOne();
    const place = { kind: 'prevote', height: 1, round: 0 } as const;
    const node = target(world);
    for (const byte of [1, 2, 3, 4]) {
      const vote = evilVote({ ...place, blockHash: new Uint8Array(32).fill(byte) });
      world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote }));
      world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote }));
      await world.time.run(10);
    }
    const found = node.events.filter((event) => event.kind === 'equivocation');
    assert.equal(found.length, 1);
    const [{ first, second, validator }] = found as [(typeof found)[0]];
    assert.equal(toHex(validator), toHex(world.set.validators[EVIL]?.address ?? new Uint8Array(0)));
    assert.deepEqual(
      [first, second].map(({ body }) => body.blockHash?.[0]),
      [1, 2],
    );
    for (const { body, signature } of [first, second]) {
      assert.deepEqual(signature, evilKey.sign(voteDigest(body, GENESIS_HASH)));
    }
    assert.ok((node.consensus?.statistics().votesDropped ?? 0) >= 6);
    await grow(world, 2, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('an equivocator that helps half of the network to a quorum cannot split or stop it', async () => {
    const world = await withoutOne();
    const [a, b, c] = world.nodes as [TestNode, TestNode, TestNode];
    // c gets a nil precommit of the equivocator first; a and b get the one for the block.
    const nil = evilVote({ kind: 'precommit', height: 1, round: 0, blockHash: undefined });
    world.network.inject('evil', c.id, encodeMessage({ kind: 'vote', vote: nil }));
    world.network.passes = ({ from, message }) =>
      !(from === c.id && message.kind === 'vote' && message.vote.body.kind === 'precommit');
    world.submit('contested');
    await world.time.run(20);
    const hash = world.network.sent.flatMap(({ message }) =>
      message.kind === 'proposal' ? [message.proposal.body.blockHash] : [],
    )[0];
    const yes = evilVote({ kind: 'precommit', height: 1, round: 0, blockHash: hash });
    for (const node of [a, b])
      world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote: yes }));
    world.network.passes = () => true;
    assert.equal(await world.untilHeight(1, 10_000), true);
    world.check();
    await grow(world, 3, world.nodes);
    await world.stopAll();
  });

  it('a proposer that shows two blocks cannot leave behind whom it showed the other one', async () => {
    const world = new World({ validators: 4 });
    const [a, b, c] = [await world.add(1), await world.add(2), await world.add(3)];
    const genesis = { hash: GENESIS_HASH, timeMs: 0 };
    const chain = fakeChain({ blocks: [] }, world.set, PARAMETERS, genesis, () => true);
    const proposer = world.set.validators[0]?.address ?? new Uint8Array(0);
    const propose = async (text: string, nodes: readonly TestNode[]) => {
      const transactions = [world.submit(text, nodes)];
      const timeMs = world.time.now() + 1;
      const block = await chain.assemble({ round: 0, timeMs, proposer, lastCommit: undefined, transactions });
      const body = { height: 1, round: 0, polRound: -1, blockHash: block.hash };
      const signature = testKey(0).sign(proposalDigest(body, GENESIS_HASH));
      const message = encodeMessage({
        kind: 'proposal',
        proposal: compactProposal(block, body, 0, signature),
      });
      for (const node of nodes) world.network.inject('evil', node.id, message);
      return block.hash;
    };
    await propose('shown to c', [c]);
    const blockHash = await propose('shown to a and b', [a, b]);
    for (const kind of ['prevote', 'precommit'] as const) {
      const vote = evilVote({ kind, height: 1, round: 0, blockHash }, testKey(0), 0);
      for (const node of [a, b]) world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote }));
    }
    assert.equal(await world.untilHeight(1, 100, [a, b]), true);
    assert.equal(world.heightOf(c), 0);
    assert.equal(await world.untilHeight(1, 500, [c]), true);
    world.check();
    await world.stopAll();
  });

  it('a proposal by who does not propose in the round is refused and reported', async () => {
    const world = await worldOf(4);
    const proposal = await catchProposal(world);
    const forged = resign(proposal, proposal.body, EVIL);
    world.network.inject('evil', target(world).id, encodeMessage({ kind: 'proposal', proposal: forged }));
    await world.time.run(10);
    assert.match(reported(world, 'invalid')[0]?.reason ?? '', /does not propose in round 0/);
    await world.stopAll();
  });

  it('a fresh block that names another proposer is refused', async () => {
    const world = await worldOf(4);
    const proposal = await catchProposal(world);
    const body = { ...proposal.body, round: 1 };
    world.network.inject(
      'evil',
      target(world).id,
      encodeMessage({ kind: 'proposal', proposal: resign(proposal, body, 1) }),
    );
    await world.time.run(10);
    assert.match(reported(world, 'invalid')[0]?.reason ?? '', /names another proposer/);
    await world.stopAll();
  });

  it('what a relaying peer altered is refused, and the peer is blamed, not the proposer', async () => {
    const world = await worldOf(4);
    await grow(world, 1, world.nodes);
    const proposal = await catchProposal(world);
    const node = world.nodes[(proposal.proposerIndex + 1) % 4] as TestNode;
    const altered: SignedProposal[] = [
      { ...proposal, transactionIds: [new Uint8Array(32)] },
      { ...proposal, lastCommit: new Uint8Array(0) },
      { ...proposal, header: Uint8Array.of(...proposal.header.slice(0, -1), 77) },
      { ...proposal, header: new Uint8Array(3) },
      { ...proposal, signature: new Uint8Array(64) },
    ];
    for (const forged of altered) {
      world.network.inject('evil', node.id, encodeMessage({ kind: 'proposal', proposal: forged }));
    }
    await world.time.run(10);
    const reports = world.network.reports.filter(({ by }) => by === node.id);
    assert.equal(reports.length, altered.length);
    assert.ok(reports.every(({ offence, peer }) => offence === 'invalid' && peer === 'evil'));
    await world.stopAll();
  });

  it('forged votes are refused and reported', async () => {
    const world = await worldOf(4);
    const body: VoteBody = { kind: 'precommit', height: 1, round: 0, blockHash: undefined };
    const forgeries = [evilVote(body, evilKey, 0), evilVote(body, evilKey, 9)];
    for (const vote of forgeries) {
      world.network.inject('evil', target(world).id, encodeMessage({ kind: 'vote', vote }));
    }
    await world.time.run(10);
    assert.deepEqual(
      reported(world, 'invalid').map(({ reason }) => reason.replace(/ of .*/, '')),
      ['the signature', 'validator 9 is not one'],
    );
    await world.stopAll();
  });

  it('garbage is reported as malformed and changes nothing', async () => {
    const world = await worldOf(4);
    for (const bytes of [[], [1], [2, 0, 0], [3, 255, 255, 255, 255], [99]]) {
      world.network.inject('evil', target(world).id, Uint8Array.from(bytes));
    }
    await world.time.run(10);
    assert.equal(reported(world, 'malformed').length, 5);
    await grow(world, 1, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('votes of far rounds and heights take no memory', async () => {
    const world = await withoutOne();
    const node = target(world);
    for (let index = 0; index < 200; index++) {
      for (const height of [1, 5_000]) {
        const vote = evilVote({ kind: 'prevote', height, round: 1_000 + index, blockHash: undefined });
        world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote }));
      }
    }
    await world.time.run(50);
    assert.equal(node.consensus?.status().round, 0);
    await grow(world, 1, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('messages of the next height wait for it', async () => {
    const world = await worldOf(4);
    const late = world.nodes[2] as TestNode;
    const isFinal = ({ to, message }: { to: string; message: { kind: string } }) =>
      to === late.id && message.kind === 'vote';
    // The late node hears everything of height 2 before it learns that height 1 is final.
    const heldBack: { from: string; bytes: Uint8Array }[] = [];
    world.network.passes = (sent) => {
      if (!isFinal(sent) || sent.message.kind !== 'vote') return true;
      const { body } = sent.message.vote;
      if (body.kind !== 'precommit' || body.height !== 1) return true;
      heldBack.push({ from: sent.from, bytes: encodeMessage(sent.message) });
      return false;
    };
    const others = world.nodes.filter((node) => node !== late);
    world.submit('one');
    assert.equal(await world.untilHeight(1, 1_000, others), true);
    world.submit('two', others);
    await world.untilHeight(2, 40, others);
    assert.equal(world.heightOf(late), 0);
    for (const { from, bytes } of heldBack) world.network.inject(from, late.id, bytes);
    assert.equal(await world.untilHeight(2, 40, [late]), true);
    await world.stopAll();
  });
});

describe('everything at once', () => {
  it('loss, partitions, crashes and an equivocator: correct nodes agree, and go on once it is over', async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const world = new World({ validators: 4, seed });
      for (let index = 0; index < EVIL; index++) await world.add(index);
      for (let turn = 0; turn < 8; turn++) {
        world.network.loss = world.random(40);
        const alone = world.nodes[world.random(4)]?.id;
        world.network.passes = ({ from, to }) => from !== alone && to !== alone;
        world.submit(`${seed} ${turn}`);
        equivocate(world);
        await world.time.run(world.random(200));
        if (world.random(3) > 0) continue;
        const victim = world.nodes[world.random(3)] as TestNode;
        world.crash(victim);
        await world.time.run(world.random(100));
        await world.start(victim);
      }
      world.network.loss = 0;
      world.network.passes = () => true;
      const target = Math.max(...world.nodes.map((node) => world.heightOf(node))) + 2;
      let isThere = false;
      for (let turn = 0; turn < 20 && !isThere; turn++) {
        world.syncBlocks();
        isThere = await world.untilHeight(target, 2_000);
      }
      assert.equal(isThere, true, `seed ${seed} did not go on; replay with CONSENSUS_FIRST_SEED=${seed}`);
      world.check();
      await world.stopAll();
    }
  });
});

/** Signs two votes in one place for the blocks seen lately and shows each to a part of the network. */
function equivocate(world: World): void {
  const seen = world.network.sent.flatMap(({ message }) =>
    message.kind === 'proposal' ? [message.proposal.body] : [],
  );
  const last = seen.at(-1);
  if (last === undefined) return;
  const { height, round } = last;
  const hashes = [undefined, ...seen.slice(-6).map(({ blockHash }) => blockHash)];
  for (const kind of ['prevote', 'precommit'] as const) {
    for (const node of world.nodes) {
      const blockHash = hashes[world.random(hashes.length)];
      const vote = evilVote({ kind, height, round, blockHash });
      world.network.inject('evil', node.id, encodeMessage({ kind: 'vote', vote }));
    }
  }
}

describe('timing', () => {
  const tip = { blockTimeMs: 1_000, consensus: PARAMETERS } as Parameters<typeof timeoutMs>[1];

  it('timeouts grow with the round up to a bound', () => {
    assert.equal(timeoutMs({ kind: 'propose', round: 0 }, tip, 0), 300);
    assert.equal(timeoutMs({ kind: 'prevote', round: 3 }, tip, 0), 250);
    assert.equal(timeoutMs({ kind: 'precommit', round: 100_000 }, tip, 0), 60_000);
    assert.equal(timeoutMs({ kind: 'empty-block', round: 0 }, tip, 1_400), 600);
    assert.equal(timeoutMs({ kind: 'empty-block', round: 0 }, tip, 9_000), 0);
  });

  it('a block is timely within precision before and delay plus precision after its time', () => {
    const fresh = { round: 0, polRound: -1 };
    const at = (receivedAtMs: number, place = fresh) => isTimely(place, 10_000, receivedAtMs, PARAMETERS);
    assert.deepEqual(
      [9_499, 9_500, 12_500, 12_501].map((ms) => at(ms)),
      [false, true, true, false],
    );
    assert.equal(at(12_501, { round: 3, polRound: -1 }), true);
    assert.equal(at(99_999, { round: 3, polRound: 1 }), true);
  });

  it('a block of a proposer whose clock is ahead gets no vote, and the next proposer takes over', async () => {
    const world = await worldOf(4);
    (world.nodes[0] as TestNode).skewMs = 5_000;
    world.submit('one');
    assert.equal(await world.untilHeight(1, 10_000), true);
    assert.ok((world.nodes[1]?.disk.blocks[0]?.commit.round ?? 0) > 0);
    assert.ok((world.nodes[1]?.consensus?.statistics().proposalsUntimely ?? 0) > 0);
    world.check();
    await world.stopAll();
  });
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { addressOfKey, formatAddress, fromHex, silentLogger } from '#kernel';
import { decryptKey, parseKeyFile } from '#kernel/keystore';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler } from '#runtime';
import { voteDigest, type VoteBody } from '#services/block';
import { createNetwork, type Network } from '#services/network';
import { encodeMessage } from '../../services/consensus/wire/codec.ts';
import { TestNetwork } from '../harness/network.ts';
import { until } from '../harness/until.ts';

interface EvidenceList {
  readonly items: readonly { hash: string; kind: string; height: number; block: number }[];
}

let network: TestNetwork;
let stranger: Network | undefined;
before(async () => {
  network = await TestNetwork.create();
  await network.up(['--validators', '4']);
});
after(async () => {
  await stranger?.stop();
  await network.destroy();
});

/** The consensus key of a validator, out of its home. */
async function consensusKey(index: number) {
  const home = join(network.home, 'validators', String(index));
  const file = parseKeyFile(await readFile(join(home, 'keys', 'consensus.json'), 'utf8'));
  const password = await readFile(join(network.home, 'password'), 'utf8');
  return nativeEd25519Key(await decryptKey(file, password.trim()));
}

/** A peer that dials validator 0. */
async function joinNetwork(): Promise<Network> {
  const record = JSON.parse(await readFile(join(network.home, 'network.json'), 'utf8')) as {
    chainId: string;
    genesisHash: string;
    peerPorts: number[];
    peerIds: string[];
  };
  const peer = await createNetwork(
    {
      listen: [],
      peers: [`/ip4/127.0.0.1/tcp/${record.peerPorts[0]}/p2p/${record.peerIds[0]}`],
      privateKey: systemRandom.bytes(32),
      hello: () => ({
        protocolVersion: 1,
        chainId: record.chainId,
        genesisHash: fromHex(record.genesisHash),
        role: 'full',
        agent: 'stranger',
        height: 0,
      }),
    },
    { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger: silentLogger },
  );
  await peer.start();
  await until('the peer is welcome', async () => peer.peers().length === 1);
  return peer;
}

it('a key in two hands: the second vote becomes evidence in one block of every node', async () => {
  const key = await consensusKey(3);
  const address = formatAddress(addressOfKey('ed25519', key.publicKey));
  const { genesisHash } = await network.status();
  const { items } = await network.get<{ items: { address: string }[] }>('/validators');
  const validatorIndex = items.findIndex((validator) => validator.address === address);
  stranger = await joinNetwork();
  const [target] = stranger.peers();
  assert.ok(target !== undefined && validatorIndex >= 0);
  const list = await until(
    'the evidence is final',
    async () => {
      // A height is over soon: what comes too late for one is said in the next.
      const { height } = await network.get<{ height: number }>('/consensus');
      for (const byte of [1, 2]) {
        const blockHash = new Uint8Array(32).fill(byte);
        const body: VoteBody = { kind: 'precommit', height, round: 0, blockHash };
        const signature = key.sign(voteDigest(body, fromHex(genesisHash)));
        const vote = { body, validatorIndex, signature };
        stranger?.send(target.id, 'consensus', encodeMessage({ kind: 'vote', vote }));
      }
      const found = await network.get<EvidenceList>('/evidence');
      return found.items.length > 0 ? found : undefined;
    },
    { withinMs: 60_000 },
  );
  await network.advance(3);
  const [{ hash, kind, height, block } = { hash: '', kind: '', height: 0, block: 0 }] = list.items.slice(-1);
  assert.equal(kind, 'duplicate-vote');
  assert.ok(block > height);
  // In this block, and in no other.
  const { items: all } = await network.get<EvidenceList>('/evidence?limit=100');
  assert.equal(all.filter((item) => item.height === height).length, 1);
  const { evidence } = await network.get<{ evidence: string[] }>(`/blocks/${block}`);
  assert.ok(evidence.includes(hash));
  const { items: offences } = await network.get<{
    items: { evidence: string; height: number; block: number }[];
  }>(`/validators/${address}/evidence`);
  const recorded = offences.find((offence) => offence.evidence === hash);
  assert.deepEqual([recorded?.height, recorded?.block], [height, block]);
});

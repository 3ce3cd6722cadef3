import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { concatBytes, fromHex, isCodedError, silentLogger, toHex, type Logger } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler } from '#runtime';
import { createNetwork, type Channel, type Hello, type Network } from '#services/network';
import { TestNetwork } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import { framed, identityOf, openWallet, signTransfer, walletOf } from '../harness/wallet.ts';

const CHANNELS: readonly Channel[] = ['consensus', 'status', 'evidence', 'transactions'];
const BLOCKS = '/bizra/blocks/1';
const TRANSACTIONS = '/bizra/transactions/1';
/** More than any channel or request of a node takes. */
const OVERSIZE = 5 * 2 ** 20;
/** First byte of a frame of transactions on their channel. */
const TRANSACTIONS_FRAME = 1;

interface LogLine {
  readonly msg: string;
  readonly peer?: string;
  readonly code?: string;
  readonly own?: string;
  readonly score?: number;
  readonly banned?: boolean;
}

interface Warning {
  readonly message: string;
  readonly fields: object;
}

/** A peer in this process, and what it saw. */
interface Peer {
  readonly network: Network;
  readonly warnings: readonly Warning[];
  /** Times that it became a peer of the node. */
  connections: number;
}

let network: TestNetwork;
let honest: Hello;
/** Dialled addresses: validator 0, and the platform node. */
let addresses: { readonly validator: string; readonly platform: string };
const running: Network[] = [];
before(async () => {
  network = await TestNetwork.create();
  await network.up(['--validators', '2']);
  const record = JSON.parse(await readFile(join(network.home, 'network.json'), 'utf8')) as {
    chainId: string;
    genesisHash: string;
    peerPorts: number[];
    peerIds: string[];
  };
  const addressOf = (index: number): string =>
    `/ip4/127.0.0.1/tcp/${record.peerPorts[index]}/p2p/${record.peerIds[index]}`;
  addresses = { validator: addressOf(0), platform: addressOf(2) };
  honest = {
    protocolVersion: 1,
    chainId: record.chainId,
    genesisHash: fromHex(record.genesisHash),
    role: 'full',
    agent: 'stranger',
    height: 0,
  };
});
after(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
  await network.destroy();
});

/** Starts a peer that dials the address, with the bounds on what it sends far above those of a node. */
async function dial(address: string, hello: Hello = honest, seed = systemRandom.bytes(32)): Promise<Peer> {
  const warnings: Warning[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void warnings.push({ message, fields }),
    child: () => logger,
  };
  const large = {
    consensus: 64 * 2 ** 20,
    status: 64 * 2 ** 20,
    evidence: 64 * 2 ** 20,
    transactions: 64 * 2 ** 20,
  };
  const peer = await createNetwork(
    {
      listen: [],
      peers: [address],
      privateKey: seed,
      hello: () => hello,
      limits: { messageBytesMax: large, queueBytesMax: large },
    },
    { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger },
  );
  const seen: Peer = { network: peer, warnings, connections: 0 };
  peer.onPeer(({ kind }) => {
    if (kind === 'connected') seen.connections++;
  });
  running.push(peer);
  await peer.start();
  return seen;
}

async function logOf(...node: string[]): Promise<LogLine[]> {
  const text = await readFile(join(network.home, ...node, 'node.log'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}

/** Attacks until validator 0 bans the peer; each offence must have lowered its score, and no single one bans. */
async function attackUntilBanned(
  { network: attacker }: Peer,
  attack: () => Promise<void> | void,
): Promise<void> {
  await until('the peer is welcome', async () => attacker.peers().length === 1);
  const offences = await until('the peer is banned', async () => {
    const lines = await logOf('validators', '0');
    const mine = lines.filter(({ msg, peer }) => msg === 'a peer misbehaved' && peer === attacker.self);
    if (mine.some(({ banned }) => banned === true)) return mine;
    // A frame that is refused costs the connection: the peer comes back until it is banned.
    if (attacker.peers().length === 1) await attack();
    return undefined;
  });
  await until('the peer is dropped', async () => attacker.peers().length === 0);
  const ban = offences.findIndex(({ banned }) => banned === true);
  const scores = offences.slice(0, ban).map(({ score = Number.NaN }) => score);
  assert.ok(scores.length >= 2 && scores.every((score) => score < 100), `scores ${scores.join()}`);
}

/** The node that the attacker dialled: its only peer. */
function target({ network: attacker }: Peer): string {
  return attacker.peers()[0]?.id ?? '';
}

async function honestScores(): Promise<number[]> {
  const { items } = await network.get<{ items: { agent: string; score: number }[] }>('/peers');
  return items.flatMap(({ agent, score }) => (agent === 'stranger' ? [] : [score]));
}

describe('peers of another chain', () => {
  const strangers: readonly (readonly [string, () => Hello, string])[] = [
    [
      'network.wrong-genesis',
      () => ({ ...honest, genesisHash: new Uint8Array(32).fill(2) }),
      'genesis hash is',
    ],
    ['network.wrong-chain', () => ({ ...honest, chainId: 'other-chain' }), 'of the chain'],
    ['network.wrong-version', () => ({ ...honest, protocolVersion: 99 }), 'protocol version'],
  ];
  for (const [code, hello, says] of strangers) {
    it(`part at once, and both sides say why: ${code}`, async () => {
      const stranger = await dial(addresses.validator, hello());
      await until('the stranger parts', async () => stranger.network.statistics().refused > 0);
      const [warning] = stranger.warnings;
      assert.ok(warning !== undefined && warning.message.includes(says), JSON.stringify(stranger.warnings));
      const line = await until('the validator says why', async () =>
        (await logOf('validators', '0')).find(({ code: said }) => said === code),
      );
      assert.ok(line.msg.includes(says), line.msg);
      if (code === 'network.wrong-genesis') {
        for (const text of [line.msg, warning.message]) {
          for (const hash of [honest.genesisHash, new Uint8Array(32).fill(2)])
            assert.ok(text.includes(toHex(hash)));
        }
      }
      assert.deepEqual([stranger.network.peers(), stranger.connections], [[], 0]);
      await network.advance(1);
    });
  }
});

describe('peers that send garbage', () => {
  for (const channel of CHANNELS) {
    it(`are banned for malformed messages on the channel ${channel}, and the network goes on`, async () => {
      const attacker = await dial(addresses.validator);
      await attackUntilBanned(attacker, () => {
        attacker.network.send(target(attacker), channel, systemRandom.bytes(100).fill(0xff, 0, 1));
      });
      await network.advance(1);
    });

    it(`are banned for oversize frames on the channel ${channel}`, async () => {
      const attacker = await dial(addresses.validator);
      await attackUntilBanned(attacker, () => {
        attacker.network.send(target(attacker), channel, new Uint8Array(OVERSIZE));
      });
      await network.advance(1);
    });
  }

  for (const protocol of [BLOCKS, TRANSACTIONS]) {
    it(`are banned for requests that cannot be, to ${protocol}`, async () => {
      const attacker = await dial(addresses.validator);
      const codes = new Set<string>();
      const ask = async (body: Uint8Array): Promise<void> => {
        try {
          const limits = { timeoutMs: 5_000, maxResponseBytes: 1_000 };
          await attacker.network.request(target(attacker), protocol, body, limits);
          codes.add('answered');
        } catch (error) {
          codes.add(isCodedError(error) ? error.code : String(error));
        }
      };
      await attackUntilBanned(attacker, () => ask(systemRandom.bytes(7)));
      assert.ok(codes.has('network.request-refused'), [...codes].join());
      assert.ok(!codes.has('answered'));
      const second = await dial(addresses.validator);
      await attackUntilBanned(second, async () => {
        const limits = { timeoutMs: 5_000, maxResponseBytes: 1_000 };
        const sent = second.network.request(target(second), protocol, new Uint8Array(OVERSIZE), limits);
        await assert.rejects(sent, (error) => isCodedError(error));
      });
      await network.advance(1);
    });
  }

  it('are banned for transactions that cannot be right, none of which is kept', async () => {
    const [alice, identity] = await Promise.all([openWallet(network.home, 'alice'), identityOf(network)]);
    const earlier = await network.get<unknown>(`/accounts/${alice.address}?height=1`);
    const attacker = await dial(addresses.validator);
    const thief = walletOf(nativeEd25519Key(new Uint8Array(32).fill(9)));
    let nonce = 0;
    await attackUntilBanned(attacker, () => {
      const { bytes } = signTransfer(identity, alice, {
        to: thief.address,
        nonce: nonce++,
        validUntil: 1_000,
      });
      const forged = new Uint8Array(bytes);
      forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
      const frame = concatBytes(Uint8Array.of(TRANSACTIONS_FRAME), framed(forged));
      attacker.network.send(target(attacker), 'transactions', frame);
    });
    await network.advance(1);
    const { balance, nonce: used } = await network.get<{ balance: string; nonce: number }>(
      `/accounts/${alice.address}`,
    );
    assert.equal(used, 0);
    assert.equal(balance, (earlier as { balance: string }).balance);
    assert.equal((await network.get<{ balance: string }>(`/accounts/${thief.address}`)).balance, '0');
  });

  it('stay out while they are banned, when others may come in', async () => {
    const seed = systemRandom.bytes(32);
    const attacker = await dial(addresses.platform, honest, seed);
    await until('the attacker is welcome', async () => attacker.network.peers().length === 1);
    const shown = async (): Promise<{ id: string; score: number } | undefined> => {
      const { items } = await network.get<{ items: { id: string; score: number }[] }>('/peers');
      return items.find(({ id }) => id === attacker.network.self);
    };
    assert.equal((await shown())?.score, 100);
    attacker.network.send(target(attacker), 'status', new Uint8Array(3));
    const lowered = await until('the score falls', async () => {
      const seen = await shown();
      return seen !== undefined && seen.score < 100 && seen;
    });
    assert.ok(lowered.score > 0);
    await until('the attacker is dropped', async () => {
      const peer = target(attacker);
      if (peer === '') return true;
      attacker.network.send(peer, 'status', new Uint8Array(3));
      return false;
    });
    const again = await dial(addresses.platform, honest, seed);
    const newcomer = await dial(addresses.platform);
    await until('a newcomer is welcome', async () => newcomer.network.peers().length === 1);
    await network.advance(1);
    assert.deepEqual([again.connections, attacker.connections], [0, 1]);
    assert.equal(await shown(), undefined);
    // Honest peers of the platform node are two validators.
    assert.deepEqual(await honestScores(), [100, 100]);
  });
});

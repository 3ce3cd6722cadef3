import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOfKey, formatAddress, fromHex, silentLogger, type SigningKey } from '#kernel';
import { decryptKey, parseKeyFile } from '#kernel/keystore';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler } from '#runtime';
import { voteDigest, type VoteBody } from '#services/block';
import { createNetwork, type Network } from '#services/network';
import { encodeMessage } from '../../services/consensus/wire/codec.ts';
import type { TestNetwork } from './network.ts';
import { until } from './until.ts';

/** A peer from outside with a copy of a validator's consensus key, which says two things at a height. */
export class DoubleVoter {
  /** Consensus address of the validator. */
  readonly address: string;
  readonly #network: TestNetwork;
  readonly #peer: Network;
  readonly #key: SigningKey;

  private constructor(network: TestNetwork, peer: Network, key: SigningKey) {
    this.#network = network;
    this.#peer = peer;
    this.#key = key;
    this.address = formatAddress(addressOfKey('ed25519', key.publicKey));
  }

  /** With the key of a validator of a local network; dials validator 0. */
  static async join(network: TestNetwork, index: number): Promise<DoubleVoter> {
    const home = join(network.home, 'validators', String(index));
    const file = parseKeyFile(await readFile(join(home, 'keys', 'consensus.json'), 'utf8'));
    const password = await readFile(join(network.home, 'password'), 'utf8');
    const key = nativeEd25519Key(await decryptKey(file, password.trim()));
    return new DoubleVoter(network, await joinNetwork(network), key);
  }

  /** Sends two precommits of the height in progress; it may be over before they arrive: say it again. */
  async vote(): Promise<void> {
    const { genesisHash } = await this.#network.status();
    const { height } = await this.#network.get<{ height: number }>('/consensus');
    const { items } = await this.#network.get<{ items: { address: string }[] }>(
      `/validators?height=${height}`,
    );
    const validatorIndex = items.findIndex(({ address }) => address === this.address);
    const [target] = this.#peer.peers();
    if (target === undefined || validatorIndex < 0) throw new Error(`${this.address} is not in the set`);
    for (const byte of [1, 2]) {
      const blockHash = new Uint8Array(32).fill(byte);
      const body: VoteBody = { kind: 'precommit', height, round: 0, blockHash };
      const signature = this.#key.sign(voteDigest(body, fromHex(genesisHash)));
      const vote = { body, validatorIndex, signature };
      this.#peer.send(target.id, 'consensus', encodeMessage({ kind: 'vote', vote }));
    }
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }
}

async function joinNetwork(network: TestNetwork): Promise<Network> {
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

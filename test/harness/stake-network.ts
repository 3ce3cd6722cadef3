import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalGenesis, type GenesisDocument } from '#genesis';
import { parseAddress } from '#kernel';
import { makeValidatorKeys } from '#node';
import { systemClock } from '#runtime';
import { node0 } from './command.ts';
import { makeFounder, StartedNode, type Founder } from './founders.ts';
import { TestNetwork } from './network.ts';

const VALIDATORS = 4;
/** Of each validator of the genesis, base units; a unit of power is a millionth of it. */
export const STAKE = 10n ** 12n;

/**
 * Parameters with which everything that takes weeks elsewhere takes seconds: enough of them for two commands within an
 * unbonding period, and for a node to start again within a window, on a machine that is busy.
 */
export const QUICK = {
  epochBlocks: 8,
  emptyBlockIntervalMs: 500,
  unbondingPeriodMs: 30_000,
  signedBlocksWindow: 40,
  downtimeJailMs: 2_000,
} as const;

/**
 * A local network whose genesis has short epochs and periods, and the home of a node that is in no set yet: its
 * operator and the account `alice` of the same home have something to bond.
 */
export class StakeNetwork {
  readonly network: TestNetwork;
  readonly newcomer: Founder;
  /** Address of an account whose key is in the newcomer's home. */
  readonly alice: string;
  #node: StartedNode | undefined;

  private constructor(network: TestNetwork, newcomer: Founder, alice: string) {
    this.network = network;
    this.newcomer = newcomer;
    this.alice = alice;
  }

  static async create(): Promise<StakeNetwork> {
    const network = await TestNetwork.create();
    const folder = join(network.home, '..');
    const newcomer = await makeFounder(join(folder, 'node'), 'newcomer');
    const keys = join(folder, 'keys');
    await mkdir(keys, { recursive: true });
    const validators = await makeValidatorKeys(keys, VALIDATORS);
    const password = ['--password-file', join(newcomer.home, 'password')];
    const made = await node0(['keys', 'create', 'alice', '--home', newcomer.home, ...password, '--json']);
    assert.equal(made.code, 0, made.stderr);
    const { address: alice } = JSON.parse(made.stdout) as { address: string };
    const document = createLocalGenesis({
      chainId: 'stake-1',
      timeMs: systemClock.now(),
      accounts: [newcomer.operator, alice].map((address) => ({
        address: parseAddress(address),
        balance: 2n * STAKE,
      })),
      validators: validators.map(({ name, consensusKey, operatorKey }) => ({
        name,
        consensusKey,
        operatorKey,
        stake: STAKE,
      })),
    });
    const text = JSON.stringify(quickened(document));
    const file = join(folder, 'genesis.json');
    await writeFile(file, text);
    await writeFile(join(newcomer.home, 'genesis.json'), text);
    const stakeNetwork = new StakeNetwork(network, newcomer, alice);
    await network.up(['--genesis', file, '--keys', keys]);
    return stakeNetwork;
  }

  /** Starts the newcomer's node, and waits until it says so. */
  async startNewcomer(parameters: readonly string[] = []): Promise<void> {
    const record = JSON.parse(await readFile(join(this.network.home, 'network.json'), 'utf8')) as {
      peerPorts: number[];
      peerIds: string[];
    };
    const peers = record.peerPorts.map(
      (port, index) => `/ip4/127.0.0.1/tcp/${port}/p2p/${record.peerIds[index]}`,
    );
    this.#node = new StartedNode(this.newcomer, [
      '--set',
      `network.peers=${peers.join(',')}`,
      '--set',
      'storage.profile=local',
      ...parameters,
    ]);
    await this.#node.prints('started newcomer');
  }

  async stopNewcomer(): Promise<void> {
    await this.#node?.stop();
    this.#node = undefined;
  }

  async destroy(): Promise<void> {
    await this.stopNewcomer();
    await this.network.destroy();
  }
}

function quickened(document: GenesisDocument): GenesisDocument {
  return {
    ...document,
    consensus: { ...document.consensus, emptyBlockIntervalMs: String(QUICK.emptyBlockIntervalMs) },
    ledger: {
      ...document.ledger,
      epochBlocks: String(QUICK.epochBlocks),
      unbondingPeriodMs: String(QUICK.unbondingPeriodMs),
      evidenceMaxAgeMs: String(QUICK.unbondingPeriodMs),
    },
    staking: {
      blockReward: '1000',
      maxChurnBasisPoints: '10000',
      signedBlocksWindow: String(QUICK.signedBlocksWindow),
      // The window is short: on a busy machine, a validator that is well may be slow for most of it.
      minSignedBasisPoints: '2000',
      downtimeJailMs: String(QUICK.downtimeJailMs),
      downtimeSlashBasisPoints: '100',
    },
  };
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createLocalGenesis, genesisHashOf } from '#genesis';
import { deriveSeed, parseAddress, toHex } from '#kernel';
import { makeValidatorKeys, writeKeyFile } from '#node';
import { nativeEd25519Key, systemClock, systemRandom } from '#runtime';
import { peerIdOfSeed } from '#services/network';
import { walletOf, type Wallet } from '../../harness/wallet.ts';
import type { Faults } from '../faults/faults.ts';
import { validatorsOf } from '../manifest/quorum.ts';
import type { Manifest } from '../manifest/schema.ts';

/** Base units that one unit of voting power stands for. */
const STAKE_A_POWER = 10n ** 9n;
const SENDER_BALANCE = 10n ** 10n;
const RETAINED_HEIGHTS = 5_000;

export interface ChainOfHomes {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly timeMs: number;
  /** What a client knows of the genesis that trusts nothing else. */
  readonly validators: readonly { readonly publicKey: Uint8Array; readonly power: number }[];
  readonly wallets: readonly Wallet[];
  /** Every account that the chain begins with. */
  readonly accounts: readonly string[];
  readonly homes: Readonly<Record<string, string>>;
}

/** Makes a chain's genesis and keys, and the homes of all nodes under `folder`. */
export async function makeHomes(folder: string, manifest: Manifest, faults: Faults): Promise<ChainOfHomes> {
  const powers = [...validatorsOf(manifest)];
  const keys = join(folder, 'keys');
  await mkdir(keys, { recursive: true });
  const made = await makeValidatorKeys(keys, powers.length);
  const password = (await readFile(join(keys, 'password'), 'utf8')).trim();
  const loadSeed = systemRandom.bytes(32);
  const wallets = Array.from({ length: manifest.load.senders }, (_, index) =>
    walletOf(nativeEd25519Key(deriveSeed(loadSeed, index))),
  );
  const chainId = `chaos-${toHex(systemRandom.bytes(4))}`;
  const timeMs = systemClock.now();
  const document = createLocalGenesis({
    chainId,
    timeMs,
    accounts: wallets.map(({ address }) => ({ address: parseAddress(address), balance: SENDER_BALANCE })),
    validators: made.map(({ consensusKey, operatorKey }, index) => {
      const [name, power] = powers[index] as [string, number];
      return { name, consensusKey, operatorKey, stake: BigInt(power) * STAKE_A_POWER };
    }),
    powerReduction: STAKE_A_POWER,
  });
  await writeFile(join(folder, 'genesis.json'), JSON.stringify(document));
  const genesisHash = toHex(genesisHashOf(document));
  const names = Object.keys(manifest.nodes);
  const peers = await makeTransportKeys(keys, names, password);
  const homes: Record<string, string> = {};
  for (const name of names) {
    const home = join(folder, name);
    homes[name] = home;
    await mkdir(home, { recursive: true });
    const index = powers.findIndex(([validator]) => validator === name);
    const consensusKey = index < 0 ? undefined : join(keys, `validator-${index}`, 'keys', 'consensus.json');
    const settings = settingsOf({ name, manifest, faults, peers, keys, consensusKey, genesisHash });
    await writeFile(join(home, 'node0.yaml'), stringify(settings));
  }
  return {
    chainId,
    genesisHash,
    timeMs,
    validators: made.map(({ consensusKey }, index) => ({
      publicKey: consensusKey.publicKey,
      power: powers[index]?.[1] ?? 0,
    })),
    wallets,
    accounts: document.accounts.map(({ address }) => address),
    homes,
  };
}

async function makeTransportKeys(
  keys: string,
  names: readonly string[],
  password: string,
): Promise<ReadonlyMap<string, string>> {
  const made = await Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const seed = systemRandom.bytes(32);
      const file = join(keys, `${name}-transport.json`);
      await writeKeyFile(file, { seed, name: `${name} transport`, password, random: systemRandom });
      return [name, await peerIdOfSeed(seed)];
    }),
  );
  return new Map(made);
}

/** The settings of a node in dotted keys; those of the manifest stand over what is written here. */
function settingsOf(options: {
  name: string;
  manifest: Manifest;
  faults: Faults;
  /** Peer ids by name. */
  peers: ReadonlyMap<string, string>;
  keys: string;
  consensusKey: string | undefined;
  genesisHash: string;
}): Record<string, unknown> {
  const { name, manifest, faults, peers, keys, consensusKey, genesisHash } = options;
  const { listen, api, dial } = faults.placement(name);
  const node = manifest.nodes[name];
  return {
    name,
    'chain.genesis': '../genesis.json',
    'chain.genesisHash': genesisHash,
    'chain.maxGenesisAgeHours': 0,
    'network.listen': [listen],
    'network.peers': Object.entries(dial).map(([other, address]) => `${address}/p2p/${peers.get(other)}`),
    'network.genesisPeers': false,
    'network.key': join(keys, `${name}-transport.json`),
    ...(consensusKey !== undefined && { 'consensus.key': consensusKey }),
    'keys.passwordFile': join(keys, 'password'),
    'api.listen': api,
    'storage.profile': 'local',
    'storage.retainedHeights': RETAINED_HEIGHTS,
    'sync.mode': node?.sync ?? 'blocks',
    'log.file': 'node.log',
    ...manifest.settings,
    ...node?.settings,
  };
}

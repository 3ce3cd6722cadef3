import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ED25519_SEED_BYTES, toHex } from '#kernel';
import { nativeEd25519Key, systemRandom } from '#runtime';
import { openFileDirectory } from '#services/consensus';
import { peerIdOfSeed } from '#services/network';
import {
  loadConfiguration,
  mergeSettings,
  type LoadedConfiguration,
} from '../configuration/load-configuration.ts';
import { checkSigningHome } from '../home/check-signing-home.ts';
import { homeError } from '../home/errors.ts';
import type { InitPassword } from '../home/init-home.ts';
import { findPassword, isThere, readSeed, writeKeyFile, writeSecretText } from '../home/key-files.ts';
import { isLivingNode0, readPidFile } from '../home/pid-file.ts';

const PASSWORD_BYTES = 32;
const RECORD = join('data', 'signer', 'last-sign');

export interface InitSignerOptions {
  /** Absolute path. */
  readonly home: string;
  readonly name: string;
  /** Multiaddr to listen on for the nodes. */
  readonly listen: string;
  /** Multiaddr at which the nodes reach it; unless stated, the one that it listens on. */
  readonly advertise?: string | undefined;
  /** Peer ids of the nodes that it serves, or their homes on this machine. */
  readonly serve: readonly string[];
  /** Hex; may be set later. */
  readonly genesisHash?: string | undefined;
  /** Absolute path of the home of a node, whose consensus key and record of the last signature are taken over. */
  readonly from?: string | undefined;
  readonly password: InitPassword;
  /** NODE0_PASSWORD and the settings of the homes that are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface InitializedSigner {
  readonly home: string;
  /** For `signer.address` of the nodes. */
  readonly address: string;
  /** For `signer.consensusKey` of the nodes. Hex. */
  readonly consensusKey: string;
  readonly nodes: readonly string[];
  readonly configuration: string;
  /** Key file that is to be removed, now that the signer has the key. */
  readonly leftBehind?: string;
}

/**
 * Makes the home of a signer: keys, configuration, and, with `from`, the record of what the key signed last.
 * Overwrites nothing, and leaves the home that it takes over from as it is.
 *
 * @throws `home.file-exists`, `home.in-use`, `home.unreadable`, `home.sign-record-missing`, `configuration.*`
 */
export async function initSignerHome(options: InitSignerOptions): Promise<InitializedSigner> {
  const { home, name, password: source, listen, advertise = listen } = options;
  const nodes = await Promise.all(options.serve.map((node) => peerIdOf(node, options)));
  checkSettings(options, nodes);
  const file = (path: string): string => join(home, path);
  const configuration = file('node0.yaml');
  const consensusFile = file('keys/consensus.json');
  const transportFile = file('keys/transport.json');
  const made = [
    configuration,
    consensusFile,
    transportFile,
    file('address'),
    file('consensus-key'),
    file(RECORD),
  ];
  await refuseExisting(source.kind === 'generate' ? [...made, file('password')] : made);
  const taken = options.from === undefined ? undefined : await takeOver(options.from, options);
  await mkdir(home, { recursive: true });
  const password = source.kind === 'generate' ? toHex(systemRandom.bytes(PASSWORD_BYTES)) : source.password;
  if (source.kind === 'generate') await writeSecretText(file('password'), `${password}\n`);
  // The record first: a home with the key and without the record must never be there.
  if (taken?.record !== undefined) {
    await mkdir(file('data/signer'), { recursive: true, mode: 0o700 });
    await copyFile(taken.record, file(RECORD));
  }
  const seed = taken?.seed ?? systemRandom.bytes(ED25519_SEED_BYTES);
  const transportSeed = systemRandom.bytes(ED25519_SEED_BYTES);
  const random = systemRandom;
  await writeKeyFile(consensusFile, { seed, name: `${name} consensus`, password, random });
  await writeKeyFile(transportFile, { seed: transportSeed, name: `${name} transport`, password, random });
  const consensusKey = toHex(nativeEd25519Key(seed).publicKey);
  const address = `${advertise}/p2p/${await peerIdOfSeed(transportSeed)}`;
  const passwordFile = source.kind === 'file' ? source.file : 'password';
  await writeFile(configuration, configurationText(options, nodes, passwordFile), { flag: 'wx' });
  await writeFile(file('address'), `${address}\n`, { flag: 'wx' });
  await writeFile(file('consensus-key'), `${consensusKey}\n`, { flag: 'wx' });
  return {
    home,
    address,
    consensusKey,
    nodes,
    configuration,
    ...(taken !== undefined && { leftBehind: taken.keyFile }),
  };
}

/** A peer id as it is; that of a home by its transport key. */
async function peerIdOf(node: string, { environment }: InitSignerOptions): Promise<string> {
  if (!(await isThere(join(node, 'node0.yaml')))) return node;
  const loaded = await loadConfiguration(join(node, 'node0.yaml'), { environment: {} });
  const seed = await readSeed(
    loaded.path(loaded.configuration['network.key']),
    await passwordOf(loaded, environment),
  );
  return peerIdOfSeed(seed);
}

/** Key and record of a node that does not run: a running one would sign on. */
async function takeOver(
  from: string,
  { environment }: InitSignerOptions,
): Promise<{ seed: Uint8Array; keyFile: string; record: string | undefined }> {
  const loaded = await loadConfiguration(join(from, 'node0.yaml'), { environment: {} });
  const pid = await readPidFile(loaded.path('pid'));
  if (pid !== undefined && (await isLivingNode0(pid, 'start', loaded.home))) {
    throw homeError('in-use', `process ${pid} runs the node in ${from}, and signs; stop that process first`, {
      home: from,
      pid,
    });
  }
  const key = loaded.configuration['consensus.key'];
  if (key === '') {
    throw homeError('unreadable', `the node in ${from} has no consensus key (consensus.key is empty)`, {
      home: from,
    });
  }
  const keyFile = loaded.path(key);
  const seed = await readSeed(keyFile, await passwordOf(loaded, environment));
  const record = loaded.path(RECORD);
  const logs = loaded.path('data/consensus');
  if (await isThere(logs)) {
    // Without its record, a key that took part has said nobody knows what. Any height of the tip will do here.
    const records = await openFileDirectory(dirname(record));
    await checkSigningHome(await openFileDirectory(logs), records, Infinity);
  }
  return { seed, keyFile, record: (await isThere(record)) ? record : undefined };
}

function passwordOf(
  { configuration, path }: LoadedConfiguration,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  return findPassword(path(configuration['keys.passwordFile']), environment['NODE0_PASSWORD']);
}

/** What the signer would refuse at its start is refused before anything is made. */
function checkSettings(options: InitSignerOptions, nodes: readonly string[]): void {
  const { name, listen, advertise = listen, genesisHash = '' } = options;
  const given = {
    name,
    'signer.listen': [listen, advertise],
    'signer.nodes': nodes,
    'chain.genesisHash': genesisHash,
  };
  mergeSettings(new Map(Object.entries(given)), 'the command line', {});
}

async function refuseExisting(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (!(await isThere(file))) continue;
    throw homeError(
      'file-exists',
      `${file} is there already; nothing of a home is ever overwritten: name another --home, or move this one away`,
      { file },
    );
  }
}

/** `node0.yaml` of a signer. JSON text is YAML. */
function configurationText(
  { name, listen, genesisHash }: InitSignerOptions,
  nodes: readonly string[],
  passwordFile: string,
): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return `# Configuration of the signer ${name}, written once by "node0 signer init"; change it as you like.
# Every setting: docs/reference/configuration.md. NODE0_ variables and --set stand over this file.
name: ${quoted(name)}

chain:
  # The one chain that it signs for. Print the hash with: node0 genesis hash genesis.json
  genesisHash: ${quoted(genesisHash ?? '')}

signer:
  listen: [${quoted(listen)}]
  # Peer ids of the nodes that it serves, one at a time.
  nodes: [${nodes.map(quoted).join(', ')}]
  # So long after the last word of the node that signs, another may.
  leaseMs: 5000

network:
  # The signer's own identity, which the nodes pin.
  key: keys/transport.json

consensus:
  key: keys/consensus.json

keys:
  # Mode 0600. Where the file is missing, the signer takes the password from NODE0_PASSWORD.
  passwordFile: ${quoted(passwordFile)}

log:
  level: info
`;
}

import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { ED25519_SEED_BYTES, toHex } from '#kernel';
import { systemRandom } from '#runtime';
import { peerIdOfSeed } from '#services/network';
import { mergeSettings } from '../configuration/load-configuration.ts';
import { nodeLayout, type NodeLayout } from '../local-network/layout.ts';
import { homeError } from './errors.ts';
import { isThere, writeKeyFile, writeSecretText } from './key-files.ts';

const PASSWORD_BYTES = 32;
/** Addresses that mean every interface: nobody can dial them. */
const WILDCARD = /^\/ip4\/0\.0\.0\.0\/|^\/ip6\/(::|0+(:0+){7})\//;

export interface InitHomeOptions {
  /** Absolute path. */
  readonly home: string;
  readonly name: string;
  /** Multiaddr to listen on for peers. */
  readonly listen: string;
  /** Multiaddr at which others reach the node; unless stated, the one that it listens on. */
  readonly advertise?: string | undefined;
  /** `HOST:PORT` of the API; none unless stated. */
  readonly api?: string | undefined;
  readonly password: InitPassword;
}

/** Where the password of the keys comes from, and so where the node finds it. */
export type InitPassword =
  /** Made here and kept in the home. */
  | { readonly kind: 'generate' }
  /** Of a file, which stays where it is. Absolute path. */
  | { readonly kind: 'file'; readonly file: string; readonly password: string }
  /** Known to whoever typed it; the node is given it in `HOME/password` or NODE0_PASSWORD. */
  | { readonly kind: 'typed'; readonly password: string };

export interface InitializedHome {
  readonly home: string;
  readonly name: string;
  /** Address of the operator's account. */
  readonly operator: string;
  /** Hex. */
  readonly consensusKey: string;
  readonly peerId: string;
  /** Multiaddr to declare; absent where no address is known at which others reach the node. */
  readonly peer?: string;
  readonly configuration: string;
}

/**
 * Makes the home of one node: keys, configuration. Overwrites nothing; what is refused leaves nothing behind.
 *
 * @throws `home.file-exists`, `configuration.invalid-setting`
 */
export async function initHome(options: InitHomeOptions): Promise<InitializedHome> {
  const { home, name, password: source } = options;
  checkSettings(options);
  const layout = nodeLayout(home, name);
  const passwordFile = join(home, 'password');
  await refuseExisting(layout, [peerFileOf(home), ...(source.kind === 'generate' ? [passwordFile] : [])]);
  await mkdir(home, { recursive: true });
  const password = source.kind === 'generate' ? toHex(systemRandom.bytes(PASSWORD_BYTES)) : source.password;
  if (source.kind === 'generate') await writeSecretText(passwordFile, `${password}\n`);
  const make = async (path: string, label: string) => {
    const seed = systemRandom.bytes(ED25519_SEED_BYTES);
    const keyName = `${name} ${label}`;
    return { seed, file: await writeKeyFile(path, { seed, name: keyName, password, random: systemRandom }) };
  };
  const [consensus, operator, transport] = await Promise.all([
    make(layout.consensusKey, 'consensus'),
    make(layout.operatorKey, 'operator'),
    make(layout.transportKey, 'transport'),
  ]);
  const peerId = await peerIdOfSeed(transport.seed);
  const peer = peerAddress(options, peerId);
  const usedPasswordFile = source.kind === 'file' ? shortPath(home, source.file) : 'password';
  const text = configurationText(options, { passwordFile: usedPasswordFile, peer, layout });
  await writeFile(layout.configuration, text, { flag: 'wx' });
  if (peer !== undefined) await writeFile(peerFileOf(home), `${peer}\n`, { flag: 'wx' });
  return {
    home,
    name,
    operator: operator.file.address,
    consensusKey: consensus.file.publicKey,
    peerId,
    ...(peer !== undefined && { peer }),
    configuration: layout.configuration,
  };
}

/** File of a home with the one line that its validator declares as `peer`. */
export function peerFileOf(home: string): string {
  return join(home, 'peer');
}

/** What the node would refuse at its start is refused before anything is made. */
function checkSettings({ name, listen, advertise = listen, api = '' }: InitHomeOptions): void {
  const given = { name, 'network.listen': [listen, advertise], 'api.listen': api };
  mergeSettings(new Map(Object.entries(given)), 'the command line', {});
}

/** Also the home of a local network: its keys and ports are others'. */
async function refuseExisting(layout: NodeLayout, more: readonly string[]): Promise<void> {
  const { home, configuration, consensusKey, operatorKey, transportKey } = layout;
  const files = [configuration, consensusKey, operatorKey, transportKey, join(home, 'network.json'), ...more];
  for (const file of files) {
    if (!(await isThere(file))) continue;
    throw homeError(
      'file-exists',
      `${file} is there already; nothing of a home is ever overwritten: name another --home, or move this one away`,
      { file },
    );
  }
}

/** Undefined where the node listens on every interface, and none is named at which others reach it. */
function peerAddress({ listen, advertise }: InitHomeOptions, peerId: string): string | undefined {
  const address = advertise ?? listen;
  return WILDCARD.test(address) ? undefined : `${address}/p2p/${peerId}`;
}

/** Relative within the home, which may be moved as a whole. */
function shortPath(home: string, file: string): string {
  const path = relative(home, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}

/** `node0.yaml` of a new home. JSON text is YAML: values are quoted whatever is in them. */
function configurationText(
  { name, listen, api = '', home }: InitHomeOptions,
  made: { passwordFile: string; peer: string | undefined; layout: NodeLayout },
): string {
  const quoted = (text: string): string => JSON.stringify(text);
  const { consensusKey, transportKey } = made.layout;
  return `# Configuration of the node ${name}, written once by "node0 init"; change it as you like.
# Every setting: docs/reference/configuration.md. NODE0_ variables and --set stand over this file.
name: ${quoted(name)}

chain:
  # The genesis document, once the founders have it.
  genesis: genesis.json
  # Pin it: the node starts from no other document. Print the hash with: node0 genesis hash genesis.json
  # genesisHash: ""
  # The seal of the genesis, and whether to refuse to start without one.
  # seal: seal.json
  # requireSeal: true
  # A validator does not start a new chain from an older genesis time. 0 for one that joins a chain that runs.
  # maxGenesisAgeHours: 168

network:
  listen: [${quoted(listen)}]
${made.peer === undefined ? '  # Others reach this node at its public address, with /p2p/ and its peer id.' : `  # Others reach this node at ${made.peer}`}
  key: ${quoted(relative(home, transportKey))}
  # The peers that validators declare in the genesis are dialled without standing here.
  peers: []

consensus:
  # Remove it, and the node follows without voting.
  key: ${quoted(relative(home, consensusKey))}

keys:
  # Mode 0600. Where the file is missing, the node takes the password from NODE0_PASSWORD.
  passwordFile: ${quoted(made.passwordFile)}

api:
  # REST, WebSocket and metrics, as HOST:PORT; empty for none.
  listen: ${quoted(api)}

log:
  level: info
`;
}

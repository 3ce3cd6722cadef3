/** One setting: its text for people, what it accepts, and what holds when nobody says otherwise. */
export interface Setting<Value> {
  readonly about: string;
  /** What is accepted, as it stands in an error message. */
  readonly accepts: string;
  readonly fallback: Value;
  /** The value of what YAML, the environment or a flag gave, or undefined when it is not accepted. */
  readonly read: (given: unknown) => Value | undefined;
}

function text(about: string, fallback: string, accepts = 'a text', pattern = /^.*$/): Setting<string> {
  return {
    about,
    accepts,
    fallback,
    read: (given) => (typeof given === 'string' && pattern.test(given) ? given : undefined),
  };
}

function integer(about: string, fallback: number, min: number, max: number): Setting<number> {
  return {
    about,
    accepts: `a whole number from ${min} to ${max}`,
    fallback,
    read(given) {
      const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined;
    },
  };
}

function yesOrNo(about: string, fallback: boolean): Setting<boolean> {
  return {
    about,
    accepts: 'true or false',
    fallback,
    read(given) {
      if (typeof given === 'boolean') return given;
      return given === 'true' ? true : given === 'false' ? false : undefined;
    },
  };
}

/** A whole number in a range, or 0 for what the range cannot say. */
function zeroOr(about: string, fallback: number, min: number, max: number): Setting<number> {
  const range = integer(about, fallback, min, max);
  return {
    ...range,
    accepts: `0, or ${range.accepts}`,
    read: (given) => (given === 0 || given === '0' ? 0 : range.read(given)),
  };
}

function choice<const Option extends string>(
  about: string,
  fallback: Option,
  options: readonly Option[],
): Setting<Option> {
  return {
    about,
    accepts: `one of ${options.join(', ')}`,
    fallback,
    read: (given) => options.find((option) => option === given),
  };
}

function list(about: string, accepts: string, pattern: RegExp): Setting<readonly string[]> {
  return {
    about,
    accepts: `a list of ${accepts}`,
    fallback: [],
    read(given) {
      const items = typeof given === 'string' ? given.split(',').filter((item) => item !== '') : given;
      if (!Array.isArray(items)) return undefined;
      return items.every((item): item is string => typeof item === 'string' && pattern.test(item))
        ? items
        : undefined;
    },
  };
}

const PORT = String.raw`(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;
const TCP = String.raw`/(ip4|ip6|dns4|dns6|dns)/[^/]+/tcp/${PORT}`;
const MULTIADDR = new RegExp(`^${TCP}$`);
const PEER_MULTIADDR = new RegExp(`^${TCP}/p2p/[1-9A-HJ-NP-Za-km-z]+$`);
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{40,64}$/;
const HOST_PORT = new RegExp(String.raw`^$|^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):${PORT}$`);
const HEX_HASH = /^$|^[0-9a-f]{64}$/;

/** Every setting of `node0.yaml`, by its dotted key. Relative paths start at the folder of the file. */
export const SETTINGS = {
  name: text(
    'Name of the node in logs and metrics.',
    'node0',
    '1 to 64 of A-Z a-z 0-9 . _ -',
    /^[\w.-]{1,64}$/,
  ),
  'chain.genesis': text('Genesis document.', 'genesis.json', 'a path', /^.+$/),
  'chain.genesisHash': text(
    'The genesis hash that the node expects; it does not start with any other. Empty: any.',
    '',
    '64 lower-case hexadecimal digits, or empty',
    HEX_HASH,
  ),
  'chain.seal': text(
    'Seal of the genesis: the approvals of more than 2/3 of the stake. Empty: none is looked at.',
    '',
    'a path or empty',
  ),
  'chain.requireSeal': yesOrNo('Whether the node refuses to start without a seal.', false),
  'chain.maxGenesisAgeHours': integer(
    'Age of the genesis time beyond which a validator of the genesis does not start a new chain. 0: any age, for a node that joins a chain that runs already.',
    168,
    0,
    1_000_000,
  ),
  'network.listen': list(
    'Addresses to listen on for peers.',
    'multiaddrs like /ip4/0.0.0.0/tcp/26656',
    MULTIADDR,
  ),
  'network.peers': list(
    'Peers to stay connected to.',
    'multiaddrs with a peer id like /ip4/10.0.0.2/tcp/26656/p2p/12D3…',
    PEER_MULTIADDR,
  ),
  'network.genesisPeers': yesOrNo(
    'Whether to stay connected to the peers that the validators declare in the genesis as well.',
    true,
  ),
  'network.allow': list('When not empty, only these peers may connect.', 'peer ids', PEER_ID),
  'network.key': text('Key file of the transport identity.', 'keys/transport.json', 'a path', /^.+$/),
  'consensus.key': text(
    'Key file of the consensus key. Empty: the node follows without voting.',
    '',
    'a path or empty',
  ),
  'keys.passwordFile': text(
    'File with the password of the key files, mode 0600.',
    'password',
    'a path',
    /^.+$/,
  ),
  'engines.state': text(
    'Engine of the state, blocks and indexes.',
    'rocksdb:data/state',
    'rocksdb:DIRECTORY',
    /^rocksdb:.+$/,
  ),
  'engines.coordination': text(
    'Engine of a signer’s leases and of the record of what its key signed last.',
    'rocksdb:data/coord',
    'rocksdb:DIRECTORY',
    /^rocksdb:.+$/,
  ),
  'signer.address': text(
    'Signer that keeps the consensus key for this node, which then has none (consensus.key empty). Empty: no signer.',
    '',
    'a multiaddr with a peer id like /ip4/10.0.0.2/tcp/26659/p2p/12D3…, or empty',
    new RegExp(`^$|${PEER_MULTIADDR.source}`),
  ),
  'signer.consensusKey': text(
    'Public key that the signer keeps; no signature of another is taken.',
    '',
    '64 lower-case hexadecimal digits, or empty',
    HEX_HASH,
  ),
  'signer.listen': list(
    'Of the process "node0 signer": addresses to listen on for the nodes that it serves.',
    'multiaddrs like /ip4/10.0.0.2/tcp/26659',
    MULTIADDR,
  ),
  'signer.nodes': list(
    'Of the process "node0 signer": the nodes that it serves, and nobody else.',
    'peer ids',
    PEER_ID,
  ),
  'signer.leaseMs': integer(
    'Of the process "node0 signer": milliseconds after which another node may sign when the one that did is silent.',
    5_000,
    1_000,
    600_000,
  ),
  'storage.profile': choice('Memory that the state engine takes.', 'production', ['local', 'production']),
  'storage.retainedHeights': zeroOr(
    'Heights whose state can be read and proven, but for those that the node came over while it was far behind. 0: all, as an archive node.',
    10_000,
    2,
    1_000_000_000,
  ),
  'storage.retainedBlocks': integer(
    'Heights whose transactions, receipts and indexes are kept; headers and commits always are. 0: all.',
    0,
    0,
    1_000_000_000,
  ),
  'snapshots.interval': integer(
    'Heights between two snapshots of the state, for nodes that join. 0: none are made.',
    0,
    0,
    1_000_000_000,
  ),
  'snapshots.keep': integer('Snapshots kept, the newest.', 2, 1, 100),
  'sync.mode': choice(
    'How a node with an empty home gets the state: by executing all blocks, or from a snapshot of its peers.',
    'blocks',
    ['blocks', 'state'],
  ),
  'sync.trustHeight': integer(
    'With sync.trustHash: a block that the operator trusts; state sync verifies from it. 0: from the genesis.',
    0,
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  'sync.trustHash': text(
    'Hash of the block at sync.trustHeight.',
    '',
    '64 lower-case hexadecimal digits, or empty',
    HEX_HASH,
  ),
  'sync.trustingPeriodMs': integer(
    'How long a header is trusted. 0: two thirds of the unbonding period.',
    0,
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  'mempool.maxTransactions': integer('Transactions that wait at most.', 50_000, 1, 10_000_000),
  'mempool.maxBytes': integer('Bytes that wait at most.', 64 * 2 ** 20, 2 ** 16, 2 ** 32),
  'mempool.maxPerAccount': integer('Transactions of one account that wait at most.', 1_000, 1, 1_000_000),
  'verification.workers': integer('Threads that check signatures.', 1, 1, 64),
  'api.listen': text(
    'Address of REST, WebSocket and metrics. Empty: none.',
    '',
    'HOST:PORT or empty',
    HOST_PORT,
  ),
  'log.level': choice('Least severe line to log.', 'info', ['debug', 'info', 'warn', 'error', 'silent']),
  'log.file': text('File to log to. Empty: standard output.', '', 'a path or empty'),
} as const satisfies Record<string, Setting<string | number | boolean | readonly string[]>>;

export type SettingKey = keyof typeof SETTINGS;

/** The node's configuration: each setting's value. */
export type NodeConfiguration = {
  readonly [Key in SettingKey]: (typeof SETTINGS)[Key] extends Setting<infer Value> ? Value : never;
};

/** Name of the environment variable over a setting: `NODE0_API_LISTEN` for `api.listen`. */
export function environmentName(key: SettingKey): string {
  const words = key.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_');
  return `NODE0_${words.toUpperCase()}`;
}

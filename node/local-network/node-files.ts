import { mkdir, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { stringify } from 'yaml';
import type { NetworkLayout, NodeLayout } from './layout.ts';
import type { NetworkRecord } from './record.ts';

const HEADER = '# Written by "node0 up" at every start; change settings with NODE0_ variables or --set.\n';

/** Heights whose state a local network can read and prove. */
const RETAINED_HEIGHTS = 2_000;

/** Writes the configuration of every node of the network. */
export async function writeNodeFiles(
  layout: NetworkLayout,
  record: NetworkRecord,
  options: { apiPort: number; settings: readonly string[] },
): Promise<void> {
  for (const [index, node] of nodesOf(layout, record).entries()) {
    const isPlatform = index === record.validators;
    const configuration = {
      name: node.name,
      chain: {
        genesis: relative(node.home, layout.genesis),
        genesisHash: record.genesisHash,
        // A rehearsal of an old genesis is one of the uses.
        maxGenesisAgeHours: 0,
      },
      network: {
        listen: [`/ip4/127.0.0.1/tcp/${record.peerPorts[index]}`],
        peers: record.peerPorts.flatMap((port, other) =>
          other === index ? [] : [`/ip4/127.0.0.1/tcp/${port}/p2p/${record.peerIds[other]}`],
        ),
        // It rehearses: with the peers of the genesis it would be another copy of their validators.
        genesisPeers: false,
      },
      ...(isPlatform
        ? { api: { listen: `127.0.0.1:${options.apiPort}` } }
        : { consensus: { key: relative(node.home, node.consensusKey) } }),
      keys: { passwordFile: relative(node.home, layout.password) },
      storage: { profile: 'local', retainedHeights: RETAINED_HEIGHTS },
      log: { file: 'node.log' },
    };
    await mkdir(node.home, { recursive: true });
    await writeFile(node.configuration, HEADER + stringify(withSettings(configuration, options.settings)));
  }
}

/** Validators in order, then the platform node. */
export function nodesOf(
  layout: NetworkLayout,
  record: Pick<NetworkRecord, 'validators'>,
): readonly NodeLayout[] {
  return [
    ...Array.from({ length: record.validators }, (_, index) => layout.validator(index)),
    layout.platform,
  ];
}

/** The configuration with `key=value` texts over it. A key stands once: dotted beside nested is refused by the reader. */
function withSettings(
  configuration: Readonly<Record<string, unknown>>,
  settings: readonly string[],
): Record<string, unknown> {
  const changed = { ...configuration };
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    const value = setting.slice(equals + 1);
    const [section = '', member] = setting.slice(0, equals).split('.', 2);
    const known = changed[section];
    changed[section] =
      member === undefined ? value : { ...(typeof known === 'object' ? known : {}), [member]: value };
  }
  return changed;
}

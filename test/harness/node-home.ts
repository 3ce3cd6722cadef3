import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalGenesis } from '#genesis';
import { systemClock, systemRandom } from '#runtime';
import { makeValidatorKeys, writeKeyFile } from '#node';
import { freePort } from './network.ts';

/** A home that `node0 start` starts from: the one validator of a chain of its own. */
export interface NodeHome {
  readonly path: string;
  readonly peerPort: number;
  readonly apiPort: number;
}

export async function makeNodeHome(path: string, chainId = 'alone-1'): Promise<NodeHome> {
  await mkdir(path, { recursive: true });
  const keys = join(path, 'keys');
  const validators = await makeValidatorKeys(keys, 1);
  const password = (await readFile(join(keys, 'password'), 'utf8')).trim();
  const seed = systemRandom.bytes(32);
  await writeKeyFile(join(keys, 'transport.json'), {
    seed,
    name: 'transport',
    password,
    random: systemRandom,
  });
  const genesis = createLocalGenesis({
    chainId,
    timeMs: systemClock.now(),
    accounts: [],
    validators: validators.map(({ name, consensusKey, operatorKey }) => ({
      name,
      consensusKey,
      operatorKey,
      stake: 10n ** 12n,
    })),
  });
  await writeFile(join(path, 'genesis.json'), JSON.stringify(genesis));
  const [peerPort, apiPort] = [await freePort(), await freePort()];
  const settings = [
    'name: alone',
    `network: { listen: [/ip4/127.0.0.1/tcp/${peerPort}], key: keys/transport.json }`,
    'consensus: { key: keys/validator-0/keys/consensus.json }',
    'keys: { passwordFile: keys/password }',
    `api: { listen: '127.0.0.1:${apiPort}' }`,
    'storage: { profile: local }',
    'log: { file: node.log }',
  ];
  await writeFile(join(path, 'node0.yaml'), `${settings.join('\n')}\n`);
  return { path, peerPort, apiPort };
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isCodedError, type CodedError } from '#kernel';
import { loadConfiguration, type ConfigurationSources } from '../load-configuration.ts';
import { SETTINGS } from '../settings.ts';

const home = await mkdtemp(join(tmpdir(), 'configuration-'));
const file = join(home, 'node0.yaml');
after(() => rm(home, { recursive: true }));

async function load(yaml: string, sources: ConfigurationSources = {}) {
  await writeFile(file, yaml);
  return (await loadConfiguration(file, sources)).configuration;
}

async function failureOf(yaml: string, sources: ConfigurationSources = {}): Promise<CodedError> {
  try {
    await load(yaml, sources);
  } catch (error) {
    assert.ok(isCodedError(error), `${String(error)} is not of the family`);
    return error;
  }
  throw new Error('the configuration was accepted');
}

test('an empty file, and one of comments, mean the defaults', async () => {
  for (const yaml of ['', '# nothing\n', '---\n', '{}\n', 'api: {}\n']) {
    const configuration = await load(yaml);
    for (const [key, { fallback }] of Object.entries(SETTINGS)) {
      assert.deepEqual(configuration[key as keyof typeof SETTINGS], fallback, key);
    }
  }
});

test('the file is over the defaults, the environment over the file, overrides over both', async () => {
  const yaml = 'name: from-file\nlog: { level: debug }\nmempool:\n  maxBytes: 70000\n';
  const environment = { NODE0_NAME: 'from-environment', NODE0_LOG_LEVEL: 'warn' };
  const configuration = await load(yaml, { environment, overrides: ['name=from-flag'] });
  assert.equal(configuration.name, 'from-flag');
  assert.equal(configuration['log.level'], 'warn');
  assert.equal(configuration['mempool.maxBytes'], 70_000);
  assert.equal(configuration['mempool.maxTransactions'], SETTINGS['mempool.maxTransactions'].fallback);
});

test('of two overrides of one key the last holds, and a value may hold an equals sign', async () => {
  const configuration = await load('', { overrides: ['name=a', 'name=b', 'chain.genesis=a=b.json'] });
  assert.equal(configuration.name, 'b');
  assert.equal(configuration['chain.genesis'], 'a=b.json');
});

test('keys may be nested or dotted, not both at once', async () => {
  assert.equal((await load('log.level: error\n'))['log.level'], 'error');
  const error = await failureOf('log.level: error\nlog:\n  level: debug\n');
  assert.equal(error.code, 'configuration.malformed');
  assert.match(error.message, /log\.level stands twice/);
});

test('lists come from YAML, and from the environment with commas', async () => {
  const listen = ['/ip4/0.0.0.0/tcp/26656', '/ip6/::/tcp/26656'];
  const fromFile = await load(`network:\n  listen:\n    - ${listen[0]}\n    - ${listen[1]}\n`);
  assert.deepEqual(fromFile['network.listen'], listen);
  const environment = { NODE0_NETWORK_LISTEN: listen.join(',') };
  assert.deepEqual((await load('', { environment }))['network.listen'], listen);
  const overrides = ['network.listen='];
  assert.deepEqual((await load('', { environment, overrides }))['network.listen'], []);
  const error = await failureOf('network:\n  listen:\n    - 26656\n');
  assert.match(error.message, /network\.listen .* is \[26656\]; accepted is a list of multiaddrs/);
});

test('numbers may be numbers in YAML and are text elsewhere', async () => {
  const yaml = 'storage: { retainedHeights: 77 }';
  assert.equal((await load(yaml))['storage.retainedHeights'], 77);
  const environment = { NODE0_STORAGE_RETAINED_HEIGHTS: '78' };
  assert.equal((await load(yaml, { environment }))['storage.retainedHeights'], 78);
});

const WRONG: readonly [key: string, value: string, shown: string, accepts: RegExp][] = [
  ['log.level', 'loud', '"loud"', /one of debug, info, warn, error, silent/],
  ['storage.retainedHeights', '1', '1', /a whole number from 2 to 1000000000/],
  ['storage.retainedHeights', '2.5', '2.5', /a whole number/],
  ['mempool.maxBytes', '-1', '-1', /a whole number from 65536/],
  ['mempool.maxBytes', '1e9x', '"1e9x"', /a whole number/],
  ['chain.genesisHash', 'ABCD', '"ABCD"', /64 lower-case hexadecimal digits, or empty/],
  ['api.listen', '8080', '8080', /HOST:PORT or empty/],
  ['api.listen', 'localhost:65536', '"localhost:65536"', /HOST:PORT or empty/],
  ['engines.state', 'leveldb:data', '"leveldb:data"', /rocksdb:DIRECTORY/],
  ['name', 'two words', '"two words"', /1 to 64 of/],
  ['network.peers', '/ip4/10.0.0.2/tcp/26656', '"/ip4/10.0.0.2/tcp/26656"', /with a peer id/],
];
for (const [key, value, shown, accepts] of WRONG) {
  test(`${key}: ${value} names the key, what was given and what is accepted`, async () => {
    const inFile = await failureOf(`${key}: ${value}\n`);
    assert.equal(inFile.code, 'configuration.invalid-setting');
    assert.ok(inFile.message.startsWith(`${key} in ${file} is ${shown}; accepted is `), inFile.message);
    assert.match(inFile.message, accepts);
    assert.equal(inFile.details['setting'], key);
    const onCommandLine = await failureOf('', { overrides: [`${key}=${value}`] });
    assert.ok(
      onCommandLine.message.startsWith(`${key} in the command line is "${value}"; accepted is `),
      onCommandLine.message,
    );
  });
}

test('a wrong value in the environment names the variable', async () => {
  const error = await failureOf('', { environment: { NODE0_LOG_LEVEL: '' } });
  assert.equal(error.code, 'configuration.invalid-setting');
  assert.match(error.message, /^log\.level in the environment \(NODE0_LOG_LEVEL\) is ""; accepted is one of/);
});

test('a value that hides another is still judged', async () => {
  const error = await failureOf('log: { level: loud }', { overrides: ['log.level=info'] });
  assert.equal(error.code, 'configuration.invalid-setting');
});

test('an unknown key is answered with the one that was meant', async () => {
  const cases: readonly [string, ConfigurationSources, RegExp][] = [
    ['log:\n  levle: info\n', {}, /no setting log\.levle \(in .*node0\.yaml\); did you mean log\.level\?/],
    ['apiListen: x\n', {}, /no setting apiListen .* did you mean api\.listen\?/],
    [
      '',
      { environment: { NODE0_API_LISTN: 'x' } },
      /NODE0_API_LISTN \(in the environment\); did you mean NODE0_API_LISTEN\?/,
    ],
    [
      '',
      { overrides: ['mempol.maxBytes=1'] },
      /mempol\.maxBytes \(in the command line\); did you mean mempool\.maxBytes\?/,
    ],
    ['', { overrides: ['log.level'] }, /log\.level in the command line is nothing; accepted is/],
    ['', { overrides: ['=info'] }, /there is no setting {2}\(in the command line\)/],
    [
      'completely:\n  different: 1\n',
      {},
      /no setting completely\.different .* known are name, chain\.genesis,/,
    ],
    ['__proto__:\n  name: x\n', {}, /no setting __proto__\.name/],
    ['toString: x\n', {}, /no setting toString/],
    ['7: x\n', {}, /no setting 7/],
  ];
  for (const [yaml, sources, message] of cases) {
    const error = await failureOf(yaml, sources);
    assert.match(error.message, message);
    assert.match(error.code, /^configuration\.(unknown|invalid)-setting$/);
  }
});

test('variables of the command line and of other programs are left alone', async () => {
  const environment = {
    NODE0_HOME: '/somewhere',
    NODE0_URL: 'http://127.0.0.1:8080',
    NODE0_PASSWORD: 'secret',
    PATH: '/bin',
    NODE0_NAME: undefined,
  };
  assert.equal((await load('', { environment })).name, SETTINGS.name.fallback);
});

const MALFORMED: readonly [string, string, RegExp][] = [
  ['an open bracket', 'network: { listen: [\n', /is not YAML/],
  ['a tab', 'log:\n\tlevel: info\n', /is not YAML/],
  ['a key that stands twice', 'name: a\nname: b\n', /unique/],
  ['a nested key that stands twice', 'log:\n  level: info\n  level: debug\n', /unique/],
  ['two documents', 'name: a\n---\nname: b\n', /is not YAML/],
  ['an unknown alias', 'name: *other\n', /not YAML|aliases/],
  ['an alias', 'name: &a node\nlog: { file: *a }\n', /aliases \(\*name\) are not accepted/],
  ['a list', '- name\n', /must hold a map of settings/],
  ['a text', 'name\n', /must hold a map of settings/],
  ['brackets without end', '['.repeat(50_000), /is not YAML/],
];
for (const [what, yaml, message] of MALFORMED) {
  test(`a file with ${what} is refused`, async () => {
    const error = await failureOf(yaml);
    assert.equal(error.code, 'configuration.malformed');
    assert.match(error.message, message);
    assert.ok(error.message.startsWith(file));
    assert.equal(error.details['file'], file);
  });
}

test('aliases that would expand without end are refused at once', async () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`,
  );
  const startedMs = performance.now();
  const error = await failureOf(`a0: &a0 [x, x, x, x]\n${levels.join('\n')}\n`);
  assert.equal(error.code, 'configuration.malformed');
  assert.match(error.message, /aliases/);
  assert.ok(performance.now() - startedMs < 20_000);
});

test('any text is a configuration or a coded error', async () => {
  const line = fc.tuple(
    fc.constantFrom(...Object.keys(SETTINGS), 'log', 'x', '__proto__', '&a', '*a', '? ', '- '),
    fc.oneof(fc.string(), fc.json({ maxDepth: 2 }), fc.constantFrom('*a', '&a 1', '!!binary x', '|', '>')),
  );
  const yaml = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(line).map((lines) => lines.map((l) => l.join(': ')).join('\n')),
  );
  await fc.assert(
    fc.asyncProperty(yaml, fc.array(fc.string(), { maxLength: 1 }), async (text, overrides) => {
      try {
        await load(text, { overrides });
      } catch (error) {
        assert.ok(isCodedError(error) && error.code.startsWith('configuration.'), String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('a file that is not there, and a folder, are named with what to do', async () => {
  for (const path of [join(home, 'none.yaml'), home]) {
    await assert.rejects(loadConfiguration(path), (error) => {
      assert.ok(isCodedError(error, 'configuration.unreadable'));
      assert.ok(error.message.includes(path) && error.message.includes('--home'));
      return true;
    });
  }
});

test('paths start at the folder of the file', async () => {
  await writeFile(file, '');
  const loaded = await loadConfiguration(file);
  assert.equal(loaded.home, home);
  assert.equal(loaded.path('keys/a.json'), join(home, 'keys/a.json'));
  assert.equal(loaded.path('/etc/a.json'), '/etc/a.json');
});

test('a trusted height without its hash, or a hash without its height, is refused by the name of what is missing', async () => {
  const hash = 'ab'.repeat(32);
  const alone = await failureOf('sync: { trustHeight: 5 }');
  assert.deepEqual(
    [alone.code, alone.details['setting']],
    ['configuration.invalid-setting', 'sync.trustHash'],
  );
  assert.equal((await failureOf(`sync: { trustHash: ${hash} }`)).details['setting'], 'sync.trustHeight');
  assert.equal((await load(`sync: { trustHeight: 5, trustHash: ${hash} }`))['sync.trustHeight'], 5);
});

test('a signer is named with its address and the key that it keeps, and the node has no copy of the key', async () => {
  const peer = '12D3KooWNRroF5wWZC1TwXboDFRPTKZc1pz2M27mxoEXFXg3ePS2';
  const address = `/ip4/127.0.0.1/tcp/26659/p2p/${peer}`;
  const key = 'ab'.repeat(32);
  const both = await failureOf(
    `signer: { address: ${address}, consensusKey: ${key} }\nconsensus: { key: keys/consensus.json }`,
  );
  assert.deepEqual([both.code, both.details['setting']], ['configuration.invalid-setting', 'consensus.key']);
  const unpinned = await failureOf(`signer: { address: ${address} }`);
  assert.equal(unpinned.details['setting'], 'signer.consensusKey');
  const nowhere = await failureOf(`signer: { address: /ip4/127.0.0.1/tcp/26659, consensusKey: ${key} }`);
  assert.equal(nowhere.details['setting'], 'signer.address');
  const loaded = await load(`signer: { address: ${address}, consensusKey: ${key} }`);
  assert.equal(loaded['signer.address'], address);
});

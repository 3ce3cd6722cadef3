import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../nearest.ts';
import { environmentName, SETTINGS, type SettingKey } from '../settings.ts';

const ALL = Object.entries(SETTINGS) as [SettingKey, (typeof SETTINGS)[SettingKey]][];

test('every default is accepted by its own reader, as it is and as text', () => {
  for (const [key, { fallback, read }] of ALL) {
    assert.deepEqual(read(fallback), fallback, key);
    const asText = Array.isArray(fallback) ? fallback.join(',') : String(fallback);
    assert.deepEqual(read(asText), fallback, `${key} as text`);
  }
});

test('no reader accepts what is of another kind', () => {
  const others: readonly unknown[] = [
    null,
    undefined,
    true,
    {},
    [7],
    Number.NaN,
    -1,
    0.5,
    'a\nb',
    '\u0000\n',
  ];
  for (const [key, { read }] of ALL) {
    for (const other of others) {
      if (other === true && typeof SETTINGS[key].fallback === 'boolean') continue;
      assert.equal(read(other), undefined, `${key} took ${String(other)}`);
    }
  }
});

test('every setting says what it is and what it accepts', () => {
  for (const [key, { about, accepts }] of ALL) {
    assert.match(key, /^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)?$/);
    assert.ok(about.endsWith('.') && about.length > 10, key);
    assert.ok(accepts.length > 3, key);
  }
});

test('environment names are unique and of one form', () => {
  const names = ALL.map(([key]) => environmentName(key));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^NODE0_[A-Z0-9]+(_[A-Z0-9]+)*$/);
  for (const taken of ['NODE0_HOME', 'NODE0_URL', 'NODE0_PASSWORD']) assert.ok(!names.includes(taken));
  assert.equal(environmentName('mempool.maxPerAccount'), 'NODE0_MEMPOOL_MAX_PER_ACCOUNT');
  assert.equal(environmentName('api.listen'), 'NODE0_API_LISTEN');
});

test('whole numbers are accepted from bound to bound', () => {
  const { read } = SETTINGS['verification.workers'];
  assert.deepEqual(
    [0, 1, 64, 65, '1', '64', '65', '1.0', '0x10', '', ' 1'].map((given) => read(given)),
    [undefined, 1, 64, undefined, 1, 64, undefined, undefined, undefined, undefined, undefined],
  );
});

test('addresses are accepted with a port that exists', () => {
  const { read } = SETTINGS['api.listen'];
  for (const good of ['', '127.0.0.1:0', 'localhost:8080', '[::1]:65535', '0.0.0.0:59999']) {
    assert.equal(read(good), good);
  }
  for (const bad of [':80', 'localhost', 'localhost:65536', 'localhost:99999', '::1:80', 'a b:1', 'a:1\n']) {
    assert.equal(read(bad), undefined, bad);
  }
  const listen = SETTINGS['network.listen'].read;
  assert.deepEqual(listen('/dns4/node.example.org/tcp/65535'), ['/dns4/node.example.org/tcp/65535']);
  for (const bad of [
    '/ip4/1.2.3.4/udp/1',
    '/ip4/1.2.3.4/tcp/65536',
    '/ip4//tcp/1',
    '/ip4/1.2.3.4/tcp/1/p2p/x',
  ]) {
    assert.equal(listen(bad), undefined, bad);
  }
});

test('the nearest word is the one with the fewest edits, and none when all are far', () => {
  const known = ['log.level', 'log.file', 'api.listen'];
  assert.equal(nearest('LOG.LEVEL', known), 'log.level');
  assert.equal(nearest('log.fil', known), 'log.file');
  assert.equal(nearest('log', ['logs', 'log']), 'log');
  assert.equal(nearest('something else', known), undefined);
  assert.equal(nearest('', []), undefined);
});

test('yes and no are true and false, as YAML and as text, and nothing else', () => {
  const { read, fallback } = SETTINGS['chain.requireSeal'];
  assert.equal(fallback, false);
  assert.deepEqual(
    [true, false, 'true', 'false', 'yes', 'no', '1', 1, 0, 'TRUE', ''].map((given) => read(given)),
    [true, false, true, false, ...Array.from({ length: 7 }, () => undefined)],
  );
});

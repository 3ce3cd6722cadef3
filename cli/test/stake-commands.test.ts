import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { addressOfKey, formatAddress, fromHex, toHex, type SigningKey } from '#kernel';
import { encryptKey } from '#kernel/keystore';
import { nativeEd25519Key, nativeVerifier, systemRandom } from '#runtime';
import { decodeTransaction, keyPossessionDigest, type Transaction } from '#services/transaction';
import { node0, type CommandResult } from '../../test/harness/command.ts';
import { temporaryFolder } from '../../test/harness/folder.ts';

const GENESIS_HASH = 'ab'.repeat(32);
const PASSWORD = 'correct horse';
const seeds = { operator: new Uint8Array(32).fill(1), consensus: new Uint8Array(32).fill(2) };
const [operatorKey, consensusKey] = [nativeEd25519Key(seeds.operator), nativeEd25519Key(seeds.consensus)];
const addressText = ({ publicKey }: SigningKey): string => formatAddress(addressOfKey('ed25519', publicKey));
const OPERATOR = addressText(operatorKey);
const OTHER = formatAddress(new Uint8Array(20).fill(9));

const VALIDATOR = {
  operator: OTHER,
  name: 'Other',
  publicKey: '00'.repeat(32),
  status: 'active',
  exiting: false,
  stake: '1000',
  selfStake: '1000',
  minSelfStake: '1',
  power: 10,
  commission: { rate: 1000, maxRate: 2000, maxDailyChange: 100 },
  commissionDue: '0',
  jailedUntil: null,
  identity: { name: 'Other', website: '', contact: '', description: '', location: '' },
};
const STAKING = {
  height: 104,
  epoch: { lastHeight: 110 },
  parameters: {
    epochBlocks: 10,
    activationDelayBlocks: 1,
    unbondingPeriodMs: 60_000,
    powerReduction: '100',
    minSelfStake: '50',
    minDelegation: '10',
  },
};

/** What the node answers, by path; what is not there does not exist. */
type Answers = Record<string, unknown>;

describe('the commands of stake and of validators', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Server;
  let url: string;
  let answers: Answers;
  const submitted: Uint8Array[] = [];
  before(async () => {
    folder = await temporaryFolder();
    await mkdir(join(folder.path, 'keys'));
    await writeFile(join(folder.path, 'password'), `${PASSWORD}\n`);
    for (const [name, seed] of Object.entries(seeds)) {
      const file = await encryptKey({
        seed,
        type: 'ed25519',
        name,
        password: PASSWORD,
        random: systemRandom,
      });
      await writeFile(join(folder.path, 'keys', `${name}.json`), JSON.stringify(file));
    }
    server = createServer((request, response) => {
      const path = (request.url ?? '').replace('/api/v2', '').replace(/\?.*$/, '');
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (request.method === 'POST' && path === '/transactions') {
          // After the length of the only one.
          submitted.push(new Uint8Array(Buffer.concat(parts).subarray(4)));
        }
        const body =
          path.startsWith('/transactions/') && request.method === 'GET' ? answers['final'] : answers[path];
        const missing = { code: 'gateway.validator-not-found', detail: `there is no ${path}` };
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body ?? missing));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await folder.remove();
  });
  beforeEach(() => {
    submitted.length = 0;
    answers = {
      '/status': { chainId: 'test-1', genesisHash: GENESIS_HASH, height: 104 },
      '/staking': STAKING,
      '/validators': { items: [], totalPower: 40 },
      [`/validators/${OTHER}`]: VALIDATOR,
      '/transactions': {},
      '/transactions/estimate': { gasLimit: 3_000, gasPrice: '2', nonce: 7 },
      [`/accounts/${OPERATOR}`]: { balance: '100000' },
      [`/accounts/${OPERATOR}/delegations`]: { items: [] },
      [`/accounts/${OPERATOR}/unbondings`]: { items: [] },
      final: { status: 'finalized', height: 105, code: '' },
    };
  });

  const run = (...parameters: string[]): Promise<CommandResult> =>
    node0([...parameters, '--home', folder.path, '--node', url]);
  const bond = ['stake', 'bond', '--from', 'operator', '--validator', OTHER, '--amount', '500'];
  const register = ['validator', 'register', '--stake', '5000', '--name', 'Erin'];
  function onlySubmitted(): Transaction {
    assert.equal(submitted.length, 1);
    return decodeTransaction(submitted[0] ?? new Uint8Array(), {
      chainId: 'test-1',
      genesisHash: fromHex(GENESIS_HASH, 32),
    });
  }

  it('show what would change, and submit nothing without a yes', async () => {
    const dry = await run(...bond, '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^ {2}voting power +10 → 15$/m);
    assert.match(dry.stdout, /^ {2}balance +100000 → 93500$/m);
    assert.match(dry.stdout, /^ {2}fee +6000 \(3000 gas at 2\)$/m);
    assert.match(dry.stdout, /^ {2}takes effect +height 112 at the earliest$/m);
    const unasked = await run(...bond);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /--yes \[cli\.usage\]/);
    const asMachine = await run(...bond, '--json');
    assert.equal(asMachine.code, 2);
    assert.equal((JSON.parse(asMachine.stderr) as { error: { code: string } }).error.code, 'cli.usage');
    assert.deepEqual(submitted, []);
  });

  it('submit what was shown, and say how it ended', async () => {
    const done = await run(...bond, '--yes', '--json');
    assert.equal(done.code, 0, done.stderr);
    const { nonce, payload, gasLimit, gasPrice } = onlySubmitted();
    assert.deepEqual([nonce, gasLimit, gasPrice], [7, 3_000, 2n]);
    assert.ok(payload.type === 'stake.bond');
    assert.deepEqual([formatAddress(payload.validator), payload.amount], [OTHER, 500n]);
    const { preview, height } = JSON.parse(done.stdout) as { preview: { fee: unknown }; height: number };
    assert.deepEqual([preview.fee, height], [{ amount: '6000', gasLimit: 3000, gasPrice: '2' }, 105]);
  });

  it('explain the code of a transaction that failed', async () => {
    answers['final'] = { status: 'failed', height: 105, code: 'stake.dust' };
    const failed = await run(...bond, '--yes');
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /failed at height 105: stake\.dust: The stake is too small to be kept; /);
  });

  it('sign nothing that the ledger would refuse', async () => {
    const refused = async (code: string, ...parameters: string[]): Promise<void> => {
      const { code: exit, stderr } = await run(...parameters, '--yes', '--json');
      assert.equal(exit, 1, `${parameters.join(' ')}: ${stderr}`);
      const { error } = JSON.parse(stderr) as { error: { code: string; details: { code: string } } };
      assert.equal(error.details.code, code);
    };
    const at = ['--from', 'operator', '--validator', OTHER];
    await refused('stake.insufficient-balance', ...bond.slice(0, -1), '94001');
    await refused('stake.no-delegation', 'stake', 'unbond', ...at, '--amount', '10');
    await refused('stake.no-entry', 'stake', 'cancel-unbond', ...at, '--amount', 'all');
    await refused('stake.no-rewards', 'stake', 'withdraw', ...at);
    await refused('gateway.validator-not-found', 'validator', 'unjail');
    answers[`/validators/${addressText(consensusKey)}`] = VALIDATOR;
    await refused('validator.key-used', ...register);
    answers[`/validators/${OPERATOR}`] = VALIDATOR;
    await refused('validator.operator-taken', ...register);
    assert.deepEqual(submitted, []);
  });

  it('register with a proof that the consensus key is given to the operator of this chain', async () => {
    const done = await run(...register, '--yes', '--commission', '7.5%');
    assert.equal(done.code, 0, done.stderr);
    const { payload } = onlySubmitted();
    assert.ok(payload.type === 'validator.register');
    assert.equal(toHex(payload.publicKey), toHex(consensusKey.publicKey));
    assert.deepEqual(payload.commission, { rate: 750, maxRate: 2_000, maxDailyChange: 100 });
    // The ledger's smallest, where nothing is said.
    assert.equal(payload.minSelfStake, 50n);
    const operator = addressOfKey('ed25519', operatorKey.publicKey);
    const digest = keyPossessionDigest(fromHex(GENESIS_HASH, 32), operator, payload.publicKey);
    const { publicKey, proof: signature } = payload;
    assert.ok(nativeVerifier.verify({ publicKey, digest, signature }));
  });

  it('refuse amounts and percentages that are none', async () => {
    for (const wrong of [
      ['stake', 'bond', '--from', 'operator', '--validator', OTHER, '--amount', '-1'],
      ['stake', 'bond', '--from', 'operator', '--validator', OTHER, '--amount', (2n ** 128n).toString()],
      ['stake', 'unbond', '--from', 'operator', '--validator', OTHER, '--amount', 'some'],
      [...register, '--commission', '101%'],
      ['validator', 'list', '--status', 'asleep'],
    ]) {
      const { code } = await run(...wrong);
      assert.equal(code, 2, wrong.join(' '));
    }
    assert.deepEqual(submitted, []);
  });
});

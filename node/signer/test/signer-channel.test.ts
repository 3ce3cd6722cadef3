import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCodedError, silentLogger, toHex, verifyZip215, fromHex, type Logger } from '#kernel';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import { voteBodyCodec, voteDigest, type VoteBody } from '#services/block';
import { SIGNER_PROTOCOL } from '#services/consensus';
import { createNetwork, peerIdOfSeed, type GreetingEvent, type Network } from '#services/network';
import {
  decodeSignerAnswer,
  encodeSignerRequest,
  type SignerRequestKind,
} from '../../../services/consensus/signing/signer-messages.ts';
import { temporaryFolder } from '../../../test/harness/folder.ts';
import { until } from '../../../test/harness/until.ts';
import { initSignerHome } from '../init-signer-home.ts';
import { signerHello } from '../signer-hello.ts';
import { startSigner, type RunningSigner } from '../start-signer.ts';

const GENESIS_HASH = new Uint8Array(32).fill(3);
const SEEDS = { first: new Uint8Array(32).fill(1), second: new Uint8Array(32).fill(2) };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: string;
let signer: RunningSigner;
let first: Network;
let second: Network;
const opened: Network[] = [];

const options = () => ({
  configurationFile: join(home, 'node0.yaml'),
  overrides: ['log.level=silent', 'signer.listen=/ip4/127.0.0.1/tcp/0'],
});

/** A node that dials the signer; `address` and what it says first may be wrong. */
async function dial(
  seed: Uint8Array,
  { address = signer.addresses[0] ?? '', genesisHash = GENESIS_HASH, logger = silentLogger } = {},
): Promise<{ network: Network; greetings: GreetingEvent[] }> {
  const network = await createNetwork(
    { listen: [], peers: [address], privateKey: seed, hello: () => signerHello('node', genesisHash) },
    { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger },
  );
  opened.push(network);
  const greetings: GreetingEvent[] = [];
  network.onGreeting((event) => greetings.push(event));
  await network.start();
  return { network, greetings };
}

async function connected(seed: Uint8Array): Promise<Network> {
  const { network } = await dial(seed);
  await until('the node is connected', async () => network.peers().length === 1);
  return network;
}

async function request(network: Network, body: Uint8Array) {
  const [peer] = network.peers();
  const limits = { timeoutMs: 60_000, maxResponseBytes: 1_024 };
  return decodeSignerAnswer(await network.request(peer?.id ?? '', SIGNER_PROTOCOL, body, limits));
}

const ask = (network: Network, kind: SignerRequestKind, token = 0, body: Uint8Array = new Uint8Array(0)) =>
  request(network, encodeSignerRequest({ kind, token, body }));

const vote = (height: number, fill = 1): VoteBody => ({
  kind: 'prevote',
  height,
  round: 0,
  blockHash: new Uint8Array(32).fill(fill),
});

const FAILURES: ReadonlySet<string> = new Set(['a peer cannot be dialled', 'a handshake failed']);

/** Counts the attempts to reach the signer that failed. */
function countingLogger(): { logger: Logger; failures: () => number } {
  let failures = 0;
  const logger: Logger = {
    ...silentLogger,
    debug: (_, message) => void (failures += FAILURES.has(message) ? 1 : 0),
    child: () => logger,
  };
  return { logger, failures: () => failures };
}

before(async () => {
  folder = await temporaryFolder();
  home = join(folder.path, 'signer');
  await initSignerHome({
    home,
    name: 'signer',
    listen: '/ip4/127.0.0.1/tcp/26659',
    serve: await Promise.all([peerIdOfSeed(SEEDS.first), peerIdOfSeed(SEEDS.second)]),
    genesisHash: toHex(GENESIS_HASH),
    password: { kind: 'generate' },
    environment: {},
  });
  signer = await startSigner(options());
  [first, second] = [await connected(SEEDS.first), await connected(SEEDS.second)];
});
after(async () => {
  await Promise.all(opened.map((network) => network.stop()));
  await signer.stop();
  await folder.remove();
});

describe('the channel of a signer (CONS-13)', () => {
  it('signs for the node with the lease, and for no other token or node', async () => {
    const { token } = await ask(first, 'acquire');
    const body = voteBodyCodec.encode(vote(5));
    const { status, signature } = await ask(first, 'vote', token, body);
    assert.equal(status, 'ok');
    assert.ok(verifyZip215(fromHex(signer.consensusKey), voteDigest(vote(5), GENESIS_HASH), signature));
    assert.equal((await ask(second, 'acquire')).status, 'consensus.signer-standby');
    const next = voteBodyCodec.encode(vote(6));
    assert.equal((await ask(second, 'vote', token, next)).status, 'consensus.sign-fenced');
    // The process of the node was started again: what the old one asks for is refused.
    const again = await ask(first, 'acquire');
    assert.equal((await ask(first, 'vote', token, next)).status, 'consensus.sign-fenced');
    assert.equal((await ask(first, 'vote', again.token, next)).status, 'ok');
    assert.equal(
      (await ask(first, 'vote', again.token, voteBodyCodec.encode(vote(6, 2)))).status,
      'consensus.sign-conflict',
    );
  });

  it('answers garbage with a code, cuts huge frames off, and serves on', async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(128).fill(255), systemRandom.bytes(100)]) {
      assert.equal((await request(first, bytes)).status, 'consensus.signer-malformed');
    }
    await assert.rejects(request(first, new Uint8Array(4 * 2 ** 20)), (error) => isCodedError(error));
    await until('the node is connected', async () => first.peers().length === 1);
    assert.equal((await ask(first, 'acquire')).status, 'ok');
    assert.equal((await ask(second, 'acquire')).status, 'consensus.signer-standby');
  });

  it('opens to no node that is not listed', async () => {
    const { logger, failures } = countingLogger();
    const { network, greetings } = await dial(new Uint8Array(32).fill(9), { logger });
    await until('the stranger was turned away twice', async () => failures() >= 2);
    assert.deepEqual([network.peers(), greetings], [[], []]);
  });

  it('opens to no node of another chain, and says why', async () => {
    await second.stop();
    const { network, greetings } = await dial(SEEDS.second, { genesisHash: new Uint8Array(32).fill(4) });
    await until('they have parted', async () => greetings.length > 0);
    assert.equal(greetings[0]?.refusal?.code, 'network.wrong-genesis');
    assert.deepEqual(network.peers(), []);
  });

  it('is told from a signer with another identity, whatever its address', async () => {
    const { logger, failures } = countingLogger();
    const other = await peerIdOfSeed(new Uint8Array(32).fill(8));
    const address = (signer.addresses[0] ?? '').replace(/\/p2p\/.*/, `/p2p/${other}`);
    const { network } = await dial(SEEDS.second, { address, logger });
    await until('the other was turned away twice', async () => failures() >= 2);
    assert.deepEqual(network.peers(), []);
  });

  it('is opened by one process of a home', async () => {
    await assert.rejects(startSigner(options()), { code: 'engine.state.already-open' });
  });

  it('keeps what the key signed over a restart', async () => {
    await first.stop();
    await signer.stop();
    signer = await startSigner(options());
    first = await connected(SEEDS.first);
    const { token } = await ask(first, 'acquire');
    const back = await ask(first, 'vote', token, voteBodyCodec.encode(vote(5)));
    assert.equal(back.status, 'consensus.sign-regression');
  });

  it('does not start without what makes it safe', async () => {
    const text = await readFile(join(home, 'node0.yaml'), 'utf8');
    assert.match(text, /genesisHash: "03/);
    for (const key of ['chain.genesisHash', 'consensus.key', 'signer.nodes', 'signer.listen']) {
      const { configurationFile, overrides } = options();
      await assert.rejects(startSigner({ configurationFile, overrides: [...overrides, `${key}=`] }), {
        code: 'configuration.invalid-setting',
        details: { setting: key },
      });
    }
  });
});

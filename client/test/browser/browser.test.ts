import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { hash, toHex } from '#kernel';
import { blockHash, type Header } from '#services/block/portable';
import type { LightBlock } from '../../index.ts';
import {
  GENESIS_TIME_MS,
  GeneratedChain,
  IDENTITY,
  members,
  setOf,
  sign,
} from '../fixtures/generated-chain.ts';
import { lightJson } from '../fixtures/light-json.ts';
import type { Measured, pageApi, Setup } from './page.ts';

const BROWSERS = [process.env['TEST_BROWSER'], '/usr/bin/chromium', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((path) => path !== undefined && existsSync(path));
const skip =
  executablePath === undefined
    ? 'SKIPPED: no browser; install chromium, or name one with TEST_BROWSER'
    : false;
if (skip !== false) console.warn(skip);

const HEIGHT = 10_001;
/** The validators change eight times; 40 of 100 of each set were in the one before. */
function chainOf(count: number): GeneratedChain {
  const kept = Math.ceil(count * 0.4);
  const epochs = Array.from({ length: 9 }, (_, epoch) => ({
    from: 1 + epoch * 1_200,
    members: members(epoch * (count - kept), count),
  }));
  return new GeneratedChain(HEIGHT, epochs);
}

const OTHER = hash('genesis', Uint8Array.of(99));

/** Heads that are none: altered and signed again by whom its maker could get, or not at all. */
function* forgeries(chain: GeneratedChain): Generator<LightBlock> {
  const honest = chain.blockAt(HEIGHT);
  const alterations: Partial<Header>[] = [
    { version: 2 },
    { chainId: 'other-1' },
    { height: HEIGHT + 1 },
    { timeMs: honest.header.timeMs + 1 },
    { timeMs: honest.header.timeMs + 3_600_000 },
    { timeMs: GENESIS_TIME_MS },
    { parentHash: OTHER },
    { proposer: new Uint8Array(20) },
    { transactionRoot: OTHER },
    { evidenceRoot: OTHER },
    { stateRoot: OTHER },
    { receiptRoot: OTHER },
    { commitHash: OTHER },
    { validatorSetHash: OTHER },
    { nextValidatorSetHash: OTHER },
  ];
  const strangers = setOf(members(90_000, 4, 100));
  for (const changes of alterations) {
    for (const set of [honest.validators, strangers]) {
      for (const share of [0, 1 / 3, 2 / 3]) {
        const header = { ...honest.header, validatorSetHash: set.hash, ...changes };
        const hashed = blockHash(header);
        const signers = Math.floor(set.validators.length * share);
        const at = { height: header.height, blockHash: hashed };
        const fresh = sign(set, at, (place) => set === strangers || place < signers);
        const filled = fresh.signatures.map(
          (signature, place) => signature ?? honest.commit.signatures[place],
        );
        for (const signatures of [fresh.signatures, filled]) {
          yield { hash: hashed, header, commit: { ...fresh, signatures }, validators: set };
        }
      }
    }
  }
  const { commit } = honest;
  for (const wrong of [
    { ...commit, round: 1 },
    { ...commit, height: HEIGHT - 1 },
    { ...commit, signatures: commit.signatures.map(() => commit.signatures[0]) },
    { ...commit, signatures: commit.signatures.toReversed() },
    { ...commit, signatures: commit.signatures.slice(1) },
    chain.blockAt(HEIGHT - 1).commit,
  ]) {
    yield { ...honest, commit: wrong };
  }
}

describe('the light client in a browser', { skip }, () => {
  const chains = new Map([4, 100].map((count) => [count, chainOf(count)] as const));
  const forged = [...forgeries(chains.get(4) as GeneratedChain)];
  let server: Server;
  let browser: Browser;
  let page: Page;
  let origin: string;

  before(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'page.ts')],
      bundle: true,
      inject: [join(import.meta.dirname, '../../browser/buffer.ts')],
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      write: false,
    });
    const script = outputFiles[0]?.contents ?? new Uint8Array(0);
    console.log(`bundle: ${(script.length / 1024).toFixed(0)} KiB`);
    server = createServer((request, response) => {
      const path = request.url ?? '/';
      const [, kind, number, height] = /^\/(chain|forged)\/(\d+)\/api\/v2\/light\/(\w+)$/.exec(path) ?? [];
      if (path === '/page.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(script);
      } else if (kind === undefined) {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><link rel=icon href=data:,><script type=module src=/page.js></script>');
      } else {
        const chain = chains.get(kind === 'chain' ? Number(number) : 4) as GeneratedChain;
        const isHead = height === 'latest' || Number(height) >= HEIGHT;
        const lie = kind === 'forged' && isHead ? forged[Number(number)] : undefined;
        const block = lie ?? chain.blockAt(isHead ? HEIGHT : Number(height));
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(lightJson(block)));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await page.goto(origin);
    await page.waitForFunction(() => 'pageApi' in globalThis);
  });
  after(async () => {
    await browser?.close();
    await new Promise((resolve) => server?.close(resolve));
  });

  function setupOf(chain: GeneratedChain): Setup {
    return {
      chainId: IDENTITY.chainId,
      genesisHash: toHex(IDENTITY.genesisHash),
      timeMs: GENESIS_TIME_MS,
      nowMs: chain.timeMs + 1_000,
      validators: chain.setAt(1).validators.map(({ publicKey, power }) => ({
        publicKey: toHex(publicKey),
        power,
      })),
    };
  }

  for (const [count, verifier] of [
    [4, 'web-crypto'],
    [4, 'portable'],
    [100, 'web-crypto'],
    [100, 'portable'],
  ] as const) {
    it(`LIGHT-9 verifies a head 10,000 heights and eight sets of ${count} validators away in under 1 s (${verifier})`, async (context) => {
      const chain = chains.get(count) as GeneratedChain;
      // The server signs what it is asked for first.
      const measured: Measured[] = [];
      for (let run = 0; run < 4; run++) {
        const input = { base: `${origin}/chain/${count}`, setup: setupOf(chain), verifier };
        measured.push(
          await page.evaluate(
            ({ base, setup, verifier: name }) =>
              (globalThis as unknown as { pageApi: typeof pageApi }).pageApi.verifyHead(base, setup, name),
            input,
          ),
        );
      }
      for (const { hash: found } of measured) assert.equal(found, toHex(chain.blockAt(HEIGHT).hash));
      const [first, ...later] = measured.map(({ elapsedMs }) => elapsedMs);
      context.diagnostic(
        `first, with the server signing: ${first?.toFixed(0)} ms; then ${later.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      );
      assert.ok(Math.min(...later) < 1_000, `${later.join(', ')} ms`);
    });
  }

  it('LIGHT-1 to LIGHT-8 rejects every forged head of a generated set', async (context) => {
    const chain = chains.get(4) as GeneratedChain;
    const codes = await page.evaluate(
      ({ bases, setup }) =>
        (globalThis as unknown as { pageApi: typeof pageApi }).pageApi.judge(bases, setup),
      { bases: forged.map((_, index) => `${origin}/forged/${index}`), setup: setupOf(chain) },
    );
    for (const [index, code] of codes.entries()) assert.match(code, /^light\./, `forgery ${index}: ${code}`);
    const kinds = new Set(codes);
    context.diagnostic(`${codes.length} forgeries refused: ${[...kinds].join(', ')}`);
    assert.ok(codes.length > 150 && kinds.size >= 5);
  });
});

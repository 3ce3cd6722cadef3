import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openCoordinationEngine, openStoredCoordination } from '#engines/coordination';
import { createMemoryStateEngine } from '#engines/state';
import { ed25519Key, silentLogger, toHex, verifyZip215, type CodedError } from '#kernel';
import { proposalBodyCodec, proposalDigest, voteBodyCodec, voteDigest, type VoteBody } from '#services/block';
import {
  decodeSignerAnswer,
  decodeSignerRequest,
  encodeSignerAnswer,
  encodeSignerRequest,
  type SignerRequestKind,
} from '../signing/signer-messages.ts';
import { openSignerService } from '../signing/signer-service.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { VirtualTime } from './virtual-time.ts';

const key = ed25519Key(new Uint8Array(32).fill(7));
const genesisHash = new Uint8Array(32).fill(3);
const LEASE_MS = 1_000;

async function world() {
  const time = new VirtualTime();
  const store = createMemoryStateEngine();
  const directory = new MemoryDirectory();
  const fatal: CodedError[] = [];
  const open = async (engine = openStoredCoordination(store, time)) =>
    openSignerService(
      { key, genesisHash, leaseMs: LEASE_MS },
      { engine: await engine, directory, logger: silentLogger, onFatal: (error) => fatal.push(error) },
    );
  const service = await open();
  const ask = async (
    node: string,
    kind: SignerRequestKind,
    token = 0,
    body: Uint8Array = new Uint8Array(0),
    at = service,
  ) => decodeSignerAnswer(await at.answer(node, encodeSignerRequest({ kind, token, body })));
  return { time, store, directory, fatal, open, service, ask };
}

function vote(changes: Partial<VoteBody> = {}): VoteBody {
  return { kind: 'prevote', height: 5, round: 0, blockHash: new Uint8Array(32).fill(1), ...changes };
}

const bytesOf = (changes: Partial<VoteBody> = {}) => voteBodyCodec.encode(vote(changes));

describe('signer service (CONS-13)', () => {
  it('signs the bodies of votes and proposals for the node that has the lease, under its own chain', async () => {
    const { ask } = await world();
    const { status, token, forMs } = await ask('a', 'acquire');
    assert.deepEqual([status, forMs], ['ok', LEASE_MS]);
    const proposal = { height: 5, round: 0, polRound: -1, blockHash: new Uint8Array(32).fill(1) };
    const proposed = await ask('a', 'proposal', token, proposalBodyCodec.encode(proposal));
    assert.ok(verifyZip215(key.publicKey, proposalDigest(proposal, genesisHash), proposed.signature));
    const voted = await ask('a', 'vote', token, bytesOf());
    assert.ok(verifyZip215(key.publicKey, voteDigest(vote(), genesisHash), voted.signature));
    const other = await ask('a', 'vote', token, bytesOf({ blockHash: undefined }));
    assert.equal(other.status, 'consensus.sign-conflict');
    // CONS-16: with what was said there, so that whoever asks can say it again.
    assert.deepEqual([other.body, other.signature], [bytesOf(), voted.signature]);
    const back = await ask('a', 'vote', token, bytesOf({ height: 4 }));
    assert.equal(back.status, 'consensus.sign-regression');
  });

  it('keeps the lease from a second node until it ends, and the token from whoever was not given it', async () => {
    const { time, ask } = await world();
    const { token } = await ask('a', 'acquire');
    const held = await ask('b', 'acquire');
    assert.deepEqual([held.status, held.token, held.forMs], ['consensus.signer-standby', 0, LEASE_MS]);
    assert.match(held.reason, /node a signs/);
    for (const kind of ['renew', 'release'] as const) {
      assert.equal((await ask('b', kind, token)).status, 'consensus.sign-fenced');
    }
    assert.equal((await ask('b', 'vote', token, bytesOf())).status, 'consensus.sign-fenced');
    await time.run(LEASE_MS - 1);
    assert.equal((await ask('a', 'renew', token)).status, 'ok');
    await time.run(LEASE_MS);
    const next = await ask('b', 'acquire');
    assert.equal(next.status, 'ok');
    assert.equal((await ask('a', 'vote', token, bytesOf())).status, 'consensus.sign-fenced');
    assert.equal((await ask('b', 'vote', next.token, bytesOf())).status, 'ok');
    await ask('b', 'release', next.token);
    assert.equal((await ask('a', 'acquire')).status, 'ok');
  });

  it('refuses what is no request, no body, or a height that there is not, and goes on', async () => {
    const { ask, service, fatal } = await world();
    const { token } = await ask('a', 'acquire');
    const garbage = [
      new Uint8Array(0),
      new Uint8Array(4_000_000),
      Uint8Array.of(9),
      encodeSignerRequest({ kind: 'vote', token, body: bytesOf() }).subarray(1),
    ];
    for (const bytes of garbage) {
      const answer = decodeSignerAnswer(await service.answer('a', bytes));
      assert.equal(answer.status, 'consensus.signer-malformed');
    }
    const bodies = [Uint8Array.of(1, 2, 3), bytesOf({ height: 0 }), new Uint8Array(64).fill(255)];
    for (const body of bodies) {
      assert.equal((await ask('a', 'vote', token, body)).status, 'consensus.signer-malformed');
    }
    // A digest is not a body: nobody has the signer sign what it cannot read.
    const digest = voteDigest(vote(), genesisHash);
    assert.equal((await ask('a', 'vote', token, digest)).status, 'consensus.signer-malformed');
    assert.equal((await ask('a', 'proposal', token, digest)).status, 'consensus.signer-malformed');
    assert.equal((await ask('a', 'vote', token, bytesOf())).status, 'ok');
    assert.deepEqual(fatal, []);
  });

  it('answers any bytes at all, and messages have one encoding', async () => {
    const { service } = await world();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await service.answer('a', bytes);
        assert.deepEqual(encodeSignerAnswer(decodeSignerAnswer(answer)), answer);
        try {
          assert.deepEqual(encodeSignerRequest(decodeSignerRequest(bytes)), bytes);
        } catch (error) {
          assert.equal((error as CodedError).code, 'consensus.signer-malformed');
        }
      }),
    );
  });

  it('remembers over a restart, also when one of its two records is gone', async () => {
    const { time, store, directory, ask, open } = await world();
    const { token } = await ask('a', 'acquire');
    await ask('a', 'vote', token, bytesOf());
    const conflicting = bytesOf({ blockHash: undefined });
    // The coordination engine was emptied: the file is left.
    const withoutEngine = await open(openCoordinationEngine('memory:', time));
    const { token: fresh } = await ask('a', 'acquire', 0, undefined, withoutEngine);
    const byFile = await ask('a', 'vote', fresh, conflicting, withoutEngine);
    assert.equal(byFile.status, 'consensus.sign-conflict');
    // The file was removed: the engine is left.
    await directory.remove('last-sign');
    const withoutFile = await open(openStoredCoordination(store, time));
    const { token: next } = await ask('a', 'acquire', 0, undefined, withoutFile);
    const byEngine = await ask('a', 'vote', next, conflicting, withoutFile);
    assert.equal(byEngine.status, 'consensus.sign-conflict');
    assert.equal(toHex(byEngine.body), toHex(bytesOf()));
  });

  it('says nothing more once a record cannot be kept, and tells its process to end', async () => {
    const { directory, fatal, ask } = await world();
    const { token } = await ask('a', 'acquire');
    directory.failSyncs = true;
    assert.equal((await ask('a', 'vote', token, bytesOf())).status, 'consensus.signer-failed');
    directory.failSyncs = false;
    assert.equal((await ask('a', 'vote', token, bytesOf({ height: 6 }))).status, 'consensus.signer-failed');
    assert.deepEqual(
      fatal.map(({ code }) => code),
      ['consensus.storage-failed'],
    );
  });
});

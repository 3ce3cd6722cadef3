import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CoordinationEngine } from '#engines/coordination';
import { createMemoryStateEngine, openStateEngine, type StateEngine } from '#engines/state';
import { judgeUtterances } from './sign-oracle.ts';
import { runSchedule, type Sabotage, type ScheduleOutcome } from './two-signers.ts';

const SEEDS = Number(process.env['SIGNER_SEEDS'] ?? 40);
const FIRST_SEED = Number(process.env['SIGNER_FIRST_SEED'] ?? 1);
const FOR_MS = 15_000;

/** A store that a restart of the engine finds again, without what was not synced. */
function memoryStore(): () => Promise<StateEngine> {
  let store = createMemoryStateEngine();
  return async () => (store = store.crash());
}

function run(seed: number, sabotage: Sabotage = {}): Promise<ScheduleOutcome> {
  return runSchedule(seed, { store: memoryStore(), forMs: FOR_MS, sabotage });
}

/** Seeds in which the oracle finds something when the engine is broken so. */
async function seen(breaking: (engine: CoordinationEngine) => CoordinationEngine): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= 25; seed++) {
    const { utterances } = await run(seed, { engine: breaking });
    found.push(...judgeUtterances(utterances));
  }
  return found;
}

describe('two machines with one key', () => {
  it(`sign nothing twice in ${SEEDS} schedules of pauses, partitions, kills and drifting clocks (CONS-12)`, async () => {
    let [spoken, takeovers] = [0, 0];
    const refusals = new Set<string>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const outcome = await run(seed);
      const found = judgeUtterances(outcome.utterances);
      assert.deepEqual(found, [], `SIGNER_FIRST_SEED=${seed} SIGNER_SEEDS=1 replays it`);
      spoken += outcome.utterances.length;
      takeovers += outcome.takeovers;
      for (const code of outcome.refusals.keys()) refusals.add(code);
    }
    // The schedules reach what they are about.
    assert.ok(spoken > 15 * SEEDS, `${spoken} signatures`);
    assert.ok(takeovers > SEEDS, `${takeovers} takeovers`);
    for (const code of ['sign-fenced', 'sign-conflict', 'sign-regression', 'sign-locked']) {
      assert.ok(refusals.has(`consensus.${code}`), code);
    }
  });

  it('sign nothing twice on RocksDB', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'node0-signers-'));
    try {
      let spoken = 0;
      for (let seed = 1; seed <= 5; seed++) {
        const url = `rocksdb:${join(directory, String(seed))}`;
        const store = () => openStateEngine(url, { profile: 'local' });
        const { utterances } = await runSchedule(seed, { store, forMs: 5_000 });
        assert.deepEqual(judgeUtterances(utterances), [], `seed ${seed}`);
        spoken += utterances.length;
      }
      assert.ok(spoken > 20, `${spoken} signatures`);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('are seen to sign twice when the write is not fenced', async () => {
    const found = await seen((engine) => ({
      ...methodsOf(engine),
      // Whoever writes last wins, whatever its token and what it has read.
      async put(key, value) {
        const revision = (await engine.get(key))?.revision ?? 0;
        const holder = await engine.holder(LEASE);
        return holder === undefined ? 1 : engine.put(key, value, { lease: holder, revision });
      },
    }));
    assert.ok(found.some((line) => line.startsWith('double sign')));
    assert.ok(found.some((line) => line.startsWith('regression')));
  });

  it('are seen to sign twice when the shared record is not read', async () => {
    const found = await seen((engine) => ({
      ...methodsOf(engine),
      get: async () => undefined,
      put: async (key, value, { lease }) => {
        const revision = (await engine.get(key))?.revision ?? 0;
        return engine.put(key, value, { lease, revision });
      },
    }));
    assert.ok(found.some((line) => line.startsWith('double sign')));
    assert.ok(found.some((line) => line.startsWith('lock forgotten')));
  });
});

const LEASE = 'consensus-key/ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c';

function methodsOf(engine: CoordinationEngine): CoordinationEngine {
  return {
    acquire: (name, holder, ttlMs) => engine.acquire(name, holder, ttlMs),
    renew: (lease) => engine.renew(lease),
    release: (lease) => engine.release(lease),
    holder: (name) => engine.holder(name),
    get: (key) => engine.get(key),
    put: (key, value, fence) => engine.put(key, value, fence),
    close: () => engine.close(),
  };
}

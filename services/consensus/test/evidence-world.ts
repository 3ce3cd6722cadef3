import assert from 'node:assert/strict';
import { createMemoryStateEngine, type MemoryStateEngine } from '#engines/state';
import { addressOfKey, equalBytes, silentLogger, toHex, type CodedError } from '#kernel';
import { createChain, voteDigest, type Chain, type Evidence, type VoteBody } from '#services/block';
import { createLedger, type GenesisState, type Ledger } from '#services/blockchain';
import {
  createConsensus,
  createEvidencePool,
  createEvidenceStore,
  openLocalSigner,
  type Consensus,
  type EvidencePool,
} from '../index.ts';
import { encodeMessage } from '../wire/codec.ts';
import { seeded } from './core-network.ts';
import { LEDGER_PARAMETERS } from './fake-chain.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { MemoryNetwork } from './memory-network.ts';
import { VirtualTime } from './virtual-time.ts';
import { GENESIS_HASH, PARAMETERS, testKey, verifier as oneByOne } from './world.ts';

const IDENTITY = { chainId: 'evidence-test', genesisHash: GENESIS_HASH };
const VALIDATORS = 4;
const verifier = {
  ...oneByOne,
  verifyBatch: async (checks: Parameters<typeof oneByOne.verify>[0][]) => checks.map(oneByOne.verify),
};

/** The key in other hands: the validator has no node. */
export const EVIL = 3;

export interface EvidenceNode {
  readonly id: string;
  readonly index: number;
  engine: MemoryStateEngine;
  directory: MemoryDirectory;
  chain: Chain;
  ledger: Ledger;
  pool: EvidencePool;
  consensus: Consensus;
  readonly fatal: CodedError[];
  kill(): void;
}

/** Validators with the real chain, ledger, evidence pool and consensus, on virtual time; one key is in other hands. */
export class EvidenceWorld {
  readonly time = new VirtualTime();
  readonly random: (maxExclusive: number) => number;
  readonly network: MemoryNetwork;
  readonly nodes: EvidenceNode[] = [];
  /** What the evidence of a node waits for on its way to the disk. */
  readonly slowDisks = new Map<string, Promise<void>>();
  readonly #genesis: GenesisState;

  constructor(seed = 1) {
    this.random = seeded(seed);
    this.network = new MemoryNetwork(this.time, this.random);
    this.#genesis = {
      identity: IDENTITY,
      initialHeight: 1,
      timeMs: this.time.now(),
      accounts: [],
      validators: Array.from({ length: VALIDATORS }, (_, index) => ({
        operator: new Uint8Array(20).fill(index + 1),
        publicKey: testKey(index).publicKey,
        stake: 1_000n,
        name: `validator ${index}`,
      })),
      ledger: { ...LEDGER_PARAMETERS, evidenceMaxAgeMs: 600_000 },
      consensus: PARAMETERS,
    };
  }

  static async start(seed?: number): Promise<EvidenceWorld> {
    const world = new EvidenceWorld(seed);
    for (let index = 0; index < EVIL; index++) {
      world.nodes.push(await world.#live(index, createMemoryStateEngine(), new MemoryDirectory(), []));
    }
    return world;
  }

  async #live(
    index: number,
    engine: MemoryStateEngine,
    directory: MemoryDirectory,
    fatal: CodedError[],
  ): Promise<EvidenceNode> {
    const id = `n${index}`;
    const scheduler = this.time;
    const logger = silentLogger;
    const ledger = createLedger({ identity: IDENTITY, engine, retainedHeights: 100 })({ scheduler });
    await ledger.open(this.#genesis);
    const init = { identity: IDENTITY, engine, initialHeight: 1, genesisTimeMs: this.#genesis.timeMs };
    const chain = createChain(init)({ ledger, verifier, logger });
    await chain.open();
    const key = testKey(index);
    const signer = await openLocalSigner({ directory, key, genesisHash: GENESIS_HASH });
    const { transport, leave } = this.network.join(id);
    const disk = createEvidenceStore(engine, logger);
    const store = {
      ...disk,
      add: async (evidence: Evidence) => {
        await this.slowDisks.get(id);
        return disk.add(evidence);
      },
    };
    const pool = createEvidencePool({ chain, transport, store, scheduler, logger });
    const consensus = createConsensus({ identity: IDENTITY, directory, key: signer })({
      chain,
      transport,
      verifier,
      scheduler,
      logger,
      evidence: pool,
      clock: this.time,
      random: { bytes: (count) => new Uint8Array(count), integer: this.random },
      mempool: {
        select: () => [],
        lookup: () => undefined,
        hasSelectable: () => false,
        onAvailable: () => () => false,
      },
      fetch: { fetch: async () => [] },
    });
    let alive = true;
    consensus.onFatal((error) => {
      if (alive) fatal.push(error);
    });
    await this.#within(pool.start());
    await consensus.start();
    const kill = (): void => {
      alive = false;
      leave();
      consensus.stop().catch(() => undefined);
    };
    return { id, index, engine, directory, chain, ledger, pool, consensus, fatal, kill };
  }

  /** Power loss and a new life on what is on disk; `spoil` may damage the disk between. */
  async restart(node: EvidenceNode, spoil: (engine: MemoryStateEngine) => Promise<void> = async () => {}) {
    node.kill();
    const engine = node.engine.crash();
    await spoil(engine);
    const next = await this.#live(node.index, engine, node.directory.crash(this.random), node.fatal);
    Object.assign(node, next);
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) {
      node.kill();
      await this.#within(node.pool.stop());
      await this.#within(node.consensus.stop());
      assert.deepEqual(node.fatal.map(String), []);
    }
  }

  /** Time goes on until the work is done. */
  async #within(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    await this.time.runUntil(() => isDone, 5_000);
    await done;
  }

  until(done: () => boolean, limitMs = 60_000): Promise<boolean> {
    return this.time.runUntil(done, limitMs);
  }

  height(): number {
    return Math.min(...this.nodes.map(({ chain }) => chain.tip().height));
  }

  async advance(heights: number): Promise<void> {
    const goal = this.height() + heights;
    assert.equal(await this.until(() => this.height() >= goal), true, `height ${goal} was not reached`);
  }

  evilVote(body: VoteBody): Uint8Array {
    const signature = testKey(EVIL).sign(voteDigest(body, GENESIS_HASH));
    return encodeMessage({ kind: 'vote', vote: { body, validatorIndex: this.evilIndex(), signature } });
  }

  /** Place of the evil validator in the set. */
  evilIndex(): number {
    const address = this.evilAddress();
    const { validators } = (this.nodes[0] as EvidenceNode).chain.tip().validators;
    return validators.findIndex((validator) => equalBytes(validator.address, address));
  }

  evilAddress(): Uint8Array {
    return addressOfKey('ed25519', testKey(EVIL).publicKey);
  }

  /** Shows a node two votes of the evil validator in one place of the height in progress. */
  equivocate(node: EvidenceNode, round = 0): void {
    const height = node.chain.tip().height + 1;
    for (const byte of [1, 2]) {
      const blockHash = new Uint8Array(32).fill(byte);
      const vote = this.evilVote({ kind: 'prevote', height, round, blockHash });
      this.network.inject('evil', node.id, vote);
    }
  }

  /** Every piece of evidence in a node's final blocks, as identity in hex, in order. */
  async evidenceOf({ chain }: EvidenceNode): Promise<string[]> {
    const { items } = await chain.evidences({ limit: 100 });
    return items.map(({ evidence }) => toHex(evidence.hash)).toReversed();
  }

  /** Waits until all have `count` pieces in their blocks, and some heights more, in which nothing may be added. */
  async settle(count: number): Promise<string[]> {
    for (let turn = 0; turn < 20; turn++) {
      await this.advance(1);
      const found = await Promise.all(this.nodes.map((node) => this.evidenceOf(node)));
      if (found.every((list) => list.length >= count)) break;
    }
    await this.advance(3);
    const found = await Promise.all(this.nodes.map((node) => this.evidenceOf(node)));
    const [first = []] = found;
    for (const list of found) assert.deepEqual(list, first);
    assert.equal(first.length, count);
    assert.equal(new Set(first).size, count);
    const roots = new Set(
      this.nodes.map(({ chain }) => `${chain.tip().height}:${toHex(chain.tip().stateRoot)}`),
    );
    const heights = new Set(this.nodes.map(({ chain }) => chain.tip().height));
    assert.equal(roots.size, heights.size);
    for (const { pool } of this.nodes) assert.deepEqual(pool.pending(), []);
    return first;
  }
}

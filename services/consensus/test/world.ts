import assert from 'node:assert/strict';
import {
  addressOfKey,
  concatBytes,
  equalBytes,
  hash,
  silentLogger,
  toHex,
  utf8,
  type CodedError,
  type SignatureCheck,
  type SigningKey,
} from '#kernel';
import { verifyCommit, type Block, type Commit } from '#services/block';
import type { ConsensusParameters } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import type { Validator, ValidatorSet } from '#services/validator';
import { createConsensus } from '../driver/consensus.ts';
import type { Consensus, ConsensusEvent } from '../face.ts';
import { openLocalSigner, type ConsensusSigner } from '../signer.ts';
import { seeded } from './core-network.ts';
import { decodeFakeBlock, fakeChain, fakeTransaction, type ChainDisk } from './fake-chain.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { MemoryNetwork, type Sent } from './memory-network.ts';
import { VirtualTime } from './virtual-time.ts';

export const GENESIS_HASH = new Uint8Array(32).fill(9);

export const PARAMETERS: ConsensusParameters = {
  proposeTimeoutMs: 300,
  prevoteTimeoutMs: 100,
  precommitTimeoutMs: 100,
  timeoutDeltaMs: 50,
  emptyBlockIntervalMs: 1_000,
  precisionMs: 500,
  messageDelayMs: 2_000,
};

/** A key whose signatures anybody could make: quick, and enough where no forger is in the test. */
export function testKey(index: number): SigningKey {
  const publicKey = new Uint8Array(32).fill(index + 1);
  return { type: 'ed25519', publicKey, sign: (digest) => seal(publicKey, digest) };
}

function seal(publicKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const half = hash('derive-key', publicKey, digest);
  return concatBytes(half, half);
}

export const verifier = {
  verify: ({ publicKey, digest, signature }: SignatureCheck) =>
    equalBytes(signature, seal(publicKey, digest)),
};

/** One node's lasting parts, and its current life. */
export interface TestNode {
  readonly id: string;
  readonly index: number;
  readonly disk: ChainDisk;
  readonly mempool: Map<string, Transaction>;
  readonly events: ConsensusEvent[];
  readonly fatal: CodedError[];
  /** How far the node's clock is ahead. */
  skewMs: number;
  /** Whether the node can check evidence of old heights. */
  hasHistory: boolean;
  directory: MemoryDirectory;
  consensus: Consensus | undefined;
  /** Makes a block final that block sync brought. */
  finalise: (block: Block, commit: Commit) => Promise<void>;
  /** In place of the local one. */
  readonly signer: ConsensusSigner | undefined;
  /** Ends the life without warning. */
  kill: () => void;
}

/** A network of consensus drivers on virtual time, with an oracle over everything they say. */
export class World {
  readonly time = new VirtualTime();
  readonly random: (maxExclusive: number) => number;
  readonly network: MemoryNetwork;
  readonly set: ValidatorSet;
  readonly nodes: TestNode[] = [];
  readonly #parameters: ConsensusParameters;
  readonly #genesisTimeMs: number;
  readonly #logSegmentBytes: number | undefined;
  readonly #available = new Map<string, Set<() => void>>();
  /** By validator and place: the block hash voted for. */
  readonly #said = new Map<string, string>();

  constructor(options: {
    validators: number;
    seed?: number;
    parameters?: Partial<ConsensusParameters>;
    genesisInMs?: number;
    logSegmentBytes?: number;
  }) {
    this.random = seeded(options.seed ?? 1);
    this.network = new MemoryNetwork(this.time, this.random);
    this.#parameters = { ...PARAMETERS, ...options.parameters };
    this.#genesisTimeMs = this.time.now() + (options.genesisInMs ?? 0);
    this.set = setOf(options.validators);
    this.#logSegmentBytes = options.logSegmentBytes;
    this.network.onSend = (sent) => this.#witness(sent);
  }

  /** Adds a node with the key of a validator, or an observer, and starts it. */
  async add(
    index: number,
    { id = `n${index}`, signer }: { id?: string; signer?: ConsensusSigner } = {},
  ): Promise<TestNode> {
    const node: TestNode = {
      id,
      signer,
      index,
      disk: { blocks: [] },
      mempool: new Map(),
      events: [],
      fatal: [],
      skewMs: 0,
      hasHistory: true,
      directory: new MemoryDirectory(),
      consensus: undefined,
      kill: () => undefined,
      finalise: async () => undefined,
    };
    this.nodes.push(node);
    await this.start(node);
    return node;
  }

  async addAll(): Promise<void> {
    for (const index of this.set.validators.keys()) await this.add(index);
  }

  /** Begins a new life on what the disk holds. */
  async start(node: TestNode): Promise<void> {
    let alive = true;
    const { transport, leave } = this.network.join(node.id);
    const genesis = { hash: GENESIS_HASH, timeMs: this.#genesisTimeMs };
    const chain = fakeChain(
      node.disk,
      this.set,
      this.#parameters,
      genesis,
      () => alive,
      () => node.hasHistory,
    );
    const isValidator = node.index < this.set.validators.length;
    const init = { directory: node.directory, key: testKey(node.index), genesisHash: GENESIS_HASH };
    const signer = node.signer ?? (isValidator ? await openLocalSigner(init) : undefined);
    const listeners = new Set<() => void>();
    this.#available.set(node.id, listeners);
    const consensus = createConsensus({
      identity: { chainId: 'test', genesisHash: GENESIS_HASH },
      directory: node.directory,
      ...(signer !== undefined && { key: signer }),
      ...(this.#logSegmentBytes !== undefined && { logSegmentBytes: this.#logSegmentBytes }),
    })({
      chain,
      transport,
      verifier,
      clock: { now: () => this.time.now() + node.skewMs, monotonic: () => this.time.monotonic() },
      scheduler: this.time,
      random: { bytes: (count) => new Uint8Array(count), integer: this.random },
      logger: silentLogger,
      decodeBlock: decodeFakeBlock,
      mempool: {
        select: () => [...node.mempool.values()],
        lookup: (id) => node.mempool.get(id),
        hasSelectable: () => node.mempool.size > 0,
        onAvailable: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      fetch: { fetch: (peer, ids) => this.#fetch(peer, ids) },
    });
    chain.onFinalised(({ block }) => {
      for (const { id } of block.transactions) node.mempool.delete(id);
    });
    consensus.onEvent((event) => node.events.push(event));
    consensus.onFatal((error) => {
      if (alive) node.fatal.push(error);
    });
    node.consensus = consensus;
    node.finalise = (block, commit) => chain.finalise(block, commit);
    node.kill = () => {
      alive = false;
      leave();
      node.consensus = undefined;
    };
    await consensus.start();
  }

  /** Power loss: what was not synced is lost in part; `start` begins the next life. */
  crash(node: TestNode): void {
    const { consensus } = node;
    node.kill();
    node.directory = node.directory.crash(this.random);
    consensus?.stop().catch(() => undefined);
  }

  async stopAll(): Promise<void> {
    for (const node of this.nodes) await this.stop(node);
  }

  async stop(node: TestNode): Promise<void> {
    const { consensus } = node;
    let isDone = consensus === undefined;
    const stopped = consensus?.stop().finally(() => {
      isDone = true;
    });
    await this.time.runUntil(() => isDone, 1_000);
    await stopped;
    node.kill();
  }

  /** Gives a transaction to the mempools of some nodes, of all when none are named. */
  submit(text: string, nodes: readonly TestNode[] = this.nodes): Transaction {
    const transaction = fakeTransaction(text);
    for (const node of nodes) {
      const wasEmpty = node.mempool.size === 0;
      node.mempool.set(transaction.id, transaction);
      if (wasEmpty) for (const listener of this.#available.get(node.id) ?? []) listener();
    }
    return transaction;
  }

  heightOf(node: TestNode): number {
    return node.disk.blocks.length;
  }

  async untilHeight(
    height: number,
    limitMs: number,
    nodes: readonly TestNode[] = this.nodes,
  ): Promise<boolean> {
    return this.time.runUntil(() => nodes.every((node) => this.heightOf(node) >= height), limitMs);
  }

  /** Stands in for block sync: gives nodes that are behind the final blocks of the longest chain. */
  syncBlocks(): void {
    const longest =
      this.nodes.map(({ disk }) => disk.blocks).toSorted((a, b) => b.length - a.length)[0] ?? [];
    for (const node of this.nodes) {
      if (node.disk.blocks.length === longest.length) continue;
      node.consensus?.pause();
      node.disk.blocks.push(...longest.slice(node.disk.blocks.length));
      node.consensus?.resume();
    }
  }

  /** All chains agree as far as they go, and nobody stopped for safety. */
  check(): void {
    for (const node of this.nodes) {
      assert.deepEqual(node.fatal.map(String), [], `${node.id} stopped`);
      for (const [index, { block, commit }] of node.disk.blocks.entries()) {
        assert.equal(this.#verify(block, commit), true, `the commit of height ${index + 1} of ${node.id}`);
        const first = this.nodes[0]?.disk.blocks[index];
        if (first !== undefined)
          assert.equal(toHex(block.hash), toHex(first.block.hash), `height ${index + 1}`);
      }
    }
  }

  #verify(block: Block, commit: Commit): boolean {
    const { height } = block.header;
    const genesisHash = GENESIS_HASH;
    return verifyCommit(commit, { set: this.set, height, blockHash: block.hash, genesisHash, verifier }).ok;
  }

  /** The oracle: no validator says two things in one place, whoever carries the message. */
  #witness({ message }: Sent): void {
    if (message.kind === 'round-state') return;
    const isVote = message.kind === 'vote';
    const { body } = isVote ? message.vote : message.proposal;
    const who = isVote ? message.vote.validatorIndex : message.proposal.proposerIndex;
    const kind = isVote ? message.vote.body.kind : 'proposal';
    // A key without a node is in other hands: it may say anything.
    if (!this.nodes.some(({ index }) => index === who)) return;
    const place = `${who}:${kind}:${body.height}:${body.round}`;
    const content = body.blockHash === undefined ? 'nil' : toHex(body.blockHash);
    const before = this.#said.get(place) ?? content;
    assert.equal(content, before, `validator ${who} contradicted itself: ${place}`);
    this.#said.set(place, content);
  }

  #fetch(peer: string, ids: readonly string[]): Promise<readonly Transaction[]> {
    return new Promise((resolve, reject) => {
      this.time.after(this.network.latencyMs * 2, () => {
        const node = this.nodes.find(({ id }) => id === peer);
        if (node?.consensus === undefined) return reject(new Error('the peer is gone'));
        resolve(
          ids
            .map((id) => node.mempool.get(id) ?? node.consensus?.transaction(id))
            .filter((transaction) => transaction !== undefined),
        );
      });
    });
  }
}

function setOf(count: number): ValidatorSet {
  const validators = Array.from({ length: count }, (_, index): Validator => {
    const { publicKey } = testKey(index);
    const address = addressOfKey('ed25519', publicKey);
    return { address, publicKey, power: 10, operator: address, name: `v${index}` };
  });
  return { validators, totalPower: count * 10, hash: hash('validator-set', utf8(String(count))) };
}

/** A network of validators, all started. */
export async function worldOf(validators: number, seed = 1): Promise<World> {
  const world = new World({ validators, seed });
  await world.addAll();
  return world;
}

/** Finalises blocks of one transaction each on the nodes given. */
export async function grow(
  world: World,
  heights: number,
  nodes: readonly TestNode[],
  limitMs = 20_000,
): Promise<void> {
  for (let count = 0; count < heights; count++) {
    const next = Math.max(...nodes.map((node) => world.heightOf(node))) + 1;
    world.submit(`transaction ${next} ${count}`, nodes);
    assert.equal(await world.untilHeight(next, limitMs, nodes), true, `height ${next} was not finalised`);
  }
}

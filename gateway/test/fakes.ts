import { Readable } from 'node:stream';
import {
  addressOfKey,
  defineErrors,
  ed25519Key,
  err,
  hash,
  listProof,
  listRoot,
  ok,
  silentLogger,
  toHex,
  type CodedError,
  type Result,
} from '#kernel';
import type { Block, ChainTip, Commit, FinalisedBlock, FinalTransaction } from '#services/block';
import type { Account, AttestationRecord, BlockEvent, Receipt, ReceiptEvent } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import { DEFAULT_STAKING, type ValidatorSet } from '#services/validator';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import type { GatewayComponents, GenesisPort, PeerView } from '../ports.ts';
import { CONSENSUS_PARAMETERS, LEDGER_PARAMETERS } from './fake-parameters.ts';
import { FakeStake, validatorOfTest } from './fake-stake.ts';

export const fakeError = defineErrors('fake', {
  'nonce-too-low': { status: 409, action: 'reject', title: 'The nonce is used' },
  malformed: { status: 400, action: 'penalise', title: 'Not a transaction' },
  expired: { status: 410, action: 'ignore', title: 'Too late' },
  'height-not-retained': { status: 410, action: 'reject', title: 'Pruned' },
});

const genesisHash = hash('genesis', new Uint8Array(1));
export const KEY = ed25519Key(new Uint8Array(32).fill(7));
export const ALICE = addressOfKey('ed25519', KEY.publicKey);
export const BOB = new Uint8Array(20).fill(2);

/** A transaction of the test: one byte of seed makes the rest. */
export function makeTransaction(seed: number, to: Uint8Array = BOB): Transaction {
  const bytes = new Uint8Array(100);
  new DataView(bytes.buffer).setUint32(0, seed);
  bytes.set(to, 4);
  const id = hash('transaction', bytes);
  return {
    chainId: 'test-1',
    senderKeyType: 'ed25519',
    senderKey: KEY.publicKey,
    nonce: seed,
    gasLimit: 1000,
    gasPrice: 2n,
    validUntil: 1000,
    payload: { type: 'transfer', outputs: [{ to, amount: 5n }] },
    signature: new Uint8Array(64),
    bytes,
    senderId: toHex(ALICE),
    hash: id,
    id: toHex(id),
    sender: ALICE,
    digest: id,
  };
}

const TRANSFERRED: ReceiptEvent = { type: 'transfer', attributes: [{ key: 'amount', value: '5' }] };

function receiptOf(transaction: Transaction, events: ReadonlyMap<string, readonly ReceiptEvent[]>): Receipt {
  return {
    transactionHash: transaction.hash,
    status: 'finalized',
    code: '',
    gasUsed: 700,
    fee: 1400n,
    events: events.get(transaction.id) ?? [TRANSFERRED],
  };
}

const validators: ValidatorSet = {
  validators: [
    {
      address: addressOfKey('ed25519', new Uint8Array(32).fill(3)),
      publicKey: new Uint8Array(32).fill(3),
      power: 10,
      operator: ALICE,
      name: 'first',
    },
  ],
  totalPower: 10,
  hash: new Uint8Array(32).fill(8),
};

/** A node of the test: a chain in memory behind the ports of the gateway, and levers to move it. */
export class FakeNode {
  readonly blocks: { block: Block; commit: Commit; receipts: Receipt[] }[] = [];
  readonly pending = new Map<string, Transaction>();
  readonly accounts = new Map<string, Account>([[toHex(ALICE), { balance: 10n ** 30n, nonce: 4 }]]);
  readonly attested: AttestationRecord[] = [];
  readonly sources: string[] = [];
  readonly stake = new FakeStake();
  /** Events of receipts that are not those of a transfer, by transaction. */
  readonly receiptEvents = new Map<string, readonly ReceiptEvent[]>();
  /** What blocks do by themselves, by height: set before the block is final. */
  readonly ownEvents = new Map<number, readonly BlockEvent[]>();
  peerList: PeerView[] = [];
  isSyncing = false;
  /** Latencies of precommits by epoch, of whichever validator. */
  readonly latencies = new Map<number, { meanMs: number; precommits: number }>();
  reasons: string[] = [];
  genesisTimeMs = 1_700_000_000_000;
  /** Reads of the block store. */
  reads = 0;
  validate: (bytes: Uint8Array) => Promise<object> = async (bytes) => ({ valid: false, bytes: bytes.length });
  submitDelay: Promise<void> = Promise.resolve();
  #held: ReturnType<GatewayComponents['ledger']['tip']> | undefined;
  readonly #finalised = new Set<(event: FinalisedBlock) => void>();
  readonly #dropped = new Set<(transaction: Transaction, error: CodedError) => void>();
  readonly #consensus = new Set<(event: object) => void>();

  constructor() {
    const first = { name: 'first', key: 3, stake: 10n ** 25n, power: 10, status: 'active' } as const;
    this.stake.registered.push(validatorOfTest(ALICE, first));
  }

  get height(): number {
    return this.blocks.length;
  }

  get listeners(): number {
    return this.#finalised.size + this.#dropped.size + this.#consensus.size;
  }

  tip(): ChainTip {
    const last = this.blocks.at(-1);
    return {
      height: this.height,
      blockHash: last?.block.hash ?? genesisHash,
      blockTimeMs: last?.block.header.timeMs ?? this.genesisTimeMs,
      commit: last?.commit,
      validators,
      rotation: { priorities: [0] },
      stateRoot: hash('state-node', Uint8Array.of(this.height)),
      parameters: LEDGER_PARAMETERS,
      consensus: CONSENSUS_PARAMETERS,
    };
  }

  /** Makes a block of the transactions final. */
  finalise(...transactions: Transaction[]): Block {
    const height = this.height + 1;
    const blockHash = hash('header', Uint8Array.of(height >> 8, height & 255));
    const zero = new Uint8Array(32);
    const block: Block = {
      hash: blockHash,
      header: {
        version: 1,
        chainId: 'test-1',
        height,
        timeMs: 1_700_000_000_000 + height,
        parentHash: this.tip().blockHash,
        proposer: new Uint8Array(20).fill(9),
        transactionRoot: listRoot(transactions.map((transaction) => transaction.hash)),
        evidenceRoot: listRoot([]),
        stateRoot: hash('state-node', Uint8Array.of(height - 1)),
        receiptRoot: zero,
        commitHash: zero,
        validatorSetHash: zero,
        nextValidatorSetHash: zero,
      },
      transactions,
      evidence: [],
      lastCommit: this.blocks.at(-1)?.commit,
    };
    const commit = { height, round: 0, blockHash, signatures: [new Uint8Array(64), undefined] };
    const receipts = transactions.map((transaction) => receiptOf(transaction, this.receiptEvents));
    this.blocks.push({ block, commit, receipts });
    for (const { id } of transactions) this.pending.delete(id);
    const execution = {
      height,
      stateRoot: zero,
      receipts,
      encodedReceipts: receipts.map(() => new Uint8Array(0)),
      receiptRoot: zero,
      gasUsed: 0,
      nextValidators: validators,
      nextRotation: { priorities: [0] },
      offences: [],
      events: this.ownEvents.get(height) ?? [],
      encodedEvents: [],
      changedAccounts: new Map<string, Account>(),
    };
    for (const listener of this.#finalised) listener({ block, commit, execution });
    return block;
  }

  drop(transaction: Transaction): void {
    this.pending.delete(transaction.id);
    const error = fakeError('expired', 'it was valid until 5 only');
    for (const listener of this.#dropped) listener(transaction, error);
  }

  consensusEvent(event: object): void {
    for (const listener of this.#consensus) listener(event);
  }

  #find(ref: number | Uint8Array) {
    return this.blocks.find(({ block }) =>
      typeof ref === 'number' ? block.header.height === ref : toHex(block.hash) === toHex(ref),
    );
  }

  components(overrides: Partial<GatewayComponents> = {}): GatewayComponents {
    return {
      identity: { chainId: 'test-1', genesisHash },
      version: '0.1.0',
      chain: this.#chain(),
      ledger: {
        tip: () => this.#ledgerTip(),
        stake: () => this.stake,
        account: async (address, height) => {
          if (height === 0) throw fakeError('height-not-retained', 'height 0 is pruned');
          return this.accounts.get(toHex(address));
        },
        prove: async (key, height = this.height) => ({
          height,
          stateRoot: hash('state-node', Uint8Array.of(height)),
          proof: { key, value: Uint8Array.of(1, 2), path: Uint8Array.of(3) },
        }),
        validators: async () => [
          {
            operator: ALICE,
            publicKey: new Uint8Array(32),
            stake: 10n ** 25n,
            status: 'active',
            name: 'first',
          },
        ],
        offences: async () => [],
        attestations: async (digest) => this.attested.filter((item) => toHex(item.digest) === toHex(digest)),
      },
      mempool: this.#mempool(),
      peers: {
        self: 'me',
        peers: () => this.peerList,
        onPeer: () => () => undefined,
      },
      consensus: {
        status: () => ({ height: this.height + 1, round: 0, step: 'propose', proposer: ALICE }),
        onEvent: (listener) => {
          this.#consensus.add(listener);
          return () => this.#consensus.delete(listener);
        },
      },
      genesis: genesisOf({ version: 1, chainId: 'test-1' }, { valid: true }),
      validateGenesis: (bytes) => this.validate(bytes),
      readiness: () => ({ ready: this.reasons.length === 0, reasons: this.reasons }),
      syncing: () => this.isSyncing,
      commitLatency: (_operator, epoch) => this.latencies.get(epoch),
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
      clock: systemClock,
      scheduler: systemScheduler,
      random: systemRandom,
      logger: silentLogger,
      publicExposure: false,
      ...overrides,
    };
  }

  #ledgerTip(): ReturnType<GatewayComponents['ledger']['tip']> {
    if (this.#held?.height === this.height) return this.#held;
    const { height, stateRoot, rotation, parameters, consensus } = this.tip();
    const receiptRoot = new Uint8Array(32);
    const staking = DEFAULT_STAKING;
    this.#held = { height, stateRoot, receiptRoot, validators, rotation, parameters, staking, consensus };
    return this.#held;
  }

  #mempool(): GatewayComponents['mempool'] {
    const { pending } = this;
    return {
      submit: async (encoded, source) => {
        this.sources.push(source);
        await this.submitDelay;
        return encoded.map((bytes): Result<Transaction> => {
          if (bytes.length !== 100) return err(fakeError('malformed', 'these bytes are not a transaction'));
          const view = new DataView(bytes.buffer, bytes.byteOffset);
          const transaction = makeTransaction(view.getUint32(0));
          if (transaction.nonce === 0) return err(fakeError('nonce-too-low', 'use nonce 4'));
          pending.set(transaction.id, transaction);
          return ok(transaction);
        });
      },
      lookup: (id) => pending.get(id),
      nextNonce: (sender) =>
        pending.size > 0 && toHex(sender) === toHex(ALICE) ? 4 + pending.size : undefined,
      get size() {
        return pending.size;
      },
      get bytes() {
        return pending.size * 100;
      },
      pending: (cursor, limit) => {
        const start = Number(cursor ?? 0);
        const items = [...pending.values()].slice(start, start + limit);
        return start + limit < pending.size ? { items, next: String(start + limit) } : { items };
      },
      onDropped: (listener) => {
        this.#dropped.add(listener);
        return () => this.#dropped.delete(listener);
      },
    };
  }

  #chain(): GatewayComponents['chain'] {
    const finals = (): FinalTransaction[] =>
      this.blocks.flatMap(({ block, receipts }) =>
        block.transactions.map((transaction, index) => ({
          transaction,
          height: block.header.height,
          index,
          receipt: receipts[index] as Receipt,
        })),
      );
    const summaryOf = ({ block }: { block: Block }) => ({
      hash: block.hash,
      header: block.header,
      transactionCount: block.transactions.length,
      transactionBytes: 0,
      gasUsed: 0,
    });
    return {
      tip: () => this.tip(),
      block: async (ref) => {
        this.reads++;
        return this.#find(ref)?.block;
      },
      commit: async (height) => this.#find(height)?.commit,
      header: async (ref) => this.#find(ref)?.block.header,
      blocks: async ({ cursor, limit }) => {
        const start = Number(cursor ?? 0);
        const items = this.blocks
          .toReversed()
          .slice(start, start + limit)
          .map(summaryOf);
        return start + limit < this.blocks.length ? { items, next: String(start + limit) } : { items };
      },
      validatorSet: async (height) => (height > 0 ? validators : undefined),
      transaction: async (id) => finals().find(({ transaction }) => transaction.id === toHex(id)),
      receipts: async (height) => this.#find(height)?.receipts,
      events: async (height) => this.ownEvents.get(height) ?? [],
      transactionsOf: async (address, { limit }) => ({
        items: finals()
          .filter(({ transaction }) => toHex(transaction.sender) === toHex(address))
          .slice(0, limit)
          .map((item) => Object.assign(item, { role: 'sender' as const })),
      }),
      evidence: async () => undefined,
      evidences: async () => ({ items: [] }),
      transactionProof: async (height, index) => {
        const found = this.#find(height);
        if (found === undefined) return undefined;
        const items = found.block.transactions.map((transaction) => transaction.hash);
        const root = listRoot(items);
        return { rootHeight: height, root, item: items[index] as Uint8Array, proof: listProof(items, index) };
      },
      receiptProof: async () => undefined,
      onFinalised: (listener) => {
        this.#finalised.add(listener);
        return () => this.#finalised.delete(listener);
      },
    };
  }
}

/** Transactions in the framing of a binary submission. */
export function framed(...transactions: readonly { readonly bytes: Uint8Array }[]): Buffer {
  return Buffer.concat(
    transactions.flatMap(({ bytes }) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** A genesis that is in memory. */
export function genesisOf(document: object, report: object, seal: object | null = null): GenesisPort {
  const bytes = Buffer.from(JSON.stringify(document));
  return { report, seal, bytes: bytes.length, stream: async () => Readable.from([bytes]) };
}

import { silentLogger, toHex, type CodedError, type SignatureVerifier } from '#kernel';
import {
  createMempool,
  type AccountReader,
  type Journal,
  type Mempool,
  type PoolLimits,
  type Transaction,
} from '../../index.ts';
import { addressOf, codeOf, IDENTITY, VERIFIER } from './samples.ts';

/** An account as the mempool sees it. */
export interface TestAccount {
  readonly balance: bigint;
  readonly nonce: number;
}

const FUNDED: TestAccount = { balance: 10n ** 18n, nonce: 0 };

/** The state of accounts, by the index of their key; those that nobody set have funds and sent nothing. */
export class TestAccounts implements AccountReader {
  readonly #byAddress = new Map<string, TestAccount>();
  reads = 0;

  set(index: number, account: Partial<TestAccount>): TestAccount {
    const full = { ...FUNDED, ...account };
    this.#byAddress.set(toHex(addressOf(index)), full);
    return full;
  }

  async accounts(addresses: readonly Uint8Array[]): Promise<TestAccount[]> {
    this.reads += addresses.length;
    return addresses.map((address) => this.#byAddress.get(toHex(address)) ?? FUNDED);
  }
}

/** A journal that ends with the process. */
export function memoryJournal(): Journal {
  let content: Uint8Array[] = [];
  return {
    append: async (encoded) => void content.push(...encoded),
    read: async () => [...content],
    rewrite: async (encoded) => void (content = [...encoded]),
    get bytes() {
      return content.reduce((sum, { length }) => sum + 4 + length, 0);
    },
    close: async () => {},
  };
}

export interface Drop {
  readonly transaction: Transaction;
  readonly code: string;
}

export class TestMempool {
  readonly accounts: TestAccounts;
  readonly mempool: Mempool;
  readonly dropped: Drop[] = [];
  readonly admitted: { ids: readonly string[]; source: string }[] = [];
  /** Times that it said that there is something for a block. */
  available = 0;
  /** Height of the last final block. */
  height = 0;

  constructor(
    options: {
      limits?: Partial<PoolLimits>;
      accounts?: TestAccounts;
      journal?: Journal;
      verifier?: Pick<SignatureVerifier, 'verifyBatch'>;
    } = {},
  ) {
    this.accounts = options.accounts ?? new TestAccounts();
    const limits = { maxTransactions: 1_000, maxBytes: 2 ** 20, maxPerAccount: 50, ...options.limits };
    this.mempool = createMempool(
      { identity: IDENTITY, limits },
      {
        accounts: this.accounts,
        rules: () => ({ height: this.height + 1, parameters: { minGasPrice: 1n, maxBlockGas: 10 ** 9 } }),
        verifier: options.verifier ?? VERIFIER,
        journal: options.journal ?? memoryJournal(),
        logger: silentLogger,
      },
    );
    this.mempool.onDropped((transaction, error: CodedError) =>
      this.dropped.push({ transaction, code: error.code }),
    );
    this.mempool.onAdmitted((transactions, source) =>
      this.admitted.push({ ids: transactions.map(({ id }) => id), source }),
    );
    this.mempool.onAvailable(() => {
      this.available++;
    });
  }

  /** Submits from a peer; returns a code for each, `ok` for those admitted. */
  async submit(...transactions: readonly Transaction[]): Promise<string[]> {
    return this.submitAs('peer', ...transactions);
  }

  async submitAs(source: string, ...transactions: readonly Transaction[]): Promise<string[]> {
    const results = await this.mempool.submit(
      transactions.map(({ bytes }) => bytes),
      source,
    );
    return results.map(codeOf);
  }

  /** A final block that leaves the accounts of the given indexes in new states. */
  finalise(
    included: readonly Transaction[],
    changes: Readonly<Record<number, Partial<TestAccount>>> = {},
  ): void {
    const changed = Object.entries(changes).map(([index, account]) => {
      return [toHex(addressOf(Number(index))), this.accounts.set(Number(index), account)] as const;
    });
    this.height++;
    this.mempool.finalised(this.height, included, new Map(changed));
  }

  /** What it would put into a block, as ids. */
  select(limits: { maxBytes?: number; maxGas?: number; maxCount?: number } = {}): Transaction[] {
    return this.mempool.select({ maxBytes: 2 ** 30, maxGas: 2 ** 40, maxCount: 10 ** 6, ...limits });
  }

  /** Every pending transaction in the order of the list, through pages of the given size. */
  pages(limit: number): Transaction[] {
    const items: Transaction[] = [];
    let cursor: string | undefined;
    do {
      const page = this.mempool.pending(cursor, limit);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined && items.length < 10_000);
    return items;
  }
}

export function idsOf(transactions: readonly Transaction[]): string[] {
  return transactions.map(({ id }) => id);
}

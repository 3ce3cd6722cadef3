import { fromHex, toHex } from '#kernel';
import type { GenesisState, Receipt } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import type { Machine } from '../node/machine.ts';
import type { MakeOracle } from './oracle.ts';
import { StakeModel } from './stake-model.ts';

interface ModelAccount {
  balance: bigint;
  nonce: number;
}

/** Gas by the protocol's definition: 1,000, and what each type costs beside. */
function gasOf({ payload }: Transaction): bigint {
  switch (payload.type) {
    case 'transfer':
      return 1_000n + 500n * BigInt(payload.outputs.length);
    case 'attest':
    case 'validator.edit':
    case 'rewards.withdraw':
      return 3_000n;
    case 'validator.unjail':
      return 2_000n;
    case 'stake.bond':
      return 4_000n;
    case 'validator.exit':
    case 'stake.unbond':
    case 'stake.cancel-unbond':
      return 5_000n;
    case 'stake.redelegate':
      return 7_000n;
    case 'validator.rotate-key':
      return 11_000n;
    case 'validator.register':
      return 51_000n;
  }
}

/** Replays all final transactions by a plain definition of the ledger. */
class Model {
  readonly accounts = new Map<string, ModelAccount>();
  readonly stake: StakeModel;
  readonly #attested = new Set<string>();

  constructor(genesis: GenesisState) {
    this.stake = new StakeModel(genesis, (id, amount) => (this.account(id).balance += amount));
  }

  /** Everything that there is. */
  get sum(): bigint {
    const { bonded, releases, pot } = this.stake;
    return [...this.accounts.values()].reduce(
      (sum, { balance }) => sum + balance,
      bonded + releases.total + pot,
    );
  }

  account(id: string): ModelAccount {
    const known = this.accounts.get(id) ?? { balance: 0n, nonce: 0 };
    this.accounts.set(id, known);
    return known;
  }

  /** @returns what is wrong with the transaction being in a block, or with its outcome */
  apply(transaction: Transaction, receipt: Receipt): string | undefined {
    const { senderId, nonce, gasPrice, payload, id } = transaction;
    const sender = this.account(senderId);
    const fee = gasOf(transaction) * gasPrice;
    if (sender.nonce !== nonce) return `${id} has nonce ${nonce}, its sender's next is ${sender.nonce}`;
    if (sender.balance < fee) return `the sender of ${id} cannot pay its fee`;
    sender.nonce += 1;
    sender.balance -= fee;
    this.stake.pot += fee;
    if (payload.type !== 'transfer' && payload.type !== 'attest')
      return this.stake.execute(transaction, receipt) ?? this.#debt();
    const hasFailed = receipt.status === 'failed';
    const succeeds = payload.type === 'transfer' ? this.#transfer(transaction) : this.#attest(transaction);
    if (succeeds !== hasFailed) return undefined;
    return `${id} ${hasFailed ? 'failed' : 'succeeded'} where it should not have`;
  }

  #debt(): string | undefined {
    if (this.stake.pot < 0n) return `rewards of ${-this.stake.pot} were paid that never came in`;
    for (const [id, { balance }] of this.accounts) if (balance < 0n) return `${id} has ${balance}`;
    return undefined;
  }

  #transfer({ senderId, payload }: Transaction): boolean {
    if (payload.type !== 'transfer') return false;
    const total = payload.outputs.reduce((sum, { amount }) => sum + amount, 0n);
    const sender = this.account(senderId);
    if (sender.balance < total) return false;
    sender.balance -= total;
    for (const { to, amount } of payload.outputs)
      this.account(Buffer.from(to).toString('hex')).balance += amount;
    return true;
  }

  #attest({ senderId, payload }: Transaction): boolean {
    if (payload.type !== 'attest') return false;
    const key = `${Buffer.from(payload.digest).toString('hex')} ${senderId}`;
    if (this.#attested.has(key)) return false;
    this.#attested.add(key);
    return true;
  }
}

/** Nothing is made or lost: the accounts of each node are those of a plain model, and the sum is the genesis's. */
export const supply: MakeOracle = (context) => {
  const model = new Model(context.genesis);
  for (const { address, balance } of context.genesis.accounts)
    model.account(toHex(address)).balance = balance;
  const initial = model.sum;
  let height = 0;
  return {
    id: 'supply',
    observe(event) {
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { block, receipts } = event;
      if (block.header.height !== height + 1) return undefined;
      height += 1;
      const begun = model.stake.begin(event);
      if (begun !== undefined) return `block ${height}: ${begun}`;
      for (const transaction of block.transactions) {
        const receipt = receipts.get(transaction.id);
        if (receipt === undefined) return `block ${height}: ${transaction.id} has no receipt`;
        const fault = model.apply(transaction, receipt);
        if (fault !== undefined) return `block ${height}: ${fault}`;
      }
      model.stake.end();
      const { minted, burnt } = model.stake;
      const off = model.sum + burnt - minted - initial;
      return off === 0n ? undefined : `after block ${height} the supply is off by ${off}`;
    },
    async finish() {
      for (const machine of context.machines) {
        if (machine.isByzantine || machine.height !== height) continue;
        const fault = await compare(machine, model);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
};

async function compare(machine: Machine, model: Model): Promise<string | undefined> {
  const ledger = machine.node?.ledger;
  if (ledger === undefined) return undefined;
  const ids = [...model.accounts.keys()];
  const found = await ledger.accounts(ids.map((id) => fromHex(id)));
  for (const [index, id] of ids.entries()) {
    const [expected, account] = [model.accounts.get(id), found[index]];
    if (expected?.balance === account?.balance && expected?.nonce === account?.nonce) continue;
    return `${machine.name} has ${account?.balance} and nonce ${account?.nonce} for ${id}, not ${expected?.balance} and ${expected?.nonce}`;
  }
  // The ledger refuses to state sums that do not agree with each other.
  const supply = await ledger.supply().catch(String);
  if (typeof supply === 'string') return `${machine.name} does not say its supply: ${supply}`;
  const { stake, unbonding, burnt, minted, feePool, rewards, communityPool } = supply;
  const { bonded, releases, pot, burnt: lost, minted: made } = model.stake;
  const sums = [
    ['bonded', stake, bonded],
    ['unbonding', unbonding, releases.total],
    ['in fees, rewards and the community pool', feePool + rewards + communityPool, pot],
    ['burnt', burnt, lost],
    ['minted', minted, made],
  ] as const;
  for (const [what, is, expected] of sums)
    if (is !== expected) return `${machine.name} has ${is} ${what}, not ${expected}`;
  return undefined;
}

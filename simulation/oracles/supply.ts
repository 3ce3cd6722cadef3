import { fromHex } from '#kernel';
import type { Transaction } from '#services/transaction';
import { SIMULATION_BALANCE, simulationAccounts, SIMULATION_STAKE } from '../run/genesis.ts';
import type { Machine } from '../node/machine.ts';
import type { MakeOracle } from './oracle.ts';

interface ModelAccount {
  balance: bigint;
  nonce: number;
}

/** Gas by the protocol's definition: 1,000, and 500 an output or 2,000 an attestation. */
function gasOf({ payload }: Transaction): bigint {
  return payload.type === 'transfer' ? 1_000n + 500n * BigInt(payload.outputs.length) : 3_000n;
}

/** Replays all final transactions by a plain definition of the ledger. */
class Model {
  readonly accounts = new Map<string, ModelAccount>();
  readonly #attested = new Set<string>();
  fees = 0n;

  account(id: string): ModelAccount {
    const known = this.accounts.get(id) ?? { balance: 0n, nonce: 0 };
    this.accounts.set(id, known);
    return known;
  }

  /** @returns what is wrong with the transaction being in a block, or with its outcome */
  apply(transaction: Transaction, hasFailed: boolean): string | undefined {
    const { senderId, nonce, gasPrice, payload, id } = transaction;
    const sender = this.account(senderId);
    const fee = gasOf(transaction) * gasPrice;
    if (sender.nonce !== nonce) return `${id} has nonce ${nonce}, its sender's next is ${sender.nonce}`;
    if (sender.balance < fee) return `the sender of ${id} cannot pay its fee`;
    sender.nonce += 1;
    sender.balance -= fee;
    this.fees += fee;
    const succeeds = payload.type === 'transfer' ? this.#transfer(transaction) : this.#attest(transaction);
    if (succeeds !== hasFailed) return undefined;
    return `${id} ${hasFailed ? 'failed' : 'succeeded'} where it should not have`;
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
  const model = new Model();
  for (const { id } of simulationAccounts()) model.account(id).balance = SIMULATION_BALANCE;
  const initial = SIMULATION_BALANCE * BigInt(model.accounts.size);
  const stake = context.validators.reduce((sum, { power }) => sum + BigInt(power) * SIMULATION_STAKE, 0n);
  let height = 0;
  return {
    id: 'supply',
    observe(event) {
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { block, failed } = event;
      if (block.header.height !== height + 1) return undefined;
      height += 1;
      for (const transaction of block.transactions) {
        const fault = model.apply(transaction, failed.has(transaction.id));
        if (fault !== undefined) return `block ${height}: ${fault}`;
      }
      let sum = model.fees;
      for (const { balance } of model.accounts.values()) sum += balance;
      return sum === initial ? undefined : `after block ${height} the supply is off by ${sum - initial}`;
    },
    async finish() {
      for (const machine of context.machines) {
        if (machine.isByzantine || machine.height !== height) continue;
        const fault = await compare(machine, model, initial + stake);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
};

async function compare(machine: Machine, model: Model, total: bigint): Promise<string | undefined> {
  const ledger = machine.node?.ledger;
  if (ledger === undefined) return undefined;
  const ids = [...model.accounts.keys()];
  const found = await ledger.accounts(ids.map((id) => fromHex(id)));
  for (const [index, id] of ids.entries()) {
    const [expected, account] = [model.accounts.get(id), found[index]];
    if (expected?.balance === account?.balance && expected?.nonce === account?.nonce) continue;
    return `${machine.name} has ${account?.balance} and nonce ${account?.nonce} for ${id}, not ${expected?.balance} and ${expected?.nonce}`;
  }
  const { total: there, burnt, feePool, rewards, communityPool } = await ledger.supply();
  // Fees go from the pool to those who signed, who do not withdraw here; slashing burns stake.
  const fees = feePool + rewards + communityPool;
  if (there + burnt === total && fees === model.fees) return undefined;
  return `${machine.name} has a supply of ${there} and burnt ${burnt}, with fees ${fees}, not ${total} with ${model.fees}`;
}

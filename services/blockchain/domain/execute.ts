import { AMOUNT_MAX, formatAddress, invariant, toHex, type Amount } from '#kernel';
import { gasOf, type Transaction } from '#services/transaction';
import { executeOperation, type EconomyParameters, type StakeView } from '#services/validator';
import { blockchainError } from '../errors.ts';
import { stateKey } from './state-keys.ts';
import type { Account, ExecutionInput, Receipt, ReceiptEvent } from './types.ts';
import { attestationRecord } from './values.ts';

/** The state that a block's transactions read, all of it at hand, and write. */
export class ExecutionView {
  /** By address in hex; every account that the block can touch. */
  readonly #accounts: Map<string, Account>;
  /** Keys in hex of attestations that exist, among those that the block could make. */
  readonly #attestations: Set<string>;
  readonly #atHand: ReadonlySet<string>;
  readonly changed = new Map<string, { readonly address: Uint8Array; readonly account: Account }>();
  readonly recorded: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];
  fees = 0n;

  /** @param atHand ids of the accounts that were brought to hand, whether they exist or not */
  constructor(accounts: Map<string, Account>, attestations: Set<string>, atHand: ReadonlySet<string>) {
    this.#accounts = accounts;
    this.#attestations = attestations;
    this.#atHand = atHand;
  }

  account(id: string): Account {
    // The text is made when it is needed: this is asked several times a transaction.
    if (!this.#atHand.has(id)) invariant(false, `the account ${id} was brought to hand`);
    return this.#accounts.get(id) ?? { balance: 0n, nonce: 0 };
  }

  setAccount(id: string, address: Uint8Array, account: Account): void {
    this.#accounts.set(id, account);
    this.changed.set(id, { address, account });
  }

  /** Records an attestation; false when the account has attested the digest before. */
  attest(key: Uint8Array, value: Uint8Array): boolean {
    const id = toHex(key);
    if (this.#attestations.has(id)) return false;
    this.#attestations.add(id);
    this.recorded.push({ key, value });
    return true;
  }
}

/** What operations of the validator context are carried out with. */
export interface StakeExecution {
  readonly view: StakeView;
  readonly parameters: EconomyParameters;
}

/**
 * Executes one transaction. A transaction that a block may not hold at all is refused; one that may and fails
 * pays its fee and changes nothing else.
 *
 * @throws `blockchain.nonce-mismatch`, `blockchain.fee-not-covered`, `blockchain.out-of-gas`
 */
export function executeTransaction(
  view: ExecutionView,
  stake: StakeExecution,
  transaction: Transaction,
  input: ExecutionInput,
): Receipt {
  const { senderId: id } = transaction;
  const gasUsed = gasOf(transaction.payload, transaction.senderKeyType);
  const fee = BigInt(gasUsed) * transaction.gasPrice;
  const sender = includable(view.account(id), transaction, gasUsed);
  view.setAccount(id, transaction.sender, { balance: sender.balance - fee, nonce: sender.nonce + 1 });
  view.fees += fee;
  const outcome = outcomeOf(view, stake, transaction, input);
  return { transactionHash: transaction.hash, gasUsed, fee, ...outcome };
}

function outcomeOf(
  view: ExecutionView,
  stake: StakeExecution,
  transaction: Transaction,
  input: ExecutionInput,
): Outcome {
  const { payload, sender, senderId } = transaction;
  if (payload.type === 'transfer') return transfer(view, transaction, senderId, payload.outputs);
  if (payload.type === 'attest') return attest(view, transaction, payload, input);
  const context = { view: stake.view, parameters: stake.parameters, place: input, sender };
  const error = executeOperation(context, payload);
  if (error !== undefined) return { status: 'failed', code: error.code, events: [] };
  return { status: 'finalized', code: '', events: stake.view.takeEvents() };
}

type Outcome = Pick<Receipt, 'status' | 'code' | 'events'>;

function includable(account: Account, transaction: Transaction, gasUsed: number): Account {
  const { nonce, gasLimit, gasPrice } = transaction;
  if (nonce !== account.nonce) {
    throw blockchainError(
      'nonce-mismatch',
      `transaction ${transaction.id} has the nonce ${nonce}; the account's next is ${account.nonce}`,
      {
        hash: transaction.id,
        nonce,
        next: account.nonce,
      },
    );
  }
  if (gasLimit < gasUsed) {
    throw blockchainError(
      'out-of-gas',
      `transaction ${transaction.id} uses ${gasUsed} gas, its limit is ${gasLimit}`,
      { hash: transaction.id },
    );
  }
  if (account.balance < BigInt(gasLimit) * gasPrice) {
    throw blockchainError(
      'fee-not-covered',
      `the sender of ${transaction.id} cannot pay the fee that it offers`,
      { hash: transaction.id },
    );
  }
  return account;
}

function failed(code: string): Outcome {
  return { status: 'failed', code: `blockchain.${code}`, events: [] };
}

function transfer(
  view: ExecutionView,
  { sender }: Transaction,
  senderId: string,
  outputs: readonly { readonly to: Uint8Array; readonly amount: Amount }[],
): Outcome {
  const total = outputs.reduce((sum, { amount }) => sum + amount, 0n);
  const from = view.account(senderId);
  if (from.balance < total) return failed('insufficient-balance');
  // All or none: the new balances are worked out before any is set.
  const balances = new Map<string, { readonly address: Uint8Array; readonly account: Account }>();
  balances.set(senderId, { address: sender, account: { ...from, balance: from.balance - total } });
  const events: ReceiptEvent[] = [];
  for (const { to, amount } of outputs) {
    const id = toHex(to);
    const { account } = balances.get(id) ?? { account: view.account(id) };
    const balance = account.balance + amount;
    if (balance > AMOUNT_MAX) return failed('balance-overflow');
    balances.set(id, { address: to, account: { ...account, balance } });
    events.push({
      type: 'transfer',
      attributes: [
        { key: 'from', value: formatAddress(sender) },
        { key: 'to', value: formatAddress(to) },
        { key: 'amount', value: amount.toString() },
      ],
    });
  }
  for (const [id, { address, account }] of balances) view.setAccount(id, address, account);
  return { status: 'finalized', code: '', events };
}

function attest(
  view: ExecutionView,
  { sender }: Transaction,
  { digest, label }: { readonly digest: Uint8Array; readonly label: string },
  { height, timeMs }: ExecutionInput,
): Outcome {
  const value = attestationRecord.encode({ label, height, timeMs });
  if (!view.attest(stateKey.attestation(digest, sender), value)) return failed('attestation-exists');
  const attributes = [
    { key: 'digest', value: toHex(digest) },
    { key: 'account', value: formatAddress(sender) },
    { key: 'label', value: label },
  ];
  return { status: 'finalized', code: '', events: [{ type: 'attestation.recorded', attributes }] };
}

/** What left the accounts is somewhere else, and what came to them was: nothing is made or lost on the way. */
export function checkConservation(
  before: ReadonlyMap<string, Account>,
  view: ExecutionView,
  elsewhere: Amount,
): void {
  let difference = elsewhere;
  for (const [id, { account }] of view.changed)
    difference += account.balance - (before.get(id)?.balance ?? 0n);
  invariant(difference === 0n, `a block conserves the supply (it is off by ${difference})`);
}

import { ADDRESS_BYTES, addressOfKey, deriveSeed, formatAddress, fromHex } from '#kernel';
import { nativeEd25519Key, systemRandom } from '#runtime';
import { gasOf, signTransaction, type Transaction, type TransactionPayload } from '#services/transaction';
import type { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';

/** Heights for which the transfers stay valid: longer than any load lasts. */
const VALID_HEIGHTS = 50_000;
const REQUESTS_AT_ONCE = 16;
const RECEIVERS = 1_000;
/** Between two looks at whether somebody wants to hear of the progress. */
const SIGNED_PER_STEP = 1_000;

interface NodeStatus {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly height: number;
}

export interface SignLoadOptions {
  readonly api: ApiClient;
  /** Seed that the paying accounts derive from. */
  readonly seed: Uint8Array;
  readonly accounts: number;
  readonly count: number;
  readonly onProgress: (text: string) => void;
}

/**
 * Signs `count` transfers of one base unit, round robin over the accounts, in the order in which they are to be
 * submitted.
 *
 * @throws `cli.usage` when the accounts cannot pay
 */
export async function signLoad(options: SignLoadOptions): Promise<Transaction[]> {
  const { api, seed, accounts, count, onProgress } = options;
  const status = await api.get<NodeStatus>('/status');
  const identity = { chainId: status.chainId, genesisHash: fromHex(status.genesisHash, 32) };
  const keys = Array.from({ length: Math.min(accounts, count) }, (_, index) =>
    nativeEd25519Key(deriveSeed(seed, index)),
  );
  onProgress(`reading ${keys.length} accounts`);
  const addresses = keys.map(({ publicKey }) => formatAddress(addressOfKey('ed25519', publicKey)));
  const nonces = await nextNonces(api, addresses);
  const gasPrice = await lowestGasPrice(api, addresses[0] as string);
  // Accounts that nobody holds the key of.
  const receivers = Array.from({ length: RECEIVERS }, () => systemRandom.bytes(ADDRESS_BYTES));
  const signed: Transaction[] = [];
  for (let index = 0; index < count; index++) {
    const account = index % keys.length;
    const key = keys[account] as (typeof keys)[number];
    const payload: TransactionPayload = {
      type: 'transfer',
      outputs: [{ to: receivers[index % RECEIVERS] as Uint8Array, amount: 1n }],
    };
    const body = {
      chainId: identity.chainId,
      senderKeyType: key.type,
      senderKey: key.publicKey,
      nonce: (nonces[account] as number) + Math.floor(index / keys.length),
      gasLimit: gasOf(payload, key.type),
      gasPrice,
      validUntil: status.height + VALID_HEIGHTS,
      payload,
    };
    signed.push(signTransaction(body, key, identity));
    if (index % SIGNED_PER_STEP === 0) onProgress(`signed ${index} of ${count} transfers`);
  }
  return signed;
}

async function nextNonces(api: ApiClient, addresses: readonly string[]): Promise<number[]> {
  const nonces: number[] = [];
  for (let start = 0; start < addresses.length; start += REQUESTS_AT_ONCE) {
    const some = addresses.slice(start, start + REQUESTS_AT_ONCE);
    const accounts = await Promise.all(
      some.map((address) => api.get<{ balance: string; nonce: number }>(`/accounts/${address}`)),
    );
    for (const [index, { balance, nonce }] of accounts.entries()) {
      if (BigInt(balance) === 0n) {
        throw cliError(
          'usage',
          `the paying account ${some[index]} has no balance on this chain; give the key file of funded accounts with --accounts`,
        );
      }
      nonces.push(nonce);
    }
  }
  return nonces;
}

async function lowestGasPrice(api: ApiClient, sender: string): Promise<bigint> {
  const payload = { type: 'transfer', outputs: [{ to: sender, amount: '1' }] };
  const { gasPrice } = await api.post<{ gasPrice: string }>(
    '/transactions/estimate',
    'application/json',
    JSON.stringify({ sender, payload }),
  );
  return BigInt(gasPrice);
}

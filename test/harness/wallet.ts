import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOfKey, deriveSeed, formatAddress, fromHex, parseAddress, type SigningKey } from '#kernel';
import { decryptKey, parseKeyFile } from '#kernel/keystore';
import { nativeEd25519Key } from '#runtime';
import { gasOf, signTransaction, type ChainIdentity, type Transaction } from '#services/transaction';
import type { TestNetwork } from './network.ts';

/** An account whose key the test holds. */
export interface Wallet {
  readonly address: string;
  readonly key: SigningKey;
}

/** The account of a name in the home of a network. */
export async function openWallet(home: string, name: string): Promise<Wallet> {
  return walletOf(nativeEd25519Key(await openSeed(home, name)));
}

/** The first `count` paying accounts of the load generator. */
export async function openLoadWallets(home: string, count: number): Promise<Wallet[]> {
  const seed = await openSeed(home, 'load');
  return Array.from({ length: count }, (_, index) => walletOf(nativeEd25519Key(deriveSeed(seed, index))));
}

export function walletOf(key: SigningKey): Wallet {
  return { key, address: formatAddress(addressOfKey(key.type, key.publicKey)) };
}

async function openSeed(home: string, name: string): Promise<Uint8Array> {
  const file = parseKeyFile(await readFile(join(home, 'accounts', `${name}.json`), 'utf8'));
  return decryptKey(file, (await readFile(join(home, 'password'), 'utf8')).trim());
}

export async function identityOf(network: TestNetwork): Promise<ChainIdentity> {
  const { chainId, genesisHash } = await network.status();
  return { chainId, genesisHash: fromHex(genesisHash, 32) };
}

export interface TransferFields {
  readonly to: string;
  readonly amount?: bigint;
  readonly nonce: number;
  readonly validUntil: number;
  readonly gasPrice?: bigint;
  readonly gasLimit?: number;
}

/** A signed transfer of one output. */
export function signTransfer(identity: ChainIdentity, from: Wallet, fields: TransferFields): Transaction {
  const { to, amount = 1n, nonce, validUntil, gasPrice = 1n } = fields;
  const payload = { type: 'transfer' as const, outputs: [{ to: parseAddress(to), amount }] };
  const body = {
    chainId: identity.chainId,
    senderKeyType: from.key.type,
    senderKey: from.key.publicKey,
    nonce,
    gasLimit: fields.gasLimit ?? gasOf(payload, from.key.type),
    gasPrice,
    validUntil,
    payload,
  };
  return signTransaction(body, from.key, identity);
}

/** Each after its length as a 32-bit big-endian integer: the body of a binary submission. */
export function framed(...encoded: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = encoded.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

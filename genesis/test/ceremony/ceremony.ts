import { formatAddress, utf8, type SigningKey } from '#kernel';
import {
  addAccounts,
  createDraft,
  makeDeclaration,
  type DeclarationFile,
  type GenesisDocument,
  type NamedFile,
} from '../../index.ts';
import { GENESIS_TIME_MS, keyOf, operatorKeyOf, operatorOf, type Loose } from '../fixtures/documents.ts';

export const CHAIN_ID = 'founders-1';
const BALANCE = 100_000_000n;

/** A draft in which the first `count` operators have an account each. */
export function draftFor(count: number): GenesisDocument {
  const entries = Array.from({ length: count }, (_, index) => ({
    address: formatAddress(operatorOf(index)),
    balance: BALANCE.toString(),
    where: `account ${index}`,
  }));
  return addAccounts(createDraft({ chainId: CHAIN_ID, timeMs: GENESIS_TIME_MS }), entries);
}

/** The declaration of founder `index`, with other terms and keys where given. */
export function declarationOf(
  index: number,
  {
    stake = '50000000',
    chainId = CHAIN_ID,
    consensusKey = keyOf(index),
  }: { stake?: string; chainId?: string; consensusKey?: SigningKey } = {},
): DeclarationFile {
  return makeDeclaration(
    { operatorKey: operatorKeyOf(index), consensusKey },
    {
      stake,
      commission: { rate: 500, maxRate: 1000, maxDailyChange: 100 },
      identity: { name: `Founder ${index}`, contact: `ops@founder-${index}.example` },
    },
    chainId,
  );
}

/** A file of any content; objects as JSON. */
export function fileOf(name: string, content: Loose): NamedFile {
  return { name, bytes: content instanceof Uint8Array ? content : utf8(JSON.stringify(content)) };
}

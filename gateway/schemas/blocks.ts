import { Type, type Static } from 'typebox';
import { Address, Amount, Count, Cursor, Flag, Hash, Height, Hex, page, strict, Time } from './common.ts';
import { LIMITS } from '../limits.ts';
import { StakePayloadsJson } from './stake-payloads.ts';

export const HeaderJson = Type.Object({
  version: Count,
  chainId: Type.String(),
  height: Height,
  time: Time,
  parentHash: Hash,
  proposer: Address,
  transactionRoot: Hash,
  evidenceRoot: Hash,
  stateRoot: Hash,
  receiptRoot: Hash,
  commitHash: Hash,
  validatorSetHash: Hash,
  nextValidatorSetHash: Hash,
});
export type HeaderJson = Static<typeof HeaderJson>;

export const CommitJson = Type.Object({
  height: Height,
  round: Count,
  blockHash: Hash,
  signatures: Type.Array(Type.Union([Hex, Type.Null()]), {
    description: 'precommit signatures by validator index; null where there is none',
  }),
});
export type CommitJson = Static<typeof CommitJson>;

/** A final header with the signatures that make it so: what a proof ends in. */
export const SignedHeaderJson = Type.Object({ header: HeaderJson, blockHash: Hash, commit: CommitJson });
export type SignedHeaderJson = Static<typeof SignedHeaderJson>;

/** What a state key holds, or that it holds nothing, down to the signatures. */
export const StateProofJson = Type.Object({
  key: Hex,
  value: Type.Optional(Hex),
  path: Hex,
  stateRoot: Hash,
  stateHeight: Height,
  ...SignedHeaderJson.properties,
});

/** A final header with all that a light client needs to verify it. */
export const LightBlockJson = Type.Object({
  ...SignedHeaderJson.properties,
  validators: Type.Array(Type.Object({ publicKey: Hash, power: Count }), {
    description: 'the set of the height, in its order: largest power first, then by address',
  }),
});

export const BlockSummaryJson = Type.Object({
  height: Height,
  hash: Hash,
  time: Time,
  proposer: Address,
  transactions: Type.Integer({ description: 'number of transactions' }),
  bytes: Type.Integer({ description: 'bytes of the transactions' }),
  gasUsed: Count,
});
export type BlockSummaryJson = Static<typeof BlockSummaryJson>;

export const BlockJson = Type.Object({
  height: Height,
  hash: Hash,
  header: HeaderJson,
  transactions: Type.Array(Hash, { description: 'hashes, in order' }),
  evidence: Type.Array(Hash, { description: 'hashes of its evidence, in order' }),
  lastCommit: Type.Union([CommitJson, Type.Null()], { description: 'commit of the block before' }),
});
export type BlockJson = Static<typeof BlockJson>;

export const BlockPage = page(BlockSummaryJson);

export const BlockParams = strict({
  ref: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'a height, a block hash, or `latest`',
  }),
});
export const BlockTransactionsQuery = strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.blockTransactionsPageMax })),
  cursor: Type.Optional(Cursor),
});

export const EventJson = Type.Object({
  type: Type.String(),
  attributes: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
});

export const OutputJson = strict({ to: Address, amount: Amount });
export const TransferJson = strict({
  type: Type.Literal('transfer'),
  outputs: Type.Array(OutputJson, { minItems: 1, maxItems: 256 }),
});
export const AttestJson = strict({
  type: Type.Literal('attest'),
  digest: Hash,
  label: Type.String({ minLength: 1, maxLength: 64 }),
});
export const KeyTypeJson = Type.Union([Type.Literal('ed25519'), Type.Literal('secp256k1')], {
  description: 'type of the key that signs',
});
const DecimalText = Type.String({ description: 'a whole number below 2^53 as decimal text' });

export const PayloadJson = Type.Union([TransferJson, AttestJson, ...StakePayloadsJson]);
export type PayloadJson = Static<typeof PayloadJson>;

export const SignedTransactionJson = Type.Object(
  {
    chainId: Type.String(),
    senderKeyType: KeyTypeJson,
    senderKey: Type.String({
      pattern: '^([0-9a-f]{64}|0[23][0-9a-f]{64})$',
      description: 'hexadecimal: 32 bytes of ed25519, or a compressed point of secp256k1 in 33 bytes',
    }),
    nonce: DecimalText,
    gasLimit: DecimalText,
    gasPrice: Amount,
    validUntil: DecimalText,
    payload: Type.Object({}, { additionalProperties: true }),
    signature: Type.String({
      pattern: '^[0-9a-f]{128}$',
      description:
        'hexadecimal: of ed25519 by RFC 8032, of secp256k1 r and s in 32 bytes each, s the lower one',
    }),
  },
  { description: 'a signed transaction: what POST /transactions takes as JSON' },
);

export const FinalTransactionJson = Type.Object({
  hash: Hash,
  status: Type.Union([Type.Literal('pending'), Type.Literal('finalized'), Type.Literal('failed')]),
  height: Type.Optional(Height),
  index: Type.Optional(Type.Integer({ description: 'place in the block, from 0' })),
  code: Type.Optional(Type.String({ description: 'why it failed; empty when it did not' })),
  gasUsed: Type.Optional(Count),
  fee: Type.Optional(Amount),
  events: Type.Optional(Type.Array(EventJson)),
  role: Type.Optional(Type.String({ description: 'in the list of an account: sender, receiver or both' })),
  sender: Address,
  transaction: SignedTransactionJson,
  proof: Type.Optional(Type.Object({}, { additionalProperties: true })),
});
export type FinalTransactionJson = Static<typeof FinalTransactionJson>;
export const FinalTransactionPage = page(FinalTransactionJson);

export const TransactionParams = strict({ hash: Hash });
export const TransactionQuery = strict({
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.waitMsMax,
      description: 'milliseconds to wait for finality before answering',
    }),
  ),
  proof: Flag,
});

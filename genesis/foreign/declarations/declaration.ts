import type { ForeignKey } from '../keys.ts';
import type { Obstacle } from './form-reader.ts';

/** A text member and where it stands. */
export interface Placed<Value> {
  readonly path: string;
  readonly value: Value;
}

/** What a genesis transaction declares: a `MsgCreateValidator` of any generation, with gaps. */
export interface CreateValidator {
  readonly path: string;
  readonly description: Readonly<Record<DescriptionMember, Placed<string> | undefined>>;
  /** In units of 10^-18. */
  readonly commission: Readonly<Record<CommissionMember, Placed<bigint> | undefined>>;
  readonly minSelfDelegation: Placed<bigint> | undefined;
  readonly delegator: Placed<string> | undefined;
  readonly operator: Placed<string> | undefined;
  readonly consensusKey: Placed<ForeignKey> | undefined;
  readonly delegation: Placed<{ readonly denom: string; readonly amount: bigint }> | undefined;
}

export const DESCRIPTION_MEMBERS = ['moniker', 'identity', 'website', 'security_contact', 'details'] as const;
export type DescriptionMember = (typeof DESCRIPTION_MEMBERS)[number];
export const COMMISSION_MEMBERS = ['rate', 'max_rate', 'max_change_rate'] as const;
export type CommissionMember = (typeof COMMISSION_MEMBERS)[number];

/** A signature of a key over bytes that are made when they are asked for: one of several forms may be the right one. */
export interface SignaturePart {
  readonly path: string;
  readonly key: ForeignKey;
  readonly signature: SignatureTree;
  /** Candidates for what was signed. */
  readonly signBytes: readonly Uint8Array[];
}

/** Signatures as the keys nest: one of a single key, or those of a multisignature by position of the key. */
export type SignatureTree = Uint8Array | { readonly byKey: ReadonlyMap<number, SignatureTree> };

/** A genesis transaction of either form. */
export interface Declaration {
  readonly path: string;
  /** The declared validator; undefined when the transaction holds no such message. */
  readonly message: CreateValidator | undefined;
  readonly memo: Placed<string> | undefined;
  /** What is signed and by which key; undefined when there is no signature that can be read. */
  readonly signed: SignaturePart | undefined;
  readonly signerKey: Placed<ForeignKey> | undefined;
  readonly isFaulty: boolean;
  readonly obstacles: readonly Obstacle[];
}

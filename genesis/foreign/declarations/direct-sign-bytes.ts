import { PubKey as Ed25519PubKey } from 'cosmjs-types/cosmos/crypto/ed25519/keys';
import { LegacyAminoPubKey } from 'cosmjs-types/cosmos/crypto/multisig/keys';
import { MsgCreateValidator } from 'cosmjs-types/cosmos/staking/v1beta1/tx';
import { AuthInfo, ModeInfo, SignDoc, TxBody } from 'cosmjs-types/cosmos/tx/v1beta1/tx';
import type { Any } from 'cosmjs-types/google/protobuf/any';
import type { Timestamp } from 'cosmjs-types/google/protobuf/timestamp';
import type { ForeignKey } from '../keys.ts';
import type { CreateValidator } from './declaration.ts';
import { signModeNumber, type ModeTree } from './mode-info.ts';

interface Coin {
  readonly denom: string;
  readonly amount: bigint;
}

/** What a genesis transaction in protobuf-JSON holds, read. */
export interface TransactionParts {
  readonly message: CreateValidator;
  readonly memo: string;
  readonly timeoutHeight: bigint;
  readonly unordered: boolean;
  readonly timeoutTimestamp: Timestamp | undefined;
  readonly auth: {
    readonly key: ForeignKey | undefined;
    readonly mode: ModeTree | undefined;
    readonly sequence: bigint;
    readonly fee: {
      readonly amount: readonly Coin[];
      readonly gasLimit: bigint;
      readonly payer: string;
      readonly granter: string;
    };
    readonly tip: { readonly amount: readonly Coin[]; readonly tipper: string } | undefined;
  };
}

/**
 * What is signed in SIGN_MODE_DIRECT: the deterministic encoding (ADR-027) of body and signer data, put together
 * again from their JSON, with chain id and account number 0.
 *
 * @see https://docs.cosmos.network/main/architecture/adr-027-deterministic-protobuf-serialization
 */
export function directSignBytes(parts: TransactionParts, chainId: string): Uint8Array {
  const { memo, timeoutHeight, unordered, timeoutTimestamp } = parts;
  const bodyBytes = TxBody.encode(
    TxBody.fromPartial({
      messages: [encodeMessage(parts.message)],
      memo,
      timeoutHeight,
      unordered,
      ...(timeoutTimestamp !== undefined && { timeoutTimestamp }),
    }),
  ).finish();
  return SignDoc.encode({
    bodyBytes,
    authInfoBytes: encodeAuth(parts.auth),
    chainId,
    accountNumber: 0n,
  }).finish();
}

/** An `sdk.Dec` goes over the wire as the text of its integer, in units of 10^-18. */
function encodeMessage(message: CreateValidator): Any {
  const { description, commission, delegation, consensusKey } = message;
  const rate = (name: keyof typeof commission): string => (commission[name]?.value ?? 0n).toString();
  const pubkey = consensusKey && encodeKey(consensusKey.value);
  const value = MsgCreateValidator.encode(
    MsgCreateValidator.fromPartial({
      description: {
        moniker: description.moniker?.value ?? '',
        identity: description.identity?.value ?? '',
        website: description.website?.value ?? '',
        securityContact: description.security_contact?.value ?? '',
        details: description.details?.value ?? '',
      },
      commission: { rate: rate('rate'), maxRate: rate('max_rate'), maxChangeRate: rate('max_change_rate') },
      minSelfDelegation: (message.minSelfDelegation?.value ?? 0n).toString(),
      delegatorAddress: message.delegator?.value ?? '',
      validatorAddress: message.operator?.value ?? '',
      ...(pubkey !== undefined && { pubkey }),
      value: {
        denom: delegation?.value.denom ?? '',
        amount: (delegation?.value.amount ?? 0n).toString(),
      },
    }),
  ).finish();
  return { typeUrl: MsgCreateValidator.typeUrl, value };
}

function encodeAuth({ key, mode, sequence, fee, tip }: TransactionParts['auth']): Uint8Array {
  const publicKey = key && encodeKey(key);
  const text = ({ denom, amount }: Coin) => ({ denom, amount: amount.toString() });
  return AuthInfo.encode(
    AuthInfo.fromPartial({
      signerInfos: [
        {
          ...(publicKey !== undefined && { publicKey }),
          ...(mode !== undefined && { modeInfo: encodeMode(mode) }),
          sequence,
        },
      ],
      fee: { ...fee, amount: fee.amount.map(text) },
      ...(tip !== undefined && { tip: { amount: tip.amount.map(text), tipper: tip.tipper } }),
    }),
  ).finish();
}

function encodeMode(mode: ModeTree): ModeInfo {
  if (mode.kind === 'single') return ModeInfo.fromPartial({ single: { mode: signModeNumber(mode.mode) } });
  return ModeInfo.fromPartial({ multi: { bitarray: mode.bits, modeInfos: mode.modes.map(encodeMode) } });
}

const TYPE_URLS = {
  ed25519: '/cosmos.crypto.ed25519.PubKey',
  secp256k1: '/cosmos.crypto.secp256k1.PubKey',
} as const;

/** Keys of one part have the same encoding, whatever their type. */
function encodeKey(key: ForeignKey): Any | undefined {
  if (key.kind === 'unknown') return undefined;
  if (key.kind !== 'multisig') {
    const value = Ed25519PubKey.encode({ key: key.bytes }).finish();
    return { typeUrl: key.kind === 'ethsecp256k1' ? key.type : TYPE_URLS[key.kind], value };
  }
  const publicKeys = key.keys.map((member) => encodeKey(member)).filter((member) => member !== undefined);
  return {
    typeUrl: LegacyAminoPubKey.typeUrl,
    value: LegacyAminoPubKey.encode({ threshold: key.threshold, publicKeys }).finish(),
  };
}

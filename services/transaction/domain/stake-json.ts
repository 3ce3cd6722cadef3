import {
  SIGNATURE_BYTES,
  formatAddress,
  fromHex,
  parseAddress,
  parseAmount,
  toHex,
  unreachable,
} from '#kernel';
import { basisPoints, integer, object, text } from './json-members.ts';
import type { StakePayload, ValidatorIdentity } from './stake-payloads.ts';

const IDENTITY = ['website', 'contact', 'description', 'location'] as const;

/** JSON form of a payload: amounts and times as decimal text, addresses as bech32m, basis points as numbers. */
export function stakePayloadToJson(payload: StakePayload): object {
  const { type } = payload;
  switch (type) {
    case 'validator.register':
      return {
        type,
        consensusKey: toHex(payload.publicKey),
        proofOfPossession: toHex(payload.proof),
        identity: identityToJson(payload.identity),
        commission: { ...payload.commission },
        minSelfStake: payload.minSelfStake.toString(),
        stake: payload.stake.toString(),
      };
    case 'validator.edit': {
      const { identity, commissionRate, minSelfStake } = payload;
      return {
        type,
        ...(identity === undefined ? {} : { identity: identityToJson(identity) }),
        ...(commissionRate === undefined ? {} : { commissionRate }),
        ...(minSelfStake === undefined ? {} : { minSelfStake: minSelfStake.toString() }),
      };
    }
    case 'validator.unjail':
    case 'validator.exit':
      return { type };
    case 'validator.rotate-key':
      return { type, consensusKey: toHex(payload.publicKey), proofOfPossession: toHex(payload.proof) };
    case 'stake.bond':
    case 'stake.unbond':
      return { type, validator: formatAddress(payload.validator), amount: payload.amount.toString() };
    case 'stake.redelegate':
      return {
        type,
        source: formatAddress(payload.source),
        destination: formatAddress(payload.destination),
        amount: payload.amount.toString(),
      };
    case 'stake.cancel-unbond':
      return {
        type,
        validator: formatAddress(payload.validator),
        endMs: payload.endMs.toString(),
        amount: payload.amount.toString(),
      };
    case 'rewards.withdraw':
      return { type, validator: formatAddress(payload.validator) };
    default:
      return unreachable(payload);
  }
}

/** @throws `transaction.malformed-json`, and what the members' own forms throw */
export function stakePayloadFromJson(type: StakePayload['type'], value: unknown): StakePayload {
  const members = (names: readonly string[], optional: readonly string[] = []) =>
    object(value, 'the payload', ['type', ...names], optional);
  switch (type) {
    case 'validator.register':
      return registerFromJson(
        members(['consensusKey', 'proofOfPossession', 'identity', 'commission', 'minSelfStake', 'stake']),
      );
    case 'validator.edit': {
      const given = members([], ['identity', 'commissionRate', 'minSelfStake']);
      const has = (name: string): boolean => Object.hasOwn(given, name);
      return {
        type,
        ...(has('identity') ? { identity: identityFromJson(given['identity']) } : {}),
        ...(has('commissionRate') ? { commissionRate: basisPoints(given, 'commissionRate') } : {}),
        ...(has('minSelfStake') ? { minSelfStake: parseAmount(text(given, 'minSelfStake')) } : {}),
      };
    }
    case 'validator.unjail':
    case 'validator.exit':
      members([]);
      return { type };
    case 'validator.rotate-key':
      return { type, ...keyFromJson(members(['consensusKey', 'proofOfPossession'])) };
    case 'stake.bond':
    case 'stake.unbond': {
      const given = members(['validator', 'amount']);
      return {
        type,
        validator: parseAddress(text(given, 'validator')),
        amount: parseAmount(text(given, 'amount')),
      };
    }
    case 'stake.redelegate': {
      const given = members(['source', 'destination', 'amount']);
      const [source, destination] = ['source', 'destination'].map((name) => parseAddress(text(given, name)));
      return {
        type,
        source: source as Uint8Array,
        destination: destination as Uint8Array,
        amount: parseAmount(text(given, 'amount')),
      };
    }
    case 'stake.cancel-unbond': {
      const given = members(['validator', 'endMs', 'amount']);
      return {
        type,
        validator: parseAddress(text(given, 'validator')),
        endMs: integer(given, 'endMs'),
        amount: parseAmount(text(given, 'amount')),
      };
    }
    case 'rewards.withdraw':
      return { type, validator: parseAddress(text(members(['validator']), 'validator')) };
    default:
      return unreachable(type);
  }
}

function registerFromJson(members: Record<string, unknown>): StakePayload {
  const commission = object(members['commission'], 'the commission', ['rate', 'maxRate', 'maxDailyChange']);
  return {
    type: 'validator.register',
    ...keyFromJson(members),
    identity: identityFromJson(members['identity']),
    commission: {
      rate: basisPoints(commission, 'rate'),
      maxRate: basisPoints(commission, 'maxRate'),
      maxDailyChange: basisPoints(commission, 'maxDailyChange'),
    },
    minSelfStake: parseAmount(text(members, 'minSelfStake')),
    stake: parseAmount(text(members, 'stake')),
  };
}

function keyFromJson(members: Record<string, unknown>): { publicKey: Uint8Array; proof: Uint8Array } {
  return {
    publicKey: fromHex(text(members, 'consensusKey'), 32),
    proof: fromHex(text(members, 'proofOfPossession'), SIGNATURE_BYTES),
  };
}

/** What is empty is left out. */
function identityToJson(identity: ValidatorIdentity): object {
  const others = IDENTITY.filter((name) => identity[name] !== '').map(
    (name) => [name, identity[name]] as const,
  );
  return { name: identity.name, ...Object.fromEntries(others) };
}

function identityFromJson(value: unknown): ValidatorIdentity {
  const members = object(value, 'the identity', ['name'], IDENTITY);
  const optional = (name: string): string => (Object.hasOwn(members, name) ? text(members, name) : '');
  return {
    name: text(members, 'name'),
    website: optional('website'),
    contact: optional('contact'),
    description: optional('description'),
    location: optional('location'),
  };
}

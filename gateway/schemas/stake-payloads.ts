import { Type } from 'typebox';
import { Address, Amount, Hash, strict } from './common.ts';

const BasisPoints = Type.Integer({ minimum: 0, maximum: 10_000, description: 'basis points' });
/** The operator names a validator. */
const Operator = Address;
const Text = Type.Optional(Type.String({ maxLength: 512 }));
const IdentityJson = strict({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  website: Text,
  contact: Text,
  description: Text,
  location: Text,
});
const keyMembers = {
  consensusKey: Hash,
  proofOfPossession: Type.String({
    pattern: '^[0-9a-f]{128}$',
    description: 'signature of the consensus key over the chain and the operator, hexadecimal',
  }),
};
const TimeText = Type.String({
  pattern: '^(0|[1-9][0-9]{0,15})$',
  description: 'Unix milliseconds as decimal text',
});

/** The payloads of the validator context, as JSON; what they say is checked with the transaction. */
export const StakePayloadsJson = [
  strict({
    type: Type.Literal('validator.register'),
    ...keyMembers,
    identity: IdentityJson,
    commission: strict({ rate: BasisPoints, maxRate: BasisPoints, maxDailyChange: BasisPoints }),
    minSelfStake: Amount,
    stake: Amount,
  }),
  strict({
    type: Type.Literal('validator.edit'),
    identity: Type.Optional(IdentityJson),
    commissionRate: Type.Optional(BasisPoints),
    minSelfStake: Type.Optional(Amount),
  }),
  strict({ type: Type.Literal('validator.unjail') }),
  strict({ type: Type.Literal('validator.exit') }),
  strict({ type: Type.Literal('validator.rotate-key'), ...keyMembers }),
  strict({ type: Type.Literal('stake.bond'), validator: Operator, amount: Amount }),
  strict({ type: Type.Literal('stake.unbond'), validator: Operator, amount: Amount }),
  strict({
    type: Type.Literal('stake.redelegate'),
    source: Operator,
    destination: Operator,
    amount: Amount,
  }),
  strict({
    type: Type.Literal('stake.cancel-unbond'),
    validator: Operator,
    endMs: TimeText,
    amount: Amount,
  }),
  strict({ type: Type.Literal('rewards.withdraw'), validator: Operator }),
] as const;

import { Type, type Static } from 'typebox';
import { Address, Count, Hash, Height, Hex, page, Time } from './common.ts';

const Kind = Type.String({ description: 'duplicate-vote, duplicate-proposal or light-client-attack' });
const Block = Type.Integer({ description: 'height of the block that holds the evidence' });
const OffenceTime = Type.String({ description: 'time of the block before the height; RFC 3339, UTC' });

export const EvidenceJson = Type.Object({
  hash: Hash,
  kind: Kind,
  height: Type.Integer({ description: 'the height whose validators are accountable' }),
  time: OffenceTime,
  block: Block,
  index: Type.Integer({ description: 'place in the block, from 0' }),
  validators: Type.Array(Type.Object({ address: Address, power: Count }), {
    description: 'who is accountable, with the voting power at the height',
  }),
  proof: Type.Object({}, { additionalProperties: true, description: 'the signed messages, by kind' }),
  bytes: Hex,
});
export type EvidenceJson = Static<typeof EvidenceJson>;
export const EvidencePage = page(EvidenceJson);

const OffenceJson = Type.Object({
  kind: Kind,
  height: Height,
  time: Time,
  power: Type.Integer({ description: 'voting power of the validator at the height' }),
  evidence: Hash,
  block: Block,
});
export type OffenceJson = Static<typeof OffenceJson>;
export const OffencePage = Type.Object({ address: Address, ...page(OffenceJson).properties });

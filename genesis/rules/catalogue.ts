import { CEREMONY_RULES } from './ceremony-rules.ts';
import { FOREIGN_RULES } from './foreign-rules.ts';
import { OWN_RULES } from './own-rules.ts';

/** Every rule by its id. An id is never given another meaning; `docs/reference/genesis-rules.md` is made from this table. */
export const RULES = { ...OWN_RULES, ...CEREMONY_RULES, ...FOREIGN_RULES } as const;

export type RuleId = keyof typeof RULES;

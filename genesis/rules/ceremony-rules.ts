import { rule, type Rule } from './rule.ts';

/** Rules of the files that founders send each other: declarations and approvals. */
export const CEREMONY_RULES = {
  'ceremony.file-kind': rule(
    'error',
    'The file is not of the kind that is expected',
    'Have it made anew with node0 genesis declare or node0 genesis approve.',
  ),
  'ceremony.chain': rule(
    'error',
    'The file was made for another chain',
    'Have it made anew for this chain id.',
  ),
  'ceremony.other-hash': rule(
    'error',
    'The approval is of another genesis',
    'Compare the two documents with node0 genesis diff; approve only what all hold.',
  ),
  'ceremony.unknown-validator': rule(
    'error',
    'The approval is of nobody that the genesis declares',
    'Only validators of the genesis approve it.',
  ),
  'ceremony.approval-signature': rule(
    'error',
    'The approval is not signed by the validator’s consensus key',
    'The validator approves anew.',
  ),
  'ceremony.approved-twice': rule(
    'warning',
    'A validator’s approval stands twice',
    'Remove one: it counts once.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;

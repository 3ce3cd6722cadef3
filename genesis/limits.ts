/** Bounds of genesis documents. A text of this many bytes fits a string of the engine, which holds 2^29 - 24 characters. */
export const DOCUMENT_BYTES_MAX = 256 * 2 ** 20;
/** Names and values of a document: what is parsed takes memory by their number, not by the length of the text. */
export const DOCUMENT_VALUES_MAX = 16_000_000;
/** Nesting of JSON values. */
export const DOCUMENT_DEPTH_MAX = 64;
/** Findings of one rule that a report lists; the others are counted. */
export const FINDINGS_PER_RULE_MAX = 200;
/** Characters of a finding's path that are shown: names in a hostile document have any length. */
export const POINTER_LENGTH_MAX = 1_024;
export const NAME_BYTES_MAX = 128;
export const TEXT_BYTES_MAX = 512;
/** Of the approvals of as many validators as the ledger holds. */
export const SEAL_BYTES_MAX = 4 * 2 ** 20;

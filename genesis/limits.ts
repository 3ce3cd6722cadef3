/** Bounds of genesis documents. */
export const DOCUMENT_BYTES_MAX = 256 * 2 ** 20;
/** Nesting of JSON values. */
export const DOCUMENT_DEPTH_MAX = 64;
/** Findings of one rule that a report lists; the others are counted. */
export const FINDINGS_PER_RULE_MAX = 200;
export const NAME_BYTES_MAX = 128;
export const TEXT_BYTES_MAX = 512;

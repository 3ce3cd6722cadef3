import { fromHex } from '#kernel';

const ff = (first: string, last: string): string => first + 'ff'.repeat(30) + last;

/**
 * The 14 encodings of the 8 points of small order: 8 canonical, 6 not. Any pair (A, R) of them with S = 0 is a
 * valid ZIP-215 signature over any message.
 *
 * @see https://zips.z.cash/zip-0215
 */
export const SMALL_ORDER_ENCODINGS: readonly Uint8Array[] = [
  `01${'00'.repeat(31)}`,
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  ff('ec', '7f'),
  `01${'00'.repeat(30)}80`,
  ff('ec', 'ff'),
  ff('ee', '7f'),
  ff('ee', 'ff'),
  ff('ed', '7f'),
  ff('ed', 'ff'),
].map((text) => fromHex(text, 32));

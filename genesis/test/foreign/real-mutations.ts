import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf, judge, type Loose } from '../fixtures/documents.ts';
import { leavesOf, mutate, mutation, newFindings, valueAt, type Mutation, type Place } from './mutations.ts';

/** The same changes each time; MUTATION_SEED chooses others. */
const SEED = Number(process.env['MUTATION_SEED'] ?? 1);

const TRANSACTION = /^\/app_state\/(gentxs|genutil\/gen_txs)\/\d+/;

/** What the change of a leaf must lead to. */
type Expectation =
  /** A finding at this place or inside it. */
  | { readonly kind: 'told'; readonly place?: RegExp }
  /** Nothing but another hash: only founders know whether it is right. */
  | { readonly kind: 'hash' };

const TOLD: Expectation = { kind: 'told' };

/** Whole numbers, decimals and durations that rules know, by the end of their path. */
const NUMBERS = new RegExp(
  `/(${[
    'sequence_number|account_number|sequence|start_time|end_time|exponent',
    'max_bytes|max_gas|max_age|max_age_num_blocks|max_age_duration|app_version|initial_height|index',
    'not_bonded_tokens|bonded_tokens|unbonding_time|max_validators|max_entries|historical_entries|last_total_power',
    'inflation|annual_provisions|inflation_rate_change|inflation_max|inflation_min|goal_bonded|blocks_per_year',
    'community_tax|base_proposer_reward|bonus_proposer_reward|starting_proposal_id|max_deposit_period|voting_period',
    'quorum|threshold|veto|veto_threshold|max_evidence_age|signed_blocks_window|min_signed_per_window',
    'downtime_jail_duration|slash_fraction_double_sign|slash_fraction_downtime|min_commission_rate',
    'max_memo_characters|tx_sig_limit|tx_size_cost_per_byte|sig_verify_cost_ed25519|sig_verify_cost_secp256k1',
    'amount',
  ].join('|')})$`,
);

/**
 * What must follow from the change of one leaf: everything that a signature, a checksum, a key's address or a sum
 * covers is told with its place, and so is every impossible number and time.
 */
function expectationOf(path: string, before: unknown, after: unknown): Expectation {
  const transaction = TRANSACTION.exec(path);
  if (transaction !== null) {
    // Generations of the SDK differ in whether a tip is there; without one they mean the same.
    if (path.endsWith('/tip') && after === undefined) return { kind: 'hash' };
    // No fee is signed as an empty list, however it is written.
    if (path.endsWith('/fee/amount') && isNothing(before) && isNothing(after)) return { kind: 'hash' };
    return { kind: 'told', place: new RegExp(`^${transaction[0]}(/|$)`) };
  }
  if (path === '/chain_id') return { kind: 'told', place: TRANSACTION };
  if (path.endsWith('/address')) {
    // An account more or less may be meant; one that transactions or supplies need is told elsewhere.
    return { kind: 'told', place: /address$|\/app_state\// };
  }
  if (/\/(accounts|balances)\/\d+\/coins\//.test(path) || path.includes('/supply/')) return TOLD;
  if (path === '/genesis_time')
    return isTime(after) ? { kind: 'hash' } : { kind: 'told', place: /^\/genesis_time$/ };
  if (NUMBERS.test(path) && isImpossible(path, before, after)) return TOLD;
  return { kind: 'hash' };
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

function isTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(value);
  if (match === null) return false;
  const time = new Date(`${match[1]}Z`);
  return (
    !Number.isNaN(time.getTime()) &&
    time.toISOString().startsWith(match[1] as string) &&
    time.getTime() > 86_400_000
  );
}

/** What no member with a number can hold. Of the rest, rules know more. */
function isImpossible(path: string, before: unknown, after: unknown): boolean {
  // Left out, most members have a default.
  if (after === undefined || after === null) return false;
  if (typeof after === 'object' || typeof after === 'boolean') return true;
  const text = typeof after === 'string' ? after : JSON.stringify(after);
  if (!/^-?\d+(\.\d+)?s?$/.test(text)) return true;
  const isNegative = text.startsWith('-') && Number.parseFloat(text) < 0;
  return isNegative && !/max_gas|max_bytes/.test(path) && typeof before !== 'object';
}

/** Makes each mutation of a real document, and asserts what must follow. */
export async function assertMutations(document: Loose, numRuns: number): Promise<void> {
  const before = await judge(document);
  assert.ok(before.valid);
  const leaves = leavesOf(document);
  const [inside, outside] = [
    leaves.filter((place) => TRANSACTION.test(`/${place.join('/')}`)),
    leaves.filter((place) => !TRANSACTION.test(`/${place.join('/')}`)),
  ];
  // Parameters are few beside accounts: each group is drawn from alike.
  const isAccount = (place: Place): boolean => /accounts|balances/.test(place.join('/'));
  const groups = [inside, outside.filter(isAccount), outside.filter((place) => !isAccount(place))];
  const place = fc.oneof(...groups.map((group) => fc.constantFrom(...group)));
  await fc.assert(
    fc.asyncProperty(place, mutation, async (where, how) => {
      await assertMutation({ document, before, leaves }, where, how);
    }),
    { numRuns, seed: SEED },
  );
}

async function assertMutation(
  {
    document,
    before,
    leaves,
  }: { document: Loose; before: Awaited<ReturnType<typeof judge>>; leaves: Place[] },
  place: Place,
  how: Mutation,
): Promise<void> {
  const path = `/${place.join('/')}`;
  const old = valueAt(document, place);
  const undo = mutate(document, place, leaves, how);
  if (undo === undefined) return;
  const now = valueAt(document, place.slice(0, -1))[place.at(-1) as string];
  const after = await judge(bytesOf(document)).finally(undo);
  const says = `${path}: ${JSON.stringify(old)} to ${JSON.stringify(now)}`;
  assert.notEqual(after.genesisHash, before.genesisHash, `${says} keeps the hash`);
  const expected = expectationOf(path, old, now);
  if (expected.kind === 'hash') return;
  const told = newFindings(before, after);
  const { place: where } = expected;
  assert.ok(
    told.some((finding) => where === undefined || where.test(finding.path)),
    `${says} is not told; found ${JSON.stringify(told)}`,
  );
}

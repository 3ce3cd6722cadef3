import { COSTS, FRAME_BYTES, onTheWire, slowStartRoundTrips } from '../costs.ts';
import { REGIONS, ROUND_TRIP_MS } from '../regions.ts';
import { committeeFailure, committeeSize } from './hypergeometric.ts';
import { medianFinality } from './latency.ts';

/** Bytes of consensus messages in their encoding: a vote, and what a proposal has beside its parts by number. */
export const VOTE_BYTES = 118;
export const PROPOSAL_BYTES = 494;
const SIGNATURE_BYTES = 64;
const TRANSACTION_ID_BYTES = 32;

/**
 * BLS12-381 with small keys: signatures of 96 bytes, keys of 48 (draft-irtf-cfrg-bls-signature-05, section 4.2).
 * Times are those of blspy 2.0.2, which is blst, on an Intel i9-13900K (the published benchmark of Chia's
 * bls-signatures of 30 June 2023: verification 0.7605 ms, aggregation 0.00122 ms a signature), taken twice for a
 * virtual machine's thread.
 */
const BLS = { signatureBytes: 96, verifyMs: 2 * 0.7605, aggregateMs: 2 * 0.00122 };

/** Children of a relay, and relays that a validator hears each message from. */
const FAN_OUT = 45;
const PARENTS = 3;
/** Byzantine share that committees are drawn for, and how often one may be bad: once in 2^40 heights. */
const BYZANTINE_SHARE = 0.25;
const FAILURE_MAX = 2 ** -40;

export interface Estimate {
  readonly design: string;
  /** Validators that vote on a height. */
  readonly voters: number;
  /** Milliseconds from the start of a height to its finality at the median validator. */
  readonly finalityMs: number;
  /** Bytes up for a height: of a validator on average, and of the one that sends most. */
  readonly bytesUp: number;
  readonly bytesUpMost: number;
  /** Milliseconds of a validator's thread for a height, on average and of the busiest. */
  readonly cpuMs: number;
  readonly cpuMsMost: number;
  /** Bytes of the commit that the next block holds. */
  readonly commitBytes: number;
}

export interface EstimateInit {
  readonly validators: number;
  readonly megabits: number;
  readonly transactions: number;
}

interface Spread {
  /** Beside the way between the regions. */
  readonly ms: number;
  readonly bytesUp: number;
  readonly bytesUpMost: number;
  readonly cpuMs: number;
  readonly cpuMsMost: number;
}

/** Sync of the log and of the guard's record before a vote, and of the block at the end. */
const VOTE_SYNC_MS = 2 * COSTS.syncMs;
const LOCAL_HOP_MS = (ROUND_TRIP_MS[0]?.[0] ?? 0) / 2;
const MEAN_ROUND_TRIP_MS = ROUND_TRIP_MS.flat().reduce((sum, ms) => sum + ms, 0) / REGIONS.length ** 2;

/** Today's way and what each change makes of it, by the costs, links and regions of the simulation. */
export function estimateDesigns(init: EstimateInit): Estimate[] {
  const { validators } = init;
  const committee = committeeSize(validators, Math.floor(validators * BYZANTINE_SHARE), FAILURE_MAX);
  const plain = (voters: number): number => voters * SIGNATURE_BYTES + Math.ceil(voters / 8);
  const aggregate = (voters: number): number => BLS.signatureBytes + Math.ceil(voters / 8);
  return [
    combine('today: everybody to everybody', init, {
      voters: validators,
      commitBytes: plain(validators),
      spread: meshSpread,
      votes: meshVotes(validators, init),
    }),
    combine('relay trees for the proposal', init, {
      voters: validators,
      commitBytes: plain(validators),
      spread: treeSpread,
      votes: meshVotes(validators, init),
    }),
    combine('aggregate signatures in the commit, and trees', init, {
      voters: validators,
      commitBytes: aggregate(validators),
      spread: treeSpread,
      votes: treeVotes(validators, init),
    }),
    combine(`committees of ${committee}, and trees`, init, {
      voters: committee,
      commitBytes: plain(committee),
      spread: treeSpread,
      votes: shared(meshVotes(committee, init), committee / validators),
    }),
    combine(`committees of ${committee}, aggregates, and trees`, init, {
      voters: committee,
      commitBytes: aggregate(committee),
      spread: treeSpread,
      votes: shared(treeVotes(committee, init), committee / validators),
    }),
  ];
}

/** How likely a committee drawn from `validators` is bad, for several sizes and shares of Byzantine validators. */
export function committeeTable(validators: number): { size: number; share: number; failure: number }[] {
  return [100, 301, 502, 802, 1_000, 1_300, 2_002, 3_001]
    .filter((size) => size < validators)
    .flatMap((size) =>
      [0.2, BYZANTINE_SHARE, 0.3].map((share) => {
        const failure = committeeFailure(validators, Math.floor(validators * share), size);
        return { size, share, failure };
      }),
    );
}

interface Parts {
  readonly voters: number;
  readonly commitBytes: number;
  readonly spread: (init: EstimateInit, bytes: number, commitMs: number) => Spread;
  /** One of the two phases of votes. */
  readonly votes: Spread;
}

function combine(design: string, init: EstimateInit, parts: Parts): Estimate {
  const { voters, commitBytes, votes } = parts;
  const bytes = PROPOSAL_BYTES + commitBytes + init.transactions * TRANSACTION_ID_BYTES;
  const isPlain = commitBytes > voters * SIGNATURE_BYTES;
  // A proposer's commit differs from the own one: all of its signatures are checked, or the aggregate.
  const checkMs = isPlain ? voters * COSTS.verifyMs : BLS.verifyMs + voters * BLS.aggregateMs;
  const readMs = isPlain ? voters * COSTS.readProposalMsPerValidator : 1;
  const executeMs = init.transactions * (COSTS.executeMs + COSTS.blockMs);
  const spread = parts.spread(init, bytes, readMs);
  const proposalMs = spread.ms + readMs + checkMs + executeMs / 2 + VOTE_SYNC_MS;
  const phases = { proposal: proposalMs, prevotes: votes.ms + VOTE_SYNC_MS, precommits: votes.ms };
  const finalMs = executeMs / 2 + COSTS.syncMs;
  const admitMs = init.transactions * COSTS.admitMs;
  const workMs = readMs + checkMs + executeMs + admitMs;
  return {
    design,
    voters,
    finalityMs: medianFinality(phases) + finalMs,
    bytesUp: spread.bytesUp + 2 * votes.bytesUp,
    bytesUpMost: spread.bytesUpMost + 2 * votes.bytesUpMost,
    cpuMs: spread.cpuMs + 2 * votes.cpuMs + workMs,
    cpuMsMost: spread.cpuMsMost + 2 * votes.cpuMsMost + workMs,
    commitBytes,
  };
}

/** The proposer sends to all others; the median peer waits for half of them. */
function meshSpread(init: EstimateInit, bytes: number): Spread {
  const others = init.validators - 1;
  const { segments, bytes: wire } = onTheWire(bytes + FRAME_BYTES);
  const pieceMs = COSTS.pieceMs + bytes * COSTS.byteMs;
  const sendMs = Math.max(others * pieceMs, linkMs(others * wire, init.megabits));
  return {
    ms: sendMs / 2 + slowStartRoundTrips(segments) * MEAN_ROUND_TRIP_MS,
    bytesUp: (others * wire) / init.validators,
    bytesUpMost: others * wire,
    cpuMs: 2 * pieceMs,
    cpuMsMost: others * pieceMs,
  };
}

/**
 * The proposer sends to a few relays in each region, these to their children, and so on. A relay reads what it
 * passes on; each validator hears it from several parents.
 */
function treeSpread(init: EstimateInit, bytes: number, readMs: number): Spread {
  const { bytes: wire, segments } = onTheWire(bytes + FRAME_BYTES);
  const pieceMs = COSTS.pieceMs + bytes * COSTS.byteMs;
  const hopMs = readMs + Math.max(FAN_OUT * pieceMs, linkMs(FAN_OUT * wire, init.megabits)) + LOCAL_HOP_MS;
  const depth = treeDepth(init.validators);
  const sent = FAN_OUT * PARENTS;
  return {
    ms: depth * hopMs + slowStartRoundTrips(segments) * MEAN_ROUND_TRIP_MS,
    bytesUp: PARENTS * wire,
    bytesUpMost: sent * wire,
    cpuMs: 2 * PARENTS * pieceMs,
    cpuMsMost: (sent + PARENTS) * pieceMs,
  };
}

/** Every voter to every voter. Two thirds of the votes end the phase; sending and taking share one thread. */
function meshVotes(voters: number, init: EstimateInit): Spread {
  const others = voters - 1;
  const { bytes: wire } = onTheWire(VOTE_BYTES + FRAME_BYTES);
  const takeMs = COSTS.pieceMs + COSTS.verifyMs + COSTS.takeVoteMs;
  const cpuMs = others * (COSTS.pieceMs + takeMs);
  return {
    ms: Math.max(others * (COSTS.pieceMs + (2 / 3) * takeMs), linkMs(others * wire, init.megabits)),
    bytesUp: others * wire,
    bytesUpMost: others * wire,
    cpuMs,
    cpuMsMost: cpuMs,
  };
}

/**
 * Votes go up a tree in each region as aggregates, between the heads of the regions, and down again: a relay
 * checks one aggregate a child, with the sum of its voters' keys.
 */
function treeVotes(voters: number, init: EstimateInit): Spread {
  const depth = treeDepth(voters);
  const { bytes: wire } = onTheWire(VOTE_BYTES + BLS.signatureBytes + Math.ceil(voters / 8) + FRAME_BYTES);
  const checkMs = COSTS.pieceMs + BLS.verifyMs + (voters / REGIONS.length / FAN_OUT) * BLS.aggregateMs;
  const upMs = depth * (FAN_OUT * checkMs + LOCAL_HOP_MS);
  const sendMs = Math.max(FAN_OUT * COSTS.pieceMs, linkMs(FAN_OUT * wire, init.megabits));
  const wholeMs = COSTS.pieceMs + BLS.verifyMs + voters * BLS.aggregateMs;
  return {
    ms: upMs + depth * (sendMs + LOCAL_HOP_MS) + wholeMs,
    bytesUp: 2 * PARENTS * wire,
    bytesUpMost: (FAN_OUT + 1) * PARENTS * wire,
    cpuMs: PARENTS * (checkMs + 2 * COSTS.pieceMs) + wholeMs,
    cpuMsMost: FAN_OUT * (PARENTS * COSTS.pieceMs + checkMs) + wholeMs,
  };
}

/** What only some validators do, on average over all. */
function shared(votes: Spread, share: number): Spread {
  return { ...votes, bytesUp: votes.bytesUp * share, cpuMs: votes.cpuMs * share };
}

/** Levels of relays below the head of a region. */
export function treeDepth(validators: number): number {
  return Math.max(1, Math.ceil(Math.log(validators / REGIONS.length) / Math.log(FAN_OUT)));
}

function linkMs(bytes: number, megabits: number): number {
  return (bytes * 8) / (megabits * 1_000);
}

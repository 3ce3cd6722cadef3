/** Rounds ahead of the own one whose votes are kept in full. */
export const ROUNDS_AHEAD_MAX = 4;

/** Values that may be proposed in one round: one from a correct proposer, more only with a third of the votes. */
export const PROPOSALS_PER_ROUND_MAX = 4;

/** Bytes of the largest consensus message: a proposal that names as many transactions as a block holds. */
export const MESSAGE_BYTES_MAX = 3 * 1024 * 1024;

/** Tallies that a round state may ask to be completed. */
export const WANTED_TALLIES_MAX = 8;

/** Messages that wait for the core: own ones are never refused. */
export const VOTE_QUEUE_MAX = 8192;
export const PROPOSAL_QUEUE_MAX = 64;
/** Bytes on the wire of the proposals that wait; decoded, each takes up to eleven times as much. */
export const PROPOSAL_QUEUE_BYTES_MAX = 16 * 1024 * 1024;

/** Messages of the next height that are kept until this one ends, in all and from one peer. */
export const EARLY_MESSAGES_MAX = 4096;
export const EARLY_MESSAGES_PER_PEER_MAX = 512;
/** Bytes on the wire of the proposals among them: nobody's signature on them is verified yet. One of the largest fits. */
export const EARLY_BYTES_MAX = 16 * 1024 * 1024;
export const EARLY_BYTES_PER_PEER_MAX = 4 * 1024 * 1024;

/** Votes and proposals handled before the event loop gets its turn. */
export const INPUTS_PER_TURN_MAX = 64;

/** Votes sent to one peer in answer to one round state. */
export const RELAY_VOTES_MAX = 512;

/** Messages younger than this are on their way already and not relayed. */
export const RELAY_GRACE_MS = 60;

/** Round states go out this often while a height is in progress, and while nothing is to be done. */
export const ROUND_STATE_INTERVAL_MS = 200;
export const ROUND_STATE_IDLE_INTERVAL_MS = 1_000;
/** Added to the interval for each peer, so that the exchange of a big network stays a small part of it. */
export const ROUND_STATE_INTERVAL_PER_PEER_MS = 4;

/** Answers to one peer's round states are this far apart at least. */
export const ROUND_STATE_ANSWER_INTERVAL_MS = 40;

/** Peers that send a proposal, on average, when one of theirs lacks it. */
export const PROPOSAL_RELAYS = 3;

/** One attempt to fetch the missing transactions of a proposal, and the pause before the next. */
export const FETCH_TIMEOUT_MS = 2_500;
export const FETCH_PAUSE_MS = 50;
export const FETCH_PAUSE_MS_MAX = 1_000;
/** Transactions asked for in one request. */
export const FETCH_TRANSACTIONS_MAX = 1_000;

/** A timeout grows by a delta a round up to this. */
export const TIMEOUT_MS_MAX = 60_000;

/** Growth of the message delay that a timely proposal may have, per round. */
export const MESSAGE_DELAY_GROWTH = 1.1;
export const MESSAGE_DELAY_MS_MAX = 60_000;

/** A log segment that is larger is closed when the next height begins. */
export const LOG_SEGMENT_BYTES = 4 * 1024 * 1024;
/** Largest record: a block with its framing. */
export const LOG_RECORD_BYTES_MAX = 256 * 1024 * 1024;

/** Transactions of a proposal at first, and the fewest that a slow network is brought down to. */
export const PACE_TRANSACTIONS_START = 500;
export const PACE_TRANSACTIONS_MIN = 100;
/** Pause after a block before the next is begun: so long for each transaction that it had, and at most so long. */
export const PACE_PAUSE_MS_PER_TRANSACTION = 3;
export const PACE_PAUSE_MS_MAX = 150;

/** Evidence that waits for a block: pieces, bytes, and pieces about one validator. */
export const EVIDENCE_POOL_MAX = 1_000;
export const EVIDENCE_POOL_BYTES_MAX = 8 * 1024 * 1024;
export const EVIDENCE_PER_VALIDATOR_MAX = 16;
/** Evidence of peers that nobody looked at yet, in pieces and bytes, in all and of one peer. */
export const EVIDENCE_QUEUE_MAX = 512;
export const EVIDENCE_QUEUE_PER_PEER_MAX = 64;
export const EVIDENCE_QUEUE_BYTES_MAX = 16 * 1024 * 1024;
export const EVIDENCE_QUEUE_BYTES_PER_PEER_MAX = 2 * 1024 * 1024;
/** Evidence of peers that cannot be checked yet: in all, of one peer, and how many heights ahead. */
export const EARLY_EVIDENCE_MAX = 128;
export const EARLY_EVIDENCE_PER_PEER_MAX = 16;
export const EARLY_EVIDENCE_HEIGHTS_MAX = 8;
/** Bytes of it encoded; decoded, it takes up to ten times as much. One of the largest fits. */
export const EARLY_EVIDENCE_BYTES_MAX = 4 * 1024 * 1024;
export const EARLY_EVIDENCE_BYTES_PER_PEER_MAX = 512 * 1024;
/** New evidence waits so long for company; what still waits for a block is offered again so often. */
export const EVIDENCE_GOSSIP_DELAY_MS = 20;
export const EVIDENCE_REPEAT_MS = 10_000;

/** A request to a signer, and its answer. */
export const SIGNER_REQUEST_BYTES_MAX = 128;
export const SIGNER_ANSWER_BYTES_MAX = 1_024;
/** Requests that a signer works on at once; a node has one signature and one lease call under way. */
export const SIGNER_CONCURRENT_MAX = 16;
/** Signatures that a node waits for at once: what comes on top is not asked for. */
export const SIGNATURES_PENDING_MAX = 4;
/** Votes of the height in progress that the record of a shared key remembers, the newest. */
export const SAID_VOTES_MAX = 16;
/** Time in which a remote signer must answer. */
export const SIGNER_TIMEOUT_MS = 1_000;
/** Pauses between attempts to get the lease, and to have votes signed that failed while it lasted. */
export const SIGNER_RETRY_MS_MIN = 100;
export const SIGNER_RETRY_MS_MAX = 2_000;

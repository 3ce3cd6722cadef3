export type { Block, Commit, Header, ProposalBody, VoteBody, VoteKind } from './domain/types.ts';

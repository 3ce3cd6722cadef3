import { isCodedError } from '#kernel';
import {
  CONSENSUS_MEMBERS,
  LEDGER_MEMBERS,
  STAKING_MEMBERS,
  type ConsensusMember,
  type GenesisDocument,
  type LedgerMember,
  type StakingMember,
} from '../document/document.ts';
import { readJson } from '../document/read-json.ts';
import { genesisError } from '../errors.ts';
import { Findings } from '../report/findings.ts';

/** Where a draft begins: a network of machines that are far from each other. */
const DEFAULT_CONSENSUS: GenesisDocument['consensus'] = {
  proposeTimeoutMs: '2000',
  prevoteTimeoutMs: '1000',
  precommitTimeoutMs: '1000',
  timeoutDeltaMs: '500',
  emptyBlockIntervalMs: '5000',
  precisionMs: '500',
  messageDelayMs: '2000',
};

const DEFAULT_LEDGER: Readonly<Record<LedgerMember, string>> = {
  minGasPrice: '1',
  maxBlockBytes: '4194304',
  maxBlockGas: '50000000',
  maxBlockTransactions: '10000',
  maxValidators: '100',
  minSelfStake: '1000000',
  powerReduction: '1000000',
  epochBlocks: '1000',
  unbondingPeriodMs: '1814400000',
  evidenceMaxAgeMs: '1728000000',
};

export interface DraftOptions {
  readonly chainId: string;
  /** Unix milliseconds at which the chain begins. */
  readonly timeMs: number;
  readonly symbol?: string;
  readonly decimals?: number;
  /** Parameters by their dotted name, e.g. `ledger.maxValidators`, as decimal text. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The draft that a ceremony begins with: parameters, and neither accounts nor validators yet.
 *
 * @throws `genesis.draft-unreadable` for a parameter that there is none of
 */
export function createDraft(options: DraftOptions): GenesisDocument {
  const consensus: Record<ConsensusMember, string> = { ...DEFAULT_CONSENSUS };
  const ledger: Record<LedgerMember, string> = { ...DEFAULT_LEDGER };
  const staking: Partial<Record<StakingMember, string>> = {};
  for (const [name, value] of Object.entries(options.parameters ?? {})) {
    const [section, member = ''] = name.split('.');
    if (section === 'consensus' && isMember(CONSENSUS_MEMBERS, member)) consensus[member] = value;
    else if (section === 'ledger' && isMember(LEDGER_MEMBERS, member)) ledger[member] = value;
    else if (section === 'staking' && isMember(STAKING_MEMBERS, member)) staking[member] = value;
    else throw unknownParameter(name);
  }
  return {
    version: 1,
    chainId: options.chainId,
    genesisTime: new Date(options.timeMs).toISOString(),
    initialHeight: '1',
    consensus,
    ledger: {
      denomination: { symbol: options.symbol ?? 'BZR', decimals: options.decimals ?? 6 },
      ...ledger,
    },
    ...(Object.keys(staking).length > 0 && { staking }),
    totalSupply: '0',
    accounts: [],
    validators: [],
  };
}

function isMember<Name extends string>(members: Readonly<Record<Name, unknown>>, name: string): name is Name {
  return Object.hasOwn(members, name);
}

function unknownParameter(name: string) {
  const known = [
    ...Object.keys(CONSENSUS_MEMBERS).map((member) => `consensus.${member}`),
    ...Object.keys(LEDGER_MEMBERS).map((member) => `ledger.${member}`),
    ...Object.keys(STAKING_MEMBERS).map((member) => `staking.${member}`),
  ];
  return genesisError('draft-unreadable', `there is no parameter ${name}; known are ${known.join(', ')}`, {
    given: name,
  });
}

/**
 * A draft as far as a ceremony's commands change it: JSON without faults, with lists of accounts and validators.
 * What the rules say of the rest is for `validateGenesis`.
 *
 * @throws `genesis.draft-unreadable`
 */
export function readDraft(bytes: Uint8Array): GenesisDocument {
  const findings = new Findings();
  const value = readJson(bytes, findings)?.value;
  const [fault] = findings.sorted();
  if (fault !== undefined) {
    throw genesisError('draft-unreadable', `${fault.message} [${fault.rule}, at ${fault.path || 'the top'}]`);
  }
  const draft = value as GenesisDocument;
  const isDraft =
    typeof value === 'object' &&
    value !== null &&
    typeof draft.chainId === 'string' &&
    Array.isArray(draft.accounts) &&
    Array.isArray(draft.validators) &&
    draft.accounts.every((account: unknown) => typeof account === 'object' && account !== null);
  if (isDraft) return draft;
  throw genesisError(
    'draft-unreadable',
    'the document is no draft of a genesis of this system: it needs "chainId", "accounts" and "validators"; begin with node0 genesis init',
  );
}

/** The text of a document as the commands write it: two spaces, one value a line. */
export function draftText(document: GenesisDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Runs `read`; an error of the family becomes one of the given message. */
export function orElse<Value>(read: () => Value, refuse: (why: string) => Error): Value {
  try {
    return read();
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw refuse(error.message);
  }
}

/** How often something is done to the network in a storm: weights of the choice, and probabilities of links. */
export interface FaultWeights {
  readonly partition: number;
  readonly isolate: number;
  readonly cutOneWay: number;
  readonly kill: number;
  readonly powerLoss: number;
  /** The machine goes down in the midst of a write. */
  readonly crashAtWrite: number;
  readonly restart: number;
  readonly pause: number;
  readonly slowMachine: number;
  readonly slowDisk: number;
  readonly fullDisk: number;
  readonly failingSyncs: number;
  readonly readErrors: number;
  readonly clockJump: number;
  readonly clockDrift: number;
  readonly badLinks: number;
  /** The operator removes the write-ahead log of a validator that is down. */
  readonly loseLog: number;
}

const NOTHING: FaultWeights = {
  partition: 0,
  isolate: 0,
  cutOneWay: 0,
  kill: 0,
  powerLoss: 0,
  crashAtWrite: 0,
  restart: 0,
  pause: 0,
  slowMachine: 0,
  slowDisk: 0,
  fullDisk: 0,
  failingSyncs: 0,
  readErrors: 0,
  clockJump: 0,
  clockDrift: 0,
  badLinks: 0,
  loseLog: 0,
};

/** Largest probabilities of a bad link; a storm draws from 0 to these. */
export interface LinkFaults {
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly jitterMs: number;
}

/** What a run puts a network through. */
export interface Profile {
  readonly name: string;
  readonly about: string;
  readonly validators: number;
  /** Full nodes besides; one of them joins late. */
  readonly fullNodes: number;
  /** At most so many Byzantine validators, and always less than a third of the power. */
  readonly byzantine: number;
  /** Behaviours to choose from; all when empty. */
  readonly behaviours: readonly string[];
  /** Chance that powers differ. */
  readonly unevenPowers: number;
  readonly weights: FaultWeights;
  readonly links: LinkFaults;
  /** Milliseconds between two faults in a storm. */
  readonly faultEveryMs: { readonly min: number; readonly max: number };
  /** Length of a storm; 0 for none. */
  readonly stormMs: { readonly min: number; readonly max: number };
}

const BASE = {
  validators: 7,
  fullNodes: 1,
  byzantine: 0,
  behaviours: [],
  unevenPowers: 0.3,
  weights: NOTHING,
  links: { loss: 0, duplication: 0, reordering: 0, jitterMs: 10 },
  faultEveryMs: { min: 100, max: 700 },
  stormMs: { min: 2_000, max: 6_000 },
} as const;

const BAD_LINKS: LinkFaults = { loss: 0.25, duplication: 0.15, reordering: 0.2, jitterMs: 80 };

export const PROFILES: readonly Profile[] = [
  { ...BASE, name: 'calm', about: 'no fault at all', stormMs: { min: 0, max: 0 } },
  {
    ...BASE,
    name: 'lossy',
    about: 'links that delay, lose, duplicate and reorder',
    weights: { ...NOTHING, badLinks: 1 },
    links: BAD_LINKS,
  },
  {
    ...BASE,
    name: 'partitions',
    about: 'the network splits, one way too, and heals; nodes lag by many heights',
    weights: { ...NOTHING, partition: 3, isolate: 2, cutOneWay: 3, pause: 1, badLinks: 1 },
    links: { ...BAD_LINKS, loss: 0.05 },
  },
  {
    ...BASE,
    name: 'crashes',
    about: 'processes are killed, machines lose power at any write',
    weights: { ...NOTHING, kill: 2, powerLoss: 2, crashAtWrite: 4, restart: 1, pause: 1 },
    faultEveryMs: { min: 50, max: 400 },
  },
  {
    ...BASE,
    name: 'disks',
    about: 'disks fill up, fail to sync, fail to read, and are slow',
    weights: { ...NOTHING, slowDisk: 2, fullDisk: 2, failingSyncs: 2, readErrors: 2, crashAtWrite: 1 },
  },
  {
    ...BASE,
    name: 'clocks',
    about: 'clocks drift and jump',
    byzantine: 1,
    behaviours: ['time-shifting-proposer'],
    weights: { ...NOTHING, clockJump: 3, clockDrift: 2, slowMachine: 1 },
  },
  {
    ...BASE,
    name: 'byzantine',
    about: 'two of seven validators lie; links and machines are well',
    byzantine: 2,
    weights: { ...NOTHING, badLinks: 1 },
    links: { loss: 0, duplication: 0.02, reordering: 0.05, jitterMs: 30 },
  },
  {
    ...BASE,
    name: 'floods',
    about: 'two of seven validators send what others might keep, or cannot read',
    byzantine: 2,
    behaviours: ['memory-exhausting', 'garbage'],
    weights: { ...NOTHING, badLinks: 1, slowMachine: 1 },
    links: { loss: 0, duplication: 0.02, reordering: 0.05, jitterMs: 30 },
  },
  {
    ...BASE,
    name: 'joins',
    about: 'nodes join by a snapshot, of which two of seven validators forge what they give',
    fullNodes: 2,
    byzantine: 2,
    behaviours: ['forged-state'],
    weights: { ...NOTHING, kill: 1, crashAtWrite: 1, badLinks: 1, isolate: 1 },
    links: { loss: 0, duplication: 0.02, reordering: 0.05, jitterMs: 30 },
  },
  {
    ...BASE,
    name: 'lost-logs',
    about: 'operators remove the write-ahead logs of validators, up to a third of the power',
    byzantine: 0,
    unevenPowers: 0,
    weights: { ...NOTHING, kill: 3, loseLog: 4, isolate: 1, partition: 1, badLinks: 1 },
    links: BAD_LINKS,
    faultEveryMs: { min: 50, max: 300 },
  },
  {
    ...BASE,
    name: 'mixed',
    about: 'everything at once, two of seven validators Byzantine',
    byzantine: 2,
    weights: {
      partition: 2,
      isolate: 1,
      cutOneWay: 2,
      kill: 2,
      powerLoss: 1,
      crashAtWrite: 3,
      restart: 1,
      pause: 1,
      slowMachine: 1,
      slowDisk: 1,
      fullDisk: 0.5,
      failingSyncs: 0.5,
      readErrors: 0.5,
      clockJump: 1,
      clockDrift: 1,
      badLinks: 3,
      loseLog: 0,
    },
    links: BAD_LINKS,
  },
];

export const DEFAULT_PROFILE = 'mixed';

export function profileOf(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

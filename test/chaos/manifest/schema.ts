import { Type, type Static, type TObject } from 'typebox';

/** A manifest's bounds: what a person asks by mistake must not run for hours. */
const NODES_MAX = 16;
const STEPS_MAX = 64;
const TOGETHER_MAX = 8;
const SECONDS_MAX = 600;
const OFFSET_SECONDS_MAX = 30 * 86_400;

const strict = { additionalProperties: false };
const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' });
const Names = Type.Array(Name, { minItems: 1, maxItems: NODES_MAX, uniqueItems: true });
const ForSeconds = Type.Number({ minimum: 0.5, maximum: SECONDS_MAX });
const OffsetSeconds = Type.Number({ minimum: -OFFSET_SECONDS_MAX, maximum: OFFSET_SECONDS_MAX });

const Node = Type.Object(
  {
    /** `validator` unless it says `full`. */
    role: Type.Optional(Type.Enum(['validator', 'full'])),
    /** Voting power of a validator; 1 unless stated. */
    power: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Height of the chain at which the node is started; at once unless stated. */
    startAt: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** How it gets the state: by executing all blocks, or from a snapshot of its peers. */
    sync: Type.Optional(Type.Enum(['blocks', 'state'])),
    /** Git revision whose checkout it runs, until it is upgraded; the working tree unless stated. */
    version: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/~^-]{0,99}$' })),
    /** What its clock is ahead of the machine's, from its start on. */
    clockOffsetSeconds: Type.Optional(OffsetSeconds),
    settings: Type.Optional(Type.Record(Type.String(), Type.Any())),
  },
  strict,
);

const Load = Type.Object(
  {
    /** Transfers offered a second. */
    perSecond: Type.Number({ minimum: 0, maximum: 2_000 }),
    /** Accounts that pay, each with one transfer under way. */
    senders: Type.Integer({ minimum: 1, maximum: 5_000 }),
    /** Heights that a transfer stays valid. */
    validHeights: Type.Optional(Type.Integer({ minimum: 5, maximum: 10_000 })),
  },
  strict,
);

const Wait = Type.Object(
  {
    /** Heights that the chain must gain after everything is healed. */
    heights: Type.Integer({ minimum: 1, maximum: 1_000 }),
    withinSeconds: Type.Number({ minimum: 1, maximum: 3_600 }),
  },
  strict,
);

/** Which links: all of some nodes, all between groups, or one way. Exactly one of the three. */
const links = {
  around: Type.Optional(Names),
  between: Type.Optional(Type.Array(Names, { minItems: 2, maxItems: NODES_MAX })),
  from: Type.Optional(Names),
  to: Type.Optional(Names),
};

/** By the word after `do`. */
export const ACTIONS = {
  kill: Type.Object({ do: Type.Literal('kill'), nodes: Names, forSeconds: ForSeconds }, strict),
  pause: Type.Object({ do: Type.Literal('pause'), nodes: Names, forSeconds: ForSeconds }, strict),
  restart: Type.Object({ do: Type.Literal('restart'), nodes: Names }, strict),
  upgrade: Type.Object({ do: Type.Literal('upgrade'), nodes: Names }, strict),
  disconnect: Type.Object(
    {
      do: Type.Literal('disconnect'),
      ...links,
      how: Type.Optional(Type.Enum(['silent', 'reset', 'half-open'])),
      forSeconds: ForSeconds,
    },
    strict,
  ),
  slow: Type.Object(
    {
      do: Type.Literal('slow'),
      ...links,
      delayMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
      jitterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
      kibPerSecond: Type.Optional(Type.Number({ minimum: 1, maximum: 1_000_000 })),
      forSeconds: ForSeconds,
    },
    strict,
  ),
  clock: Type.Object(
    {
      do: Type.Literal('clock'),
      nodes: Names,
      offsetSeconds: OffsetSeconds,
      /** `jump`: while the process runs. `start`: the process starts with it. */
      how: Type.Optional(Type.Enum(['jump', 'start'])),
      forSeconds: ForSeconds,
    },
    strict,
  ),
} satisfies Record<string, TObject>;

export type ActionKind = keyof typeof ACTIONS;
export const ACTION_KINDS = Object.keys(ACTIONS) as ActionKind[];
export type Action = { [Kind in ActionKind]: Static<(typeof ACTIONS)[Kind]> }[ActionKind];
export type LinkAction = Extract<Action, { do: 'disconnect' | 'slow' }>;

/** The keys of a step beside those of its action. */
export const StepWait = Type.Optional(Wait);
export const Together = Type.Object(
  { together: Type.Array(Type.Any(), { minItems: 1, maxItems: TOGETHER_MAX }), wait: StepWait },
  strict,
);

/** A manifest but for its steps, which are judged by the word after `do`. */
export const ManifestFrame = Type.Object(
  {
    name: Name,
    about: Type.Optional(Type.String({ maxLength: 2_000 })),
    /** For the choices of the load and of jitter. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
    nodes: Type.Record(Type.String(), Node, { minProperties: 1, maxProperties: NODES_MAX }),
    /** Settings of every node, over what the runner writes; a node's own stand over these. */
    settings: Type.Optional(Type.Record(Type.String(), Type.Any())),
    load: Type.Optional(Load),
    perturb: Type.Optional(Type.Array(Type.Any(), { maxItems: STEPS_MAX })),
    wait: Type.Optional(Wait),
  },
  strict,
);

export const NodeSchema = Node;
export type ManifestNode = Static<typeof Node>;
export type ManifestWait = Static<typeof Wait>;

/** What happens at once, and what must follow once it is over. */
export interface Step {
  readonly actions: readonly Action[];
  readonly wait: ManifestWait;
}

/** A judged manifest, with the defaults in it. */
export interface Manifest {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  readonly nodes: Readonly<Record<string, ManifestNode>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly load: { readonly perSecond: number; readonly senders: number; readonly validHeights: number };
  readonly perturb: readonly Step[];
  readonly wait: ManifestWait;
}

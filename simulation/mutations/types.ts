/** A change of the protocol's text on its way from the file. */
export interface Change {
  /** Path from the root of the project. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A fault that the simulator must see. */
export interface Mutation {
  readonly name: string;
  readonly about: string;
  readonly changes: readonly Change[];
  /** The profile under which it shows, and how many validators, where not the profile's own. */
  readonly profile: string;
  readonly validators?: number;
}

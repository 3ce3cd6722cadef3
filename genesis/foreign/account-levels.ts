import { isShape, type Shape } from './shape.ts';

/** One of the objects that an account is made of, and its place under the account's own. */
export interface Level {
  readonly at: string;
  readonly members: Shape;
}

/** Members that hold the account that a kind of account extends, in amino-JSON and protobuf-JSON. */
const INNER = ['value', 'base_vesting_account', 'BaseVestingAccount', 'base_account', 'BaseAccount'] as const;
const LEVELS_MAX = 6;

/**
 * The objects of an account from the outermost: kinds extend one another by holding what they extend, each
 * generation under other names.
 */
export function levelsOf(account: Shape): readonly Level[] {
  const levels: Level[] = [{ at: '', members: account }];
  for (let level = levels[0]; level !== undefined && levels.length < LEVELS_MAX;) {
    const { at, members } = level;
    const name = INNER.find((inner) => Object.hasOwn(members, inner) && isShape(members[inner]));
    level = name === undefined ? undefined : { at: `${at}/${name}`, members: members[name] as Shape };
    if (level !== undefined) levels.push(level);
  }
  return levels;
}

/** A member of an account, wherever it stands. */
export function memberOf(levels: readonly Level[], ...names: readonly string[]) {
  for (const { at, members } of levels)
    for (const name of names)
      if (Object.hasOwn(members, name)) return { at: `${at}/${name}`, value: members[name] };
  return undefined;
}

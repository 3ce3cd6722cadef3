import { gatewayError } from '../errors.ts';

/**
 * A place in the stream of final things. As text `height.position`, where position 0 is the block itself and
 * position n its n-th transaction, further positions the events of validators, or `height` alone for the end of that block. A client that resumes from a
 * cursor gets what comes after it.
 */
export interface StreamCursor {
  /** Height whose block comes next, at least in part. */
  readonly height: number;
  /** Positions up to this one of that block are behind; -1 when none is. */
  readonly position: number;
}

export function formatCursor(height: number, position: number): string {
  return `${height}.${position}`;
}

/** @throws `gateway.malformed-cursor` */
export function parseCursor(text: string): StreamCursor {
  const found = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text);
  if (found === null) {
    const message = `"${text.slice(0, 40)}" is not a cursor; give the cursor of the last message, like 120.3`;
    throw gatewayError('malformed-cursor', message);
  }
  const height = Number(found[1]);
  if (found[2] === undefined) return { height: height + 1, position: -1 };
  return { height, position: Number(found[2]) };
}

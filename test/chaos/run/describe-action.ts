import type { Action } from '../manifest/schema.ts';

/** An action in a few words. */
export function describeAction(action: Action): string {
  switch (action.do) {
    case 'kill':
    case 'pause':
      return `${action.do} ${action.nodes.join(', ')} for ${action.forSeconds} s`;
    case 'restart':
    case 'upgrade':
      return `${action.do} ${action.nodes.join(', ')}`;
    case 'clock':
      return `clock of ${action.nodes.join(', ')} ${action.offsetSeconds > 0 ? '+' : ''}${action.offsetSeconds} s by ${action.how ?? 'jump'} for ${action.forSeconds} s`;
    case 'disconnect':
      return `disconnect ${linksText(action)} (${action.how ?? 'silent'}) for ${action.forSeconds} s`;
    case 'slow': {
      const shape = [
        ...(action.delayMs === undefined ? [] : [`${action.delayMs} ms`]),
        ...(action.jitterMs === undefined ? [] : [`jitter ${action.jitterMs} ms`]),
        ...(action.kibPerSecond === undefined ? [] : [`${action.kibPerSecond} KiB/s`]),
      ];
      return `slow ${linksText(action)} (${shape.join(', ')}) for ${action.forSeconds} s`;
    }
    default: {
      const nothing: never = action;
      return nothing;
    }
  }
}

function linksText({ around, between, from, to }: Extract<Action, { do: 'disconnect' | 'slow' }>): string {
  if (around !== undefined) return `around ${around.join(', ')}`;
  if (between !== undefined) return `between ${between.map((names) => names.join('+')).join(' and ')}`;
  return `from ${(from ?? []).join('+')} to ${(to ?? []).join('+')}`;
}

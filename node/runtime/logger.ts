import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { Logger } from '#kernel';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * The structured log: one JSON object a line with `time` (RFC 3339), `level`, `name` and the fields given.
 *
 * @param destination file path, or 1 for standard output
 */
export function createLogger(options: { name: string; level: LogLevel; destination: string | 1 }): Logger & {
  flush(): void;
} {
  const stream: DestinationStream & { flushSync(): void } = pino.destination({
    // Open at once: a process that ends early has its lines written, and does not fail over a file that is not.
    dest: options.destination === 1 ? 1 : openLog(options.destination),
    sync: false,
    minLength: 0,
  });
  const log = pino(
    {
      name: options.name,
      level: options.level,
      base: { name: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['password', '*.password', 'seed', '*.seed', 'secret', '*.secret'],
        censor: '[secret]',
      },
    },
    stream,
  );
  return Object.assign(adapt(log), { flush: () => stream.flushSync() });
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}

function adapt(log: PinoLogger): Logger {
  return {
    debug: (fields, message) => log.debug(serialisable(fields), message),
    info: (fields, message) => log.info(serialisable(fields), message),
    warn: (fields, message) => log.warn(serialisable(fields), message),
    error: (fields, message) => log.error(serialisable(fields), message),
    child: (fields) => adapt(log.child(serialisable(fields))),
  };
}

/** Errors under `error` keep code, message and stack; pino itself only knows the member `err`. */
function serialisable(fields: object): object {
  if (!('error' in fields) || !(fields.error instanceof Error)) return fields;
  const { name, message, stack, cause } = fields.error;
  const code = 'code' in fields.error ? fields.error.code : undefined;
  const because = cause instanceof Error ? cause.message : undefined;
  return { ...fields, error: { name, code, message, cause: because, stack } };
}

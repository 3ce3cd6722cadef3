import { fromUtf8 } from '#kernel';
import { lightError } from '../errors.ts';
import { ANSWER_BYTES_MAX, ANSWER_TIMEOUT_MS } from '../limits.ts';
import { JsonReader } from './json-reader.ts';

export interface ApiOptions {
  /** Where the node answers, without `/api/v2`. */
  readonly url: string;
  /** The platform's own when it is left out. */
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutMs?: number;
}

/** Reads of a node's REST interface: bounded in time and bytes, whatever the node does. */
export interface Api {
  readonly name: string;
  /** @throws `light.not-available`, `light.malformed-answer` */
  get(path: string): Promise<JsonReader>;
}

export function createApi(options: ApiOptions): Api {
  const { fetch = globalThis.fetch, timeoutMs = ANSWER_TIMEOUT_MS } = options;
  const url = options.url.replace(/\/+$/, '');
  return {
    name: url,
    async get(path) {
      const unavailable = (why: string, cause?: unknown) =>
        lightError('not-available', `${url} did not give ${path}: ${why}`, { path }, { cause });
      let status: number;
      let bytes: Uint8Array;
      try {
        const response = await fetch(`${url}/api/v2${path}`, { signal: AbortSignal.timeout(timeoutMs) });
        status = response.status;
        bytes = await bounded(response);
      } catch (cause) {
        throw unavailable(cause instanceof Error ? cause.message : String(cause), cause);
      }
      let body: unknown;
      try {
        body = JSON.parse(fromUtf8(bytes));
      } catch {
        throw lightError('malformed-answer', `${url} answered ${path} with what is not JSON`, { status });
      }
      if (status === 200) return new JsonReader(body);
      const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : status;
      throw unavailable(String(detail));
    },
  };
}

/** The body up to the bound; more of it is not even read. */
async function bounded(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > ANSWER_BYTES_MAX) {
      await reader.cancel();
      throw new RangeError(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    }
    parts.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

import type { ErrorDetail } from '#kernel';
import { cliError } from './errors.ts';

export const DEFAULT_NODE_URL = 'http://127.0.0.1:8080';

/** A problem document (RFC 9457) as the node answers it. */
interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
}

/** Requests to a node's REST interface, with its problems as coded errors. */
export class ApiClient {
  readonly base: string;

  constructor(nodeUrl: string) {
    let url: URL;
    try {
      url = new URL(nodeUrl);
    } catch {
      throw cliError('usage', `${nodeUrl} is not a URL: give the node as http://HOST:PORT`);
    }
    this.base = url.origin;
  }

  get<Body>(path: string): Promise<Body> {
    return this.#request<Body>(path, { method: 'GET' });
  }

  post<Body>(path: string, contentType: string, body: string | Uint8Array): Promise<Body> {
    return this.#request<Body>(path, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
  }

  async #request<Body>(path: string, init: RequestInit): Promise<Body> {
    let response: Response;
    try {
      response = await fetch(`${this.base}/api/v2${path}`, init);
    } catch (cause) {
      const reason =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw cliError(
        'node-unreachable',
        `no node answers at ${this.base} (${reason}); start one with "node0 up", or name another with --node URL`,
        { node: this.base },
        { cause },
      );
    }
    const text = await response.text();
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    if (response.ok && body !== undefined) return body as Body;
    throw this.#refused(path, response.status, body as Problem | undefined);
  }

  #refused(path: string, status: number, problem: Problem | undefined) {
    const why = problem?.detail ?? problem?.title ?? 'its answer is not that of a node';
    const code = problem?.code ?? null;
    const details: Record<string, ErrorDetail> = { path, status, code };
    return cliError('node-refused', `${why}${code === null ? '' : ` (${code})`}`, details);
  }
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { WebSocket } from 'ws';
import { buildGateway } from '../build-gateway.ts';
import { CLIENT_LIMITS, type ClientLimits } from '../stream/stream-client.ts';
import type { FakeNode } from './fakes.ts';

export interface Message {
  readonly topic?: string;
  readonly cursor?: string | null;
  readonly data?: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly status: number };
  readonly subscribed?: string | string[];
  readonly unsubscribed?: string;
  readonly id?: string | number;
}

/** A client that reads messages one by one. */
export class Stream {
  readonly socket: WebSocket;
  readonly closed: Promise<unknown[]>;
  readonly #messages: Message[] = [];
  #arrived: () => void = () => {};

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.closed = once(this.socket, 'close');
    this.socket.on('message', (data) => {
      this.#messages.push(JSON.parse((data as Buffer).toString('utf8')));
      this.#arrived();
    });
  }

  async next(): Promise<Message> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#arrived = resolve));
    return this.#messages.shift() as Message;
  }

  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Sends and gives the answer. */
  ask(message: object | string): Promise<Message> {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    return this.next();
  }
}

/** A listening gateway on a fake node, and clients that do not outlive the test. */
export class StreamHarness {
  port = 0;
  readonly #streams: Stream[] = [];
  #app: FastifyInstance | undefined;
  #node: FakeNode | undefined;

  get app(): FastifyInstance {
    assert.ok(this.#app);
    return this.#app;
  }

  async start(node: FakeNode, limits: Partial<ClientLimits>): Promise<void> {
    this.#node = node;
    this.#app = await buildGateway(node.components(), { ...CLIENT_LIMITS, ...limits });
    await this.#app.listen({ host: '127.0.0.1', port: 0 });
    this.port = (this.#app.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#streams.splice(0)) socket.terminate();
    await this.app.close();
    assert.equal(this.#node?.listeners, 0);
  }

  async open(query = '', headers: Record<string, string> = {}): Promise<Stream> {
    const stream = new Stream(this.#url(query), headers);
    this.#streams.push(stream);
    await once(stream.socket, 'open');
    return stream;
  }

  /** Status and code of a connection that is refused. */
  async refusal(query: string, headers: Record<string, string> = {}) {
    const socket = new WebSocket(this.#url(query), { headers });
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode as number, code: JSON.parse(text).code as string };
  }

  #url(query: string): string {
    return `ws://127.0.0.1:${this.port}/api/v2/stream${query}`;
  }
}

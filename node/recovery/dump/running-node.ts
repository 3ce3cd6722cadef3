import { systemScheduler } from '#runtime';
import { homeError } from '../../home/errors.ts';

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 4 * 2 ** 20;

const PATHS = {
  status: '/api/v2/status',
  consensus: '/api/v2/consensus',
  peers: '/api/v2/peers',
  validators: '/api/v2/validators',
  mempool: '/api/v2/mempool',
  readiness: '/health/ready',
  metrics: '/metrics',
} as const;

/** What a node that runs says of itself. @throws `home.unreadable` when it has no API */
export async function runningNode(listen: string): Promise<object> {
  if (listen === '')
    throw homeError('unreadable', 'the node has no API: set api.listen to have its state in the dump');
  const base = `http://${listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}`;
  const answers = await Promise.all(
    Object.entries(PATHS).map(async ([name, path]) => [name, await answerOf(`${base}${path}`)] as const),
  );
  return Object.fromEntries(answers);
}

async function answerOf(url: string): Promise<unknown> {
  const stop = new AbortController();
  const late = systemScheduler.after(TIMEOUT_MS, () => stop.abort(new Error('it did not answer in time')));
  try {
    const response = await fetch(url, { signal: stop.signal });
    const text = (await response.text()).slice(0, ANSWER_BYTES_MAX);
    return (response.headers.get('content-type') ?? '').includes('json')
      ? JSON.parse(text)
      : text.split('\n');
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  } finally {
    late.cancel();
  }
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the edge's metrics read at each scrape. */
export interface GatewayMetricSources {
  readonly streams: () => number;
  readonly waiters: () => number;
  readonly submissionsInFlight: () => number;
}

/** The edge's own metrics, shown after the node's under `/metrics`. */
export interface GatewayMetrics {
  /** Counts an answered request. @param route pattern of the route, not the path */
  answered(method: string, route: string, status: number, milliseconds: number): void;
  text(): Promise<string>;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 30];

/** Instruments of one route and status, found without building labels again. */
interface RouteInstruments {
  readonly count: { inc(): void };
  readonly time: { observe(seconds: number): void };
}

export function createGatewayMetrics(sources: GatewayMetricSources): GatewayMetrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const gauge = (metric: string, help: string, read: () => number): void => {
    const instrument: Gauge = new Gauge({
      name: `node0_gateway_${metric}`,
      help,
      registers,
      collect: () => instrument.set(read()),
    });
  };
  gauge('streams', 'Open WebSocket streams.', sources.streams);
  gauge('waiting_requests', 'Requests that wait for the finality of a transaction.', sources.waiters);
  gauge('submissions_in_flight', 'Transactions that wait to be checked.', sources.submissionsInFlight);
  const requests = new Counter({
    name: 'node0_gateway_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const times = new Histogram({
    name: 'node0_gateway_request_seconds',
    help: 'Time to answer a request, long polls included.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const known = new Map<string, RouteInstruments>();
  return {
    answered(method, route, status, milliseconds) {
      const key = `${method} ${status} ${route}`;
      let instruments = known.get(key);
      if (instruments === undefined) {
        const count = requests.labels(method, route, String(status));
        instruments = { count, time: times.labels(route) };
        known.set(key, instruments);
      }
      instruments.count.inc();
      instruments.time.observe(milliseconds / 1000);
    },
    text: () => registry.metrics(),
  };
}

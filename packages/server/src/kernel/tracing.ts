/** Traces for OpenTelemetry. Nothing of it is loaded, and nothing of it runs, unless a collector is named. */
import type { AroundRequest } from './outbound.ts';

export interface TracingConfig {
  /** The base URL of a collector that takes OTLP over HTTP. */
  readonly endpoint: string;
  readonly serviceName: string;
}

export interface RequestEnd {
  /** The template of the route, never the path. */
  readonly route: string;
  readonly status: number;
}

export interface RequestSpan {
  /** In hexadecimal digits: the caller's, or one of its own. */
  readonly traceId: string;
  /** Runs what belongs to the request. */
  run(work: () => void): void;
  end(end: RequestEnd): void;
}

export interface Tracing {
  /** Begins the span of a request, in the trace of its caller where the header `traceparent` names one. */
  request(method: string, headers: Readonly<Record<string, unknown>>): RequestSpan;
  /** A span for each statement of a request: its text, never its values. */
  readonly statement: (text: string) => (error?: unknown) => void;
  /** A span for each request that a request makes to another host: the host, never the path. */
  readonly outbound: AroundRequest;
  /** Sends what is not sent yet; waits for a collector that is away no longer than its time limit. */
  close(): Promise<void>;
}

/** Resolves to what traces, or to undefined without a collector. */
export async function startTracing(config: TracingConfig | null): Promise<Tracing | undefined> {
  if (config === null) return undefined;
  const { createTracing } = await import('./tracing/opentelemetry.ts');
  return createTracing(config);
}

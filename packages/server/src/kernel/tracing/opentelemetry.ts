/** Spans by OpenTelemetry's own library. Loaded only where a collector is named. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Tracing, TracingConfig } from '../tracing.ts';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

/** Makes what traces, for a collector. Only what belongs to a request is traced: work in the background begins no trace. */
export function createTracing({ endpoint, serviceName }: TracingConfig): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const named = resourceFromAttributes({ 'service.name': serviceName });
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(named);
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer('tenant-registry');
  const current = new AsyncLocalStorage<Context>();
  return {
    request(method, headers) {
      const attributes = { 'http.request.method': method };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, callerOf(headers['traceparent']));
      const context = trace.setSpan(ROOT_CONTEXT, span);
      return {
        traceId: span.spanContext().traceId,
        run: (work) => current.run(context, work),
        end({ route, status }) {
          span.updateName(`${method} ${route}`);
          span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    statement(text) {
      const parent = current.getStore();
      if (parent === undefined) return () => {};
      const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text };
      const span = tracer.startSpan(operationOf(text), { kind: SpanKind.CLIENT, attributes }, parent);
      return (error) => end(span, error);
    },
    async outbound({ method, url }, request) {
      const parent = current.getStore();
      if (parent === undefined) return request();
      const attributes = {
        'http.request.method': method,
        'server.address': url.hostname,
        'url.scheme': url.protocol.slice(0, -1),
      };
      const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent);
      try {
        const answer = await request();
        span.setAttribute('http.response.status_code', answer.statusCode ?? 0);
        end(span);
        return answer;
      } catch (error) {
        end(span, error);
        throw error;
      }
    },
    close: () => provider.shutdown(),
  };
}

/** Ends the span; of an error its class alone is told, for a message can hold values. */
function end(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setAttribute('error.type', error instanceof Error ? error.name : 'error');
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function operationOf(text: string): string {
  return /^(?:\s|\/\*[^*]*\*\/)*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? 'statement';
}

/** Returns the context of the caller's span (W3C Trace Context), or one without a span. */
function callerOf(header: unknown): Context {
  const [, traceId, spanId, flags = ''] = (typeof header === 'string' && TRACEPARENT.exec(header)) || [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
  });
}

/** A span for each request. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, Tracing } from '../kernel/tracing.ts';
import { factsOf } from './request-line.ts';

/** Traces the requests of the server; called before any hook that may answer. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  app.addHook('onRequest', (request, _, done) => {
    const span = tracing.request(request.method, request.headers);
    spans.set(request, span);
    factsOf(request).trace_id = span.traceId;
    span.run(done);
  });
  // The arrival of a body goes on in the context of its connection.
  app.addHook('preValidation', (request, _, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    spans.get(request)?.end({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
    done();
  });
}

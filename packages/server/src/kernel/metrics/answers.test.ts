// engine: none
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createAnswerSeries } from './answers.ts';

test('answers are counted by route, method and class of status, and timed unless they last', async () => {
  const registry = new Registry();
  const { answered } = createAnswerSeries(registry, 'x_');
  const given = { route: '/v1/things/:id', method: 'GET', status: 200, problem: null };
  answered({ ...given, seconds: 0.004 });
  answered({ ...given, seconds: 3 });
  answered({ ...given, seconds: 60 });
  answered({ ...given, status: 204, seconds: null });
  answered({ ...given, route: 'unknown', method: 'PROPFIND', status: 404, seconds: 0, problem: 'route_not_found' });
  const lines = (await registry.metrics()).split('\n');
  const labels = 'route="/v1/things/:id",method="GET",status="2xx"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `x_http_requests_total{${labels}} 4`,
      'x_http_requests_total{route="unknown",method="other",status="4xx"} 1',
      'x_http_problems_total{code="route_not_found"} 1',
      '# TYPE x_http_request_seconds histogram',
      `x_http_request_seconds_bucket{le="0.0025",${labels}} 0`,
      `x_http_request_seconds_bucket{le="0.005",${labels}} 1`,
      `x_http_request_seconds_bucket{le="5",${labels}} 2`,
      `x_http_request_seconds_bucket{le="10",${labels}} 2`,
      `x_http_request_seconds_bucket{le="+Inf",${labels}} 3`,
      `x_http_request_seconds_sum{${labels}} 63.004`,
      `x_http_request_seconds_count{${labels}} 3`,
    ]),
  );
});

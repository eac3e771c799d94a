// engine: pglite
/** deploy/observability: what the alerts and the dashboard ask for is at /metrics, and each alert has its page. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Gauge } from 'prom-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { acrossOf } from '../../src/kernel/metrics/across.ts';
import { settingsFor } from '../support/etcd-store.ts';
import { eventually } from '../support/eventually.ts';
import { testServer, UNKNOWN } from '../support/server.ts';

const at = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const textOf = (path: string) => readFileSync(at(path), 'utf8');
const promtool = process.env['PROMTOOL'] ?? 'promtool';
const hasPromtool = spawnSync(promtool, ['--version']).status === 0;

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const alerts: readonly Alert[] = parse(textOf('deploy/observability/alerts.yaml')).groups[0].rules;
const panels: readonly Panel[] = JSON.parse(textOf('deploy/observability/dashboard.json')).panels;
const page = textOf('docs/operations.md');

// Neither etcd nor NATS is there, and their series are.
const server = testServer({
  configStore: { kind: 'etcd', etcd: settingsFor({ endpoints: ['http://127.0.0.1:1'] }) },
  eventsNats: { servers: ['127.0.0.1:1'], stream: 'TENANT_REGISTRY', login: {}, tls: false, credentialsFile: null },
});
let scraped = '';
beforeAll(async () => {
  const { app, internalToken } = server;
  app.deps.metrics.observeProcess();
  app.startWorkers();
  await server.call('GET /v1/tenants');
  await server.call(`GET /v1/tenants/${UNKNOWN}`);
  await server.call('POST /v1/internal/api-keys/verify', { token: internalToken, body: { key: 'bp_x' } });
  const read = async () => String((await server.call('GET /metrics', { token: internalToken })).body);
  await eventually(async () => {
    scraped = await read();
    expect(scraped).toContain('databases{status="ready"}');
  });
});

const headings = (text: string) => [...text.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name);

test('each alert has its heading among the operations, and each heading its alert', () => {
  const [, section = ''] = page.split('\n## Alerts\n');
  expect(headings(section.split('\n## ')[0] ?? '')).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts)
    expect(annotations['runbook']).toBe(`docs/operations.md#${alert.toLowerCase()}`);
});

test('the chart and the folder have one file of alerts', () => {
  expect(realpathSync(at('deploy/observability/alerts.yaml'))).toBe(
    at('deploy/helm/tenant-registry/files/alerts.yaml'),
  );
  expect(textOf('deploy/helm/tenant-registry/templates/prometheusrule.yaml')).toContain(
    '.Files.Get "files/alerts.yaml"',
  );
});

test('every panel of the dashboard has an id and a title of its own', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
});

const OF_PROMETHEUS = ['job', 'instance', 'le'];
const expressions = [
  ...alerts.map(({ expr }) => expr),
  ...panels.flatMap(({ targets = [] }) => targets.map((t) => t.expr)),
];

test('every series that an alert or the dashboard asks for is at /metrics, with the labels asked for', () => {
  const missing: string[] = [];
  for (const expr of expressions) {
    const names = [...expr.matchAll(/\b((?:tenant_registry|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)];
    expect(names, expr).not.toEqual([]);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
    for (const [, name = '', matchers = ''] of names) {
      const lines = scraped.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      const asked = [...matchers.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)].map(([, label = '']) => label);
      const labels = [...new Set([...asked, ...grouped])].filter((label) => !OF_PROMETHEUS.includes(label));
      if (!lines.some((line) => labels.every((label) => line.includes(`${label}="`))))
        missing.push(`${name} ${labels}`);
    }
  }
  expect(missing).toEqual([]);
});

test('the page lists every series with its labels, and no other', () => {
  const [, section = ''] = page.split('\n## Metrics\n');
  const listed = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z_0-9]+(?:\{[^}]*\})?)`/g)].map(([, name = '']) => name),
  );
  const shown = server.app.deps.metrics.registry
    .getMetricsAsArray()
    .map((metric) => ({ ...metric }) as unknown as { readonly name: string; readonly labelNames: readonly string[] })
    .filter(({ name }) => name.startsWith('tenant_registry_'))
    .map(({ name, labelNames }) => [name.slice('tenant_registry_'.length), labelNames] as const)
    .map(([name, labels]) => (labels.length === 0 ? name : `${name}{${labels.join(',')}}`));
  expect(listed.sort()).toEqual(shown.sort());
});

test('of every gauge it is decided how those of several processes become one', () => {
  const gauges = server.app.deps.metrics.registry
    .getMetricsAsArray()
    .filter((metric) => metric instanceof Gauge && metric.name.startsWith('tenant_registry_'))
    .map(({ name }) => name.slice('tenant_registry_'.length));
  expect(gauges.length).toBeGreaterThan(20);
  expect(gauges.filter((name) => acrossOf(name) === undefined)).toEqual([]);
});

test.runIf(process.env['CI'] !== undefined)('promtool is installed where the suite must run in full', () => {
  expect(hasPromtool).toBe(true);
});

describe.skipIf(!hasPromtool)('promtool (skipped where it is not installed)', () => {
  const run = (args: readonly string[], input?: string) => execFileSync(promtool, args, { input, encoding: 'utf8' });

  test('it finds no mistake in the alerts and in the example of a scrape', () => {
    expect(run(['check', 'rules', at('deploy/observability/alerts.yaml')])).toContain('SUCCESS');
    expect(run(['check', 'config', at('deploy/observability/prometheus.yaml')])).toContain('SUCCESS');
  });

  test('each alert fires on the series that it is for, and stays quiet on others', () => {
    const file = at('deploy/observability/alerts.test.yaml');
    const names = parse(readFileSync(file, 'utf8')).tests.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} is quiet`]));
    expect(run(['test', 'rules', file])).toContain('SUCCESS');
  });

  test('it reads /metrics without a complaint', () => {
    // Names of the library's own, which are no counters.
    const ours = scraped.split('\n').filter((line) => !/\bnodejs_active_\w+_total\b/.test(line));
    expect(run(['check', 'metrics'], ours.join('\n'))).toBe('');
  });
});

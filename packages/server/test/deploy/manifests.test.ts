// engine: none
/** deploy/: the image, the compose file, the chart and the unit say the same, and say it in variables that are read. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig, variableNames } from '../../src/config.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const textOf = (path: string) => readFile(join(root, path), 'utf8');
/** Node's own. */
const OTHERS = ['NODE_ENV'];

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}

const compose: Compose = parse(await textOf('deploy/compose.yaml'), { merge: true });
const registry = compose.services['registry'];
const dockerfile = await textOf('deploy/Dockerfile');
const unit = await textOf('deploy/systemd/tenant-registry.service');
const values = parse(await textOf('deploy/helm/tenant-registry/values.yaml'));
const configMap = await textOf('deploy/helm/tenant-registry/templates/configmap.yaml');
const page = await textOf('docs/deploy.md');

/** `NAME=value` of the instruction ENV, and of `Environment=`. */
function variablesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/\b([A-Z][A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}
const imageVariables = variablesIn(/\nENV ((?:.*\\\n)*.*)/.exec(dockerfile)?.[1] ?? '');
const unitVariables = variablesIn(/\nEnvironment=(.*)/.exec(unit)?.[1] ?? '');

test.each([
  ['the image', Object.keys(imageVariables)],
  ['the compose file', Object.keys(registry?.environment ?? {})],
  ['the unit', Object.keys(unitVariables)],
  ['the chart', [...configMap.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name = '']) => name)],
  ['the page', [...page.matchAll(/config\.([A-Z_]+)=/g)].map(([, name = '']) => name)],
])('%s sets variables that the registry reads', (_, names) => {
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !variableNames.includes(name) && !OTHERS.includes(name))).toEqual([]);
});

test('the two ports are the same everywhere, and the internal one is published nowhere', async () => {
  const [publicPort, internalPort] = /\nEXPOSE (\d+) (\d+)/.exec(dockerfile)?.slice(1) ?? [];
  const ports = ({ PORT, INTERNAL_ADDR = '' }: Readonly<Record<string, string>>) => [
    PORT,
    INTERNAL_ADDR.split(':').at(-1),
  ];
  const both = [publicPort, internalPort];
  expect(ports(registry?.environment ?? {})).toEqual(both);
  expect(ports(unitVariables)).toEqual(both);
  expect([imageVariables['PORT'], String(values.ports.public)]).toEqual([publicPort, publicPort]);
  expect(String(values.ports.internal)).toBe(internalPort);
  expect(await textOf('deploy/proxy/haproxy.cfg')).toContain(` registry:${publicPort} `);
  const published = Object.entries(compose.services).filter(([, { ports: each }]) => each !== undefined);
  expect(published.map(([name]) => name)).toEqual(['proxy']);
});

test('every container of the compose file runs without more rights than it needs', () => {
  for (const [name, { read_only, cap_drop, security_opt }] of Object.entries(compose.services)) {
    expect(security_opt, name).toEqual(['no-new-privileges:true']);
    if (name !== 'postgres') expect([read_only, cap_drop], name).toEqual([true, ['ALL']]);
  }
  expect(registry?.networks).not.toHaveProperty('default');
});

// proves A7, A17
test('the schema is brought before a replica starts, by the image of the replica, into which no file is mounted', async () => {
  const { command, image, volumes } = compose.services['migrate'] ?? {};
  expect({ command, image, volumes }).toEqual({
    command: ['migrate', 'up'],
    image: registry?.['image'],
    volumes: undefined,
  });
  expect(registry).toMatchObject({ depends_on: { migrate: { condition: 'service_completed_successfully' } } });
  const deployment = await textOf('deploy/helm/tenant-registry/templates/deployment.yaml');
  const [, init = ''] = /\n( +)initContainers:\n([\s\S]*?)\n\1containers:/.exec(deployment)?.slice(1) ?? [];
  expect(init).toContain('args: [migrate, up]');
  expect(init).toContain('include "registry.container"');
  expect([values.migrate.enabled, values.extraVolumeMounts]).toEqual([true, []]);
  expect(unit).toMatch(/\nExecStartPre=.* migrate up\n/);
});

test('whoever ends a replica waits for longer than it drains', () => {
  const seconds = (text: unknown) => Number.parseInt(String(text), 10);
  const drainMs = Number(registry?.environment?.['SHUTDOWN_TIMEOUT_MS']);
  expect(seconds(registry?.['stop_grace_period']) * 1_000).toBeGreaterThan(drainMs);
  expect(seconds(/\nTimeoutStopSec=(\d+)/.exec(unit)?.[1]) * 1_000).toBeGreaterThan(readConfig({}).shutdownTimeoutMs);
});

test('the image starts node as process 1, as a user by its number, and asks for health by node', () => {
  expect(dockerfile).toMatch(/\nUSER [1-9]\d*:[1-9]\d*\n/);
  expect(dockerfile).toMatch(/\nENTRYPOINT \["node", /);
  expect(dockerfile).toMatch(/\nHEALTHCHECK .* CMD \["node", "\/app\/health\.mjs", "healthz"\]/);
});

test('the chart has the version of the packages', async () => {
  const { version } = JSON.parse(await textOf('package.json'));
  const chart = parse(await textOf('deploy/helm/tenant-registry/Chart.yaml'));
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});

test('the secrets that the page makes are a production configuration of each way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const commands = /\n## Secrets\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  await run('bash', ['-euc', commands], { cwd: folder });
  const secrets = parseEnv(await readFile(join(folder, 'registry.env'), 'utf8'));
  expect(await readFile(join(folder, 'postgres.env'), 'utf8')).toMatch(/^POSTGRES_PASSWORD=[0-9a-f]{48}\n$/);
  for (const environment of [registry?.environment, unitVariables, imageVariables]) {
    expect(readConfig({ ...environment, ...secrets })).toMatchObject({ appEnv: 'prod', port: 8090 });
  }
});

const hasSystemd = await run('systemd-analyze', ['--version']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasSystemd)('systemd (skipped where it is not installed)', () => {
  test('it finds no mistake in the unit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unit-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'tenant-registry.service');
    await writeFile(file, unit.replaceAll('/usr/bin/node', process.execPath));
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file]);
    expect(stderr.split('\n').filter((line) => line.includes('tenant-registry.service'))).toEqual([]);
  });
});

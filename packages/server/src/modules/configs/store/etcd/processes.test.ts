// engine: postgres
/** The command and the server as processes of their own: started, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { configRelay } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { startEtcd, type TestCluster } from '@tenant-registry/etcd/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { childEnv } from '../../../../../test/support/child-env.ts';
import { adminOn, etcdIsMissing, settingsFor, withoutEtcd } from '../../../../../test/support/etcd-store.ts';
import { uniqueSlug } from '../../../../../test/support/server.ts';
import { OPERATOR, startProcess, startServer } from '../../../../../test/support/server-process.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const cli = fileURLToPath(new URL('../../../../cli.ts', import.meta.url));

describe.skipIf(etcdIsMissing)(`processes with configurations in etcd${withoutEtcd}`, () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(() => cluster?.stop());

  async function newStage() {
    const database = await testDatabase();
    onTestFinished(() => database.close());
    const settings = settingsFor(cluster);
    const url = database.url ?? '';
    const env = { ETCD_ENDPOINTS: settings.endpoints.join(','), ETCD_PREFIX: settings.prefix };
    const admin = adminOn(database, settings);
    onTestFinished(() => admin.etcd.close());
    return { database, settings, url, env, admin };
  }

  function spawnCli(env: Readonly<Record<string, string>>, args: readonly string[]) {
    const child = spawn(process.execPath, [cli, 'configs', ...args], {
      env: { ...childEnv(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, ended, output: () => output };
  }
  async function run(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const { ended, output } = spawnCli(env, args);
    return { code: await ended, output: output() };
  }

  test('the command says how it is called, and what is wrong', async () => {
    const { url, env } = await newStage();
    expect(await run({}, '--help')).toMatchObject({ code: 0, output: expect.stringContaining('move --to=etcd') });
    expect(await run({}, 'move')).toMatchObject({ code: 2, output: expect.stringContaining('--to=etcd') });
    expect(await run({}, 'shuffle')).toMatchObject({ code: 2, output: expect.stringContaining('unknown command') });
    expect(await run({ DATABASE_URL: url }, 'move', '--to=etcd')).toMatchObject({
      code: 2,
      output: expect.stringContaining('ETCD_ENDPOINTS'),
    });
    const all = { DATABASE_URL: url, ...env };
    expect(await run(all, 'status')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/values are in +postgres/),
    });
    expect(await run(all, 'repair')).toMatchObject({ code: 1, output: expect.stringContaining('nothing to repair') });
    expect(await run(all, 'move', '--to=etcd')).toMatchObject({ code: 0, output: expect.stringContaining('0 keys') });
    const status = await run({ ...all, CONFIG_STORE: 'etcd' }, 'status');
    expect(status).toMatchObject({ code: 0, output: expect.stringMatching(/member +http.+3\.\d+\.\d+.+leader/) });
    expect(await run({ ...all, ETCD_ENDPOINTS: 'http://127.0.0.1:9' }, 'status')).toMatchObject({
      code: 1,
      output: expect.stringContaining('does not answer'),
    });
  });

  test('the server starts only with CONFIG_STORE as it is', async () => {
    const { url, env } = await newStage();
    const wrong = startProcess({ DATABASE_URL: url, OPERATOR_TOKEN: OPERATOR, CONFIG_STORE: 'etcd', ...env });
    expect(await wrong.ended).toBe(1);
    expect(wrong.output()).toContain('set CONFIG_STORE=postgres, or move them');
    await run({ DATABASE_URL: url, ...env }, 'move', '--to=etcd');
    const other = startProcess({ DATABASE_URL: url, OPERATOR_TOKEN: OPERATOR });
    expect(await other.ended).toBe(1);
    expect(other.output()).toContain('set CONFIG_STORE=etcd');
    const right = await startServer(url, { CONFIG_STORE: 'etcd', ...env });
    right.child.kill('SIGKILL');
    await right.ended;
  });

  // proves B21, B22
  test('servers killed at any moment leave one revision, one audit row and one event of each version', async () => {
    const { url, env, database, admin, settings } = await newStage();
    expect(await run({ DATABASE_URL: url, ...env }, 'move', '--to=etcd')).toMatchObject({ code: 0 });
    const servers: ChildProcess[] = [];
    onTestFinished(() => {
      for (const child of servers) child.kill('SIGKILL');
    });
    const start = async () => {
      const server = await startServer(url, { CONFIG_STORE: 'etcd', ...env });
      servers.push(server.child);
      return server;
    };
    const call = async (address: string, [method, path, body]: readonly [string, string, unknown?]) => {
      const response = await fetch(address + path, {
        method,
        headers: {
          authorization: `Bearer ${OPERATOR}`,
          'content-type': 'application/json',
          ...(path.includes('/configs/') ? { 'if-match': '*' } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const first = await start();
    const { body: tenant } = await call(first.address, ['POST', '/v1/tenants', { slug: uniqueSlug(), name: 'T' }]);
    const granted = { tenant_id: tenant['id'], product: 'certifai' };
    await call(first.address, ['PUT', '/v1/entitlements', granted]);
    const asked = { tenant_id: tenant['id'], slug: uniqueSlug(), name: 'P' };
    const { body: project } = await call(first.address, ['POST', '/v1/projects', asked]);
    const place = { tenant_id: String(tenant['id']), project_id: String(project['id']) };
    const acknowledged = new Map<string, number>();
    for (const key of KEYS) {
      const created = ['POST', `/v1/projects/${place.project_id}/configs`, { key, content: 0 }] as const;
      const answer = await call(first.address, created);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    }
    let [server, n] = [first, 0];
    for (let kill = 0; kill < 5; kill += 1) {
      const until = n + 20 + 7 * kill;
      const { address, child, ended } = server;
      const writer = async (key: string) => {
        for (;;) {
          n += 1;
          const path = `/v1/projects/${place.project_id}/configs/${key}`;
          const answer = await call(address, ['PUT', path, { content: n }]).catch(() => null);
          if (answer === null) return;
          if (answer.status === 200) acknowledged.set(key, Number(answer.body['version']));
          if (n >= until) child.kill('SIGKILL');
        }
      };
      await Promise.all(KEYS.map(writer));
      await ended;
      server = await start();
    }
    const waiting = async () => (await admin.etcd.range({ prefix: `${settings.prefix}i/` }, { countOnly: true })).count;
    await expect.poll(waiting).toBe(0);
    const { db } = database;
    const versions = await db
      .selectFrom('config_revisions')
      .select(['config_key', 'version', 'revision'])
      .where('project_id', '=', place.project_id)
      .orderBy('revision')
      .execute();
    const { kvs } = await admin.etcd.range({ prefix: `${settings.prefix}c/` });
    const current = kvs.map(
      ({ key, value }) => [key.split('/').at(-1), (JSON.parse(value) as { version: number }).version] as const,
    );
    expect(versions.length).toBe(current.reduce((sum, [, version]) => sum + version, 0));
    expect(versions.length).toBeGreaterThan(20);
    for (const [key = '', version] of current) expect(version).toBeGreaterThanOrEqual(acknowledged.get(key) ?? 1);
    const names = versions.map(({ config_key, version }) => `${config_key} ${version}`).sort();
    const rows = await db
      .selectFrom('audit_log')
      .select(['id', 'target_name', 'metadata'])
      .where('project_id', '=', place.project_id)
      .where('action', 'in', ['config.created', 'config.updated'])
      .execute();
    const nameOf = ({ target_name, metadata }: (typeof rows)[number]) =>
      `${target_name} ${(metadata as { version: number }).version}`;
    expect(rows.map(nameOf).sort()).toEqual(names);
    const log = async () =>
      (
        await db
          .selectFrom('events')
          .select('id')
          .where('project_id', '=', place.project_id)
          .where('event_type', 'in', ['config.created', 'config.updated'])
          .execute()
      )
        .map(({ id }) => id)
        .sort();
    await expect.poll(log).toEqual(rows.map(({ id }) => id).sort());
  });

  test('a move that is killed anywhere is repeated', async () => {
    const { url, env, database, admin } = await newStage();
    const { db } = database;
    const all = { DATABASE_URL: url, ...env };
    for (const to of ['etcd', 'postgres', 'etcd'] as const) {
      for (const line of ['from here on', 'epoch']) {
        const killed = spawnCli(all, ['move', `--to=${to}`]);
        const kill = () => {
          if (killed.output().includes(line)) killed.child.kill('SIGKILL');
        };
        killed.child.stdout.on('data', kill);
        await killed.ended;
      }
      expect(await run(all, 'move', `--to=${to}`)).toMatchObject({ code: 0 });
      expect(await configRelay.findConfigStore(db)).toMatchObject({ kind: to });
      expect(await run(all, 'status')).toMatchObject({ code: 0 });
    }
    expect(await admin.etcd.alarms()).toEqual([]);
  });
});

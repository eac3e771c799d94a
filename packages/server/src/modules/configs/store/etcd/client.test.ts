// engine: postgres
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@tenant-registry/db/testing';
import { startEtcd } from '@tenant-registry/etcd/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newPlace } from '../../../../../test/support/config-history.ts';
import { adminOn, etcdIsMissing, set, withoutEtcd } from '../../../../../test/support/etcd-store.ts';
import { runWorker, startTestServer } from '../../../../../test/support/server.ts';
import { moveToEtcd } from './admin/move.ts';
import { openEtcd } from './client.ts';

const PASSWORD = 'correct-horse-battery-staple';
const nothing = { username: null, passwordFile: null, quotaBytes: 2_147_483_648 };
const noTls = { caFile: null, certFile: null, keyFile: null };

describe.skipIf(etcdIsMissing)(`etcd with users and certificates${withoutEtcd}`, () => {
  // proves B19
  test('a user for the prefix alone moves, writes, relays and looks after it, and its password is in no log', async () => {
    const prefix = 'registry/';
    const cluster = await startEtcd({ tls: true, auth: { username: 'registry', password: PASSWORD, prefix } });
    onTestFinished(() => cluster.stop());
    const folder = mkdtempSync(join(tmpdir(), 'etcd-settings-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string, text = '') => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const { ca, cert, key } = cluster.options.tls ?? {};
    const settings = {
      ...nothing,
      endpoints: cluster.endpoints,
      prefix,
      username: 'registry',
      passwordFile: file('password', `${PASSWORD}\n`),
      tls: { caFile: file('ca.pem', ca), certFile: file('cert.pem', cert), keyFile: file('key.pem', key) },
    };
    const database = await testDatabase();
    const lines: string[] = [];
    const admin = adminOn(database, settings, (line) => lines.push(line));
    onTestFinished(() => admin.etcd.close());
    await moveToEtcd(admin, { overwrite: false });
    const server = await startTestServer({ database, configStore: { kind: 'etcd', etcd: settings } });
    const place = await newPlace(server);
    expect(await set(server, place, ['a', 1])).toMatchObject({ version: 1 });
    expect(await runWorker(server, 'configs-relay')).toBe(1);
    await runWorker(server, 'configs-upkeep');
    expect(server.app.deps.etcdConfigs?.upkeep.dbSize()).toBeGreaterThan(0);
    const { revision } = await admin.etcd.range({ key: `${prefix}all` });
    await admin.etcd.compact(revision);
    const tail = await server.app.deps.configStore.tail(place);
    await tail.settle();
    tail.release();
    expect([...server.logs, ...lines].join()).not.toContain(PASSWORD);
    await server.close();
  });
});

test('a file that cannot be read is told by its variable', () => {
  const settings = { ...nothing, endpoints: ['https://a.example:2379'], prefix: 'x/', tls: noTls };
  expect(() => openEtcd({ ...settings, username: 'registry', passwordFile: '/nowhere/password' })).toThrow(
    'ETCD_PASSWORD_FILE: its file cannot be read (ENOENT)',
  );
});

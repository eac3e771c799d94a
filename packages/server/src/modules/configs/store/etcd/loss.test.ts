// engine: postgres
/** All members of etcd are lost with their disks, and their operator starts them empty and repairs the store. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newPlace } from '../../../../../test/support/config-history.ts';
import {
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker } from '../../../../../test/support/server.ts';
import { repair } from './admin/repair.ts';
import { status } from './admin/status.ts';

const MEMBERS = [0, 1, 2] as const;

describe.skipIf(etcdIsMissing)(`the loss of every member of etcd${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd({ cluster: { members: 3 } });
  });
  afterAll(() => there?.close());

  const statusNow = async () => {
    const lines: string[] = [];
    const { db } = there.server.app.deps;
    const say = (line: string) => void lines.push(line);
    const isRight = await status({ ...there.admin, say }, db, say);
    const troubles = lines.filter((line) => line.startsWith('trouble')).map((line) => line.replace(/^trouble +/, ''));
    return { isRight, troubles, text: lines.join('\n') };
  };

  // proves B20, B21
  test('costs what was not relayed: 503 until the repair, then the values of the database, and no ETag of before', async () => {
    const { server, cluster, admin, said } = there;
    const place = await newPlace(server);
    const url = (key: string) => `/v1/projects/${place.project_id}/configs/${key}`;
    const put = (key: string, content: unknown, headers: Record<string, string>) =>
      server.call(`PUT ${url(key)}`, { body: { content }, headers });
    await set(server, place, ['kept', 'one']);
    await set(server, place, ['kept', 'two']);
    await runWorker(server, 'configs-relay');
    await set(server, place, ['kept', 'three']);
    await set(server, place, ['late', 1]);
    const before = await server.call(`GET ${url('kept')}`);
    expect(before).toMatchObject({ status: 200, body: { version: 3, content: 'three' } });
    const snapshot = await server.call(`GET /v1/projects/${place.project_id}/config-snapshot`);
    const tail = await server.app.deps.configStore.tail(place);
    onTestFinished(() => tail.release());
    const { epoch } = tail;

    await Promise.all(MEMBERS.map((index) => cluster.member(index).lose()));
    const dead = await statusNow();
    expect(dead.isRight).toBe(false);
    expect(dead.troubles).toHaveLength(4);
    expect(dead.troubles.at(-1)).toContain('etcd does not answer: look whether a majority of its members runs');
    expect(dead.text).not.toMatch(/grpc|UNAVAILABLE|ECONNREFUSED|deadline/i);
    expect((await server.call(`GET ${url('kept')}`)).status).toBe(503);

    await Promise.all(MEMBERS.map((index) => cluster.member(index).start()));
    await expect
      .poll(async () => (await statusNow()).troubles)
      .toEqual(['etcd has lost the values: run `configs repair`']);
    for (const asked of [`GET ${url('kept')}`, `GET /v1/projects/${place.project_id}/config-snapshot`])
      expect(await server.call(asked)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await put('new', 1, { 'if-match': '*' })).status).toBe(503);
    expect((await server.call(`GET /v1/projects/${place.project_id}`)).status).toBe(200);

    await repair(admin, undefined);
    expect(said.join('\n')).toContain('1 keys are in etcd');
    expect(said.at(-1)).toBe('writes of configurations are accepted again');
    await expect.poll(async () => (await server.call(`GET ${url('kept')}`)).status).toBe(200);
    const after = await server.call(`GET ${url('kept')}`);
    expect(after.body).toMatchObject({ version: 2, content: 'two' });
    expect((await server.call(`GET ${url('late')}`)).status).toBe(404);
    const [etag, old] = [after, before].map(({ headers }) => headers.get('etag') ?? expect.fail());
    // Version 3 is given a second time, and the ETag of the first one does not match it.
    expect((await put('kept', 'again', { 'if-match': old ?? '' })).status).toBe(412);
    const again = await put('kept', 'again', { 'if-match': etag ?? '' });
    expect(again).toMatchObject({ status: 200, body: { version: 3, content: 'again' } });
    expect(again.headers.get('etag')).not.toBe(old);
    const unchanged = { headers: { 'if-none-match': old ?? '' } };
    expect((await server.call(`GET ${url('kept')}`, unchanged)).status).toBe(200);
    const then = snapshot.body.cursor ?? snapshot.headers.get('etag')?.replaceAll('"', '');
    const past = await server.call(`GET /v1/projects/${place.project_id}/config-snapshot?at=${then}`);
    expect(past).toMatchObject({ status: 400, body: { code: 'config_state_unknown' } });
    await expect.poll(() => tail.settle().then(() => tail.epoch !== epoch)).toBe(true);

    expect(await runWorker(server, 'configs-relay')).toBe(1);
    expect(await statusNow()).toMatchObject({ isRight: true, troubles: [] });
  });
});

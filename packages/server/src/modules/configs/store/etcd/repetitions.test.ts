// engine: postgres
/** A write that is repeated with its Idempotency-Key after its outcome was unknown. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker } from '../../../../../test/support/server.ts';
import { kernelErrors } from '../../../../kernel/errors.ts';
import type { Planned } from '../../transfer/schema.ts';
import { importConfigs } from '../../transfer/service.ts';

describe.skipIf(etcdIsMissing)(`a repetition${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());

  /** The next write takes effect, and its caller is told that etcd does not answer. */
  function loseNextAnswer(): void {
    const store = there.server.app.deps.configStore;
    const { commit } = store;
    store.commit = async (...asked) => {
      store.commit = commit;
      await commit(...asked);
      throw kernelErrors.unavailable();
    };
  }

  async function put(project: string, content: string, key?: string) {
    const headers = { 'if-match': '*', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    return there.server.call(`PUT /v1/projects/${project}/configs/limits`, { body: { content }, headers });
  }

  async function newKey(): Promise<string> {
    const { project_id } = await newPlace(there.server);
    const body = { content: 'first', expected_version: 0 };
    expect((await there.server.call(`PUT /v1/projects/${project_id}/configs/limits`, { body })).status).toBe(200);
    return project_id;
  }

  async function historyOf(project: string) {
    await runWorker(there.server, 'configs-relay');
    const { db } = there.server.app.deps;
    const made = db.selectFrom('config_revisions').select('content').where('project_id', '=', project);
    return (await made.orderBy('version').execute()).map(({ content }) => content);
  }

  test('of the newest write is told its version', async () => {
    const project = await newKey();
    loseNextAnswer();
    expect((await put(project, 'mine', 'k-1')).status).toBe(503);
    expect(await put(project, 'mine', 'k-1')).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await historyOf(project)).toEqual(['first', 'mine']);
  });

  test('that comes when the Idempotency-Key is forgotten is a new write', async () => {
    const project = await newKey();
    expect((await put(project, 'mine', 'k-3')).body).toMatchObject({ version: 2 });
    expect((await put(project, 'theirs')).body).toMatchObject({ version: 3 });
    expect(await historyOf(project)).toEqual(['first', 'mine', 'theirs']);
    await there.server.app.deps.db.transaction().execute(async (tx) => {
      await sql`alter table config_revisions disable trigger config_revisions_unchanged`.execute(tx);
      await sql`update config_revisions set created_at = created_at - interval '25 hours'
        where project_id = ${project}`.execute(tx);
      await sql`alter table config_revisions enable trigger config_revisions_unchanged`.execute(tx);
      await tx.deleteFrom('idempotency_keys').where('key', '=', 'k-3').execute();
    });
    expect((await put(project, 'mine', 'k-3')).body).toMatchObject({ version: 4 });
  });

  describe('of a write that another one followed', () => {
    let history: readonly unknown[] = [];

    test('is told the version of then', async () => {
      const project = await newKey();
      loseNextAnswer();
      expect((await put(project, 'mine', 'k-2')).status).toBe(503);
      expect((await put(project, 'theirs')).status).toBe(200);
      expect(await put(project, 'mine', 'k-2')).toMatchObject({ status: 200, body: { version: 2, content: 'mine' } });
      history = await historyOf(project);
      expect(history.slice(0, 3)).toEqual(['first', 'mine', 'theirs']);
    });

    test('takes no effect once more', () => {
      expect(history).toHaveLength(3);
    });
  });

  describe('of an import', () => {
    const valuesOf = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `k${String(index).padStart(3, '0')}`, content: index }));

    function importInto(project: string, body: object) {
      const headers = { 'idempotency-key': `into-${project}` };
      return there.server.call(`POST /v1/projects/${project}/config-import`, { body, headers });
    }

    /** An import whose answers this test sees, and no caller does: the registry stopped before it kept them. */
    function importUnseen(project_id: string, items: readonly { key: string; content: number }[]) {
      const idempotencyClaim = { principal: 'p', key: 'i-2', request_hash: project_id, claim_id: randomUUID() };
      const input = { project_id, items: [...items], prune: true, dry_run: false };
      return importConfigs({ ...contextOf(there.server), idempotencyClaim }, input);
    }

    const versionsOf = (project: string) =>
      there.server.app.deps.db
        .selectFrom('config_revisions')
        .select(['config_key as key', 'version', 'operation'])
        .where('project_id', '=', project)
        .orderBy('config_key')
        .orderBy('version')
        .execute();

    test('answers as the import did, whatever others have written since, and writes nothing', async () => {
      const place = await newPlace(there.server);
      const { project_id } = place;
      await set(there.server, place, ['k000', 'before']);
      await set(there.server, place, ['k001', 1]);
      await set(there.server, place, ['old', true]);
      const first = await importUnseen(project_id, valuesOf(70));
      expect(first).toMatchObject({ complete: true, counts: { create: 68, update: 1, unchanged: 1, delete: 1 } });
      expect(await importUnseen(project_id, valuesOf(70))).toEqual(first);
      for (const key of ['k000', 'k069', 'old', 'new']) await set(there.server, place, [key, 'theirs']);
      expect(await importUnseen(project_id, valuesOf(70))).toEqual(first);
      await runWorker(there.server, 'configs-relay');
      expect(await importUnseen(project_id, valuesOf(70))).toEqual(first);
      const versions = await versionsOf(project_id);
      const told = (key: string) => versions.filter((each) => each.key === key).map(({ operation }) => operation);
      expect(versions).toHaveLength(77);
      expect(told('k000')).toEqual(['create', 'update', 'update']);
      expect(told('old')).toEqual(['create', 'delete', 'create']);
      expect(told('new')).toEqual(['create']);
    });

    test('does what was left to do, and no key has two versions of it', async () => {
      const { project_id } = await newPlace(there.server);
      loseNextAnswer();
      const body = { items: valuesOf(130) };
      expect((await importInto(project_id, body)).status).toBe(503);
      const { body: again } = await importInto(project_id, body);
      expect(again).toMatchObject({ complete: true, stopped: null, counts: { create: 130, unchanged: 0 } });
      expect(again.items.every(({ written, version }: Planned) => written && version === 1)).toBe(true);
      for (let left = 2; left > 0; left -= 1) await runWorker(there.server, 'configs-relay');
      expect(await versionsOf(project_id)).toHaveLength(130);
    });

    test('finds the write that takes effect while it is planned', async () => {
      const { project_id } = await newPlace(there.server);
      const store = there.server.app.deps.configStore;
      const { commit } = store;
      const delayed = Promise.withResolvers<Parameters<typeof commit>>();
      store.commit = async (...asked) => {
        delayed.resolve(asked);
        throw kernelErrors.unavailable();
      };
      const body = { items: valuesOf(3) };
      expect((await importInto(project_id, body)).status).toBe(503);
      store.commit = async (...asked) => {
        store.commit = commit;
        await commit(...(await delayed.promise));
        return commit(...asked);
      };
      const { body: again } = await importInto(project_id, body);
      expect(again).toMatchObject({ complete: true, counts: { create: 3 } });
      const { cursor } = (await there.server.call(`GET /v1/projects/${project_id}/configs/k000`)).body;
      expect(again.cursor).toBe(cursor);
      await runWorker(there.server, 'configs-relay');
      expect(await versionsOf(project_id)).toHaveLength(3);
    });
  });
});

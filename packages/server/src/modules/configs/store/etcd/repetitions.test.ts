// engine: postgres
/** A write that is repeated with its Idempotency-Key after its outcome was unknown. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type EtcdServer,
  etcdIsMissing,
  newPlace,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker } from '../../../../../test/support/server.ts';
import { kernelErrors } from '../../../../kernel/errors.ts';

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
});

// engine: postgres
import { randomUUID } from 'node:crypto';
import { configRelay } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { startEtcd, type TestCluster } from '@tenant-registry/etcd/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  adminOn,
  changeTo,
  deletionOf,
  etcdIsMissing,
  set,
  settingsFor,
  withoutEtcd,
  write,
} from '../../../../../test/support/etcd-store.ts';
import { startTestServer, trailOf } from '../../../../../test/support/server.ts';
import { bookkeep } from '../../../../kernel/transact.ts';
import { moveToEtcd, moveToPostgres } from './admin/move.ts';
import { repair } from './admin/repair.ts';
import { status } from './admin/status.ts';
import { copyToEtcd } from './admin/to-etcd.ts';
import { keysUnder } from './keys.ts';

describe.skipIf(etcdIsMissing)(`moves and repairs of configurations${withoutEtcd}`, () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(() => cluster?.stop());

  /** A database with a prefix in etcd of its own, and servers on it. */
  async function newStage() {
    const database = await testDatabase();
    const settings = settingsFor(cluster);
    const lines: string[] = [];
    const admin = adminOn(database, settings, (line) => lines.push(line));
    onTestFinished(async () => {
      admin.etcd.close();
      await database.close();
    });
    const start = async (kind: 'etcd' | 'postgres') => {
      // The database outlives the server.
      const server = await startTestServer({
        database: { ...database, close: async () => {} },
        configStore: { kind, etcd: settings },
      });
      onTestFinished(() => server.close());
      return server;
    };
    const keys = keysUnder(settings.prefix);
    return { database, db: database.db, settings, admin, lines, start, keys };
  }
  type Stage = Awaited<ReturnType<typeof newStage>>;
  const storeOf = ({ db }: Stage) => configRelay.findConfigStore(db);
  const relayAll = (stage: Stage) => stage.admin.relay.turn(AbortSignal.timeout(60_000));
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error) => error.definition?.code ?? String(error),
    );

  // proves B21
  test('values, tombstones and versions go to etcd and back, and revisions go on rising', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', { n: 1 }]);
    const a = await set(before, place, ['a', { n: 2 }]);
    const [b] = await write(before, place, [changeTo('b', null), changeTo('d', 'x'.repeat(200_000))]);
    const [gone] = await write(before, place, [deletionOf(b ?? expect.fail())]);
    const head = await before.app.deps.configStore.head(contextOf(before), place);
    await moveToEtcd(stage.admin, { overwrite: false });
    expect(await storeOf(stage)).toMatchObject({ kind: 'etcd' });
    expect(await codeOf(before.app.deps.configStore.find(contextOf(before), place, 'a'))).toBe('unavailable');
    expect(await codeOf(write(before, place, [changeTo('late', 1)]))).toBe('unavailable');

    const there = await stage.start('etcd');
    const find = async (key: string) => (await there.app.deps.configStore.find(contextOf(there), place, key)).config;
    const { revision: _, ...same } = a;
    expect(await find('a')).toMatchObject(same);
    expect(await find('b')).toMatchObject({ version: 2, deleted: true, write_id: gone?.write_id });
    const state = await there.app.deps.configStore.head(contextOf(there), place);
    expect(state.revision).toBeGreaterThan(head.revision);
    expect(state.epoch).not.toBe(head.epoch);
    const next = await set(there, place, ['a', { n: 3 }]);
    expect(next).toMatchObject({ version: 3, created_at: a.created_at });
    expect(next.revision).toBeGreaterThan(state.revision);
    expect(await set(there, place, ['b', 'again'])).toMatchObject({ version: 3 });

    await moveToPostgres(stage.admin);
    expect(await codeOf(write(there, place, [changeTo('late', 1)]))).toBe('unavailable');
    const again = await stage.start('postgres');
    const found = await again.app.deps.configStore.find(contextOf(again), place, 'a');
    expect(found.config).toMatchObject({ version: 3, content: { n: 3 } });
    const last = await set(again, place, ['a', { n: 4 }]);
    expect(last.revision).toBeGreaterThan(next.revision);
    const history = await stage.db
      .selectFrom('config_revisions')
      .select(['version', 'revision'])
      .where('project_id', '=', place.project_id)
      .where('config_key', '=', 'a')
      .orderBy('revision')
      .execute();
    expect(history.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    const counts = await stage.db
      .selectFrom('config_heads')
      .select(['keys', 'bytes'])
      .where('project_id', '=', place.project_id)
      .executeTakeFirst();
    expect(counts).toEqual({ keys: 3, bytes: 7 + 7 + 200_002 });
  });

  test('a move that was killed is repeated, and one that is done does nothing', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', 1]);
    const killed = bookkeep(stage.db, async (tx) => {
      await copyToEtcd(stage.admin, tx, { action: 'moved', margin: 0 });
      throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    expect(await storeOf(stage)).toMatchObject({ kind: 'postgres' });
    await set(before, place, ['a', 2]);
    await write(before, place, [changeTo('b', 1)]);
    await moveToEtcd(stage.admin, { overwrite: false });
    const { epoch } = await storeOf(stage);
    await moveToEtcd(stage.admin, { overwrite: false });
    expect(await storeOf(stage)).toMatchObject({ kind: 'etcd', epoch });
    const there = await stage.start('etcd');
    const { config } = await there.app.deps.configStore.find(contextOf(there), place, 'a');
    expect(config).toMatchObject({ version: 2 });
    // A move back that is given up is taken back.
    await moveToPostgres({
      ...stage.admin,
      relay: { ...stage.admin.relay, turn: () => Promise.reject(new Error('killed')) },
    }).catch(() => {});
    expect(await codeOf(set(there, place, ['a', 3]))).toBe('unavailable');
    expect(stage.lines.at(-1)).toContain('writes of configurations are refused from here on');
    expect(await status(stage.admin, stage.db, stage.admin.say)).toBe(false);
    expect(stage.lines.at(-1)).toMatch(/^trouble +writes are refused: .+ let writes in with `configs move --to=etcd`$/);
    await moveToEtcd(stage.admin, { overwrite: false });
    expect(stage.lines).toContain('writes of configurations are accepted again');
    expect(await set(there, place, ['a', 3])).toMatchObject({ version: 3 });
    await moveToPostgres(stage.admin);
    await moveToPostgres(stage.admin);
    expect(stage.lines.at(-1)).toContain('nothing is left to do');
  });

  // proves B21
  test('a server on etcd tells no value from the moment at which the values are in the database, also of a move that was killed then', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', 1]);
    await moveToEtcd(stage.admin, { overwrite: false });
    const there = await stage.start('etcd');
    const find = () => there.app.deps.configStore.find(contextOf(there), place, 'a');
    expect((await find()).config).toMatchObject({ version: 1 });
    const { kvs } = await stage.admin.etcd.range({ key: stage.keys.meta });
    const meta = { ...JSON.parse(kvs[0]?.value ?? ''), state: 'frozen' };
    await stage.admin.etcd.put(stage.keys.meta, JSON.stringify(meta));
    // Nothing is written yet.
    expect((await find()).config).toMatchObject({ version: 1 });
    await stage.db.updateTable('config_store').set({ kind: 'postgres', epoch: 'another' }).execute();
    expect(await codeOf(find())).toBe('unavailable');
  });

  test('of two commands at once, the one that comes second changes nothing', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', 1]);
    await moveToEtcd(stage.admin, { overwrite: false });
    const there = await stage.start('etcd');
    const { turn } = stage.admin.relay;
    // Another command lets writes in while the first one waits for what is not relayed.
    const takenBack = async (signal: AbortSignal) => {
      await moveToEtcd(stage.admin, { overwrite: false });
      await set(there, place, ['a', 2]);
      return turn(signal);
    };
    const late = { ...stage.admin, relay: { ...stage.admin.relay, turn: takenBack } };
    await expect(moveToPostgres(late)).rejects.toThrow('nothing was moved');
    expect(await storeOf(stage)).toMatchObject({ kind: 'etcd' });
    expect(await set(there, place, ['a', 3])).toMatchObject({ version: 3 });
    const faster = async (signal: AbortSignal) => {
      await moveToPostgres(stage.admin);
      return turn(signal);
    };
    const slow = { ...stage.admin, relay: { ...stage.admin.relay, turn: faster } };
    await expect(moveToPostgres(slow)).rejects.toThrow('another command');
    expect(await storeOf(stage)).toMatchObject({ kind: 'postgres' });
  });

  test('a repair of etcd that was killed is done again from the database, and never from the half that is there', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', 1]);
    await moveToEtcd(stage.admin, { overwrite: false });
    const killed = bookkeep(stage.db, async (tx) => {
      await copyToEtcd(stage.admin, tx, { action: 'repaired', margin: 0 });
      throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    await stage.admin.etcd.deleteKeys([stage.keys.value(place, 'a')]);
    await expect(repair(stage.admin, 'etcd')).rejects.toThrow('--from postgres');
    await repair(stage.admin, undefined);
    const there = await stage.start('etcd');
    const { config } = await there.app.deps.configStore.find(contextOf(there), place, 'a');
    expect(config).toMatchObject({ version: 1, content: 1 });
  });

  test('a prefix that another installation uses is not overwritten unless that is said', async () => {
    const [one, other] = [await newStage(), await newStage()];
    await moveToEtcd(one.admin, { overwrite: false });
    const onTheSame = adminOn(other.database, one.settings);
    onTestFinished(() => onTheSame.etcd.close());
    await expect(moveToEtcd(onTheSame, { overwrite: false })).rejects.toThrow('ETCD_PREFIX');
    expect(await storeOf(other)).toMatchObject({ kind: 'postgres' });
    await moveToEtcd(onTheSame, { overwrite: true });
    expect(await storeOf(other)).toMatchObject({ kind: 'etcd' });
  });

  test('a writer that waits while the values move is refused when they have moved', async () => {
    const stage = await newStage();
    const before = await stage.start('postgres');
    const place = await newPlace(before);
    await set(before, place, ['a', 1]);
    let late: Promise<string> | undefined;
    await bookkeep(stage.db, async (tx) => {
      await configRelay.lockConfigHeads(tx);
      late = codeOf(
        before.app.deps.configStore.commit(contextOf(before), place, {
          changes: [changeTo('late', 1)],
          write_id: randomUUID(),
        }),
      );
      if (before.app.deps.database.engine === 'postgres') {
        const blocked = () =>
          sql<{ waiting: number }>`select count(*)::int as waiting from pg_locks where not granted
            and relation = 'config_heads'::regclass`.execute(tx);
        await expect.poll(async () => (await blocked()).rows[0]?.waiting).toBe(1);
      }
      await copyToEtcd(stage.admin, tx, { action: 'moved', margin: 0 });
    });
    expect(await late).toBe('unavailable');
    expect((await stage.admin.etcd.range({ prefix: stage.keys.valuesOf(place) })).count).toBe(1);
    const rows = await stage.db
      .selectFrom('configs')
      .select('key')
      .where('project_id', '=', place.project_id)
      .execute();
    expect(rows).toEqual([{ key: 'a' }]);
  });

  // proves B21
  test('an etcd that was lost answers 503 until the values of the database are back, under a new epoch', async () => {
    const stage = await newStage();
    await moveToEtcd(stage.admin, { overwrite: false });
    const server = await stage.start('etcd');
    const { configStore } = server.app.deps;
    const place = await newPlace(server);
    const relayed = await set(server, place, ['a', 1]);
    await relayAll(stage);
    await set(server, place, ['a', 2]);
    const { epoch } = await configStore.head(contextOf(server), place);
    const { kvs } = await stage.admin.etcd.range({ prefix: stage.settings.prefix }, { keysOnly: true });
    await stage.admin.etcd.deleteKeys(kvs.map(({ key }) => key));
    const find = () => configStore.find(contextOf(server), place, 'a');
    expect(await codeOf(find())).toBe('unavailable');
    expect(await codeOf(write(server, place, [changeTo('b', 1)]))).toBe('unavailable');
    expect(await status(stage.admin, stage.db, stage.admin.say)).toBe(false);
    expect(stage.lines.join('\n')).toContain('etcd has lost the values: run `configs repair`');
    await repair(stage.admin, undefined);
    await expect.poll(() => codeOf(find())).toBe('done');
    const found = await find();
    expect(found.config).toMatchObject({ version: 1, content: 1, write_id: relayed.write_id });
    expect(found.epoch).not.toBe(epoch);
    const at = { epoch, revision: relayed.revision };
    expect(await codeOf(configStore.page(contextOf(server), place, { prefix: '', limit: 1, bytesMax: 1, at }))).toBe(
      'invalid_cursor',
    );
    expect(await set(server, place, ['a', 3])).toMatchObject({ version: 2 });
    await relayAll(stage);
    expect(await status(stage.admin, stage.db, stage.admin.say)).toBe(true);
    const changes = await stage.db
      .selectFrom('audit_log')
      .select('metadata')
      .where('action', '=', 'config_store.changed')
      .orderBy('id')
      .execute();
    expect(changes.map(({ metadata }) => metadata)).toMatchObject([
      { action: 'moved', source: 'postgres', kind: 'etcd' },
      { action: 'repaired', source: 'postgres', kind: 'etcd', keys: 1 },
    ]);
  });

  test('an etcd that is older than what the database has of it answers 503 until it is repaired', async () => {
    const stage = await newStage();
    await moveToEtcd(stage.admin, { overwrite: false });
    const server = await stage.start('etcd');
    const place = await newPlace(server);
    await set(server, place, ['a', 1]);
    await relayAll(stage);
    // As after a restore of etcd from a backup: the database has seen more.
    await stage.db.updateTable('config_store').set({ revision_seen: 1_000_000 }).execute();
    const fresh = await stage.start('etcd');
    const find = () => fresh.app.deps.configStore.find(contextOf(fresh), place, 'a');
    expect(await codeOf(find())).toBe('unavailable');
    await repair(stage.admin, undefined);
    await expect.poll(() => codeOf(find())).toBe('done');
    expect((await find()).config).toMatchObject({ version: 1 });
  });

  test('a database that is older than etcd gets the current values back, and the audit log tells what is missing', async () => {
    const stage = await newStage();
    await moveToEtcd(stage.admin, { overwrite: false });
    const server = await stage.start('etcd');
    const place = await newPlace(server);
    const first = await set(server, place, ['a', 1]);
    await set(server, place, ['b', 1]);
    await relayAll(stage);
    await set(server, place, ['a', 2]);
    const last = await set(server, place, ['a', 'three']);
    await relayAll(stage);
    await bookkeep(stage.db, async (tx) => {
      await sql`set local app.retention = 'on'`.execute(tx);
      await tx.deleteFrom('config_revisions').where('config_key', '=', 'a').where('version', '>', 1).execute();
      await tx
        .updateTable('configs')
        .set({ version: 1, revision: first.revision, content: sql`'1'::jsonb`, content_sha256: first.content_sha256 })
        .where('key', '=', 'a')
        .execute();
      await tx.updateTable('config_heads').set({ bytes: 2 }).execute();
    });
    const waiting = await set(server, place, ['b', 2]);
    await repair(stage.admin, undefined);
    expect(stage.lines.at(-1)).toBe('writes of configurations are accepted again');
    const rows = await stage.db
      .selectFrom('configs')
      .select(['key', 'version', 'revision', 'content'])
      .where('project_id', '=', place.project_id)
      .orderBy('key')
      .execute();
    expect(rows).toEqual([
      { key: 'a', version: 3, revision: last.revision, content: 'three' },
      { key: 'b', version: 2, revision: waiting.revision, content: 2 },
    ]);
    const trail = (await trailOf(server, place.tenant_id)).filter(({ action }) => action.startsWith('config.'));
    expect(
      trail.filter(({ action }) => action === 'config.history_shortened').map(({ metadata }) => metadata),
    ).toMatchObject([{ cause: 'database_restored', keys: 1, missing: [{ key: 'a', from_version: 2, to_version: 2 }] }]);
    // What waited in etcd has its own audit row.
    expect(trail.filter(({ target_name, action }) => target_name === 'b' && action === 'config.updated')).toHaveLength(
      1,
    );
    const counts = await stage.db.selectFrom('config_heads').select(['keys', 'bytes']).executeTakeFirst();
    expect(counts).toEqual({ keys: 2, bytes: 8 });
    expect(await set(server, place, ['a', 4])).toMatchObject({ version: 4 });
  });

  test('what waits for long is told, with the place that says why', async () => {
    const stage = await newStage();
    await moveToEtcd(stage.admin, { overwrite: false });
    const server = await stage.start('etcd');
    await set(server, await newPlace(server), ['a', 1]);
    expect(await status(stage.admin, stage.db, stage.admin.say)).toBe(true);
    const later = { ...stage.admin, clock: () => new Date(Date.now() + 32_000) };
    expect(await status(later, stage.db, stage.admin.say)).toBe(false);
    expect(stage.lines.at(-1)).toMatch(/^trouble +changes have waited for more than 30 s: the log of the registry/);
  });

  test('two epochs that differ are not guessed at', async () => {
    const stage = await newStage();
    await moveToEtcd(stage.admin, { overwrite: false });
    await stage.db.updateTable('config_store').set({ epoch: 'another' }).execute();
    await expect(repair(stage.admin, undefined)).rejects.toThrow('--from etcd or --from postgres');
    const { meta } = JSON.parse(`{"meta":${(await stage.admin.etcd.range({ key: stage.keys.meta })).kvs[0]?.value}}`);
    await repair(stage.admin, 'etcd');
    expect(await storeOf(stage)).toMatchObject({ epoch: meta.epoch });
  });
});

// engine: postgres
/** What the relay does with versions that the database refuses, and with errors that are not about them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newPlace } from '../../../../../test/support/config-history.ts';
import {
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import { createLogger } from '../../../../kernel/logger.ts';
import type { Place } from '../port.ts';
import { createLink } from './link.ts';
import { createConfigRelay, type RelayOptions } from './relay.ts';
import { createStanding } from './standing.ts';

describe.skipIf(etcdIsMissing)(`versions that the database refuses${withoutEtcd}`, () => {
  let there: EtcdServer;
  const logs: string[] = [];
  beforeAll(async () => {
    there = await startOnEtcd();
    await sql`create table refusals (key text primary key, code text not null)`.execute(db());
    await sql`
      create function refuse() returns trigger language plpgsql as $$
      declare refusal refusals%rowtype;
      begin
        select * into refusal from refusals where key = new.key;
        if found then raise exception 'no' using errcode = refusal.code; end if;
        return new;
      end
      $$`.execute(db());
    await sql`create trigger refuse before insert on configs for each row execute function refuse()`.execute(db());
  });
  afterAll(() => there?.close());
  beforeEach(async () => {
    await sql`delete from refusals`.execute(db());
    const { kvs } = await there.etcd.range({ prefix: there.keys.intents }, { keysOnly: true });
    await there.etcd.deleteKeys(kvs.map(({ key }) => key));
    logs.length = 0;
  });
  const db = () => there.server.app.deps.db;
  const refuse = (key: string, code: string) => sql`insert into refusals values (${key}, ${code})`.execute(db());
  const waiting = async () => (await there.etcd.range({ prefix: there.keys.intents }, { countOnly: true })).count;

  function newRelay(more: Partial<RelayOptions> = {}) {
    const logger = createLogger('info', { write: (line) => void logs.push(line) });
    const link = createLink(there.etcd, logger);
    const standing = createStanding({ db: db(), link, metaKey: there.keys.meta });
    const parts = { link, keys: there.keys, standing, db: db(), logger };
    const relay = createConfigRelay({ ...parts, signals: { tell() {} }, clock: () => new Date(), ...more });
    return { ...relay, turn: () => relay.turn(AbortSignal.timeout(60_000)) };
  }

  const versionsOf = async ({ project_id }: Place) => {
    const rows = db().selectFrom('config_revisions').select('version').where('project_id', '=', project_id);
    return (await rows.execute()).length;
  };

  // proves B22
  test.each(['P0001', '54000', '54001', '23514', '22P02', '44000', '0A000', 'R0001'])(
    'one that is refused with %s holds back its project alone, and comes when it is accepted',
    async (code) => {
      const [stuck, free] = [await newPlace(there.server), await newPlace(there.server)];
      await refuse('poison', code);
      for (const key of ['before', 'poison', 'behind']) await set(there.server, stuck, [key, 1]);
      for (const key of ['a', 'b']) await set(there.server, free, [key, 1]);
      const relay = newRelay();
      expect(await relay.turn()).toBe(3);
      expect([await versionsOf(stuck), await versionsOf(free), await waiting()]).toEqual([1, 2, 2]);
      expect(logs.filter((line) => line.includes('the database refuses'))).toHaveLength(1);
      expect(await relay.turn()).toBe(0);
      expect(relay.lagSeconds()).toBeGreaterThan(0);
      await sql`delete from refusals`.execute(db());
      expect(await newRelay().turn()).toBe(2);
      expect(await versionsOf(stuck)).toBe(3);
    },
  );

  test.each(['40001', '40P01', '53100', '55P03', '57014', '42501', '25006', '58030', 'XX000'])(
    'an error %s is about the moment: nothing is set aside, and the next turn brings everything',
    async (code) => {
      const [one, other] = [await newPlace(there.server), await newPlace(there.server)];
      await refuse('late', code);
      await set(there.server, one, ['late', 1]);
      await set(there.server, other, ['a', 1]);
      const relay = newRelay();
      await expect(relay.turn()).rejects.toMatchObject({ code });
      expect([await versionsOf(one), await versionsOf(other), await waiting()]).toEqual([0, 0, 2]);
      await sql`delete from refusals`.execute(db());
      expect(await relay.turn()).toBe(2);
      expect(logs.filter((line) => line.includes('the database refuses'))).toEqual([]);
    },
  );

  test('more of them than one look gives do not hide the others, and what a turn does stays bounded', async () => {
    const [stuck, free] = [await newPlace(there.server), await newPlace(there.server)];
    await refuse('k0', 'P0001');
    for (let n = 0; n < 12; n += 1) await set(there.server, stuck, [`k${n}`, n]);
    for (let n = 0; n < 7; n += 1) await set(there.server, free, ['a', n]);
    const relay = newRelay({ lookMax: 5 });
    expect(await relay.turn()).toBe(0); // all that it saw is of the project that it sets aside
    const turns = [await relay.turn(), await relay.turn(), await relay.turn()];
    expect(turns.reduce((sum, each) => sum + each, 0)).toBe(7);
    expect(Math.max(...turns)).toBeLessThanOrEqual(5);
    expect([await versionsOf(free), await versionsOf(stuck), await waiting()]).toEqual([7, 0, 12]);
    expect(relay.waiting()).toBe(12);
    await sql`delete from refusals`.execute(db());
    const next = newRelay({ lookMax: 5 });
    while ((await next.turn()) > 0);
    expect([await versionsOf(stuck), await waiting()]).toEqual([12, 0]);
  });

  test('so do not those of projects that the database does not have, and each is counted', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    const [intent] = (await there.etcd.range({ prefix: there.keys.intentsOf(place, 'a') })).kvs;
    await there.etcd.deleteKeys([intent?.key ?? '']);
    const foreign: Place = { tenant_id: randomUUID(), project_id: randomUUID() };
    for (let n = 1; n <= 12; n += 1) {
      const copy = intent?.value
        .replaceAll(place.tenant_id, foreign.tenant_id)
        .replaceAll(place.project_id, foreign.project_id)
        .replace(/"id":"[^"]+"/, `"id":"${randomUUID()}"`);
      await there.etcd.put(there.keys.intent(foreign, 'a', n), copy ?? '');
    }
    const own = await newPlace(there.server);
    await set(there.server, own, ['a', 1]);
    const relay = newRelay({ lookMax: 5 });
    expect([await relay.turn(), await relay.turn()]).toEqual([0, 1]);
    expect(await versionsOf(own)).toBe(1);
    await relay.turn();
    expect([relay.waiting(), relay.orphans()]).toEqual([12, 12]);
    expect(logs.filter((line) => line.includes('does not have'))).toHaveLength(1);
  });

  test('an intent that cannot be read holds back its project alone, and a key that is no intent nobody', async () => {
    const [stuck, free] = [await newPlace(there.server), await newPlace(there.server)];
    await there.etcd.put(there.keys.intent(stuck, 'a', 1), '{');
    await there.etcd.put(`${there.keys.intents}something`, '');
    await set(there.server, stuck, ['b', 1]);
    await set(there.server, free, ['a', 1]);
    const relay = newRelay();
    expect(await relay.turn()).toBe(1);
    expect([await versionsOf(free), await versionsOf(stuck), await waiting()]).toEqual([1, 0, 3]);
    expect(logs.filter((line) => line.includes('the database refuses'))).toHaveLength(1);
  });
});

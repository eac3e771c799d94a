/** Writes that are made together end as if each had been made alone. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { configContradictions } from '../../../../test/replicas/config-records.ts';
import { madeIn, newProject, tenantIn, testServer } from '../../../../test/support/server.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError } from '../../../kernel/errors.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { transactTogether } from '../../../kernel/transact.ts';
import { tenantEvents } from '../../tenants/schema.ts';
import { canonicalOf } from '../canonical.ts';
import type { Change, Outcome, Place, StoredConfig } from './port.ts';
import { createCommit } from './postgres-commit.ts';

const server = testServer();

const contextOf = (more: Partial<ActorContext> = {}): ActorContext => ({
  ...systemContext(server.app.deps, { name: 'test' }),
  ...more,
});

async function newPlace(status: Parameters<typeof tenantIn>[1] = 'active'): Promise<Place> {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id: project_id } = await newProject(server, tenant_id);
  if (status !== 'active')
    await sql`update tenants set status = 'frozen', frozen_at = now() where id = ${tenant_id}`.execute(
      server.app.deps.db,
    );
  return { tenant_id, project_id };
}

const changeTo = (key: string, content: unknown, base?: StoredConfig): Change => ({
  key,
  base,
  operation: base === undefined ? 'create' : 'update',
  source_version: null,
  schema_id: null,
  schema_version: null,
  content,
  content_sha256: canonicalOf(content).sha256,
  reason: null,
  ignored_readers: [],
});

/** Writes all of it in one turn, and tells how each ended. */
async function writeAll(asked: readonly (readonly [Place, Change, Partial<ActorContext>?])[]) {
  const commit = createCommit();
  const ends = await Promise.allSettled(
    asked.map(([place, change, more]) => commit(contextOf(more), place, { changes: [change], write_id: randomUUID() })),
  );
  return ends.map((end) => (end.status === 'fulfilled' ? textOf(end.value) : codeOf(end.reason)));
}

function textOf(outcome: Outcome): string {
  if (outcome.outcome === 'conflict') return `conflict of ${outcome.key}`;
  return outcome.configs.map(({ key, version, revision }) => `${key} ${version} at ${revision}`).join();
}

function codeOf(reason: unknown): string {
  if (reason instanceof DomainError) return reason.definition.code;
  throw reason;
}

const consistent = async () => expect(await configContradictions(server.app.deps.db)).toEqual([]);

// proves B10, B12
test('each write has a revision of its own, in the order in which it came, whatever else is written with it', async () => {
  const [one, other] = [await newPlace(), await newPlace()];
  const ends = await writeAll([
    [one, changeTo('a', 1)],
    [other, changeTo('a', 1)],
    [one, changeTo('b', 1)],
    [one, changeTo('c', 1)],
    [other, changeTo('b', 1)],
  ]);
  expect(ends).toEqual(['a 1 at 1', 'a 1 at 1', 'b 1 at 2', 'c 1 at 3', 'b 1 at 2']);
  await consistent();
});

// proves B17
test('two writes of one key are made one after the other, and the second from the same base is none', async () => {
  const place = await newPlace();
  const ends = await writeAll([
    [place, changeTo('a', 1)],
    [place, changeTo('b', 1)],
    [place, changeTo('a', 2)],
  ]);
  expect(ends).toEqual(['a 1 at 1', 'b 1 at 2', 'conflict of a']);
  await consistent();
});

// proves B17, B20
test('a write whose base has changed takes nothing from those with it, and has no revision, audit row or event', async () => {
  const place = await newPlace();
  await writeAll([[place, changeTo('a', 1)]]);
  const ends = await writeAll([
    [place, changeTo('b', 1)],
    [place, changeTo('a', 2)],
    [place, changeTo('c', 1)],
  ]);
  expect(ends).toEqual(['b 1 at 2', 'conflict of a', 'c 1 at 3']);
  await consistent();
});

test('a tenant that is frozen, a project that is not there and a schema that was deleted fail alone', async () => {
  const [place, frozen] = [await newPlace(), await newPlace('frozen')];
  const nowhere = { ...place, project_id: randomUUID() };
  const pinned = { ...changeTo('d', 1), schema_id: randomUUID(), schema_version: 1 };
  const ends = await writeAll([
    [place, changeTo('a', 1)],
    [frozen, changeTo('a', 1)],
    [nowhere, changeTo('a', 1)],
    [place, pinned],
    [place, changeTo('b', 1)],
  ]);
  expect(ends).toEqual(['a 1 at 1', 'tenant_frozen', 'not_found', 'config_schema_not_found', 'b 1 at 2']);
  await consistent();
});

test('a caller that has another answer already, and a repetition that was taken over, have no write', async () => {
  const place = await newPlace();
  const late = { leftMs: () => 0 };
  const claim = { principal: 'p', key: 'k', request_hash: 'h', attempt: randomUUID() };
  const ends = await writeAll([
    [place, changeTo('a', 1)],
    [place, changeTo('b', 1), { deadline: late as ActorContext['deadline'] }],
    [place, changeTo('c', 1), { idempotencyClaim: claim as unknown as ActorContext['idempotencyClaim'] }],
    [place, changeTo('d', 1)],
  ]);
  expect(ends).toEqual(['a 1 at 1', 'overloaded', 'idempotency_key_in_flight', 'd 1 at 2']);
  await consistent();
});

test('a write past the room of the project fails alone', async () => {
  const [full, place] = [await newPlace(), await newPlace()];
  await writeAll([[full, changeTo('a', 1)]]);
  const countKeys = (keys: number) =>
    sql`update config_heads set keys = ${keys} where project_id = ${full.project_id}`.execute(server.app.deps.db);
  await countKeys(10_000);
  const ends = await writeAll([
    [place, changeTo('a', 1)],
    [full, changeTo('b', 1)],
    [place, changeTo('b', 1)],
  ]);
  expect(ends).toEqual(['a 1 at 1', 'config_quota_exceeded', 'b 1 at 2']);
  await countKeys(1);
  await consistent();
});

test('changes that have to be told to replicas are not made together with others', async () => {
  const { db } = server.app.deps;
  const { body: payload } = await server.call(`GET /v1/tenants/${(await newPlace()).tenant_id}`);
  const told = { ctx: contextOf(), event: tenantEvents.updated, payload };
  await expect(transactTogether(db, [told], async () => {})).rejects.toThrow('replicas have to be told');
  await expect(transactTogether(db, [], async () => {})).rejects.toThrow('must record an event');
});

test('contents that are replaced by contents of the same size are not all written in one transaction', async () => {
  const place = await newPlace();
  const keys = Array.from({ length: 6 }, (_, n) => `k${n}`);
  await writeAll(keys.map((key) => [place, changeTo(key, 'x'.repeat(250_000))]));
  const bases = await Promise.all(
    keys.map(async (key) => (await server.app.deps.configStore.find(contextOf(), place, key)).config),
  );
  await writeAll(keys.map((key, n) => [place, changeTo(key, 'y'.repeat(250_000), bases[n])]));
  const { rows } = await sql<{ count: number }>`
    select count(distinct xmin::text)::int as count from configs where project_id = ${place.project_id} and version = 2
  `.execute(server.app.deps.db);
  expect(rows[0]?.count).toBeGreaterThan(1);
});

test.runIf(inject('engine') === 'postgres')(
  'a project that somebody holds keeps no write beside it waiting',
  async () => {
    const [held, place, frozen] = [await newPlace(), await newPlace(), await newPlace('frozen')];
    const commit = createCommit();
    const write = (where: Place, key: string) =>
      commit(contextOf(), where, { changes: [changeTo(key, 1)], write_id: randomUUID() });
    const waiting = await server.app.deps.db.transaction().execute(async (tx) => {
      await tx.updateTable('tenant_projects').set({ name: 'Held' }).where('id', '=', held.project_id).execute();
      const answer = write(held, 'a');
      const others = [write(place, 'a'), write(frozen, 'a').catch(codeOf), write(place, 'b')];
      const [one, refused, other] = await Promise.all(others);
      expect([one, other].map((each) => typeof each === 'object' && textOf(each))).toEqual(['a 1 at 1', 'b 1 at 2']);
      expect(refused).toBe('tenant_frozen');
      return { answer };
    });
    expect(textOf(await waiting.answer)).toBe('a 1 at 1');
  },
);

test.runIf(inject('engine') === 'postgres')('a project that somebody holds keeps no other write waiting', async () => {
  const [held, place] = [await newPlace(), await newPlace()];
  const commit = createCommit();
  const write = (where: Place, key: string) =>
    commit(contextOf(), where, { changes: [changeTo(key, 1)], write_id: randomUUID() });
  const waiting = await server.app.deps.db.transaction().execute(async (tx) => {
    await tx.updateTable('tenant_projects').set({ name: 'Held' }).where('id', '=', held.project_id).execute();
    const answer = write(held, 'a');
    expect(textOf(await write(place, 'a'))).toBe('a 1 at 1');
    expect(textOf(await write(place, 'b'))).toBe('b 1 at 2');
    return { answer };
  });
  expect(textOf(await waiting.answer)).toBe('a 1 at 1');
  await consistent();
});

test.runIf(inject('engine') === 'postgres')(
  'a schema that somebody holds keeps no write beside it waiting',
  { timeout: 20_000 },
  async () => {
    const [pinning, place] = [await newPlace(), await newPlace()];
    const { id: schema_id } = await madeIn(server, pinning.tenant_id, 'schemas', { name: 'limits', content: true });
    const commit = createCommit();
    const write = (where: Place, change: Change) =>
      commit(contextOf(), where, { changes: [change], write_id: randomUUID() });
    const waiting = await server.app.deps.db.transaction().execute(async (tx) => {
      await tx.updateTable('config_schemas').set({ deleted_at: new Date() }).where('id', '=', schema_id).execute();
      const answer = write(pinning, { ...changeTo('a', 1), schema_id, schema_version: 1 }).catch(codeOf);
      expect(textOf(await write(place, changeTo('a', 1)))).toBe('a 1 at 1');
      return { answer };
    });
    expect(await waiting.answer).toBe('config_schema_not_found');
    await consistent();
  },
);

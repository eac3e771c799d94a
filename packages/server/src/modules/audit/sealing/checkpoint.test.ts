/** Checkpoints: signed for logs that grew, once a round, when the stored tree continues what was signed before. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import {
  checkpointsOf,
  leafHashOf,
  leavesOf,
  linesOf,
  PLATFORM_LOG,
  REGISTRY_LOG,
  rootOfLeaves,
  sealAll,
  signAll,
} from '../../../../test/support/audit-log.ts';
import { eventsAbout } from '../../../../test/support/events.ts';
import { newTenant, runWorker, startTestServer, testServer } from '../../../../test/support/server.ts';
import { openNote, parseVerifier } from '../tree/note.ts';
import { createAnchors, requireAnchorFile } from './anchors.ts';

const folder = await mkdtemp(join(tmpdir(), 'anchors-'));
afterAll(() => rm(folder, { recursive: true }));
const anchorFile = join(folder, 'anchors.jsonl');
const ORIGIN = 'registry.example/audit';

const server = testServer({
  auditAnchorFile: anchorFile,
  auditSigningKeys: ['0a'.repeat(32), '0b'.repeat(32)],
});

const fill = (tenant_id: string, count: number) =>
  appendEvents(
    server,
    Array.from({ length: count }, () => eventOf({ tenant_id })),
  );

const checkpoint = () => runWorker(server, 'audit-checkpoint');
const nextRound = () => server.clock.advance(60_000);
const anchors = async () =>
  (await readFile(anchorFile, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function metric(name: string): Promise<number> {
  const text = await server.app.deps.metrics.registry.getSingleMetricAsString(`tenant_registry_${name}`);
  return Number(text.split(' ').at(-1));
}

test('logs that grew are signed, and the log of all checkpoints has an entry of each and is signed last', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  await fill(a.id, 3);
  await signAll(server);
  for (const [log, size] of [
    [a.id, 4],
    [b.id, 1],
  ] as const) {
    const [signed, ...more] = await checkpointsOf(server, log);
    const root = rootOfLeaves((await leavesOf(server, log)).map(({ hash }) => hash)).toString('base64');
    expect([signed?.size, Buffer.from(signed?.root ?? []).toString('base64'), more]).toEqual([size, root, []]);
    expect(linesOf(signed?.note ?? '')).toEqual({ origin: `${ORIGIN}/${log}`, size, root });
    const entries = await leavesOf(server, REGISTRY_LOG);
    expect(Buffer.from(entries[signed?.registry_index ?? -1]?.hash ?? [])).toEqual(
      leafHashOf(`{"log":"${log}","root":"${root}","size":${size}}`),
    );
  }
  const over = (await checkpointsOf(server, REGISTRY_LOG)).at(-1);
  const entries = (await leavesOf(server, REGISTRY_LOG)).map(({ hash }) => hash);
  expect([over?.size, Buffer.from(over?.root ?? [])]).toEqual([entries.length, rootOfLeaves(entries)]);
});

test('every key signs, so that either verifier opens the note', async () => {
  const { id } = await newTenant(server);
  await signAll(server);
  const [signed] = await checkpointsOf(server, id);
  const { signers } = server.app.deps.audit.signing;
  expect(signers.length).toBe(2);
  for (const { verifier } of signers)
    expect(() => openNote(signed?.note ?? '', [parseVerifier(verifier)])).not.toThrow();
});

test('the checkpoint over all logs goes outside: as an event that has no audit row, and as a line of the file', async () => {
  await newTenant(server);
  await signAll(server);
  const over = (await checkpointsOf(server, REGISTRY_LOG)).at(-1);
  const told = { origin: `${ORIGIN}/${REGISTRY_LOG}`, size: over?.size, note: over?.note };
  const event = (await eventsAbout(server, REGISTRY_LOG)).at(-1);
  expect(event).toMatchObject({ event_type: 'audit.checkpoint', tenant_id: null, payload: told });
  expect((await anchors()).at(-1)).toEqual({ at: over?.created_at, ...event?.payload });
  const { db } = server.app.deps;
  expect(await db.selectFrom('audit_log').select('id').where('action', '=', 'audit.checkpoint').execute()).toEqual([]);
});

test('nothing is written when nothing grew, and a round is due once in its time', async () => {
  await signAll(server);
  nextRound();
  const [before, lines] = [await checkpointsOf(server, REGISTRY_LOG), await anchors()];
  expect([await sealAll(server), await checkpoint()]).toEqual([0, 0]);
  expect([await checkpointsOf(server, REGISTRY_LOG), await anchors()]).toEqual([before, lines]);
  const { id } = await newTenant(server);
  await sealAll(server);
  expect([await checkpoint(), (await checkpointsOf(server, id)).length]).toEqual([2, 1]);
  await fill(id, 1);
  await sealAll(server);
  expect([await checkpoint(), (await checkpointsOf(server, id)).length]).toEqual([0, 1]);
  nextRound();
  expect([await checkpoint(), (await checkpointsOf(server, id)).length]).toEqual([2, 2]);
});

test('processes that sign at once make one checkpoint', async () => {
  const { id } = await newTenant(server);
  await sealAll(server);
  nextRound();
  const made = await Promise.all(Array.from({ length: 5 }, checkpoint));
  expect(made.filter((signed) => signed > 0)).toEqual([2]);
  expect((await checkpointsOf(server, id)).length).toBe(1);
});

test('a log that does not continue its last checkpoint is not signed and told, and the others are', async () => {
  const [good, ...bad] = [await newTenant(server), await newTenant(server), await newTenant(server)];
  await signAll(server);
  const [changed, forgotten] = bad.map(({ id }) => id);
  const { db } = server.app.deps;
  for (const { id } of [good, ...bad]) await fill(id, 2);
  await sealAll(server);
  await db
    .updateTable('audit_leaves')
    .set({ hash: Buffer.alloc(32) })
    .where('tenant_id', '=', changed ?? '')
    .where('index', '=', 0)
    .execute();
  await db
    .deleteFrom('audit_checkpoints')
    .where('tenant_id', '=', forgotten ?? '')
    .execute();
  const refusedBefore = await metric('audit_checkpoints_refused_total');
  await signAll(server);
  expect((await checkpointsOf(server, good.id)).map(({ size }) => size)).toEqual([1, 3]);
  expect((await checkpointsOf(server, changed ?? '')).map(({ size }) => size)).toEqual([1]);
  expect(await checkpointsOf(server, forgotten ?? '')).toEqual([]);
  const told = server.logs
    .map((line) => JSON.parse(line))
    .filter(({ worker, log }) => worker === 'audit-checkpoint' && log !== undefined);
  expect(told.map(({ log, size }) => [log, size]).sort()).toEqual(bad.map(({ id }) => [id, 3]).sort());
  expect((await metric('audit_checkpoints_refused_total')) - refusedBefore).toBe(2);
  // Until the next round nothing is said twice.
  expect(await checkpoint()).toBe(0);
  expect(await metric('audit_checkpoints_refused_total')).toBe(refusedBefore + 2);
  // The rows stay for the other tests of this server, and are no log that they sign.
  for (const id of [changed, forgotten])
    await sql`update audit_logs set checked_size = size where tenant_id = ${id}::uuid`.execute(db);
});

test('metrics tell what waits, what was signed, and how old the newest checkpoint is', async () => {
  const signedBefore = await metric('audit_checkpoints_total');
  await newTenant(server);
  await checkpoint();
  expect(await metric('audit_unsealed_rows')).toBeGreaterThan(0);
  const signed = await signAll(server);
  expect((await metric('audit_checkpoints_total')) - signedBefore).toBe(signed);
  expect(await metric('audit_unsealed_rows')).toBe(0);
  server.clock.advance(30_000);
  expect(Math.round(await metric('audit_checkpoint_age_seconds'))).toBeGreaterThanOrEqual(30);
});

test('without a key rows are sealed and nothing is signed', async () => {
  const keyless = await startTestServer({ auditSigningKeys: [], database: await testDatabase() });
  try {
    const { id } = await newTenant(keyless);
    expect(await signAll(keyless)).toBe(0);
    expect([(await leavesOf(keyless, id)).length, await checkpointsOf(keyless, id)]).toEqual([1, []]);
    const { body } = await keyless.call(`GET /v1/audit?tenant_id=${id}`);
    for (const call of [`/v1/audit/${body.items[0].id}/proof`, `/v1/audit/checkpoint?tenant_id=${id}`]) {
      const { status, headers, body: problem } = await keyless.call(`GET ${call}`);
      expect([status, problem.code, headers.get('retry-after')]).toEqual([409, 'checkpoints_off', null]);
    }
    expect((await keyless.call('GET /v1/audit/verifiers')).body).toEqual({ origin: ORIGIN, verifiers: [] });
  } finally {
    await keyless.close();
  }
});

test('a line that could not be written follows with the next round', async () => {
  const path = join(folder, 'away', 'anchors.jsonl');
  const anchor = { at: '2026-01-15T09:30:00.000Z', origin: 'o', size: 1, root: 'r', note: 'n' };
  const written = createAnchors(path);
  written.add(anchor);
  await expect(written.write()).rejects.toThrow('ENOENT');
  written.add({ ...anchor, size: 2 });
  const failing = requireAnchorFile({ auditAnchorFile: path });
  await expect(failing).rejects.toThrow(`AUDIT_ANCHOR_FILE is ${path}, which cannot be appended to (ENOENT)`);
  await mkdir(join(folder, 'away'));
  await requireAnchorFile({ auditAnchorFile: path });
  await written.write();
  await written.write();
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  expect(lines.map((line) => JSON.parse(line).size)).toEqual([1, 2]);
});

test('a file that cannot be written loses no checkpoint: it is told, and the line follows', async () => {
  await signAll(server);
  const before = await anchors();
  const failures = await metric('audit_anchor_failures_total');
  await rm(anchorFile);
  // A folder in its place cannot be appended to, not even by a superuser.
  await mkdir(anchorFile);
  await newTenant(server);
  await signAll(server);
  expect((await metric('audit_anchor_failures_total')) - failures).toBe(1);
  expect(server.logs.some((line) => line.includes('AUDIT_ANCHOR_FILE could not be written'))).toBe(true);
  const over = (await checkpointsOf(server, REGISTRY_LOG)).at(-1);
  await rm(anchorFile, { recursive: true });
  await writeFile(anchorFile, before.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect([await checkpoint(), await anchors()]).toEqual([0, before]);
  nextRound();
  await checkpoint();
  expect((await anchors()).at(-1)).toMatchObject({ size: over?.size, note: over?.note });
});

test('the log of the platform is signed as those of tenants are', async () => {
  await appendEvents(server, [eventOf()]);
  await signAll(server);
  const [newest] = (await checkpointsOf(server, PLATFORM_LOG)).slice(-1);
  expect(newest?.size).toBe((await leavesOf(server, PLATFORM_LOG)).length);
});

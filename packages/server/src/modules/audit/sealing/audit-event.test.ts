/** `audit.event`: sealed rows as events, for those who name it. */
import { beforeEach, expect, test } from 'vitest';
import { appendEvent } from '../../../../test/support/audit-events.ts';
import { leavesOf, PLATFORM_LOG, sealAll } from '../../../../test/support/audit-log.ts';
import { readEvents } from '../../../../test/support/event-reader.ts';
import { eventsAbout, type RecordedEvent } from '../../../../test/support/events.ts';
import { madeIn, newTenant, testServer } from '../../../../test/support/server.ts';
import { deliveriesOf, NOWHERE, newWebhook, sequenceAll } from '../../../../test/support/webhooks.ts';
import { auditEventIdOf } from './audit-event.ts';
import { auditEventSealed } from './schema.ts';
import { sealBatch } from './seal.worker.ts';

const server = testServer();

/** No webhook of another test asks for rows. */
beforeEach(async () => {
  await server.app.deps.db.deleteFrom('webhook_endpoints').execute();
  await sealAll(server);
});

/** The events that carry these rows. */
async function carrying(ids: readonly string[]): Promise<RecordedEvent[]> {
  const events = await Promise.all(ids.map((id) => eventsAbout(server, id)));
  return events.flat().filter(({ event_type }) => event_type === 'audit.event');
}

const keyOf = async (tenant_id: string, scopes: readonly string[]) =>
  String((await madeIn(server, tenant_id, 'api-keys', { name: 'k', scopes })).key);

test('the id of the event is that of the row, hashed into a UUID of its own', () => {
  expect(auditEventIdOf('0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(auditEventIdOf('a')).toBe(auditEventIdOf('a'));
  expect(auditEventIdOf('a')).not.toBe(auditEventIdOf('b'));
});

test('while nobody names it, rows become no events, and a webhook for everything does not name it', async () => {
  const { id: tenant_id } = await newTenant(server);
  await newWebhook(server, tenant_id);
  await newWebhook(server, null);
  const { id } = await appendEvent(server, { tenant_id });
  await sealAll(server);
  expect(await carrying([id])).toEqual([]);
});

test('a webhook that names it gets the rows of its tenant, whole and in the order of the log, and nobody else does', async () => {
  const [{ id: tenant_id }, { id: other }] = [await newTenant(server), await newTenant(server)];
  const named = await newWebhook(server, tenant_id, { event_types: ['audit.event'] });
  const everything = await newWebhook(server, tenant_id);
  await sealAll(server);
  const rows = [];
  for (const n of [1, 2, 3])
    rows.push(
      await appendEvent(server, { tenant_id, product: 'certifai', crud: 'r', external_id: `x-${n}`, metadata: { n } }),
    );
  const foreign = await appendEvent(server, { tenant_id: other });
  const platform = await appendEvent(server);
  await sealAll(server);
  const ids = rows.map(({ id }) => id);
  expect(await carrying([foreign.id, platform.id])).toEqual([]);
  const leaves = await leavesOf(server, tenant_id);
  const events = await carrying(ids);
  for (const [n, row] of rows.entries()) {
    const index = leaves.find(({ event_id }) => event_id === row.id)?.index;
    expect(events[n]).toMatchObject({
      id: auditEventIdOf(row.id),
      tenant_id,
      project_id: null,
      product: 'certifai',
      aggregate_type: 'audit_event',
      payload: { log: tenant_id, index, event: (await server.call(`GET /v1/audit/${row.id}`)).body },
    });
    expect(auditEventSealed.payload.strict().parse(events[n]?.payload)).toEqual(events[n]?.payload);
  }
  await sequenceAll(server);
  const delivered = (await deliveriesOf(server, named.id)).map(({ event_id }: { event_id: string }) => event_id);
  expect(delivered.slice(0, 3).reverse()).toEqual(ids.map(auditEventIdOf));
  const toAll = (await deliveriesOf(server, everything.id)).map(({ event_type }: { event_type: string }) => event_type);
  expect(toAll).not.toContain('audit.event');
  // It has no audit row, or it would never end.
  expect(await sealAll(server)).toBe(0);
});

test('a webhook of the platform that names its noun gets the rows of all logs; a disabled one gets none', async () => {
  const { id: tenant_id } = await newTenant(server);
  const hook = await newWebhook(server, null, { event_types: ['audit.*'] });
  const [own, platform] = [await appendEvent(server, { tenant_id }), await appendEvent(server)];
  await sealAll(server);
  const events = await carrying([own.id, platform.id]);
  expect(events.map(({ payload, tenant_id }) => [payload.log, tenant_id])).toEqual([
    [tenant_id, tenant_id],
    [PLATFORM_LOG, null],
  ]);
  await server.call(`PATCH /v1/webhooks/${hook.id}`, { body: { status: 'disabled' } });
  const later = await appendEvent(server, { tenant_id });
  await sealAll(server);
  expect(await carrying([later.id])).toEqual([]);
});

test('with AUDIT_EVENTS=always nobody has to ask, and readers get them by name', async () => {
  const { deps } = server.app;
  const { id: tenant_id } = await newTenant(server);
  const { id } = await appendEvent(server, { tenant_id });
  await sealBatch({ ...deps, audit: { ...deps.audit, events: 'always' } });
  await sequenceAll(server);
  const eventId = auditEventIdOf(id);
  const listed = async (types: string) => {
    const { body } = await server.call(`GET /v1/events/history?tenant_id=${tenant_id}&limit=200${types}`);
    return body.items.map((event: { id: string }) => event.id).includes(eventId);
  };
  const answers = [];
  for (const types of ['', '&types=*', '&types=audit.event', '&types=audit.*', '&types=*,audit.event'])
    answers.push(await listed(types));
  expect(answers).toEqual([false, false, true, true, true]);
  const token = await keyOf(tenant_id, ['registry:events:read', 'registry:audit:read']);
  // Of streams, the checkpoint says that nothing that was asked for is left out.
  for (const [types, told] of [
    ['', false],
    ['&types=audit.event', true],
  ] as const) {
    const reader = await readEvents(server, { token, path: `/v1/events?after=start${types}` });
    await reader.until((message) => (told ? message.id === eventId : message.name === 'checkpoint'));
    expect(reader.ids().includes(eventId)).toBe(told);
  }
});

test('whoever may not read the audit log may not ask for its rows, nor send them elsewhere', async () => {
  const { id: tenant_id } = await newTenant(server);
  const token = await keyOf(tenant_id, ['registry:events:read', 'registry:webhooks:write', 'registry:webhooks:read']);
  const both = await keyOf(tenant_id, ['registry:events:read', 'registry:audit:read']);
  const history = (types: string, key: string) => server.call(`GET /v1/events/history?types=${types}`, { token: key });
  expect((await history('audit.event', both)).status).toBe(200);
  const body = { url: NOWHERE, event_types: ['audit.event'] };
  const named = await newWebhook(server, tenant_id, { event_types: ['audit.event'] });
  const plain = await newWebhook(server, tenant_id);
  const since = { since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' };
  for (const refused of [
    await history('audit.event', token),
    await history('audit.*', token),
    await server.call('GET /v1/events?types=audit.event', { token }),
    await server.call('GET /v1/internal/events?types=audit.event', { token: server.internalToken }),
    await server.call('POST /v1/webhooks', { token, body }),
    await server.call(`PATCH /v1/webhooks/${plain.id}`, { token, body: { event_types: ['*', 'audit.*'] } }),
    await server.call(`PATCH /v1/webhooks/${named.id}`, { token, body: { url: `${NOWHERE}/2` } }),
    await server.call(`POST /v1/webhooks/${plain.id}/replay`, {
      token,
      body: { ...since, event_types: ['audit.event'] },
    }),
  ])
    expect([refused.status, refused.body.permission]).toEqual([403, 'audit:read']);
  expect((await history('*', token)).status).toBe(200);
  expect((await server.call(`PATCH /v1/webhooks/${plain.id}`, { token, body: { url: `${NOWHERE}/2` } })).status).toBe(
    200,
  );
});

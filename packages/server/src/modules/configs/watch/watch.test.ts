import { expect, test } from 'vitest';
import { type EventReader, readEvents } from '../../../../test/support/event-reader.ts';
import { madeIn, newProject, newTenant, type TestServer, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { configChangesExample } from './schema.ts';

const server = testServer();

async function newPlace() {
  const tenant = await newTenant(server);
  const project = await newProject(server, tenant.id);
  return { tenant, project, at: `/v1/projects/${project.id}` };
}

interface Watch {
  readonly token?: string;
  readonly lastEventId?: string | null;
  readonly query?: string;
}

function watch(project: { readonly id: string }, { token = server.operatorToken, lastEventId = null, query = '' }: Watch = {}) {
  return readEvents(server, { token, lastEventId, path: `/v1/projects/${project.id}/config-watch${query}` });
}

/** Sets the key, whatever it is now. */
async function put(at: string, key: string, content: unknown) {
  const now = await server.call(`GET ${at}/configs/${key}`);
  const expected_version = now.status === 404 ? 0 : now.body.version;
  const { status, body } = await server.call(`PUT ${at}/configs/${key}`, { body: { content, expected_version } });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const changesOf = (reader: EventReader) => reader.messages.filter(({ name }) => name === 'change');
const toldOf = (reader: EventReader) => changesOf(reader).map(({ data }) => `${data.key}@${data.version}`);
const alive = (reader: EventReader) => reader.until(({ name }) => name === 'alive');

// proves B22, B33
test('a watcher gets each change in order, with its content, from now on', async () => {
  const { project, at } = await newPlace();
  await put(at, 'before', 1);
  const reader = await watch(project);
  expect([reader.status, reader.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const first = await alive(reader);
  expect(reader.messages[0]).toEqual({ name: 'open', id: null, data: { alive_ms: 1000 } });
  expect(first.data).toEqual({ elapsed_ms: 0 });
  expect(first.id).toMatch(/^[0-9a-z]+\.1$/);
  const made = await put(at, 'limits', { max_users: 50 });
  await put(at, 'limits', { max_users: 60 });
  await server.call(`DELETE ${at}/configs/limits?expected_version=2`);
  await put(at, 'limits', null);
  await expect.poll(() => toldOf(reader)).toEqual(['limits@1', 'limits@2', 'limits@3', 'limits@4']);
  const [created, updated, deleted, nothing] = changesOf(reader);
  const { key, version, content, content_sha256, schema_id, schema_version, updated_at, updated_by } = made;
  const told = { key, version, operation: 'create', content, content_sha256, schema_id, schema_version };
  expect(created).toEqual({ name: 'change', id: made.cursor, data: { ...told, updated_at, updated_by } });
  expect(updated?.data).toMatchObject({ operation: 'update', content: { max_users: 60 } });
  expect(deleted?.data).toMatchObject({ operation: 'delete', content_sha256: null });
  expect(deleted?.data).not.toHaveProperty('content');
  expect(nothing?.data).toMatchObject({ operation: 'create', content: null });
});

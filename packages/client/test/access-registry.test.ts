// engine: postgres
/** Access that is checked in a product's process against a real registry. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
import { newPerson } from '../../server/test/support/people.ts';
import { newProject, newTenant, startTestServer, type TestServer, UNKNOWN } from '../../server/test/support/server.ts';
import { type Access, type AccessQuestion, createAccess, createClient } from '../src/index.ts';
import { cuttableRelay } from './relay.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.app.deps.leases.start();
});
afterAll(() => server.close());

/** Returns an access whose feed alone goes through a relay, and the questions that the registry was asked. */
async function newAccess() {
  const relay = await cuttableRelay(server.url);
  const token = server.internalToken;
  const direct = createClient({ url: server.url, token });
  const asked: (readonly AccessQuestion[])[] = [];
  const client: Parameters<typeof createAccess>[0]['client'] = {
    changes: createClient({ url: relay.url, token }).changes,
    access: {
      checkBatch(input, options) {
        asked.push(input.checks);
        return direct.access.checkBatch(input, options);
      },
    },
  };
  const access = createAccess({ client });
  onTestFinished(() => access.close());
  await eventually(() => expect(access.live).toBe(true));
  return { access, relay, asked };
}

async function newEditor() {
  const tenant = await newTenant(server);
  const { id } = await newPerson(server, tenant.id);
  const project = await newProject(server, tenant.id);
  const principal = { type: 'user' as const, id };
  const path = `/v1/projects/${project.id}/role-bindings`;
  const bound = await server.call(`PUT ${path}`, { body: { principal, level: 'editor' } });
  expect(bound.status).toBe(200);
  const resource = { type: 'project' as const, id: String(project.id) };
  return { question: { principal, permission: 'project:editor', resource }, path, tenant, project };
}

/** Asks until the verdict is kept: the first ones are not, while an earlier change may still settle. */
async function remembered(access: Access, asked: readonly unknown[], question: AccessQuestion): Promise<void> {
  await eventually(async () => {
    const before = asked.length;
    expect(await access.check(question)).toMatchObject({ allowed: true });
    expect(asked).toHaveLength(before);
  });
}

test('a kept verdict saves the request, and the end of the role binding ends it', async () => {
  const { access, asked } = await newAccess();
  const { question, path, tenant } = await newEditor();
  await remembered(access, asked, question);
  expect(await access.check(question)).toMatchObject({ tenant_id: tenant.id, level: 'editor' });
  const { principal } = question;
  const { status } = await server.call(`DELETE ${path}?principal_type=${principal.type}&principal_id=${principal.id}`);
  expect(status).toBe(200);
  await eventually(async () => expect(await access.check(question)).toMatchObject({ allowed: false }));
});

test('the archiving of the project ends verdicts about it, and other tenants keep theirs', async () => {
  const { access, asked } = await newAccess();
  const [editor, other] = [await newEditor(), await newEditor()];
  await remembered(access, asked, editor.question);
  await remembered(access, asked, other.question);
  expect((await server.call(`POST /v1/projects/${editor.project.id}/archive`)).status).toBe(200);
  await eventually(async () => {
    const { why } = await access.check(editor.question);
    expect(why.reason).toBe('project_archived');
  });
  const before = asked.length;
  expect(await access.check(other.question)).toMatchObject({ allowed: true });
  expect(asked).toHaveLength(before);
});

test('questions of one moment are one request, and what does not exist refuses its own question alone', async () => {
  const { access, asked } = await newAccess();
  const { question } = await newEditor();
  const before = asked.length;
  const [found, unknown, stranger, wrong] = await Promise.allSettled([
    access.check(question),
    access.check({ ...question, resource: { type: 'project', id: UNKNOWN } }),
    access.check({ ...question, principal: { type: 'user', id: UNKNOWN } }),
    access.check({ ...question, resource: { type: 'project', id: 'no-uuid' } }),
  ]);
  expect(asked[before]).toHaveLength(4);
  const refused = (reason: string) => ({
    status: 'fulfilled',
    value: { tenant_id: null, allowed: false, level: null, why: { by: null, path: [], reason } },
  });
  expect(found).toMatchObject({ status: 'fulfilled', value: { allowed: true, level: 'editor' } });
  expect(unknown).toEqual(refused('not_found'));
  expect(stranger).toEqual(refused('principal_not_found'));
  expect(wrong).toMatchObject({ status: 'rejected', reason: { code: 'invalid_input' } });
});

test('after three seconds of a silent feed each question goes to the registry', async () => {
  const { access, relay, asked } = await newAccess();
  const { question, project } = await newEditor();
  await remembered(access, asked, question);
  relay.goSilent();
  await server.call(`POST /v1/projects/${project.id}/archive`);
  const archivedAt = performance.now();
  let allowedUntil = archivedAt;
  await eventually(async () => {
    const sentAt = performance.now();
    const { allowed } = await access.check(question);
    if (allowed) allowedUntil = sentAt;
    expect(allowed).toBe(false);
  });
  // A busy machine cannot stretch this bound: the age of the feed is checked when the verdict is given.
  expect(allowedUntil - archivedAt).toBeLessThanOrEqual(3_000);
  expect(access.live).toBe(false);
});

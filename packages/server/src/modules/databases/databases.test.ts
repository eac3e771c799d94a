/** Databases are ordered, read, changed, tried again, rotated and given up. */
import { describe, expect, test } from 'vitest';
import {
  deleteDatabase,
  newTeam,
  orderDatabase,
  readyDatabase,
  setDatabase,
  uniqueDatabaseName,
} from '../../../test/support/databases.ts';
import { auditOf, madeIn, newProject, tenantIn, testServer, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

/** A tenant with a team. */
async function tenantWithTeam() {
  const { id: tenant_id } = await tenantIn(server, 'active');
  return { tenant_id: tenant_id as string, owner_team: await newTeam(server, tenant_id) };
}

const order = (fields: Record<string, unknown>, token?: string) =>
  server.call('POST /v1/databases', {
    body: { name: uniqueDatabaseName(), tier: 'roomy', ...fields },
    ...(token === undefined ? {} : { token }),
  });
const get = async (id: string) => (await server.call(`GET /v1/databases/${id}`)).body;
const patch = (id: string, body: Record<string, unknown>, headers = {}) =>
  server.call(`PATCH /v1/databases/${id}`, { body, headers });
const post = (id: string, step: string, body: Record<string, unknown> = {}) =>
  server.call(`POST /v1/databases/${id}/${step}`, { body });
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);
const workOf = (id: string) =>
  server.app.deps.db.selectFrom('database_work').selectAll().where('database_id', '=', id).executeTakeFirstOrThrow();

describe('an order', () => {
  // proves D1, D2, D3, D7, D8, D9, D10, D11, D13, D19, D35
  test('is a row at once: provisioning, due now, with its names, its Location, its ETag and its event', async () => {
    const { tenant_id, owner_team } = await tenantWithTeam();
    let told = 0;
    const stop = server.app.deps.signals.on('ordered', () => {
      told += 1;
    });
    const { status, headers, body } = await order({ tenant_id, owner_team, name: 'orders', tier: 'small' });
    stop();
    expect([status, told]).toEqual([201, 1]);
    expect(body).toMatchObject({
      ...{ tenant_id, owner_team, name: 'orders', tier: 'small', provisioner: 'memory', project_id: null },
      ...{ purpose: '', namespace: 'default', overrides: {}, generation: 1, in_sync: false, conditions: [] },
      ...{ status: 'provisioning', reason: 'queued', message: null, host: null, port: null, secret_name: null },
      ...{ deletion_policy: 'retain', deletion_protection: false, deleted_at: null, attempts: 0 },
      ...{ spec: { storage: '10Gi' }, allowed: ['update', 'retry', 'delete'], old_login_until: null },
    });
    expect(body.cluster_name).toMatch(/^orders-[a-z2-7]{8}$/);
    expect(body.pooler_name).toBe(`${body.cluster_name}-pooler`);
    expect(body.next_reconcile_at).toBe(body.created_at);
    const { deadline_at } = await workOf(body.id);
    expect(Date.parse(deadline_at ?? '') - Date.parse(body.created_at)).toBe(900_000);
    expect(headers.get('location')).toBe(`/v1/databases/${body.id}`);
    const read = await server.call(`GET /v1/databases/${body.id}`);
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    const [row, ...more] = await auditOf(server, body.id);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      action: 'database.created',
      tenant_id,
      target_type: 'database',
      target_name: 'orders',
    });
    expect(row?.metadata).toMatchObject({ spec: { storage: '10Gi' }, cluster_name: body.cluster_name });
  });

  // proves D4
  test.each(['a', 'user', 'select', 'x-1', `a${'b'.repeat(61)}c`])('takes the name %s', async (name) => {
    const { status, body } = await order({ ...(await tenantWithTeam()), name });
    expect([status, body.name]).toEqual([201, name]);
  });

  // proves D4, D6
  test.each([
    ['/name', { name: 'a'.repeat(64) }],
    ['/name', { name: 'Orders' }],
    ['/name', { name: 'orders-' }],
    ['/name', { name: '-orders' }],
    ['/name', { name: '1orders' }],
    ['/name', { name: 'or_ders' }],
    ['/name', { name: '' }],
    ['/owner_team', { owner_team: undefined }],
    ['/owner_team', { owner_team: '' }],
    ['/tenant_id', { tenant_id: 'x' }],
    ['/purpose', { purpose: 'x'.repeat(501) }],
    ['/overrides/storage', { overrides: { storage: '1.5Gi' } }],
    ['/overrides/image', { overrides: { image: 'evil' } }],
    ['/deletion_policy', { deletion_policy: 'abandon' }],
    ['/status', { status: 'ready' }],
  ])('with a wrong %s names it: %j', async (pointer, wrong) => {
    const { status, body } = await order({ ...(await tenantWithTeam()), ...wrong });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  });

  test.each([
    [404, 'tier_not_found', '/tier', { tier: 'huge' }],
    [400, 'namespace_not_allowed', '/namespace', { namespace: 'kube-system' }],
    [400, 'override_not_allowed', '/overrides/storage', { overrides: { storage: '51Gi' } }],
    [400, 'override_not_allowed', '/overrides/cpu', { overrides: { cpu: '1' } }],
    [404, 'owner_team_not_found', '/owner_team', { owner_team: 'nobody' }],
  ])('is refused with %i %s at %s: %j', async (http, code, pointer, wrong) => {
    const owner = await tenantWithTeam();
    const { status, body } = await order({ ...owner, ...wrong });
    expect([status, body.code, body.errors[0].pointer]).toEqual([http, code, pointer]);
    const { body: list } = await server.call(`GET /v1/databases?tenant_id=${owner.tenant_id}`);
    expect(list.items).toEqual([]);
  });

  test('is of a team of its tenant, and of no team of another one', async () => {
    const [own, other] = [await tenantWithTeam(), await tenantWithTeam()];
    const { status, body } = await order({ ...own, owner_team: other.owner_team });
    expect([status, body.code]).toEqual([404, 'owner_team_not_found']);
  });

  // proves D5, D20, D21
  test('takes a name once, also when four ask at once, and again when the database is deleted', async () => {
    const owner = await tenantWithTeam();
    const answers = await Promise.all([1, 2, 3, 4].map(() => order({ ...owner, name: 'orders' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'database_name_taken', errors: [{ pointer: '/name' }] });
    const made = answers.find(({ status }) => status === 201)?.body;
    await deleteDatabase(server, made);
    expect((await order({ ...owner, name: 'orders' })).body.code).toBe('database_name_taken');
    await deleteDatabase(server, made, '&abandon=true');
    expect((await order({ ...owner, name: 'orders' })).status).toBe(201);
    expect((await order({ ...(await tenantWithTeam()), name: 'orders' })).status).toBe(201);
  });

  test('stays within the quota of its tier, also when twenty come at once', async () => {
    const owner = await tenantWithTeam();
    const asked = Array.from({ length: 20 }, () => order({ ...owner, tier: 'small' }));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 409).map(({ body }) => body.code);
    expect(refused).toEqual(Array.from({ length: 15 }, () => 'database_quota_reached'));
    expect((await order(owner)).status).toBe(201);
  });

  test('is for an active project of the tenant alone', async () => {
    const owner = await tenantWithTeam();
    const { id: project_id } = await newProject(server, owner.tenant_id);
    const elsewhere = await newProject(server, (await tenantWithTeam()).tenant_id);
    expect((await order({ ...owner, project_id })).body.project_id).toBe(project_id);
    const foreign = await order({ ...owner, project_id: elsewhere.id });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'project_not_found']);
    await server.call(`POST /v1/projects/${project_id}/archive`);
    const { status, body } = await order({ ...owner, project_id });
    expect([status, body.code]).toEqual([409, 'project_archived']);
  });

  test('of a key that is bound to a project lies in that project, counts all of the tenant, and shows no other', async () => {
    const owner = await tenantWithTeam();
    const { id: project_id } = await newProject(server, owner.tenant_id);
    const scopes = ['registry:databases:read', 'registry:databases:write'];
    const { key } = await madeIn(server, owner.tenant_id, 'api-keys', { name: 'k', scopes, project_id });
    expect((await order({ ...owner }, key)).body.code).toBe('bound_to_project');
    for (let made = 0; made < 4; made += 1) await order({ ...owner, tier: 'small' });
    const inside = await order({ ...owner, project_id, tier: 'small' }, key);
    expect(inside.status, JSON.stringify(inside.body)).toBe(201);
    expect((await order({ ...owner, project_id, tier: 'small' }, key)).body.code).toBe('database_quota_reached');
    const { body } = await server.call(`GET /v1/databases?tenant_id=${owner.tenant_id}`, { token: key });
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([inside.body.id]);
    const outside = await orderDatabase(server, owner.tenant_id, owner);
    expect((await server.call(`GET /v1/databases/${outside.id}`, { token: key })).status).toBe(404);
    const body2 = { purpose: 'mine' };
    expect((await server.call(`PATCH /v1/databases/${inside.body.id}`, { token: key, body: body2 })).status).toBe(200);
    expect((await deleteDatabase(server, inside.body, '', { token: key })).status).toBe(403);
  });
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', '?confirm=x'],
  ['POST', '/retry'],
  ['POST', '/rotate'],
  ['GET', '/connection'],
  ['GET', '/events'],
])('an unknown id is not found: %s /v1/databases/{id}%s', async (method, path) => {
  const body = method === 'POST' || method === 'PATCH' ? { body: {} } : {};
  const answer = await server.call(`${method} /v1/databases/${UNKNOWN}${path}`, body);
  expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
});

// proves D22, D23, D31, D36
test('a list is by team, status, tier, project and a part of the name, and leaves deleted ones out unless asked', async () => {
  const { tenant_id, owner_team } = await tenantWithTeam();
  const first = await orderDatabase(server, tenant_id, { owner_team, name: 'shop-orders' });
  const second = await orderDatabase(server, tenant_id, { name: 'shop-users', tier: 'small' });
  const gone = await orderDatabase(server, tenant_id, { owner_team, name: 'old' });
  await deleteDatabase(server, gone, '&abandon=true');
  const namesIn = async (query: string) => {
    const { status, body } = await server.call(`GET /v1/databases?tenant_id=${tenant_id}${query}`);
    expect(status).toBe(200);
    return body.items.map(({ name }: { name: string }) => name);
  };
  expect(await namesIn('')).toEqual([second.name, first.name]);
  expect(await namesIn('&include_deleted=true')).toEqual([gone.name, second.name, first.name]);
  expect(await namesIn('&status=deleted')).toEqual([gone.name]);
  expect(await namesIn(`&owner_team=${owner_team}`)).toEqual([first.name]);
  expect(await namesIn(`&owner_team=${owner_team}&status=deleted`)).toEqual([gone.name]);
  expect(await namesIn('&tier=small')).toEqual([second.name]);
  expect(await namesIn('&q=p-o')).toEqual([first.name]);
  expect(await namesIn('&q=%25')).toEqual([]);
  const { body } = await server.call(`GET /v1/databases?tenant_id=${tenant_id}&limit=1`);
  expect(await namesIn(`&limit=1&cursor=${body.next_cursor}`)).toEqual([first.name]);
});

describe('a change', () => {
  // proves D35
  test('of overrides is a new spec and a new generation, and due now', async () => {
    const { tenant_id } = await tenantWithTeam();
    const made = await readyDatabase(server, tenant_id);
    expect([made.next_reconcile_at, made.in_sync]).toEqual([null, true]);
    const { status, body } = await patch(made.id, { overrides: { storage: '20Gi' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ generation: 2, in_sync: false, status: 'ready', overrides: { storage: '20Gi' } });
    expect(body.spec).toEqual({ ...made.spec, storage: '20Gi' });
    expect(body.next_reconcile_at).not.toBeNull();
    expect(await actionsOf(made.id)).toEqual(['database.created', 'database.updated']);
    for (const overrides of [{ storage: '19Gi' }, {}]) {
      const less = await patch(made.id, { overrides });
      expect([less.status, less.body.code, less.body.errors[0].pointer]).toEqual([
        ...[400, 'cannot_shrink', '/overrides/storage'],
      ]);
    }
    expect((await patch(made.id, { overrides: { storage: '60Gi' } })).body.code).toBe('override_not_allowed');
  });

  test('of the tier is that tier with the overrides there are, as far as it allows them', async () => {
    const { tenant_id } = await tenantWithTeam();
    const made = await orderDatabase(server, tenant_id, { overrides: { storage: '20Gi' } });
    const { status, body } = await patch(made.id, { tier: 'large' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tier: 'large', generation: 2, spec: { instances: 3, storage: '20Gi' } });
    const connected = await orderDatabase(server, tenant_id, { overrides: { connections: 60 } });
    expect((await patch(connected.id, { tier: 'large' })).body.code).toBe('override_not_allowed');
    expect((await patch(connected.id, { tier: 'large', overrides: {} })).body.spec.storage).toBe('100Gi');
    expect((await patch(connected.id, { tier: 'small' })).body.code).toBe('cannot_shrink');
    expect((await patch(connected.id, { tier: 'huge' })).body.code).toBe('tier_not_found');
  });

  test('to a tier that makes its databases elsewhere is refused', async () => {
    const { tenant_id } = await tenantWithTeam();
    const { id } = await orderDatabase(server, tenant_id);
    for (const changes of [{ namespace: 'elsewhere' }, { provisioner: 'other' }]) {
      await setDatabase(server, id, { database: { namespace: 'default', provisioner: 'memory', ...changes } });
      const { status, body } = await patch(id, { tier: 'large' });
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'tier_elsewhere', '/tier']);
    }
  });

  test('of what is said of it makes no pass and no generation', async () => {
    const { tenant_id } = await tenantWithTeam();
    const made = await readyDatabase(server, tenant_id);
    const owner_team = await newTeam(server, tenant_id);
    const said = { owner_team, purpose: 'Orders', deletion_protection: true, deletion_policy: 'destroy' };
    const { status, body } = await patch(made.id, said);
    expect([status, body]).toEqual([200, expect.objectContaining({ ...said, generation: 1, in_sync: true })]);
    expect((await patch(made.id, { owner_team: 'nobody' })).body.code).toBe('owner_team_not_found');
  });

  test('that changes nothing records nothing', async () => {
    const { tenant_id } = await tenantWithTeam();
    const made = await readyDatabase(server, tenant_id);
    const { tier, overrides, purpose, owner_team } = made;
    for (const body of [{}, { tier, overrides, purpose, owner_team }, { overrides }])
      expect((await patch(made.id, body)).body).toEqual(made);
    expect(await actionsOf(made.id)).toEqual(['database.created']);
  });

  test.each(['name', 'namespace'])('of its %s is refused', async (field) => {
    const { id } = await orderDatabase(server, (await tenantWithTeam()).tenant_id);
    const { status, body } = await patch(id, { [field]: 'other' });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'database_field_immutable', `/${field}`]);
  });

  test('to another tier stays within the quota of that tier, also when several come at once', async () => {
    const owner = await tenantWithTeam();
    for (let made = 0; made < 4; made += 1) await order({ ...owner, tier: 'small' });
    const others = await Promise.all([order(owner), order(owner), order(owner)]);
    const answers = await Promise.all(others.map(({ body: { id } }) => patch(id, { tier: 'small' })));
    expect(answers.map(({ body }) => body.code ?? body.tier).sort()).toEqual([
      'database_quota_reached',
      'database_quota_reached',
      'small',
    ]);
    const moved = answers.find(({ status }) => status === 200);
    const again = await patch(moved?.body.id, { tier: 'small', overrides: { instances: 2 } });
    expect([again.status, again.body.spec?.instances]).toEqual([200, 2]);
  });

  test('starts a database in error again; a lost one stays lost', async () => {
    const { tenant_id } = await tenantWithTeam();
    for (const reason of ['timed_out', 'refused', 'lost']) {
      const { id } = await orderDatabase(server, tenant_id);
      const database = { status: 'error', reason, message: 'x' } as const;
      await setDatabase(server, id, { database, work: { attempts: 4, deadline_at: null, error_message: 'x' } });
      expect((await patch(id, { purpose: 'x' })).body.status).toBe('error');
      const { body } = await patch(id, { overrides: { storage: '20Gi' } });
      if (reason === 'lost') expect(body).toMatchObject({ status: 'error', reason });
      else expect(body).toMatchObject({ status: 'provisioning', reason: 'queued', message: null, attempts: 0 });
      expect((await workOf(id)).deadline_at === null).toBe(reason === 'lost');
    }
  });

  test('is refused when another one came first, but not because a pass was made meanwhile', async () => {
    const { id } = await orderDatabase(server, (await tenantWithTeam()).tenant_id);
    const tag = async () => (await server.call(`GET /v1/databases/${id}`)).headers.get('etag') ?? '';
    const first = await tag();
    await setDatabase(server, id, {
      work: { attempts: 3, error_message: 'away', next_reconcile_at: server.clock.now() },
    });
    expect(await tag()).toBe(first);
    const headers = { 'if-match': first };
    const changed = await patch(id, { purpose: 'one' }, headers);
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, await tag()]);
    expect((await patch(id, { purpose: 'two' }, headers)).body.code).toBe('precondition_failed');
  });
});

describe('a retry', () => {
  test('starts a database in error again, and makes every other one due', async () => {
    const { tenant_id } = await tenantWithTeam();
    const { id } = await orderDatabase(server, tenant_id);
    await setDatabase(server, id, { work: { next_reconcile_at: null, attempts: 2 } });
    const due = await post(id, 'retry');
    expect([due.status, due.body.status, due.body.attempts]).toEqual([200, 'provisioning', 2]);
    expect(due.body.next_reconcile_at).not.toBeNull();
    await setDatabase(server, id, { database: { status: 'error', reason: 'timed_out', message: 'late' } });
    expect((await post(id, 'retry')).body).toMatchObject({ status: 'provisioning', reason: 'queued', attempts: 0 });
    expect(await actionsOf(id)).toEqual(['database.created', 'database.retried', 'database.retried']);
  });

  test('of a lost database makes an empty one only when that is accepted', async () => {
    const { id } = await orderDatabase(server, (await tenantWithTeam()).tenant_id);
    await setDatabase(server, id, { database: { status: 'error', reason: 'lost' }, work: { external_uid: 'uid' } });
    const { status, body } = await post(id, 'retry');
    expect([status, body.code, body.errors[0].pointer]).toEqual([409, 'data_loss_not_accepted', '/accept_data_loss']);
    expect((await workOf(id)).external_uid).toBe('uid');
    const accepted = await post(id, 'retry', { accept_data_loss: true });
    expect(accepted.body).toMatchObject({ status: 'provisioning', generation: 2 });
    expect((await workOf(id)).external_uid).toBeNull();
  });
});

test('a rotation goes to the other login, with its grace, and one at a time', async () => {
  const { id } = await readyDatabase(server, (await tenantWithTeam()).tenant_id);
  const { status, body } = await post(id, 'rotate', { grace_seconds: 60 });
  expect([status, body.generation, body.status]).toEqual([200, 2, 'ready']);
  expect(body.allowed).not.toContain('rotate');
  expect(await workOf(id)).toMatchObject({ login_slot: 'b', rotation_grace_seconds: 60 });
  expect((await post(id, 'rotate')).body.code).toBe('rotation_under_way');
  const until = '2030-01-01T00:00:00.000Z';
  await setDatabase(server, id, { work: { rotation_grace_seconds: null, old_login_until: until } });
  expect((await get(id)).old_login_until).toBe(until);
  await setDatabase(server, id, { work: { old_login_until: null } });
  expect((await post(id, 'rotate')).status).toBe(200);
  expect(await workOf(id)).toMatchObject({ login_slot: 'a', rotation_grace_seconds: 3_600 });
  expect((await post(id, 'rotate', { grace_seconds: 604_801 })).status).toBe(400);
});

// proves D14, D18, D32, D33
test('a connection tells host, port and the secret, and no password', async () => {
  const made = await readyDatabase(server, (await tenantWithTeam()).tenant_id);
  const { status, body } = await server.call(`GET /v1/databases/${made.id}/connection`);
  expect([status, body]).toEqual([
    200,
    {
      ...{ host: 'db.example', port: 5432, sslmode: 'require' },
      secret: {
        ...{ kind: 'directory', namespace: 'default', name: made.secret_name },
        keys: ['user', 'password', 'host', 'port', 'dbname', 'uri'],
      },
    },
  ]);
});

test('a connection of a database whose provisioner is in the file no more is 503, and says which it is', async () => {
  const { id } = await readyDatabase(server, (await tenantWithTeam()).tenant_id);
  await setDatabase(server, id, { database: { provisioner: 'gone' } });
  const { status, body } = await server.call(`GET /v1/databases/${id}/connection`);
  expect([status, body.code, body.detail]).toEqual([503, 'unavailable', 'DATABASES_FILE has no provisioner gone.']);
});

describe('a deletion', () => {
  // proves D16
  test('is under way at once, is told once, and is the same when asked again', async () => {
    const { tenant_id } = await tenantWithTeam();
    const made = await readyDatabase(server, tenant_id);
    for (const confirm of ['', 'other', made.name.toUpperCase()]) {
      const { status, body } = await deleteDatabase(server, { ...made, name: confirm });
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'confirmation_mismatch', '/confirm']);
    }
    const first = await deleteDatabase(server, made, '&policy=destroy');
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ status: 'deleting', reason: 'removing', generation: 2, deleted_at: null });
    expect(first.body.deletion_policy).toBe('destroy');
    const again = await deleteDatabase(server, made);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await actionsOf(made.id)).toEqual(['database.created', 'database.deletion_requested']);
  });

  test('of a protected database is refused until the protection goes', async () => {
    const made = await orderDatabase(server, (await tenantWithTeam()).tenant_id, { deletion_protection: true });
    const { status, body } = await deleteDatabase(server, made);
    expect([status, body.code]).toEqual([409, 'deletion_protected']);
    await patch(made.id, { deletion_protection: false });
    expect((await deleteDatabase(server, made)).status).toBe(200);
  });

  // proves D20
  test('by an operator that abandons it closes the row at once, also while it is being deleted', async () => {
    const made = await orderDatabase(server, (await tenantWithTeam()).tenant_id);
    await deleteDatabase(server, made);
    const lease = { lease_id: made.id, lease_until: server.clock.now() };
    await setDatabase(server, made.id, { work: lease });
    const { status, body } = await deleteDatabase(server, made, '&abandon=true');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'deleted', reason: 'abandoned', next_reconcile_at: null, allowed: [] });
    expect(body.deleted_at).not.toBeNull();
    expect(await workOf(made.id)).toMatchObject({ lease_id: null, lease_until: null, next_reconcile_at: null });
    expect((await actionsOf(made.id)).at(-1)).toBe('database.deleted');
    expect(await get(made.id)).toEqual(body);
  });

  test.each(['frozen', 'archived'] as const)(
    'goes through in a tenant that is %s, and explains itself',
    async (status) => {
      const { tenant_id } = await tenantWithTeam();
      const made = await orderDatabase(server, tenant_id);
      for (const step of status === 'frozen' ? ['cancel'] : ['cancel', 'archive'])
        await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
      const refused = await patch(made.id, { purpose: 'x' });
      expect([refused.status, refused.body.code]).toEqual([409, `tenant_${status}`]);
      expect((await deleteDatabase(server, made)).body.status).toBe('deleting');
      expect((await get(made.id)).reason).toBe('removing');
      const { body } = await server.call(`GET /v1/databases?tenant_id=${tenant_id}`);
      expect(body.items).toHaveLength(1);
      const events = await server.call(`GET /v1/databases/${made.id}/events`);
      expect(events.body.items[0].type).toBe('database.deletion_requested');
    },
  );
});

test('the events of a database are its own, newest first, page by page, and none that a product reports', async () => {
  const { tenant_id } = await tenantWithTeam();
  const { id, name } = await orderDatabase(server, tenant_id);
  await orderDatabase(server, tenant_id);
  await post(id, 'retry');
  const forged = { tenant_id, action: 'backup.done', target_type: 'database', target_id: id, target_name: name };
  await server.call('POST /v1/audit', { body: { ...forged, actor_type: 'system', actor_id: 'x' } });
  const { body } = await server.call(`GET /v1/databases/${id}/events?limit=1`);
  expect(body.items).toMatchObject([{ type: 'database.retried', reason: 'queued', message: null }]);
  expect(body.items[0].actor).toBe('operator:operator_token');
  const rest = await server.call(`GET /v1/databases/${id}/events?cursor=${body.next_cursor}&limit=1`);
  expect(rest.body.items.map(({ type }: { type: string }) => type)).toEqual(['database.created']);
  expect(rest.body.next_cursor).toBeNull();
});

test('the tiers are those of the file, in its order', async () => {
  const { body } = await server.call('GET /v1/database-tiers');
  expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['small', 'roomy', 'large']);
});

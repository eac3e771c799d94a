// engine: postgres
/** What can be done with a database in each state that it can be in: `allowed` says the truth. */
import { expect, test } from 'vitest';
import { deleteDatabase, orderDatabase, readiness, setDatabase } from '../../../test/support/databases.ts';
import { tenantIn, testServer, trailOf } from '../../../test/support/server.ts';
import { type DatabaseStatus, databaseReasons, databaseSteps } from './schema.ts';

const server = testServer();

const states = Object.entries(databaseReasons).flatMap(([status, reasons]) =>
  reasons.map((reason) => ({ status: status as DatabaseStatus, reason })),
);

interface State {
  readonly status: DatabaseStatus;
  readonly reason: string;
  readonly tenant: 'active' | 'frozen' | 'archived';
  readonly isProtected?: boolean;
  readonly rotating?: 'asked' | 'grace';
}

const all: readonly State[] = [
  ...(['active', 'frozen', 'archived'] as const).flatMap((tenant) => states.map((state) => ({ ...state, tenant }))),
  ...states.map((state) => ({ ...state, tenant: 'active' as const, isProtected: true })),
  ...(['asked', 'grace'] as const).map((rotating) => ({
    status: 'ready' as const,
    reason: 'healthy',
    tenant: 'active' as const,
    rotating,
  })),
];

const steps = { active: [], frozen: ['cancel'], archived: ['cancel', 'archive'] } as const;

/** A database of a tenant of its own, which is put into the state by SQL. */
async function databaseIn({ status, reason, tenant, isProtected = false, rotating }: State) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id, name, cluster_name } = await orderDatabase(server, tenant_id);
  const now = server.clock.now();
  await setDatabase(server, id, {
    database: {
      ...(status === 'ready' ? { ...readiness, secret_name: `${cluster_name}-credentials` } : {}),
      status,
      reason,
      deletion_protection: isProtected,
      ...(status === 'deleted' ? { deleted_at: now, owner_group_id: null } : {}),
    },
    work: {
      ...(rotating === 'asked' ? { rotation_grace_seconds: 60 } : {}),
      ...(rotating === 'grace' ? { old_login_until: now } : {}),
    },
  });
  for (const step of steps[tenant]) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  return { id: id as string, name: name as string, tenant_id };
}

type Made = Awaited<ReturnType<typeof databaseIn>>;

const doing = {
  update: ({ id }: Made) => server.call(`PATCH /v1/databases/${id}`, { body: { overrides: { storage: '20Gi' } } }),
  retry: ({ id }: Made) => server.call(`POST /v1/databases/${id}/retry`, { body: { accept_data_loss: true } }),
  rotate: ({ id }: Made) => server.call(`POST /v1/databases/${id}/rotate`, { body: {} }),
  connect: ({ id }: Made) => server.call(`GET /v1/databases/${id}/connection`),
  delete: (made: Made) => deleteDatabase(server, made),
} as const;

// proves D12, D16, D32
test.each(all)(
  'in $status, $reason, of a tenant that is $tenant, each step of `allowed` succeeds and every other one is 409: %j',
  async (state) => {
    const shown = await databaseIn(state);
    const { body } = await server.call(`GET /v1/databases/${shown.id}`);
    for (const step of databaseSteps) {
      const made = await databaseIn(state);
      const before = await trailOf(server, made.tenant_id);
      const answer = await doing[step](made);
      const isAllowed = body.allowed.includes(step);
      expect([step, answer.status], JSON.stringify(answer.body)).toEqual([step, isAllowed ? 200 : 409]);
      if (isAllowed) continue;
      expect(await trailOf(server, made.tenant_id)).toHaveLength(before.length);
      if (answer.body.code === 'database_step_illegal') expect(answer.body.allowed).toEqual(body.allowed);
    }
  },
);

test.each([
  ['deletion_protected', { status: 'ready', reason: 'healthy', tenant: 'active', isProtected: true }, 'delete'],
  ['deletion_protected', { status: 'error', reason: 'lost', tenant: 'frozen', isProtected: true }, 'delete'],
  ['rotation_under_way', { status: 'ready', reason: 'healthy', tenant: 'active', rotating: 'asked' }, 'rotate'],
  ['rotation_under_way', { status: 'ready', reason: 'degraded', tenant: 'active', rotating: 'grace' }, 'rotate'],
  ['database_not_ready', { status: 'ready', reason: 'asleep', tenant: 'active', rotating: 'grace' }, 'rotate'],
  ['database_not_ready', { status: 'provisioning', reason: 'queued', tenant: 'active' }, 'connect'],
  ['database_not_ready', { status: 'ready', reason: 'asleep', tenant: 'frozen' }, 'connect'],
  ['tenant_archived', { status: 'ready', reason: 'asleep', tenant: 'archived' }, 'connect'],
  ['tenant_frozen', { status: 'error', reason: 'lost', tenant: 'frozen' }, 'retry'],
  ['tenant_archived', { status: 'ready', reason: 'healthy', tenant: 'archived' }, 'update'],
  ['database_step_illegal', { status: 'deleting', reason: 'removing', tenant: 'active' }, 'update'],
  ['database_step_illegal', { status: 'deleted', reason: 'retained', tenant: 'active' }, 'delete'],
] as const)('the refusal says why: %s', async (code, state, step) => {
  const { status, body } = await doing[step](await databaseIn(state));
  expect([status, body.code]).toEqual([409, code]);
});

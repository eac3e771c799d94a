/** A tenant that has something everywhere. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../src/handles.ts';
import { appendAuditEvent } from '../src/queries/audit.ts';
import { newTenant, unique } from './support.ts';

/** A tenant with rows in every table: in two projects, of which one is named, and in none. */
export async function populatedTenant(db: Db): Promise<{ id: string; project: string }> {
  const tenant_id = await newTenant(db);
  const [project, other] = [randomUUID(), randomUUID()];
  for (const id of [project, other]) {
    await db
      .insertInto('tenant_projects')
      .values({ id, tenant_id, slug: unique('p'), name: 'Project' })
      .execute();
  }
  await db.insertInto('tenant_products').values({ tenant_id, product: 'files' }).execute();
  await db
    .insertInto('tenant_idp_config')
    .values({ tenant_id, kind: 'oidc', alias: 'sso', issuer: 'https://idp' })
    .execute();
  await db
    .insertInto('catalog_requests')
    .values({ tenant_id, product: 'files', kind: 'request', requested_by: 'x' })
    .execute();
  const event = { aggregate_type: 'x', aggregate_id: 'x', event_type: 'x', payload: sql`'{}'::jsonb` };
  await db
    .insertInto('outbox_events')
    .values({ ...event, tenant_id })
    .execute();
  for (const project_id of [project, other, null]) {
    await db
      .insertInto('api_keys')
      .values({ tenant_id, project_id, name: 'key', prefix: 'x', hash: unique('h') })
      .execute();
    const row = { tenant_id, project_id, actor_type: 'user', actor_id: '1', action: 'x', metadata: {} };
    await appendAuditEvent(db, { ...row, origin: 'registry' });
  }
  return { id: tenant_id, project };
}

/** The tenant itself: its terms, and the stage of its life. */
import { z } from 'zod';
import { createTenantInput } from '../../modules/tenants/schema.ts';
import type { Api, Row } from './api.ts';
import { fieldsOf } from './kinds/shape.ts';
import { RefusedError } from './problem.ts';
import type { Fields } from './things.ts';

const STATUSES = ['demo', 'trial', 'active', 'frozen'] as const;

/** `archived` is not among them: what is final is done by hand. */
export const tenantShape = z.strictObject({
  ...fieldsOf(createTenantInput, []),
  status: z.enum(STATUSES).optional(),
}) as unknown as z.ZodType<Fields>;
export const tenantFieldNames = [...Object.keys(createTenantInput.shape), 'status'];

/** Returns why the tenant cannot become as the file has it; null: it can. */
export function tenantRefusal(fields: Fields, row: Row): string | null {
  if (row.status === 'archived') return 'is archived, which is final';
  if (fields.kind !== undefined && fields.kind !== row.kind) return `kind never changes: it is ${row.kind}`;
  const [from, to] = [row.status, fields.status];
  if (to === undefined || to === from || STEPS.some(([a, b]) => a === from && b === to)) return null;
  return `status: a tenant that is ${from} does not become ${to}`;
}

const STEPS = [
  ['trial', 'active'],
  ['trial', 'frozen'],
  ['active', 'frozen'],
  ['frozen', 'active'],
] as const;

export async function findTenant(api: Api, slug: string): Promise<Row | null> {
  return (await api.get(`/v1/tenants/by-slug/${slug}`))?.row ?? null;
}

export function createTenant(api: Api, { status: _, ...body }: Fields): Promise<Row> {
  return api.send('POST', '/v1/tenants', { body });
}

/** Changes the terms, under the tag of the tenant that they were compared with. */
export async function updateTenant(api: Api, row: Row, fields: Fields, changed: readonly string[]): Promise<void> {
  const names = changed.filter((name) => name !== 'status');
  if (names.length === 0) return;
  const place = `/v1/tenants/${row.id}`;
  const found = await api.get(place);
  if (found?.row.updated_at !== row.updated_at)
    throw new RefusedError('somebody else changed it meanwhile: run the command again');
  const body = Object.fromEntries(names.map((name) => [name, fields[name]]));
  await api.send('PATCH', place, { body, ifMatch: found?.etag ?? null });
}

export async function moveTenant(api: Api, row: Row, status: unknown): Promise<void> {
  const verb = status === 'active' ? 'activate' : 'cancel';
  await api.send('POST', `/v1/tenants/${row.id}/${verb}`, { body: {} });
}

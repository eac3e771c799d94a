/** The shapes of tenants: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { date, id, label, name, slug, timestamp, timestampInput } from '../../kernel/schema.ts';

export const tenantStatus = z.enum(['demo', 'trial', 'active', 'frozen', 'archived']);
export type TenantStatus = z.infer<typeof tenantStatus>;

const tenantKind = z.enum(['customer', 'demo']);

export const tenant = z
  .object({
    id,
    slug: z.string().describe('Chosen at creation, unique, never changes.'),
    name: z.string(),
    status: tenantStatus.describe('`frozen` is read-only; `archived` answers only audit reads.'),
    kind: tenantKind,
    plan: z.string().nullable(),
    erp_id: z.string().nullable().describe('The tenant in the ERP system.'),
    stripe_id: z.string().nullable().describe('The customer at Stripe.'),
    trial_ends_at: timestamp.nullable(),
    contract_starts_on: date.nullable(),
    contract_ends_on: date.nullable(),
    sales_owner: z.string().nullable(),
    frozen_at: timestamp.nullable(),
    archived_at: timestamp.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Tenant', description: 'A company that uses the products.' });
export type Tenant = z.infer<typeof tenant>;

export const tenantId = z.strictObject({ id });
export const tenantSlug = z.strictObject({ slug });

const terms = {
  plan: label.nullish(),
  erp_id: label.nullish(),
  stripe_id: label.nullish(),
  trial_ends_at: timestampInput.nullish(),
  contract_starts_on: date.nullish(),
  contract_ends_on: date.nullish(),
  sales_owner: label.nullish(),
};

export const createTenantInput = z.strictObject({ slug, name, kind: tenantKind.default('customer'), ...terms });
export type CreateTenant = z.output<typeof createTenantInput>;

export const updateTenantInput = z.strictObject({
  id,
  name: name.optional(),
  ...terms,
  // Known, so that sending it can be answered better than "unknown field".
  slug: z.unknown().optional().describe('Never changes: sending it gives 400 `slug_immutable`.'),
});
export type UpdateTenant = z.output<typeof updateTenantInput>;

export const listTenantsInput = z.strictObject({
  ...pageInput,
  status: tenantStatus.optional(),
  kind: tenantKind.optional(),
  q: z.string().min(1).max(200).optional().describe('Part of the slug or the name, in any case.'),
});
export type ListTenants = z.output<typeof listTenantsInput>;

export const tenantPage = pageOf(tenant).meta({ id: 'TenantPage' });

export const activateTenantInput = z.strictObject({ id, plan: label.optional() });
export type ActivateTenant = z.output<typeof activateTenantInput>;

export const cancelTenantInput = z.strictObject({ id, reason: z.string().min(1).max(1000).optional() });
export type CancelTenant = z.output<typeof cancelTenantInput>;

const subject = ({ id, name }: Tenant) => ({ tenant_id: id, target: { type: 'tenant', id, name } });

export const tenantEvents = {
  created: defineEvent({ type: 'tenant.created', description: 'A tenant was created.', payload: tenant, subject }),
  updated: defineEvent({
    type: 'tenant.updated',
    description: 'Terms or name of a tenant changed.',
    payload: tenant,
    subject,
  }),
  activated: defineEvent({
    type: 'tenant.activated',
    description: 'A tenant became active.',
    payload: tenant,
    subject,
  }),
  canceled: defineEvent({
    type: 'tenant.canceled',
    description: 'A tenant was frozen on request.',
    payload: tenant.extend({ reason: z.string().nullable() }),
    subject,
  }),
  frozen: defineEvent({
    type: 'tenant.frozen',
    description: 'A tenant was frozen because its trial ended.',
    payload: tenant,
    subject,
  }),
  archived: defineEvent({ type: 'tenant.archived', description: 'A tenant was archived.', payload: tenant, subject }),
  deleted: defineEvent({
    type: 'tenant.deleted',
    description: 'An archived tenant and all it held was deleted.',
    payload: tenant,
    subject,
  }),
} as const;

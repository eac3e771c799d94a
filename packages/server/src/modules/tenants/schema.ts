/** The shapes of tenants: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { dashed, date, id, label, name, slug, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';

export const tenantStatus = z.enum(['demo', 'trial', 'active', 'frozen', 'archived']).meta({
  description: 'The stage of a tenant in its life. `frozen` is read-only; `archived` answers only audit reads.',
  examples: ['trial'],
});
export type TenantStatus = z.infer<typeof tenantStatus>;

/** The id of a tenant where it names what is asked about. */
export const tenantOwnId = id.meta({ examples: [FIRST_TENANT.id] });

const tenantKind = z.enum(['customer', 'demo']).describe('A `demo` neither pays nor ends, and takes no transition.');

/** The terms of a customer, in the words of the document. */
const aboutTerms = {
  plan: { description: 'The plan that it is on.', examples: ['professional'] },
  erp_id: { description: 'The tenant in the ERP system.', examples: ['C-10482'] },
  stripe_id: { description: 'The customer at Stripe.', examples: ['cus_Q4x8Zb2LmN1pRt'] },
  trial_ends_at: {
    description: 'The end of its trial; it freezes then unless it was activated.',
    examples: ['2026-01-29T09:30:00.000Z'],
  },
  contract_starts_on: { description: 'The first day of the contract.', examples: ['2026-02-01'] },
  contract_ends_on: { description: 'The last day of the contract.', examples: ['2027-01-31'] },
  sales_owner: { description: 'The person in sales who looks after it.', examples: ['j.doe@example.com'] },
  region: { description: 'Where its things run, in a word of yours.', examples: ['eu-central'] },
} as const;

export const tenant = z
  .object({
    id: tenantOwnId,
    slug: textUpTo(40).describe('Chosen at creation, unique, never changes.'),
    name: textUpTo(200),
    status: tenantStatus,
    kind: tenantKind,
    plan: textUpTo(200).nullable().meta(aboutTerms.plan),
    erp_id: textUpTo(200).nullable().meta(aboutTerms.erp_id),
    stripe_id: textUpTo(200).nullable().meta(aboutTerms.stripe_id),
    trial_ends_at: timestamp.nullable().meta(aboutTerms.trial_ends_at),
    contract_starts_on: date.nullable().meta(aboutTerms.contract_starts_on),
    contract_ends_on: date.nullable().meta(aboutTerms.contract_ends_on),
    sales_owner: textUpTo(200).nullable().meta(aboutTerms.sales_owner),
    region: textUpTo(63).nullable().meta(aboutTerms.region),
    mesh_cidr: textUpTo(43)
      .nullable()
      .meta({ description: 'The range of its network; null: it has none.', examples: ['10.20.0.0/16'] }),
    frozen_at: timestamp.nullable().describe('The time of its freeze; 30 days later it is archived.'),
    archived_at: timestamp.nullable().describe('The time of its archiving.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Tenant', description: 'A company that uses the products.' });
export type Tenant = z.infer<typeof tenant>;

export const tenantId = z.strictObject({ id: tenantOwnId });
export const tenantSlug = z.strictObject({ slug });

const terms = {
  plan: label.nullish().meta(aboutTerms.plan),
  erp_id: label.nullish().meta(aboutTerms.erp_id),
  stripe_id: label.nullish().meta(aboutTerms.stripe_id),
  trial_ends_at: timestampInput.nullish().describe(aboutTerms.trial_ends_at.description),
  contract_starts_on: date.nullish().meta(aboutTerms.contract_starts_on),
  contract_ends_on: date.nullish().meta(aboutTerms.contract_ends_on),
  sales_owner: label.nullish().meta(aboutTerms.sales_owner),
  // The check tenants_region_check holds this rule too.
  region: dashed.nullish().meta({ ...aboutTerms.region, minLength: 1, maxLength: 63 }),
};

export const createTenantInput = z.strictObject({ slug, name, kind: tenantKind.default('customer'), ...terms });
export type CreateTenant = z.output<typeof createTenantInput>;

export const updateTenantInput = z.strictObject({
  id: tenantOwnId,
  name: name.optional(),
  ...terms,
  // Known, so that sending it can be answered better than "unknown field".
  slug: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Never changes: sending it gives 400 `slug_immutable`.' }),
});
export type UpdateTenant = z.output<typeof updateTenantInput>;

export const listTenantsInput = z.strictObject({
  ...pageInput,
  status: tenantStatus.optional().describe('Only those in this status.'),
  kind: tenantKind.optional().describe('Only those of this kind.'),
  q: z.string().min(1).max(200).optional().describe('Part of the slug or the name, in any case.'),
});
export type ListTenants = z.output<typeof listTenantsInput>;

export const tenantPage = pageOf(tenant).meta({ id: 'TenantPage', description: 'A page of tenants.' });

export const activateTenantInput = z.strictObject({ id: tenantOwnId, plan: label.optional().meta(aboutTerms.plan) });
export type ActivateTenant = z.output<typeof activateTenantInput>;

const aboutReason = { description: 'Why, for the audit log.', examples: ['The contract was not renewed.'] };

export const cancelTenantInput = z.strictObject({
  id: tenantOwnId,
  reason: z.string().min(1).max(1000).optional().meta(aboutReason),
});
export type CancelTenant = z.output<typeof cancelTenantInput>;

const subject = ({ id, name }: Tenant) => ({ tenant_id: id, target: { type: 'tenant', id, name } });

export const tenantEvents = {
  created: defineEvent({ type: 'tenant.created', description: 'A tenant was created.', payload: tenant, subject }),
  updated: defineEvent({
    type: 'tenant.updated',
    description: 'Terms or name of a tenant changed.',
    payload: tenant,
    subject,
    authority: true,
  }),
  activated: defineEvent({
    type: 'tenant.activated',
    description: 'A tenant became active.',
    payload: tenant,
    subject,
    authority: true,
  }),
  canceled: defineEvent({
    type: 'tenant.canceled',
    description: 'A tenant was frozen on request.',
    payload: tenant.extend({ reason: textUpTo(1000).nullable().meta(aboutReason) }),
    subject,
    authority: true,
  }),
  frozen: defineEvent({
    type: 'tenant.frozen',
    description: 'A tenant was frozen because its trial ended.',
    payload: tenant,
    subject,
    authority: true,
  }),
  archived: defineEvent({
    type: 'tenant.archived',
    description: 'A tenant was archived.',
    payload: tenant,
    subject,
    authority: true,
  }),
  deleted: defineEvent({
    type: 'tenant.deleted',
    description: 'An archived tenant and all it held was deleted.',
    payload: tenant,
    subject,
    authority: true,
  }),
} as const;

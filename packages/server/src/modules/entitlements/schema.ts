/** The shapes of entitlements: which products a tenant may use, on what terms, until when. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { id, jsonObject, product, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';

const source = z.enum(['contract', 'trial', 'demo']).describe('Why the tenant has it.');

const aboutConfig = {
  description: 'Settings of the product for this tenant, at most 32 KiB of JSON.',
  examples: [{ seats: 25 }],
};

const entitlementFields = {
  tenant_id: id,
  product: textUpTo(100),
  source,
  config: z.record(z.string(), z.unknown()).meta(aboutConfig),
  starts_at: timestamp.describe('Since when the tenant has it.'),
  ends_at: timestamp.nullable().meta({
    description: 'From this moment on it is over; null: it has no end.',
    examples: ['2027-01-31T23:00:00.000Z'],
  }),
  created_at: timestamp,
  updated_at: timestamp,
};

const { created_at, updated_at, ...terms } = entitlementFields;

export const entitlement = z
  .object({
    ...terms,
    active: z
      .boolean()
      .meta({ description: 'Whether it is running now, in every status of the tenant.', examples: [true] }),
    created_at,
    updated_at,
  })
  .meta({ id: 'Entitlement', description: 'A product that a tenant may use.' });
export type Entitlement = z.infer<typeof entitlement>;

export const listEntitlementsInput = z.strictObject({ tenant_id: id });

export const entitlementList = z
  .object({ items: z.array(entitlement).meta({ description: 'One for each product.', maxItems: 1000 }) })
  .meta({ id: 'EntitlementList', description: 'The products that a tenant may use or might use.' });
export type EntitlementList = z.infer<typeof entitlementList>;

export const setEntitlementInput = z
  .strictObject({
    tenant_id: id,
    product,
    config: jsonObject.default({}).meta(aboutConfig),
    source: source.default('contract'),
    ends_at: timestampInput.nullish().meta({
      description: 'In the future; absent: it has no end. A trial needs one.',
      examples: ['2099-01-31T23:00:00.000Z'],
    }),
  })
  .refine(({ source, ends_at }) => source !== 'trial' || typeof ends_at === 'string', {
    path: ['ends_at'],
    message: 'is required: a trial ends',
  });
export type SetEntitlement = z.output<typeof setEntitlementInput>;

export const entitlementKey = z.strictObject({ tenant_id: id, product });
export type EntitlementKey = z.output<typeof entitlementKey>;

export const checkEntitlementInput = z.strictObject({
  tenant_id: id,
  product,
  at: timestampInput
    .optional()
    .describe('The moment asked about; absent: now. The state of the tenant is always that of now.'),
});
export type CheckEntitlement = z.output<typeof checkEntitlementInput>;

const reason = z.enum(['entitled', 'not_entitled', 'trial_ended', 'tenant_frozen', 'tenant_archived']);
export type EntitlementReason = z.infer<typeof reason>;

export const entitlementVerdict = z
  .object({
    allowed: z.boolean().meta({ description: 'Whether the tenant may use the product.', examples: [true] }),
    reason: reason.describe('Why.'),
    source: source.nullable().describe('Null when the tenant never had it, or no longer has it.'),
    ends_at: timestamp.nullable().describe('The time of its end, past or future; null: it has no end.'),
  })
  .meta({ id: 'EntitlementVerdict', description: 'Whether a tenant may use a product, and why.' });
export type EntitlementVerdict = z.infer<typeof entitlementVerdict>;

/** Events tell of what was written; whether it is running is a matter of when one asks. */
const payload = z
  .object(entitlementFields)
  .meta({ id: 'EntitlementTerms', description: 'The terms on which a tenant has, or had, a product.' });

const subject = ({ tenant_id, product }: EntitlementKey) => ({
  tenant_id,
  product,
  target: { type: 'entitlement', id: `${tenant_id}/${product}`, name: product },
});

export const entitlementEvents = {
  granted: defineEvent({
    type: 'entitlement.granted',
    description: 'A tenant got a product, or other terms for one that it had.',
    payload,
    subject,
    authority: true,
  }),
  revoked: defineEvent({
    type: 'entitlement.revoked',
    description: 'A product was taken from a tenant.',
    payload,
    subject,
    authority: true,
  }),
  trialEnded: defineEvent({
    type: 'entitlement.trial_ended',
    description: 'The trial of a product ended by itself.',
    payload,
    subject,
    authority: true,
  }),
} as const;

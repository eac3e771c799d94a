/** The shapes of the catalog and of what tenants ask for. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { ACTOR_MAX, id, name, product, textUpTo, timestamp } from '../../kernel/schema.ts';

/** The answer to the request of a trial. */
export { entitlement as startedTrial } from '../entitlements/schema.ts';

const TRIAL_DAYS = 14;
const ENTRIES_MAX = 1000;

/** A product as the catalog's file states it. */
const catalogFileEntry = z.strictObject({
  product: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'must be lower case letters, digits, _ and -, at most 100 characters'),
  name,
  description: z.string().max(2000),
  supports_projects: z.boolean().default(false),
  trial_days: z.int().min(1).max(365).default(TRIAL_DAYS),
  contract_version: z.string().min(1).max(50),
  features: z.array(z.string().min(1).max(100)).max(100).default([]),
});

/** The catalog's file: what `GET /v1/catalog` answers, with some of it left to its default. */
export const catalogFile = z.strictObject({
  items: z.array(catalogFileEntry).min(1, 'must name at least one product').max(ENTRIES_MAX),
});

const catalogEntry = z
  .object({
    product: textUpTo(100).describe('The key that other operations name it by.'),
    name: textUpTo(200).meta({ examples: ['Certifai'] }),
    description: textUpTo(2000).meta({
      description: 'Its purpose, for people.',
      examples: ['Certificates for machines and their parts, from the drawing to the audit.'],
    }),
    supports_projects: z
      .boolean()
      .meta({ description: 'Whether a tenant entitled to it may have projects.', examples: [true] }),
    trial_days: z
      .int()
      .meta({ description: 'The length of a trial in days.', minimum: 1, maximum: 365, examples: [14] }),
    contract_version: textUpTo(50).meta({
      description: 'Of the contract that a customer signs today.',
      examples: ['2026-01'],
    }),
    features: z
      .array(textUpTo(100))
      .meta({ description: 'Its parts.', maxItems: 100, examples: [['certificates', 'audits']] }),
  })
  .meta({ id: 'CatalogEntry', description: 'A product that can be asked for.' });

export const listCatalogInput = z.strictObject({});

export const catalog = z
  .object({
    items: z.array(catalogEntry).meta({ description: 'The products.', maxItems: ENTRIES_MAX }),
  })
  .meta({ id: 'Catalog', description: 'The products that can be asked for.' });
export type CatalogAnswer = z.infer<typeof catalog>;

const requestState = z.enum(['open', 'granted', 'rejected']).describe('The decision.');

const aboutMessage = {
  description: 'A message to the operator who decides.',
  examples: ['We need it for the audit in March.'],
};

export const catalogRequest = z
  .object({
    id,
    tenant_id: id,
    product: textUpTo(100),
    kind: z.enum(['request', 'trial']).describe('A trial is granted at once; a request waits for an operator.'),
    state: requestState,
    message: textUpTo(2000).nullable().meta(aboutMessage),
    requested_by: textUpTo(ACTOR_MAX).meta({
      description: 'The id of the actor that asked, as in audit rows.',
      examples: ['operator_token'],
    }),
    decided_by: textUpTo(ACTOR_MAX)
      .nullable()
      .describe('The id of the actor that granted or rejected, as in audit rows; null for a trial.'),
    decided_at: timestamp.nullable().describe('The time of the decision; null while it is open.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'CatalogRequest', description: 'A product that a tenant asked for.' });
export type CatalogRequest = z.infer<typeof catalogRequest>;

export const catalogRequestId = z.strictObject({ id });

export const requestProductInput = z.strictObject({
  tenant_id: id,
  product,
  message: z.string().min(1).max(2000).optional().meta(aboutMessage),
});
export type RequestProduct = z.output<typeof requestProductInput>;

export const requestTrialInput = z.strictObject({ tenant_id: id, product });
export type RequestTrial = z.output<typeof requestTrialInput>;

export const listCatalogRequestsInput = z.strictObject({
  ...pageInput,
  tenant_id: id.optional().describe('Absent: of all tenants.'),
  state: requestState.optional().describe('Only those in this state.'),
});
export type ListCatalogRequests = z.output<typeof listCatalogRequestsInput>;

export const catalogRequestPage = pageOf(catalogRequest).meta({
  id: 'CatalogRequestPage',
  description: 'A page of requests for products.',
});

const subject = ({ id, tenant_id, product }: CatalogRequest) => ({
  tenant_id,
  product,
  target: { type: 'catalog_request', id, name: product },
});

export const catalogEvents = {
  requested: defineEvent({
    type: 'catalog.requested',
    description: 'A tenant asked for a product.',
    payload: catalogRequest,
    subject,
  }),
  trialStarted: defineEvent({
    type: 'catalog.trial_started',
    description: 'A tenant started its one trial of a product.',
    payload: catalogRequest.extend({ ends_at: timestamp.nullable().describe('When the trial ends by itself.') }),
    subject,
  }),
  requestGranted: defineEvent({
    type: 'catalog.request_granted',
    description: 'An operator gave a tenant the product that it asked for.',
    payload: catalogRequest,
    subject,
  }),
  requestRejected: defineEvent({
    type: 'catalog.request_rejected',
    description: 'An operator refused a tenant the product that it asked for.',
    payload: catalogRequest,
    subject,
  }),
} as const;

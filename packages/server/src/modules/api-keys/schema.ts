/** The shapes of API keys. The plaintext is in one output only, the hash in none. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, name, timestamp, timestampInput } from '../../kernel/schema.ts';
import { tenantStatus } from '../tenants/schema.ts';

const GRACE_SECONDS_MAX = 604_800;

const scope = z
  .string()
  .regex(/^[a-z0-9_*][a-z0-9_.:*/-]{0,99}$/, 'must be lower case letters, digits and _ . : * / -')
  .describe('What the key may do, in words of the products: `reports:read`.');
const scopes = z.array(scope).max(100);

const apiKeyFields = {
  id,
  tenant_id: id,
  project_id: id.nullable().describe('Bound to this project, or null for the whole tenant.'),
  name: z.string(),
  prefix: z.string().describe('The first characters of the key, to recognise it by.'),
  scopes: z.array(z.string()),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable().describe('To within a minute.'),
  revoked_at: timestamp.nullable(),
};

export const apiKey = z.object(apiKeyFields).meta({ id: 'ApiKey', description: 'An API key, without its secret.' });
export type ApiKey = z.infer<typeof apiKey>;

export const issuedApiKey = z
  .object({
    ...apiKeyFields,
    key: z
      .string()
      .optional()
      .describe(
        'The key itself, shown here and never again: absent only in the replay of a request with an Idempotency-Key.',
      ),
  })
  .meta({ id: 'IssuedApiKey', description: 'A new API key with its secret.' });
export type IssuedApiKey = z.infer<typeof issuedApiKey>;

export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyPage' });

export const createApiKeyInput = z.strictObject({
  tenant_id: id,
  name,
  scopes: scopes.overwrite((given) => [...new Set(given)]).default([]),
  project_id: id.optional().describe('Binds the key to a project of the tenant.'),
  expires_at: timestampInput.optional().describe('In the future; absent: the key lives until it is revoked.'),
});
export type CreateApiKey = z.output<typeof createApiKeyInput>;

export const listApiKeysInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  project_id: id.optional(),
  include_revoked: z.boolean().default(false),
});
export type ListApiKeys = z.output<typeof listApiKeysInput>;

export const apiKeyId = z.strictObject({ id });

export const rotateApiKeyInput = z.strictObject({
  id,
  grace_seconds: z.int().min(0).max(GRACE_SECONDS_MAX).default(0).describe('How long the old key still works.'),
});
export type RotateApiKey = z.output<typeof rotateApiKeyInput>;

export const verifyApiKeyInput = z.strictObject({
  key: z.string().max(200).describe('The key as the caller presented it.'),
  scopes: scopes.default([]).describe('Scopes that the key must have, all of them.'),
  product: z.string().min(1).max(100).optional().describe('A product that the tenant must be entitled to.'),
  access: z.enum(['write', 'read']).default('write').describe('`read` also passes in a frozen tenant.'),
});
export type VerifyApiKey = z.output<typeof verifyApiKeyInput>;

export const refusalCode = z.enum([
  'not_found',
  'revoked',
  'expired',
  'insufficient_scope',
  'not_entitled',
  'tenant_frozen',
  'tenant_archived',
]);
export type RefusalCode = z.infer<typeof refusalCode>;

export const verdict = z
  .discriminatedUnion('valid', [
    z.object({
      valid: z.literal(true),
      key_id: id,
      tenant_id: id,
      tenant_slug: z.string(),
      tenant_status: tenantStatus,
      project_id: id.nullable(),
      scopes: z.array(z.string()),
      expires_at: timestamp.nullable(),
    }),
    z.object({ valid: z.literal(false), code: refusalCode }),
  ])
  .meta({ id: 'ApiKeyVerdict', description: 'Whether a presented key may be used, and for whom.' });
export type Verdict = z.infer<typeof verdict>;

const subject = ({ id, tenant_id, project_id, name }: ApiKey) => ({
  tenant_id,
  project_id,
  target: { type: 'api_key', id, name },
});

export const apiKeyEvents = {
  created: defineEvent({ type: 'api_key.created', description: 'An API key was created.', payload: apiKey, subject }),
  rotated: defineEvent({
    type: 'api_key.rotated',
    description: 'An API key was replaced; the old one ends after its grace.',
    payload: apiKey.extend({ replaced_by: id }),
    subject,
  }),
  revoked: defineEvent({ type: 'api_key.revoked', description: 'An API key was revoked.', payload: apiKey, subject }),
} as const;

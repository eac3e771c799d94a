/** The shapes of API keys. The plaintext is in one output only, the hash in none. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, name, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';
import { tenantStatus } from '../tenants/schema.ts';

const GRACE_SECONDS_MAX = 604_800;

const scope = z
  .string()
  .regex(/^[a-z0-9_*][a-z0-9_.:*/-]{0,99}$/, 'must be lower case letters, digits and _ . : * / -')
  .meta({
    minLength: 1,
    maxLength: 100,
    description: 'What the key may do, in words of the products: `reports:read`.',
    examples: ['reports:read'],
  });
const SCOPES_MAX = 100;
const scopes = z.array(scope).max(SCOPES_MAX).describe('What the key may do, in words of the products.');
const shownScopes = z.array(textUpTo(100)).meta({
  maxItems: SCOPES_MAX,
  description: 'What the key may do, in words of the products.',
  examples: [['reports:read', 'reports:write']],
});

const apiKeyFields = {
  id,
  tenant_id: id,
  project_id: id.nullable().describe('Bound to this project, or null for the whole tenant.'),
  name: textUpTo(200).meta({ examples: ['Nightly export'] }),
  prefix: textUpTo(11).meta({
    description: 'The first characters of the key, to recognise it by.',
    examples: ['bp_7Hq2Lw9x'],
  }),
  scopes: shownScopes,
  created_at: timestamp,
  expires_at: timestamp.nullable().meta({
    description: 'From this moment on it is refused; null: it lives until it is revoked.',
    examples: ['2027-01-15T09:30:00.000Z'],
  }),
  last_used_at: timestamp.nullable().describe('To within a minute.'),
  revoked_at: timestamp.nullable().describe('Since when it is refused; null: it is not revoked.'),
  created_by_key_id: id.nullable().describe('The key that made it or rotated its predecessor; null: no key did.'),
  user_id: id
    .nullable()
    .describe('The user that owns it: on the registry it may do no more than that user. Null: none.'),
  service_identity_id: id
    .nullable()
    .describe('The service identity that owns it: on the registry it may do no more than that. Null: none.'),
};

export const apiKey = z.object(apiKeyFields).meta({ id: 'ApiKey', description: 'An API key, without its secret.' });
export type ApiKey = z.infer<typeof apiKey>;

export const issuedApiKey = z
  .object({
    ...apiKeyFields,
    key: textUpTo(25)
      .optional()
      .meta({
        description:
          'The key itself, shown here and never again: absent only in the replay of a request with an Idempotency-Key.',
        examples: ['bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd'],
      }),
  })
  .meta({ id: 'IssuedApiKey', description: 'A new API key with its secret.' });
export type IssuedApiKey = z.infer<typeof issuedApiKey>;

export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyPage', description: 'A page of API keys.' });

const newKey = {
  name: name.meta({ examples: ['Nightly export'] }),
  scopes: scopes
    .overwrite((given) => [...new Set(given)])
    .default([])
    .meta({ examples: [['reports:read', 'reports:write']] }),
  project_id: id.optional().describe('Binds the key to a project of the tenant.'),
  expires_at: timestampInput.optional().meta({
    description:
      'In the future, and not after the end of the key that makes this one. Absent: as long as that key, or until it is revoked when no key makes it.',
    examples: ['2099-01-15T09:30:00.000Z'],
  }),
};

export const createApiKeyInput = z.strictObject({
  tenant_id: id,
  ...newKey,
  service_identity_id: id
    .optional()
    .describe(
      'Makes the key one of this service identity, in its project. Absent: the new key has the owner of the key that makes it, and otherwise belongs to the tenant.',
    ),
});
export type CreateApiKey = z.output<typeof createApiKeyInput>;

export const createOwnApiKeyInput = z.strictObject(newKey);
export type CreateOwnApiKey = z.output<typeof createOwnApiKeyInput>;

const include_revoked = z.boolean().default(false).describe('Whether revoked and expired keys are listed too.');

export const listApiKeysInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  project_id: id.optional(),
  created_by_key_id: id.optional().describe('Only those that this key made.'),
  user_id: id.optional().describe('Only those that this user owns.'),
  service_identity_id: id.optional().describe('Only those that this service identity owns.'),
  include_revoked,
});
export type ListApiKeys = z.output<typeof listApiKeysInput>;

export const listOwnApiKeysInput = z.strictObject({ ...pageInput, include_revoked });
export type ListOwnApiKeys = z.output<typeof listOwnApiKeysInput>;

export const revokeApiKeyInput = z.strictObject({
  id,
  with_descendants: z
    .boolean()
    .default(false)
    .describe('Whether the keys that it made are revoked too, and those that they made, and so on.'),
});
export type RevokeApiKey = z.output<typeof revokeApiKeyInput>;

export const rotateApiKeyInput = z.strictObject({
  id,
  grace_seconds: z
    .int()
    .min(0)
    .max(GRACE_SECONDS_MAX)
    .default(0)
    .meta({ description: 'How long the old key still works.', examples: [86_400] }),
});
export type RotateApiKey = z.output<typeof rotateApiKeyInput>;

export const verifyApiKeyInput = z.strictObject({
  // Has neither length nor shape: a wrong key is a question with an answer, not a mistake of the product that asks.
  key: z.string().meta({
    pattern: '^[\\s\\S]*$',
    description: 'The key as the caller presented it: any text at all. What cannot be a key is `not_found`.',
    examples: ['bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd'],
  }),
  scopes: scopes
    .default([])
    .meta({ description: 'Scopes that the key must have, all of them.', examples: [['reports:read']] }),
  product: z.string().min(1).max(100).optional().describe('A product that the tenant must be entitled to.'),
  access: z.enum(['write', 'read']).default('write').describe('`read` also passes in a frozen tenant.'),
});
export type VerifyApiKey = z.output<typeof verifyApiKeyInput>;

export const refusalCodes = [
  'not_found',
  'revoked',
  'expired',
  'insufficient_scope',
  'not_entitled',
  'tenant_frozen',
  'tenant_archived',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

const acceptance = z.object({
  valid: z.literal(true),
  code: z.literal('valid'),
  key_id: id,
  tenant_id: id,
  tenant_slug: textUpTo(40),
  tenant_status: tenantStatus,
  project_id: id.nullable(),
  scopes: shownScopes,
  expires_at: timestamp.nullable(),
});
export type AcceptedApiKey = z.infer<typeof acceptance>;

/** A refusal names no tenant and grants nothing. */
const refusal = z.object({
  valid: z.literal(false),
  code: z.enum(refusalCodes),
  key_id: z.null(),
  tenant_id: z.null(),
  tenant_slug: z.null(),
  tenant_status: z.null(),
  project_id: z.null(),
  scopes: z.tuple([]),
  expires_at: z.null(),
});
export type RefusedApiKey = z.infer<typeof refusal>;

const acceptanceOrRefusal = z.discriminatedUnion('valid', [acceptance, refusal]);
export type Verdict = z.infer<typeof acceptanceOrRefusal>;

const { shape } = acceptance;

/**
 * Accepts acceptances and refusals, which stay a union for TypeScript. In the document it is one flat object: from a
 * union, client generators make types that take a refusal for an acceptance.
 */
export const verdict: z.ZodType<Verdict> = z
  .object({
    valid: z.boolean().meta({
      description: 'Whether the key may be used: `true` exactly when `code` is `valid`.',
      examples: [true],
    }),
    code: z
      .enum(['valid', ...refusalCodes])
      .describe('`valid`, or why not. Malformed, unknown and wrong keys are all `not_found`.'),
    key_id: shape.key_id.nullable().meta({
      description: 'The key; null when it is refused.',
      examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
    }),
    tenant_id: shape.tenant_id.nullable().describe('The tenant of the key; null when it is refused.'),
    tenant_slug: shape.tenant_slug.nullable().describe('The slug of the tenant; null when the key is refused.'),
    tenant_status: shape.tenant_status
      .nullable()
      .describe('Where the tenant stands in its life; null when the key is refused.'),
    project_id: shape.project_id.describe(
      'The project that the key is bound to; null for the whole tenant, and when it is refused.',
    ),
    scopes: shape.scopes.describe('What the key may do, in words of the products; empty when it is refused.'),
    expires_at: shape.expires_at.describe(
      'From this moment on it is refused; null: it does not expire, or is refused.',
    ),
  })
  .refine((flat): flat is Verdict => acceptanceOrRefusal.safeParse(flat).success)
  .meta({ id: 'ApiKeyVerdict', description: 'Whether a presented key may be used, and for whom.' });

/** How many questions one request may ask. */
export const VERIFY_QUESTIONS_MAX = 100;

export const verifyApiKeysInput = z.strictObject({
  questions: z
    .array(verifyApiKeyInput.describe('A question about one presented key.'))
    .min(1)
    .max(VERIFY_QUESTIONS_MAX)
    .meta({
      description: 'What would be asked one by one, each in the shape of `verify_api_key`.',
      examples: [[{ key: 'bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd', scopes: ['reports:read'] }]],
    }),
});
export type VerifyApiKeys = z.output<typeof verifyApiKeysInput>;

const unanswered = z
  .object({
    code: z.string().meta({ description: 'The code of the problem.', examples: ['too_many_attempts'] }),
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: 'The status that the question alone would have been answered with.', examples: [429] }),
    detail: z.string().meta({
      description: 'What went wrong, for people.',
      examples: ['Too many wrong keys with this prefix: wait as long as Retry-After says.'],
    }),
    retry_after: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Seconds after which it can be asked again; null: not known.', examples: [1] }),
  })
  .describe('Why a question has no verdict.');

const batchedVerdict = z
  .object({
    verdict: verdict.nullable().describe('The verdict; null when there is none.'),
    problem: unanswered
      .nullable()
      .describe('Why there is no verdict; null when there is one. The key may not be used.'),
  })
  .describe('The answer to one question: a verdict, or why there is none.');
export type BatchedVerdict = z.input<typeof batchedVerdict>;

export const verdictBatch = z
  .object({
    answers: z
      .array(batchedVerdict)
      .max(VERIFY_QUESTIONS_MAX)
      .describe('One for each question, in the order of the questions.'),
  })
  .meta({ id: 'ApiKeyVerdictBatch', description: 'The answers to several questions about API keys.' });

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
    payload: apiKey.extend({ replaced_by: id.describe('The new key; `api_key.created` tells of it.') }),
    authority: true,
    subject,
  }),
  revoked: defineEvent({
    type: 'api_key.revoked',
    description: 'An API key was revoked.',
    payload: apiKey,
    subject,
    authority: true,
  }),
} as const;

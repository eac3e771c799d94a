/** API keys on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { projectErrors } from '../projects/errors.ts';
import { serviceIdentityErrors } from '../service-identities/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { apiKeyErrors } from './errors.ts';
import {
  apiKeyPage,
  createApiKeyInput,
  createOwnApiKeyInput,
  issuedApiKey,
  listApiKeysInput,
  listOwnApiKeysInput,
  revokeApiKeyInput,
  rotateApiKeyInput,
  verdict,
  verdictBatch,
  verifyApiKeyInput,
  verifyApiKeysInput,
} from './schema.ts';
import {
  createApiKey,
  createOwnApiKey,
  listApiKeys,
  listOwnApiKeys,
  projectOfKey,
  revokeApiKey,
  revokeOwnApiKey,
  rotateApiKey,
} from './service.ts';
import { productAt, verifyApiKey, verifyApiKeys } from './verify.ts';

const on = routes({ tag: 'API keys', tenancy: tenancyErrors });
const internal = routes({ tag: 'Internal' });

/** A hundred keys with the scopes that a product asks for. */
const BATCH_BODY_BYTES_MAX = 262_144;

const issuing = [
  kernelErrors.quotaExceeded,
  kernelErrors.boundToProject,
  apiKeyErrors.projectNotFound,
  apiKeyErrors.expiryInThePast,
  apiKeyErrors.apiKeyCollision,
  projectErrors.projectArchived,
];

export const apiKeysRouter = router({
  create: procedure('api_keys:write', { project: 'project_id' })
    .meta({
      surcharge: 'argon2',
      secretFields: ['key'],
      rest: on.create('/v1/api-keys', {
        operation: 'create_api_key',
        summary: 'Create an API key',
        description: 'The answer holds the key itself, this once: only a hash of it is kept.',
        errors: [
          ...issuing,
          apiKeyErrors.expiryBeyondMaker,
          apiKeyErrors.ownerNotFound,
          apiKeyErrors.ownerAmbiguous,
          serviceIdentityErrors.disabled,
        ],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(createApiKeyInput)
    .output(issuedApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  list: procedure('api_keys:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/api-keys', {
        operation: 'list_api_keys',
        summary: 'List the API keys of a tenant',
        description: 'Newest first, without the revoked ones unless asked for. No secret is in it.',
        inTenant: 'read',
      }),
    })
    .input(listApiKeysInput)
    .output(apiKeyPage)
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  revoke: procedure('api_keys:write', { project: projectOfKey })
    .meta({
      rest: on.remove('/v1/api-keys/{id}', {
        operation: 'revoke_api_key',
        summary: 'Revoke an API key',
        description:
          'From the answer on, no verification accepts the key. Revoking again changes nothing. A key that was revoked makes no more keys; those that it made live on, unless `with_descendants` revokes them too.',
        errors: [apiKeyErrors.descendantsRemain],
      }),
    })
    .input(revokeApiKeyInput)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input)),

  rotate: procedure('api_keys:write', { project: projectOfKey })
    .meta({
      surcharge: 'argon2',
      secretFields: ['key'],
      rest: on.create('/v1/api-keys/{id}/rotate', {
        operation: 'rotate_api_key',
        summary: 'Rotate an API key',
        description:
          "Gives a new key with name, scopes, project, owner and expiry of the old one, which ends after the grace. A person's own key is rotated by that person alone, one of a service identity by who may make keys for it.",
        errors: [
          kernelErrors.quotaExceeded,
          apiKeyErrors.apiKeyNotActive,
          apiKeyErrors.apiKeyCollision,
          projectErrors.projectArchived,
        ],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(rotateApiKeyInput)
    .output(issuedApiKey)
    .mutation(({ ctx, input }) => rotateApiKey(ctx, input)),

  createOwn: procedure(null)
    .meta({
      surcharge: 'argon2',
      secretFields: ['key'],
      rest: on.create('/v1/me/api-keys', {
        operation: 'create_own_api_key',
        summary: 'Create an API key of my own',
        description:
          "For users and service identities. The key acts for its owner, with those of its scopes that the owner holds at the time of use, and ends with its deactivation. Scopes of the products' own need `api_keys:write`. The answer holds the key itself, this once.",
        errors: [...issuing, kernelErrors.forbidden, apiKeyErrors.ownerNotFound, serviceIdentityErrors.disabled],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(createOwnApiKeyInput)
    .output(issuedApiKey)
    .mutation(({ ctx, input }) => createOwnApiKey(ctx, input)),

  listOwn: procedure(null)
    .meta({
      rest: on.list('/v1/me/api-keys', {
        operation: 'list_own_api_keys',
        summary: 'List my own API keys',
        description: 'Newest first, without the revoked ones unless asked for. No secret is in it.',
        errors: [kernelErrors.forbidden],
        inTenant: 'read',
      }),
    })
    .input(listOwnApiKeysInput)
    .output(apiKeyPage)
    .query(({ ctx, input }) => listOwnApiKeys(ctx, input)),

  revokeOwn: procedure(null)
    .meta({
      rest: on.remove('/v1/me/api-keys/{id}', {
        operation: 'revoke_own_api_key',
        summary: 'Revoke an API key of my own',
        description: 'From the answer on, no verification accepts the key. Revoking again changes nothing.',
        errors: [kernelErrors.forbidden],
      }),
    })
    .input(revokeApiKeyInput.pick({ id: true }))
    .output(z.void())
    .mutation(({ ctx, input }) => revokeOwnApiKey(ctx, input.id)),

  verify: procedure('api_keys:verify')
    .meta({
      safe: true,
      opaqueFields: ['key'],
      rest: internal.ask('/v1/internal/api-keys/verify', {
        operation: 'verify_api_key',
        summary: 'Verify an API key',
        description:
          'Always 200 to a question in the documented shape: `valid` tells, and `code` says why not. Whatever text is presented as a key, malformed, unknown and wrong ones are all `not_found`. Above twenty wrong keys with one prefix in a minute from one address, all but one a second are answered 429.',
        errors: [apiKeyErrors.tooManyAttempts],
      }),
    })
    .input(verifyApiKeyInput)
    .output(verdict)
    .mutation(({ ctx, input }) => verifyApiKey(ctx, input, () => productAt(ctx.sourceIp))),

  verifyBatch: procedure('api_keys:verify')
    .meta({
      safe: true,
      opaqueFields: ['questions.key'],
      rest: internal.ask('/v1/internal/api-keys/verify-batch', {
        operation: 'verify_api_keys',
        summary: 'Verify several API keys',
        description:
          'For gateways that queue: up to 100 questions of `verify_api_key`, with one answer each, in their order. A question that alone would have been answered 429 or 503 has no verdict and says why; the others have theirs. When none has one, the whole answer is the problem of the first.',
        errors: [apiKeyErrors.tooManyAttempts],
        bodyBytesMax: BATCH_BODY_BYTES_MAX,
      }),
    })
    .input(verifyApiKeysInput)
    .output(verdictBatch)
    .mutation(({ ctx, input }) => verifyApiKeys(ctx, input.questions, () => productAt(ctx.sourceIp))),
});

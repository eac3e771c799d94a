/** SSO configuration on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { sessionErrors } from '../sessions/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { idpConfigErrors } from './errors.ts';
import {
  createIdpConfigInput,
  idpConfig,
  idpConfigId,
  idpConfigPage,
  idpRehearsal,
  idpVerification,
  listIdpConfigsInput,
  updateIdpConfigInput,
} from './schema.ts';
import {
  createIdpConfig,
  deactivateIdpConfig,
  getIdpConfig,
  listIdpConfigs,
  rehearseIdpConfig,
  updateIdpConfig,
  verifyIdpConfig,
} from './service.ts';

const on = routes({ tag: 'SSO configuration', tenancy: tenancyErrors });

export const idpConfigsRouter = router({
  create: procedure('idp_configs:write')
    .meta({
      rest: on.create('/v1/idp-configs', {
        operation: 'create_idp_config',
        summary: 'Create an SSO configuration',
        description:
          'It is active at once; verify it to see whether people could sign in. A tenant has one active configuration for an issuer. The client secret itself is never sent here: `client_secret_ref` says where it is kept.',
        errors: [kernelErrors.quotaExceeded, idpConfigErrors.idpConfigActive, idpConfigErrors.metadataInvalid],
        inTenant: 'write',
      }),
    })
    .input(createIdpConfigInput)
    .output(idpConfig)
    .mutation(({ ctx, input }) => createIdpConfig(ctx, input)),

  list: procedure('idp_configs:read')
    .meta({
      rest: on.list('/v1/idp-configs', {
        operation: 'list_idp_configs',
        summary: 'List the SSO configurations of a tenant',
        description:
          'Newest first, with all of their history: the deactivated ones are in it unless `status` says otherwise.',
        inTenant: 'read',
      }),
    })
    .input(listIdpConfigsInput)
    .output(idpConfigPage)
    .query(({ ctx, input }) => listIdpConfigs(ctx, input)),

  get: procedure('idp_configs:read')
    .meta({
      rest: on.get('/v1/idp-configs/{id}', {
        operation: 'get_idp_config',
        summary: 'Get an SSO configuration',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(idpConfigId)
    .output(idpConfig)
    .query(({ ctx, input }) => getIdpConfig(ctx, input.id)),

  update: procedure('idp_configs:write')
    .meta({
      rest: on.update('/v1/idp-configs/{id}', {
        operation: 'update_idp_config',
        summary: 'Change an SSO configuration',
        description:
          'Absent fields stay as they are, null clears a field. A change of issuer, client, metadata or status clears `verified_at`. A deactivated configuration takes no change but `status: active`, which brings it back unless another one is active for its issuer.',
        errors: [
          kernelErrors.quotaExceeded,
          idpConfigErrors.idpConfigActive,
          idpConfigErrors.idpConfigDeactivated,
          idpConfigErrors.metadataInvalid,
        ],
        inTenant: 'write',
      }),
    })
    .input(updateIdpConfigInput)
    .output(idpConfig)
    .mutation(({ ctx, input }) => updateIdpConfig(ctx, input)),

  deactivate: procedure('idp_configs:write')
    .meta({
      rest: on.remove('/v1/idp-configs/{id}', {
        operation: 'deactivate_idp_config',
        summary: 'Deactivate an SSO configuration',
        description:
          'No sign-in through it succeeds any more, and the sessions that began through it end; it stays in the list as history. Deactivating again changes nothing.',
        inTenant: 'write',
      }),
    })
    .input(idpConfigId)
    .output(z.void())
    .mutation(({ ctx, input }) => deactivateIdpConfig(ctx, input.id)),

  verify: procedure('idp_configs:write')
    .meta({
      surcharge: 'outbound',
      rest: on.ask('/v1/idp-configs/{id}/verify', {
        operation: 'verify_idp_config',
        summary: 'Verify an SSO configuration',
        description:
          'Always 200: `ok` tells. Of an OIDC provider the discovery document and the keys are fetched and checked, of a SAML provider its metadata and certificates are checked. A tenant has 30 verifications a minute. Success makes the configuration active, failure makes it degraded.',
        errors: [
          idpConfigErrors.idpConfigActive,
          idpConfigErrors.idpConfigDeactivated,
          idpConfigErrors.idpConfigChanged,
        ],
        inTenant: 'write',
      }),
    })
    .input(idpConfigId)
    .output(idpVerification)
    .mutation(({ ctx, input }) => verifyIdpConfig(ctx, input.id)),

  rehearse: procedure('idp_configs:write')
    .meta({
      secretFields: ['url'],
      rest: on.create('/v1/idp-configs/{id}/rehearse', {
        operation: 'rehearse_idp_config',
        summary: 'Rehearse a sign-in',
        description:
          'Returns a link for a browser: it leads to the provider, where a person signs in for real, and back to a report of the claims, what they become here, the groups, and the refusal that a sign-in would have met. It works once, for 10 minutes, and makes neither a user nor a session.',
        errors: [idpConfigErrors.idpConfigDeactivated, idpConfigErrors.idpConfigNotOidc, sessionErrors.signInDisabled],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(idpConfigId)
    .output(idpRehearsal)
    .mutation(({ ctx, input }) => rehearseIdpConfig(ctx, input.id)),
});

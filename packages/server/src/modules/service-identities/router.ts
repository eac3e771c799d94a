/** Service identities on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { apiKeyErrors } from '../api-keys/errors.ts';
import { idpConfigErrors } from '../idp-configs/errors.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { serviceIdentityErrors } from './errors.ts';
import {
  createServiceIdentityInput,
  deactivateServiceIdentityInput,
  deleteServiceIdentityInput,
  effectiveGroupPage,
  listServiceIdentitiesInput,
  pageOfServiceIdentity,
  serviceIdentity,
  serviceIdentityDeactivation,
  serviceIdentityId,
  serviceIdentityPage,
  updateServiceIdentityInput,
} from './schema.ts';
import {
  activateServiceIdentity,
  createServiceIdentity,
  deactivateServiceIdentity,
  deleteServiceIdentity,
  getServiceIdentity,
  listServiceIdentities,
  listServiceIdentityGroups,
  projectOfServiceIdentity,
  updateServiceIdentity,
} from './service.ts';

const on = routes({ tag: 'Service identities', tenancy: tenancyErrors });
const named = { project: 'project_id' };
const ofRow = { project: projectOfServiceIdentity };

export const serviceIdentitiesRouter = router({
  create: procedure('service_identities:write', named)
    .meta({
      rest: on.create('/v1/service-identities', {
        operation: 'create_service_identity',
        summary: 'Create a service identity',
        description:
          'oidc_cc needs `subject`, `audience` and `idp_config_id`; spiffe_svid a SPIFFE ID as `subject`, and `audience`; api_token none of them. With its token a program sends `X-Tenant-Id`.',
        errors: [
          kernelErrors.quotaExceeded,
          kernelErrors.boundToProject,
          serviceIdentityErrors.subjectTaken,
          serviceIdentityErrors.issuerInvalid,
          serviceIdentityErrors.audienceInvalid,
          idpConfigErrors.idpConfigNotFound,
          apiKeyErrors.projectNotFound,
          projectErrors.projectArchived,
        ],
        inTenant: 'write',
        example: {
          request: { federation_kind: 'spiffe_svid', idp_config_id: undefined, project_id: undefined },
          response: { federation_kind: 'spiffe_svid', idp_config_id: null, disabled_at: null },
        },
      }),
    })
    .input(createServiceIdentityInput)
    .output(serviceIdentity)
    .mutation(({ ctx, input }) => createServiceIdentity(ctx, input)),

  list: procedure('service_identities:read', named)
    .meta({
      rest: on.list('/v1/service-identities', {
        operation: 'list_service_identities',
        summary: 'List the service identities of a tenant',
        description: 'Newest first, the deactivated ones too.',
        inTenant: 'read',
      }),
    })
    .input(listServiceIdentitiesInput)
    .output(serviceIdentityPage)
    .query(({ ctx, input }) => listServiceIdentities(ctx, input)),

  get: procedure('service_identities:read', ofRow)
    .meta({
      rest: on.get('/v1/service-identities/{id}', {
        operation: 'get_service_identity',
        summary: 'Get a service identity',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(serviceIdentityId)
    .output(serviceIdentity)
    .query(({ ctx, input }) => getServiceIdentity(ctx, input.id)),

  update: procedure('service_identities:write', ofRow)
    .meta({
      rest: on.update('/v1/service-identities/{id}', {
        operation: 'update_service_identity',
        summary: 'Change a service identity',
        description:
          'Absent fields stay as they are. From the answer on, tokens must name the new audience. Not the audience of one that may do more than the caller.',
        errors: [serviceIdentityErrors.audienceInvalid],
        inTenant: 'write',
      }),
    })
    .input(updateServiceIdentityInput)
    .output(serviceIdentity)
    .mutation(({ ctx, input }) => updateServiceIdentity(ctx, input)),

  listGroups: procedure('service_identities:read', ofRow)
    .meta({
      rest: on.list('/v1/service-identities/{id}/groups', {
        operation: 'list_service_identity_groups',
        summary: 'List the groups of a service identity',
        description: 'Those that it is in itself, and those that it is in through other groups.',
        inTenant: 'read',
      }),
    })
    .input(pageOfServiceIdentity)
    .output(effectiveGroupPage)
    .query(({ ctx, input }) => listServiceIdentityGroups(ctx, input)),

  deactivate: procedure('service_identities:write', ofRow)
    .meta({
      rest: on.ask('/v1/service-identities/{id}/deactivate', {
        operation: 'deactivate_service_identity',
        summary: 'Deactivate a service identity',
        description:
          'From the answer on, none of its tokens and keys is accepted. Works in a frozen and an archived tenant too. Deactivating again changes nothing.',
        inQuery: ['dry_run'],
      }),
    })
    .input(deactivateServiceIdentityInput)
    .output(serviceIdentityDeactivation)
    .mutation(({ ctx, input }) => deactivateServiceIdentity(ctx, input)),

  activate: procedure('service_identities:write', ofRow)
    .meta({
      rest: on.step('/v1/service-identities/{id}/activate', {
        operation: 'activate_service_identity',
        summary: 'Activate a service identity',
        description:
          'Its tokens are accepted again; its revoked keys stay revoked. Not for one that may do more than the caller.',
        errors: [kernelErrors.quotaExceeded],
        inTenant: 'write',
        example: { response: { disabled_at: null } },
      }),
    })
    .input(serviceIdentityId)
    .output(serviceIdentity)
    .mutation(({ ctx, input }) => activateServiceIdentity(ctx, input.id)),

  delete: procedure('service_identities:delete')
    .meta({
      rest: on.remove('/v1/service-identities/{id}', {
        operation: 'delete_service_identity',
        summary: 'Delete a service identity',
        description: 'For good. One that has keys, memberships or roles in projects is deleted only with `cascade`.',
        errors: [serviceIdentityErrors.hasHoldings],
        inTenant: 'write',
      }),
    })
    .input(deleteServiceIdentityInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteServiceIdentity(ctx, input)),
});

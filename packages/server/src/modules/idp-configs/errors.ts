import { defineError } from '../../kernel/errors.ts';

export const idpConfigErrors = {
  idpConfigNotFound: defineError({
    code: 'idp_config_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no such SSO configuration.',
    constraint: ['service_identities_tenant_id_idp_config_id_fkey', 'groups_tenant_id_idp_config_id_fkey'],
    pointer: '/idp_config_id',
  }),
  idpConfigActive: defineError({
    code: 'idp_config_active',
    status: 'CONFLICT',
    detail: 'The tenant already has an active configuration for that issuer: deactivate it first.',
    constraint: 'tenant_idp_config_tenant_id_issuer_key',
    pointer: '/issuer',
  }),
  idpConfigDeactivated: defineError({
    code: 'idp_config_deactivated',
    status: 'CONFLICT',
    detail: 'The configuration is deactivated and kept as history: set its status to active first.',
  }),
  idpConfigChanged: defineError({
    code: 'idp_config_changed',
    status: 'CONFLICT',
    detail: 'The configuration changed while it was being verified: verify it again.',
  }),
  idpConfigNotOidc: defineError({
    code: 'idp_config_not_oidc',
    status: 'CONFLICT',
    detail: 'Only a sign-in through an OIDC provider can be rehearsed.',
  }),
  metadataInvalid: defineError({
    code: 'metadata_invalid',
    status: 'BAD_REQUEST',
    detail: 'The SAML metadata cannot be read.',
    pointer: '/metadata/xml',
  }),
} as const;

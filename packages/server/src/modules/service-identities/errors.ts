import { defineError, holdingsMember } from '../../kernel/errors.ts';

export const serviceIdentityErrors = {
  subjectTaken: defineError({
    code: 'service_identity_subject_taken',
    status: 'CONFLICT',
    detail: 'That subject already belongs to a service identity of the tenant.',
    constraint: 'service_identities_tenant_id_subject_key',
    pointer: '/subject',
  }),
  kindInvalid: defineError({
    code: 'federation_kind_invalid',
    status: 'BAD_REQUEST',
    detail: 'A service identity is proved by oidc_cc, spiffe_svid or api_token.',
    constraint: 'service_identities_federation_kind_check',
    pointer: '/federation_kind',
  }),
  issuerInvalid: defineError({
    code: 'service_identity_issuer_invalid',
    status: 'BAD_REQUEST',
    detail:
      'oidc_cc needs an SSO configuration of kind oidc, whose issuer makes the tokens; the other kinds have none.',
    constraint: 'service_identities_issuer_check',
    pointer: '/idp_config_id',
  }),
  audienceInvalid: defineError({
    code: 'service_identity_audience_invalid',
    status: 'BAD_REQUEST',
    detail: 'oidc_cc and spiffe_svid need the audience that their tokens name; api_token has none.',
    constraint: 'service_identities_audience_check',
    pointer: '/audience',
  }),
  disabled: defineError({
    code: 'service_identity_disabled',
    status: 'CONFLICT',
    detail: 'The service identity is deactivated, so it gets no keys: activate it first.',
    pointer: '/service_identity_id',
  }),
  hasHoldings: defineError({
    code: 'service_identity_has_holdings',
    status: 'CONFLICT',
    detail: 'The service identity has keys, memberships or roles in projects: see holdings, or send cascade=true.',
    members: { holdings: holdingsMember },
    example: { members: { holdings: { api_keys: 2, group_memberships: 1, role_bindings: 0 } } },
  }),
} as const;

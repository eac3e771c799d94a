/** The shapes of service identities: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, name, textUpTo, timestamp } from '../../kernel/schema.ts';
import { dryRun, lossFields } from '../access/schema.ts';

export { effectiveGroupPage } from '../groups/effective/schema.ts';

const SUBJECT_MAX = 500;

const aboutName = { description: 'For people to read.', examples: ['Nightly export'] };

export const federationKind = z
  .enum(['oidc_cc', 'spiffe_svid', 'api_token'])
  .describe(
    'By what it is known: access tokens of an OpenID provider (client credentials), JWT-SVIDs of a SPIFFE trust domain, or API keys that it owns.',
  );

export const serviceIdentity = z
  .object({
    id,
    tenant_id: id,
    project_id: id.nullable().describe('Bound to this project, or null for the whole tenant.'),
    display_name: textUpTo(200).meta(aboutName),
    federation_kind: federationKind,
    subject: textUpTo(SUBJECT_MAX).meta({
      description: '`sub` of its tokens, unique in the tenant; of an api_token, a name that the registry made.',
      examples: ['spiffe://acme.example/billing/exporter'],
    }),
    audience: textUpTo(SUBJECT_MAX)
      .nullable()
      .meta({ description: 'What `aud` of its tokens must name; null for api_token.', examples: ['tenant-registry'] }),
    idp_config_id: id
      .nullable()
      .describe('The SSO configuration whose issuer makes its tokens; null unless it is an oidc_cc.'),
    disabled_at: timestamp.nullable().describe('Since when it is deactivated; null: it is active.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'ServiceIdentity', description: 'A program of a tenant that is known by itself.' });
export type ServiceIdentity = z.infer<typeof serviceIdentity>;

export const pageOfServiceIdentity = z.strictObject({ ...pageInput, id });
export type PageOfServiceIdentity = z.output<typeof pageOfServiceIdentity>;

export const serviceIdentityId = z.strictObject({ id });

export const serviceIdentityPage = pageOf(serviceIdentity).meta({
  id: 'ServiceIdentityPage',
  description: 'A page of service identities.',
});

const displayName = name.meta(aboutName);
const visible = z
  .string()
  .regex(/^[!-~]+$/, 'must be visible ASCII characters')
  .max(SUBJECT_MAX);
const audience = visible.meta({
  minLength: 1,
  description: 'What `aud` of its tokens must name: for oidc_cc and spiffe_svid alone.',
  examples: ['tenant-registry'],
});

export const createServiceIdentityInput = z.strictObject({
  tenant_id: id,
  display_name: displayName,
  federation_kind: federationKind,
  subject: visible.optional().meta({
    minLength: 1,
    description:
      '`sub` of its tokens: of a spiffe_svid its SPIFFE ID. It never changes. Absent for api_token, whose subject the registry makes.',
    examples: ['spiffe://acme.example/billing/exporter'],
  }),
  audience: audience.optional(),
  idp_config_id: id.optional().describe('The SSO configuration whose issuer makes its tokens: for oidc_cc alone.'),
  project_id: id.optional().describe('Binds it to a project of the tenant, for good.'),
});
export type CreateServiceIdentity = z.output<typeof createServiceIdentityInput>;

export const listServiceIdentitiesInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  project_id: id.optional().describe('Only those that are bound to this project.'),
});
export type ListServiceIdentities = z.output<typeof listServiceIdentitiesInput>;

export const updateServiceIdentityInput = z.strictObject({
  id,
  display_name: displayName.optional(),
  audience: audience.nullish(),
});
export type UpdateServiceIdentity = z.output<typeof updateServiceIdentityInput>;

export const deleteServiceIdentityInput = z.strictObject({
  id,
  cascade: z
    .boolean()
    .default(false)
    .describe('Whether its keys, memberships and roles in projects are deleted with it.'),
});
export type DeleteServiceIdentity = z.output<typeof deleteServiceIdentityInput>;

export const deactivateServiceIdentityInput = z.strictObject({
  id,
  dry_run: dryRun,
});
export type DeactivateServiceIdentity = z.output<typeof deactivateServiceIdentityInput>;

const endedAccess = { api_keys_revoked: z.int32().min(0).describe('The keys of its own that are revoked.') };

export const serviceIdentityDeactivation = z
  .object({
    service_identity: serviceIdentity,
    dry_run: z.boolean().describe('Whether nothing was changed, and the rest tells what would be.'),
    ...endedAccess,
    ...lossFields,
  })
  .meta({
    id: 'ServiceIdentityDeactivation',
    description: 'A deactivated service identity, and what ended with that.',
  });
export type ServiceIdentityDeactivation = z.infer<typeof serviceIdentityDeactivation>;

const subject = ({ id, tenant_id, project_id, display_name }: ServiceIdentity) => ({
  tenant_id,
  project_id,
  target: { type: 'service_identity', id, name: display_name },
});

export const serviceIdentityEvents = {
  created: defineEvent({
    type: 'service_identity.created',
    description: 'A service identity was created.',
    payload: serviceIdentity,
    subject,
    // A replica may remember that its subject was unknown.
    authority: true,
  }),
  updated: defineEvent({
    type: 'service_identity.updated',
    description: 'Name or audience of a service identity changed.',
    payload: serviceIdentity,
    subject,
    authority: true,
  }),
  activated: defineEvent({
    type: 'service_identity.activated',
    description: 'A service identity was activated again; its revoked keys stay revoked.',
    payload: serviceIdentity,
    subject,
    authority: true,
  }),
  deactivated: defineEvent({
    type: 'service_identity.deactivated',
    description: 'A service identity was deactivated, and its keys were revoked.',
    payload: serviceIdentity.extend(endedAccess),
    subject,
    authority: true,
  }),
  deleted: defineEvent({
    type: 'service_identity.deleted',
    description: 'A service identity was deleted with all that it had.',
    payload: serviceIdentity,
    subject,
    authority: true,
  }),
} as const;

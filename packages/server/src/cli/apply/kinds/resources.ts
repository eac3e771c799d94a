/** The kinds whose things have ids: projects, providers, people, programs, groups, webhooks, databases. */
import { z } from 'zod';
import { createDatabaseInput } from '../../../modules/databases/schema.ts';
import { createGroupInput } from '../../../modules/groups/schema.ts';
import { createIdpConfigInput } from '../../../modules/idp-configs/schema.ts';
import { createProjectInput } from '../../../modules/projects/schema.ts';
import { createServiceIdentityInput } from '../../../modules/service-identities/schema.ts';
import { createUserInput } from '../../../modules/users/schema.ts';
import { createWebhookInput, updateWebhookInput } from '../../../modules/webhooks/schema.ts';
import type { Scope } from '../scope.ts';
import { resourceKind } from './resource.ts';
import { fieldsOf } from './shape.ts';

const TENANT = 'tenant_id';
const named = z.string().min(1).max(200);
const deleted = (path: string) => (scope: Scope, id: string) => scope.api.send('DELETE', `${path}/${id}`);
const posted = (path: string, verb: string) => (scope: Scope, id: string) =>
  scope.api.send('POST', `${path}/${id}/${verb}`, { body: {} });

export const projects = resourceKind({
  noun: 'project',
  document: 'Project',
  member: 'projects',
  path: '/v1/projects',
  key: 'slug',
  shape: fieldsOf(createProjectInput, [TENANT]),
  isGone: (row) => row.status === 'archived',
  removal: 'archived',
  remove: posted('/v1/projects', 'archive'),
});

export const idpConfigs = resourceKind({
  noun: 'idp_config',
  document: 'IdpConfig',
  member: 'idp_configs',
  path: '/v1/idp-configs',
  key: 'alias',
  shape: fieldsOf(createIdpConfigInput, [TENANT]),
  fixed: ['kind'],
  isGone: (row) => row.status === 'deactivated',
  removal: 'deactivated',
  remove: deleted('/v1/idp-configs'),
  portable(fields, note) {
    const { client_secret_ref: ref, ...rest } = fields;
    if (typeof ref !== 'string') return fields;
    note(`idp_config ${fields.alias}: its client secret stays where it is; put it there in the other registry too`);
    // A name in the environment holds the id of the tenant, which is another one over there.
    return ref.startsWith('env:') ? rest : fields;
  },
});

export const users = resourceKind({
  noun: 'user',
  document: 'User',
  member: 'users',
  path: '/v1/users',
  key: 'email',
  shape: fieldsOf(createUserInput, [TENANT]),
  canBeDisabled: true,
  isGone: (row) => row.email === null,
  isKept: (row) => row.disabled_at !== null || row.provisioned_by === 'scim',
  removal: 'deactivated',
  remove: posted('/v1/users', 'deactivate'),
});

export const serviceIdentities = resourceKind({
  noun: 'service_identity',
  document: 'ServiceIdentity',
  member: 'service_identities',
  path: '/v1/service-identities',
  key: 'display_name',
  shape: {
    ...fieldsOf(createServiceIdentityInput, [TENANT, 'idp_config_id', 'project_id']),
    idp_config: named.optional(),
    project: named.optional(),
  },
  fixed: ['federation_kind', 'subject', 'idp_config', 'project'],
  references: {
    idp_config: { noun: 'idp_config', field: 'idp_config_id' },
    project: { noun: 'project', field: 'project_id' },
  },
  canBeDisabled: true,
  nameIsFree: true,
  isKept: (row) => row.disabled_at !== null,
  removal: 'deactivated',
  remove: posted('/v1/service-identities', 'deactivate'),
  portable({ subject, ...fields }) {
    return fields.federation_kind === 'api_token' ? fields : { ...fields, subject };
  },
});

export const groups = resourceKind({
  noun: 'group',
  document: 'Group',
  member: 'groups',
  path: '/v1/groups',
  key: 'slug',
  shape: { ...fieldsOf(createGroupInput, [TENANT, 'idp_config_id']), idp_config: named.nullish() },
  fixed: ['source', 'idp_config', 'idp_claim_value'],
  references: { idp_config: { noun: 'idp_config', field: 'idp_config_id' } },
  isKept: (row) => row.provisioned_by === 'scim',
  removal: 'deleted',
  remove: deleted('/v1/groups'),
});

export const webhooks = resourceKind({
  noun: 'webhook',
  document: 'Webhook',
  member: 'webhooks',
  path: '/v1/webhooks',
  key: 'url',
  shape: {
    ...fieldsOf(createWebhookInput, [TENANT, 'secret', 'description']),
    description: updateWebhookInput.shape.description,
    status: updateWebhookInput.shape.status,
  },
  fixed: ['signature'],
  notAtCreation: ['status'],
  nameIsFree: true,
  removal: 'deleted',
  remove: deleted('/v1/webhooks'),
});

/** An order is declared, and a file never ends one: what it made may hold data. */
export const databases = resourceKind({
  noun: 'database',
  document: 'Database',
  member: 'databases',
  path: '/v1/databases',
  key: 'name',
  shape: { ...fieldsOf(createDatabaseInput, [TENANT, 'project_id']), project: named.nullish() },
  fixed: ['namespace', 'project'],
  references: { project: { noun: 'project', field: 'project_id' } },
  named: { tier: { noun: 'database_tier' }, owner_team: { noun: 'group' } },
  removal: null,
});

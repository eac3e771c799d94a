/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { AccessOperations } from './operations/access.ts';
import type { ApiKeysOperations } from './operations/api-keys.ts';
import type { AuditOperations } from './operations/audit.ts';
import type { CatalogOperations } from './operations/catalog.ts';
import type { ChangesOperations } from './operations/changes.ts';
import type { ClaimsOperations } from './operations/claims.ts';
import type { ConfigSchemasOperations } from './operations/config-schemas.ts';
import type { ConfigsOperations } from './operations/configs.ts';
import type { DatabasesOperations } from './operations/databases.ts';
import type { EntitlementsOperations } from './operations/entitlements.ts';
import type { EventsOperations } from './operations/events.ts';
import type { GroupsOperations } from './operations/groups.ts';
import type { IdpConfigsOperations } from './operations/idp-configs.ts';
import type { LimitsOperations } from './operations/limits.ts';
import type { NetworkOperations } from './operations/network.ts';
import type { NodesOperations } from './operations/nodes.ts';
import type { ProjectsOperations } from './operations/projects.ts';
import type { ResourcesOperations } from './operations/resources.ts';
import type { RoleBindingsOperations } from './operations/role-bindings.ts';
import type { ServiceIdentitiesOperations } from './operations/service-identities.ts';
import type { SessionsOperations } from './operations/sessions.ts';
import type { TenantsOperations } from './operations/tenants.ts';
import type { TrustBundlesOperations } from './operations/trust-bundles.ts';
import type { UsersOperations } from './operations/users.ts';
import type { WebhooksOperations } from './operations/webhooks.ts';

/** The registry's operations as functions. */
export interface Client {
  /** The operations of `client.tenants`. */
  readonly tenants: TenantsOperations;
  /** The operations of `client.projects`. */
  readonly projects: ProjectsOperations;
  /** The operations of `client.catalog`. */
  readonly catalog: CatalogOperations;
  /** The operations of `client.entitlements`. */
  readonly entitlements: EntitlementsOperations;
  /** The operations of `client.idpConfigs`. */
  readonly idpConfigs: IdpConfigsOperations;
  /** The operations of `client.users`. */
  readonly users: UsersOperations;
  /** The operations of `client.sessions`. */
  readonly sessions: SessionsOperations;
  /** The operations of `client.serviceIdentities`. */
  readonly serviceIdentities: ServiceIdentitiesOperations;
  /** The operations of `client.trustBundles`. */
  readonly trustBundles: TrustBundlesOperations;
  /** The operations of `client.groups`. */
  readonly groups: GroupsOperations;
  /** The operations of `client.roleBindings`. */
  readonly roleBindings: RoleBindingsOperations;
  /** The operations of `client.apiKeys`. */
  readonly apiKeys: ApiKeysOperations;
  /** The operations of `client.configSchemas`. */
  readonly configSchemas: ConfigSchemasOperations;
  /** The operations of `client.configs`. */
  readonly configs: ConfigsOperations;
  /** The operations of `client.databases`. */
  readonly databases: DatabasesOperations;
  /** The operations of `client.network`. */
  readonly network: NetworkOperations;
  /** The operations of `client.resources`. */
  readonly resources: ResourcesOperations;
  /** The operations of `client.nodes`. */
  readonly nodes: NodesOperations;
  /** The operations of `client.audit`. */
  readonly audit: AuditOperations;
  /** The operations of `client.events`. */
  readonly events: EventsOperations;
  /** The operations of `client.webhooks`. */
  readonly webhooks: WebhooksOperations;
  /** The operations of `client.claims`. */
  readonly claims: ClaimsOperations;
  /** The operations of `client.access`. */
  readonly access: AccessOperations;
  /** The operations of `client.limits`. */
  readonly limits: LimitsOperations;
  /** The operations of `client.changes`. */
  readonly changes: ChangesOperations;
}

/** The database as a library: handles, migrations, and one namespace of statements per module. */
export { type DatabaseHandle, openDatabase } from './database.ts';
export { type DatabaseConfig, DatabaseConfigError, urlMistakes } from './database-config.ts';
export { embeddedDirectory } from './database-env.ts';
export { DirectoryLockedError } from './directory-lock.ts';
export type { Db, Tx } from './handles.ts';
export type { BytesRequest, PageRequest, RowsWithin } from './keyset.ts';
export type { Listener } from './listener.ts';
export { connectManaged, type ManagedConnection } from './managed/connection.ts';
export * as managedDatabases from './managed/databases.ts';
export * as managedInside from './managed/inside.ts';
export * as managedRoles from './managed/roles.ts';
export * as managedServer from './managed/server.ts';
export {
  latestVersion,
  migrateUp,
  requireCurrentSchema,
  requireOwnSchema,
  schemaVersion,
  unknownMigrations,
} from './migrate.ts';
export type { StatementObserver } from './observed.ts';
export * as access from './queries/access.ts';
export * as apiKeys from './queries/api-keys.ts';
export * as audit from './queries/audit.ts';
export * as auditJobs from './queries/audit-jobs.ts';
export * as auditProofs from './queries/audit-proofs.ts';
export * as auditRules from './queries/audit-rules.ts';
export * as auditSealing from './queries/audit-sealing.ts';
export * as auditVerifying from './queries/audit-verifying.ts';
export * as bootstrap from './queries/bootstrap.ts';
export * as catalogRequests from './queries/catalog-requests.ts';
export * as configHistory from './queries/config-history.ts';
export * as configPages from './queries/config-pages.ts';
export * as configReaders from './queries/config-readers.ts';
export * as configRelay from './queries/config-relay.ts';
export * as configSchemas from './queries/config-schemas.ts';
export * as configTail from './queries/config-tail.ts';
export * as configs from './queries/configs.ts';
export * as databaseClock from './queries/database-clock.ts';
export * as databaseWork from './queries/database-work.ts';
export * as databases from './queries/databases.ts';
export * as entitlements from './queries/entitlements.ts';
export * as entries from './queries/entries.ts';
export * as eventLog from './queries/event-log.ts';
export * as eventRelays from './queries/event-relays.ts';
export * as federatedPowers from './queries/federated-powers.ts';
export * as groupEdges from './queries/group-edges.ts';
export * as groupMirror from './queries/group-mirror.ts';
export * as groups from './queries/groups.ts';
export * as idempotency from './queries/idempotency.ts';
export * as idpConfigs from './queries/idp-configs.ts';
export * as levelHolders from './queries/level-holders.ts';
export * as meshAddresses from './queries/mesh-addresses.ts';
export * as meshFreeRanges from './queries/mesh-free-ranges.ts';
export * as meshHistory from './queries/mesh-history.ts';
export * as meshUsage from './queries/mesh-usage.ts';
export * as networks from './queries/networks.ts';
export * as nodes from './queries/nodes.ts';
export * as outbox from './queries/outbox.ts';
export * as passwordLinks from './queries/password-links.ts';
export * as passwords from './queries/passwords.ts';
export * as principals from './queries/principals.ts';
export * as projects from './queries/projects.ts';
export * as quotas from './queries/quotas.ts';
export * as replicaLeases from './queries/replica-leases.ts';
export * as resources from './queries/resources.ts';
export * as retraced from './queries/retraced.ts';
export * as roleBindings from './queries/role-bindings.ts';
export * as serverFacts from './queries/server-facts.ts';
export * as serviceIdentities from './queries/service-identities.ts';
export * as sessions from './queries/sessions.ts';
export * as signIn from './queries/sign-in.ts';
export * as signInFlows from './queries/sign-in-flows.ts';
export * as signInUsers from './queries/sign-in-users.ts';
export * as signingKeys from './queries/signing-keys.ts';
export * as subRanges from './queries/sub-ranges.ts';
export type { TenantTable } from './queries/tenants.ts';
export * as tenants from './queries/tenants.ts';
export * as trustBundles from './queries/trust-bundles.ts';
export * as users from './queries/users.ts';
export * as webhookQueue from './queries/webhook-queue.ts';
export * as webhooks from './queries/webhooks.ts';
export { redactPasswords, safeMessage } from './redact.ts';
export { scramVerifier } from './scram.ts';
export { requireTenantRole } from './tenant-role.ts';
export { acrossProjects, leaveTenant, scopeOf, type TenantScope } from './tenant-scope.ts';
export type { TenantRole } from './types.ts';
export { readArguments, UsageError } from './usage-error.ts';

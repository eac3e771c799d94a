/** The database as a library: handles, migrations, and one namespace of statements per module. */
export { type DatabaseHandle, type Db, openDatabase, type Tx } from './database.ts';
export { type DatabaseConfig, DatabaseConfigError, urlMistakes } from './database-config.ts';
export { embeddedDirectory } from './database-env.ts';
export { DirectoryLockedError } from './directory-lock.ts';
export type { PageRequest } from './keyset.ts';
export { migrateUp, requireCurrentSchema } from './migrate.ts';
export * as apiKeys from './queries/api-keys.ts';
export * as audit from './queries/audit.ts';
export * as catalogRequests from './queries/catalog-requests.ts';
export * as entitlements from './queries/entitlements.ts';
export * as idempotency from './queries/idempotency.ts';
export * as idpConfigs from './queries/idp-configs.ts';
export * as outbox from './queries/outbox.ts';
export * as projects from './queries/projects.ts';
export * as signingKeys from './queries/signing-keys.ts';
export * as tenants from './queries/tenants.ts';
export { redactPasswords, safeMessage } from './redact.ts';

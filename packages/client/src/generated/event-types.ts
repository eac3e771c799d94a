/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { AccessCredentialUsedEvent, AccessDeniedEvent, AccessSignInFailedEvent } from './events/access.ts';
import type { ApiKeyCreatedEvent, ApiKeyRevokedEvent, ApiKeyRotatedEvent } from './events/api-key.ts';
import type {
  AuditCheckpointEvent,
  AuditEventEvent,
  AuditHoldPlacedEvent,
  AuditHoldReleasedEvent,
  AuditPrunedEvent,
  AuditRedactedEvent,
  AuditRedactionRequestedEvent,
  AuditRetentionSetEvent,
} from './events/audit.ts';
import type {
  CatalogRequestedEvent,
  CatalogRequestGrantedEvent,
  CatalogRequestRejectedEvent,
  CatalogTrialStartedEvent,
} from './events/catalog.ts';
import type {
  ConfigCreatedEvent,
  ConfigDeletedEvent,
  ConfigHistoryShortenedEvent,
  ConfigRolledBackEvent,
  ConfigUpdatedEvent,
} from './events/config.ts';
import type { ConfigReaderRegisteredEvent } from './events/config-reader.ts';
import type {
  ConfigSchemaCreatedEvent,
  ConfigSchemaDeletedEvent,
  ConfigSchemaUpdatedEvent,
  ConfigSchemaVersionAddedEvent,
} from './events/config-schema.ts';
import type { ConfigStoreChangedEvent } from './events/config-store.ts';
import type {
  DatabaseAsleepEvent,
  DatabaseAwakeEvent,
  DatabaseCreatedEvent,
  DatabaseDeletedEvent,
  DatabaseDeletionRequestedEvent,
  DatabaseDriftRepairedEvent,
  DatabaseFailedEvent,
  DatabaseLostEvent,
  DatabaseOldLoginClosedEvent,
  DatabaseReadyEvent,
  DatabaseRetriedEvent,
  DatabaseRotatedEvent,
  DatabaseUpdatedEvent,
} from './events/database.ts';
import type {
  EntitlementGrantedEvent,
  EntitlementRevokedEvent,
  EntitlementTrialEndedEvent,
} from './events/entitlement.ts';
import type {
  GroupChildAddedEvent,
  GroupChildRemovedEvent,
  GroupCreatedEvent,
  GroupDeletedEvent,
  GroupMemberAddedEvent,
  GroupMemberRemovedEvent,
  GroupUpdatedEvent,
} from './events/group.ts';
import type {
  IdpConfigCreatedEvent,
  IdpConfigDeactivatedEvent,
  IdpConfigRehearsalPreparedEvent,
  IdpConfigRehearsedEvent,
  IdpConfigUpdatedEvent,
  IdpConfigVerificationFailedEvent,
  IdpConfigVerifiedEvent,
} from './events/idp-config.ts';
import type { MeshAddressAllocatedEvent, MeshAddressReleasedEvent } from './events/mesh-address.ts';
import type {
  NetworkRangeRemovedEvent,
  NetworkRangeSetEvent,
  NetworkSubRangeReleasedEvent,
  NetworkSubRangeReservedEvent,
} from './events/network.ts';
import type {
  NodeCreatedEvent,
  NodeDeletedEvent,
  NodeDeregisteredEvent,
  NodeEnrollingEvent,
  NodeReadyEvent,
  NodeUpdatedEvent,
} from './events/node.ts';
import type {
  ProjectArchivedEvent,
  ProjectCreatedEvent,
  ProjectDeletedEvent,
  ProjectUpdatedEvent,
} from './events/project.ts';
import type { RegistryBootstrappedEvent } from './events/registry.ts';
import type { ResourceCreatedEvent, ResourceDeletedEvent, ResourceUpdatedEvent } from './events/resource.ts';
import type { RoleBindingRemovedEvent, RoleBindingSetEvent } from './events/role-binding.ts';
import type {
  ServiceIdentityActivatedEvent,
  ServiceIdentityCreatedEvent,
  ServiceIdentityDeactivatedEvent,
  ServiceIdentityDeletedEvent,
  ServiceIdentityUpdatedEvent,
} from './events/service-identity.ts';
import type { SessionEndedEvent, SessionRefusedEvent, SessionStartedEvent } from './events/session.ts';
import type {
  TenantActivatedEvent,
  TenantArchivedEvent,
  TenantCanceledEvent,
  TenantCreatedEvent,
  TenantDeletedEvent,
  TenantFrozenEvent,
  TenantUpdatedEvent,
} from './events/tenant.ts';
import type { TrustBundleRemovedEvent, TrustBundleSetEvent } from './events/trust-bundle.ts';
import type {
  UserActivatedEvent,
  UserCreatedEvent,
  UserDeactivatedEvent,
  UserDeletedEvent,
  UserGroupsSyncedEvent,
  UserLinkedEvent,
  UserLinkIssuedEvent,
  UserPasswordSetEvent,
  UserProvisionedEvent,
  UserRolesSyncedEvent,
  UserUpdatedEvent,
} from './events/user.ts';
import type {
  WebhookCreatedEvent,
  WebhookDeletedEvent,
  WebhookDeliveriesFailedEvent,
  WebhookDisabledEvent,
  WebhookEnabledEvent,
  WebhookReplayedEvent,
  WebhookSecretRotatedEvent,
  WebhookUpdatedEvent,
} from './events/webhook.ts';

/** The events by type. */
export interface Events {
  /** A credential was accepted, for the first time in an hour. */
  'access.credential_used': AccessCredentialUsedEvent;
  /** A caller asked for changes without holding the permission: one event for all of a short time. */
  'access.denied': AccessDeniedEvent;
  /** Credentials were refused: one event for all that failed alike from one address in a short time. */
  'access.sign_in_failed': AccessSignInFailedEvent;
  /** An API key was created. */
  'api_key.created': ApiKeyCreatedEvent;
  /** An API key was revoked. */
  'api_key.revoked': ApiKeyRevokedEvent;
  /** An API key was replaced; the old one ends after its grace. */
  'api_key.rotated': ApiKeyRotatedEvent;
  /**
   * The log of all checkpoints was signed: keep it where whoever runs the registry cannot change it. It has no audit
   * row.
   */
  'audit.checkpoint': AuditCheckpointEvent;
  /**
   * An audit row was sealed: the row as a whole, in the order of its log. Only webhooks and readers that name it get it
   * (`audit.event` or `audit.*`), and they need `audit:read`. It has no audit row.
   */
  'audit.event': AuditEventEvent;
  /** Audit rows were put under a legal hold. */
  'audit.hold_placed': AuditHoldPlacedEvent;
  /** A legal hold of audit rows was released. */
  'audit.hold_released': AuditHoldReleasedEvent;
  /** Rows of a log were deleted because of their age. */
  'audit.pruned': AuditPrunedEvent;
  /** Personal data of rows of a log were erased. What the rows say besides is as it was. */
  'audit.redacted': AuditRedactedEvent;
  /** The erasure of personal data in a log was asked for. The event does not say whose. */
  'audit.redaction_requested': AuditRedactionRequestedEvent;
  /** A rule of how long audit rows are kept was set or removed. */
  'audit.retention_set': AuditRetentionSetEvent;
  /** An operator gave a tenant the product that it asked for. */
  'catalog.request_granted': CatalogRequestGrantedEvent;
  /** An operator refused a tenant the product that it asked for. */
  'catalog.request_rejected': CatalogRequestRejectedEvent;
  /** A tenant asked for a product. */
  'catalog.requested': CatalogRequestedEvent;
  /** A tenant started its one trial of a product. */
  'catalog.trial_started': CatalogTrialStartedEvent;
  /** A key got its first value, or one after it was deleted. */
  'config.created': ConfigCreatedEvent;
  /** A key was deleted; its history stays. */
  'config.deleted': ConfigDeletedEvent;
  /** Versions are missing in the history of keys, because the database was restored from a backup. */
  'config.history_shortened': ConfigHistoryShortenedEvent;
  /** A key got the content of an earlier version back. */
  'config.rolled_back': ConfigRolledBackEvent;
  /** A key got another value, or another schema. */
  'config.updated': ConfigUpdatedEvent;
  /** A program said what it expects of a key, or expects something else than before. */
  'config_reader.registered': ConfigReaderRegisteredEvent;
  /** A schema of configurations was created. */
  'config_schema.created': ConfigSchemaCreatedEvent;
  /** A schema of configurations was deleted. */
  'config_schema.deleted': ConfigSchemaDeletedEvent;
  /** Name or description of a schema of configurations changed. */
  'config_schema.updated': ConfigSchemaUpdatedEvent;
  /** A schema of configurations got another version; no configuration was moved to it. */
  'config_schema.version_added': ConfigSchemaVersionAddedEvent;
  /** The values of all configurations were moved to another store, or a store was repaired. */
  'config_store.changed': ConfigStoreChangedEvent;
  /** A database sleeps with its tenant: its data is kept, and nobody gets in. */
  'database.asleep': DatabaseAsleepEvent;
  /** A database can be used again. */
  'database.awake': DatabaseAwakeEvent;
  /** A database was ordered. */
  'database.created': DatabaseCreatedEvent;
  /** A database is deleted, retained or abandoned: see reason. */
  'database.deleted': DatabaseDeletedEvent;
  /** A database is to be deleted. */
  'database.deletion_requested': DatabaseDeletionRequestedEvent;
  /** Something that had changed by itself was put back: see message. */
  'database.drift_repaired': DatabaseDriftRepairedEvent;
  /** A database was not ready in time, or only a person can go on. */
  'database.failed': DatabaseFailedEvent;
  /** The database is not there any more, or another one is in its place. Nothing was made instead. */
  'database.lost': DatabaseLostEvent;
  /** The login before the last rotation is closed. */
  'database.old_login_closed': DatabaseOldLoginClosedEvent;
  /** A database can be used. */
  'database.ready': DatabaseReadyEvent;
  /** Somebody asked for another try. */
  'database.retried': DatabaseRetriedEvent;
  /** The credentials of a database are those of another login. */
  'database.rotated': DatabaseRotatedEvent;
  /** What is wanted of a database changed. */
  'database.updated': DatabaseUpdatedEvent;
  /** A tenant got a product, or other terms for one that it had. */
  'entitlement.granted': EntitlementGrantedEvent;
  /** A product was taken from a tenant. */
  'entitlement.revoked': EntitlementRevokedEvent;
  /** The trial of a product ended by itself. */
  'entitlement.trial_ended': EntitlementTrialEndedEvent;
  /** A group was put below another one. */
  'group.child_added': GroupChildAddedEvent;
  /** A group was taken from below another one. */
  'group.child_removed': GroupChildRemovedEvent;
  /** A group was created. */
  'group.created': GroupCreatedEvent;
  /** A group was deleted, with its memberships and its edges to the groups below it. */
  'group.deleted': GroupDeletedEvent;
  /** A user, service identity or group was put into a group. */
  'group.member_added': GroupMemberAddedEvent;
  /** A user, service identity or group was taken out of a group. */
  'group.member_removed': GroupMemberRemovedEvent;
  /** Slug, name or role of a group changed. */
  'group.updated': GroupUpdatedEvent;
  /** An SSO configuration was created. */
  'idp_config.created': IdpConfigCreatedEvent;
  /** An SSO configuration was deactivated, and the sessions that began through it ended. */
  'idp_config.deactivated': IdpConfigDeactivatedEvent;
  /** A link to rehearse a sign-in through an SSO configuration was made. */
  'idp_config.rehearsal_prepared': IdpConfigRehearsalPreparedEvent;
  /** A sign-in through a provider was rehearsed: it made neither a session nor a user. */
  'idp_config.rehearsed': IdpConfigRehearsedEvent;
  /** An SSO configuration changed. */
  'idp_config.updated': IdpConfigUpdatedEvent;
  /** An SSO configuration did not pass a verification. */
  'idp_config.verification_failed': IdpConfigVerificationFailedEvent;
  /** An SSO configuration passed a verification. */
  'idp_config.verified': IdpConfigVerifiedEvent;
  /** A node got an address. */
  'mesh_address.allocated': MeshAddressAllocatedEvent;
  /** A node gave its address back. */
  'mesh_address.released': MeshAddressReleasedEvent;
  /** A tenant has no network any more. */
  'network.range_removed': NetworkRangeRemovedEvent;
  /** A tenant got a network, or its range, its space or its time of rest changed. */
  'network.range_set': NetworkRangeSetEvent;
  /** A project has no sub-range any more; its addresses stay. */
  'network.sub_range_released': NetworkSubRangeReleasedEvent;
  /** A project got a sub-range, or another one than before, or whether it is strict changed. */
  'network.sub_range_reserved': NetworkSubRangeReservedEvent;
  /** A node was created. */
  'node.created': NodeCreatedEvent;
  /** A node was deleted. */
  'node.deleted': NodeDeletedEvent;
  /** A node was deregistered, and has no address any more. */
  'node.deregistered': NodeDeregisteredEvent;
  /** A node is being enrolled, and has an address. */
  'node.enrolling': NodeEnrollingEvent;
  /** A node is ready. */
  'node.ready': NodeReadyEvent;
  /** The name of a node changed. */
  'node.updated': NodeUpdatedEvent;
  /** A project was archived. */
  'project.archived': ProjectArchivedEvent;
  /** A project was created. */
  'project.created': ProjectCreatedEvent;
  /** A project was deleted together with the user who owned it. */
  'project.deleted': ProjectDeletedEvent;
  /** Name or description of a project changed. */
  'project.updated': ProjectUpdatedEvent;
  /**
   * The command `bootstrap` made the first credentials of this registry. It tells their names, and nothing of their
   * values.
   */
  'registry.bootstrapped': RegistryBootstrappedEvent;
  /** A resource was created. */
  'resource.created': ResourceCreatedEvent;
  /** A resource was deleted. */
  'resource.deleted': ResourceDeletedEvent;
  /** Kind, name or reference of a resource changed. */
  'resource.updated': ResourceUpdatedEvent;
  /** A user, a service identity or a group lost its level in a project. */
  'role_binding.removed': RoleBindingRemovedEvent;
  /** A user, a service identity or a group got a level in a project, or another one. */
  'role_binding.set': RoleBindingSetEvent;
  /** A service identity was activated again; its revoked keys stay revoked. */
  'service_identity.activated': ServiceIdentityActivatedEvent;
  /** A service identity was created. */
  'service_identity.created': ServiceIdentityCreatedEvent;
  /** A service identity was deactivated, and its keys were revoked. */
  'service_identity.deactivated': ServiceIdentityDeactivatedEvent;
  /** A service identity was deleted with all that it had. */
  'service_identity.deleted': ServiceIdentityDeletedEvent;
  /** Name or audience of a service identity changed. */
  'service_identity.updated': ServiceIdentityUpdatedEvent;
  /** A session was ended before its time. */
  'session.ended': SessionEndedEvent;
  /** A sign-in through a provider was refused. */
  'session.refused': SessionRefusedEvent;
  /** A person signed in, or changed the password and goes on in a new session. */
  'session.started': SessionStartedEvent;
  /** A tenant became active. */
  'tenant.activated': TenantActivatedEvent;
  /** A tenant was archived. */
  'tenant.archived': TenantArchivedEvent;
  /** A tenant was frozen on request. */
  'tenant.canceled': TenantCanceledEvent;
  /** A tenant was created. */
  'tenant.created': TenantCreatedEvent;
  /** An archived tenant and all it held was deleted. */
  'tenant.deleted': TenantDeletedEvent;
  /** A tenant was frozen because its trial ended. */
  'tenant.frozen': TenantFrozenEvent;
  /** Terms or name of a tenant changed. */
  'tenant.updated': TenantUpdatedEvent;
  /** A SPIFFE trust domain is believed no more. */
  'trust_bundle.removed': TrustBundleRemovedEvent;
  /** The keys of a SPIFFE trust domain were set. */
  'trust_bundle.set': TrustBundleSetEvent;
  /** A user was activated; nothing that had ended came back. */
  'user.activated': UserActivatedEvent;
  /** A user was created. */
  'user.created': UserCreatedEvent;
  /** A user was deactivated: its sessions, its keys and its link to set a password ended. */
  'user.deactivated': UserDeactivatedEvent;
  /** A user was deleted, with its memberships, its levels, its keys and the projects that it owned. */
  'user.deleted': UserDeletedEvent;
  /** The memberships of a user in groups of a provider became those that the provider says. */
  'user.groups_synced': UserGroupsSyncedEvent;
  /** A link with which a user sets a password was made. */
  'user.link_issued': UserLinkIssuedEvent;
  /** A provisioned user signed in for the first time and is known by the subject of its provider from now on. */
  'user.linked': UserLinkedEvent;
  /** A user has a new password; the sessions from before it have ended. */
  'user.password_set': UserPasswordSetEvent;
  /** A person signed in through a provider for the first time and became a user. */
  'user.provisioned': UserProvisionedEvent;
  /** The roles of a user became those that its provider says. */
  'user.roles_synced': UserRolesSyncedEvent;
  /** E-mail address, name or roles of a user changed. */
  'user.updated': UserUpdatedEvent;
  /** A webhook was created. */
  'webhook.created': WebhookCreatedEvent;
  /** A webhook was deleted. */
  'webhook.deleted': WebhookDeletedEvent;
  /** Deliveries to a webhook were given up: at most one event in ten minutes for each webhook, and not to itself. */
  'webhook.deliveries_failed': WebhookDeliveriesFailedEvent;
  /** A webhook was disabled, and what waited was canceled. */
  'webhook.disabled': WebhookDisabledEvent;
  /** A webhook was enabled. */
  'webhook.enabled': WebhookEnabledEvent;
  /** Events are delivered to a webhook once more: a part of the log, or one delivery. */
  'webhook.replayed': WebhookReplayedEvent;
  /** A webhook got a new secret. */
  'webhook.secret_rotated': WebhookSecretRotatedEvent;
  /** A webhook was changed. */
  'webhook.updated': WebhookUpdatedEvent;
}

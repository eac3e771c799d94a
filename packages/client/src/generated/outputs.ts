/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { AccessVerdict, AccessVerdicts, Caller } from './schemas/access.ts';
import type { ApiKeyPage, ApiKeyVerdict, ApiKeyVerdictBatch, IssuedApiKey } from './schemas/api-keys.ts';
import type {
  AppendedAuditEvents,
  AuditCheckpoint,
  AuditConsistency,
  AuditEvent,
  AuditEventPage,
  AuditHold,
  AuditHoldPage,
  AuditProof,
  AuditRedaction,
  AuditRedactionPage,
  AuditRetention,
  AuditVerifiers,
  RequestedAuditRedaction,
} from './schemas/audit.ts';
import type { Catalog, CatalogRequest, CatalogRequestPage, Entitlement } from './schemas/catalog.ts';
import type { KeycloakClaims } from './schemas/claims.ts';
import type {
  ConfigSchema,
  ConfigSchemaAdoption,
  ConfigSchemaPage,
  ConfigSchemaVerdict,
  ConfigSchemaVersion,
  ConfigSchemaVersionPage,
} from './schemas/config-schemas.ts';
import type {
  Config,
  ConfigDiffPage,
  ConfigPage,
  ConfigReaderPage,
  ConfigRevision,
  ConfigValidation,
  ConfigVersionDiff,
  ImportedConfigs,
  ListConfigRevisionsOutput,
  TenantConfigPage,
} from './schemas/configs.ts';
import type {
  Database,
  DatabaseConnection,
  DatabaseEventPage,
  DatabaseOrphanPage,
  DatabasePage,
  DatabaseTierList,
} from './schemas/databases.ts';
import type { EntitlementList, EntitlementVerdict } from './schemas/entitlements.ts';
import type { EventPage } from './schemas/events.ts';
import type {
  Group,
  GroupChild,
  GroupMemberAdded,
  GroupMemberPage,
  GroupPage,
  GroupRemoval,
} from './schemas/groups.ts';
import type { IdpConfig, IdpConfigPage, IdpRehearsal, IdpVerification } from './schemas/idp-configs.ts';
import type { Limits } from './schemas/limits.ts';
import type {
  MeshAddress,
  MeshAddressHolder,
  MeshAddressPage,
  Network,
  NetworkUsage,
  SubRange,
} from './schemas/network.ts';
import type { Node, NodePage } from './schemas/nodes.ts';
import type { Project, ProjectPage } from './schemas/projects.ts';
import type { Resource, ResourcePage } from './schemas/resources.ts';
import type { RemovedRoleBinding, RoleBinding, RoleBindingPage } from './schemas/role-bindings.ts';
import type {
  ServiceIdentity,
  ServiceIdentityDeactivation,
  ServiceIdentityPage,
} from './schemas/service-identities.ts';
import type { CurrentSession, OwnSessionPage, SignedIn, SignInProviders } from './schemas/sessions.ts';
import type { Tenant, TenantPage } from './schemas/tenants.ts';
import type { TrustBundle, TrustBundlePage } from './schemas/trust-bundles.ts';
import type {
  ChangedUser,
  EffectiveGroupPage,
  PasswordLink,
  SessionPage,
  User,
  UserDeactivation,
  UserPage,
} from './schemas/users.ts';
import type {
  IssuedWebhook,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookDeliveryWithAttempts,
  WebhookPage,
  WebhookReplay,
  WebhookTest,
} from './schemas/webhooks.ts';

/** The output of each operation: `Outputs['tenants']['create']`. */
export interface Outputs {
  tenants: {
    create: Tenant;
    list: TenantPage;
    get: Tenant;
    getBySlug: Tenant;
    update: Tenant;
    activate: Tenant;
    cancel: Tenant;
    archive: Tenant;
    delete: void;
  };
  projects: {
    create: Project;
    list: ProjectPage;
    get: Project;
    update: Project;
    archive: Project;
  };
  catalog: {
    list: Catalog;
    request: CatalogRequest;
    requestTrial: Entitlement;
    listRequests: CatalogRequestPage;
    grantRequest: CatalogRequest;
    rejectRequest: CatalogRequest;
  };
  entitlements: {
    list: EntitlementList;
    set: Entitlement;
    revoke: void;
    check: EntitlementVerdict;
  };
  idpConfigs: {
    create: IdpConfig;
    list: IdpConfigPage;
    get: IdpConfig;
    update: IdpConfig;
    deactivate: void;
    verify: IdpVerification;
    rehearse: IdpRehearsal;
  };
  users: {
    create: User;
    list: UserPage;
    get: User;
    update: ChangedUser;
    deactivate: UserDeactivation;
    activate: User;
    issuePasswordLink: PasswordLink;
    delete: void;
    listSessions: SessionPage;
    endSessions: void;
    listGroups: EffectiveGroupPage;
  };
  sessions: {
    signIn: SignedIn;
    providers: SignInProviders;
    current: CurrentSession;
    end: void;
    list: OwnSessionPage;
    endOne: void;
    endAll: void;
    changePassword: void;
    redeemPasswordLink: void;
  };
  serviceIdentities: {
    create: ServiceIdentity;
    list: ServiceIdentityPage;
    get: ServiceIdentity;
    update: ServiceIdentity;
    listGroups: EffectiveGroupPage;
    deactivate: ServiceIdentityDeactivation;
    activate: ServiceIdentity;
    delete: void;
  };
  trustBundles: {
    set: TrustBundle;
    list: TrustBundlePage;
    remove: void;
  };
  groups: {
    create: Group;
    list: GroupPage;
    get: Group;
    update: Group;
    delete: GroupRemoval;
    addMember: GroupMemberAdded;
    listMembers: GroupMemberPage;
    removeMember: GroupRemoval;
    addChild: GroupChild;
    listChildren: GroupPage;
    removeChild: GroupRemoval;
  };
  roleBindings: {
    set: RoleBinding;
    list: RoleBindingPage;
    remove: RemovedRoleBinding;
  };
  apiKeys: {
    create: IssuedApiKey;
    list: ApiKeyPage;
    revoke: void;
    rotate: IssuedApiKey;
    createOwn: IssuedApiKey;
    listOwn: ApiKeyPage;
    revokeOwn: void;
    verify: ApiKeyVerdict;
    verifyBatch: ApiKeyVerdictBatch;
  };
  configSchemas: {
    create: ConfigSchema;
    list: ConfigSchemaPage;
    get: ConfigSchema;
    update: ConfigSchema;
    delete: void;
    addVersion: ConfigSchemaVersion;
    listVersions: ConfigSchemaVersionPage;
    getVersion: ConfigSchemaVersion;
    check: ConfigSchemaVerdict;
    adopt: ConfigSchemaAdoption;
  };
  configs: {
    get: Config;
    put: Config;
    create: Config;
    delete: void;
    validate: ConfigValidation;
    listRevisions: ListConfigRevisionsOutput;
    getRevision: ConfigRevision;
    diff: ConfigVersionDiff;
    rollback: Config;
    list: ConfigPage;
    listOfTenant: TenantConfigPage;
    diffProject: ConfigDiffPage;
    export: string;
    import: ImportedConfigs;
    registerReader: void;
    listReaders: ConfigReaderPage;
  };
  databases: {
    create: Database;
    list: DatabasePage;
    get: Database;
    update: Database;
    delete: Database;
    retry: Database;
    rotate: Database;
    connection: DatabaseConnection;
    events: DatabaseEventPage;
    tiers: DatabaseTierList;
    orphans: DatabaseOrphanPage;
  };
  network: {
    get: Network;
    set: Network;
    remove: void;
    usage: NetworkUsage;
    getSubRange: SubRange;
    setSubRange: SubRange;
    removeSubRange: void;
    listAddresses: MeshAddressPage;
    getAddress: MeshAddressHolder;
  };
  resources: {
    create: Resource;
    list: ResourcePage;
    get: Resource;
    update: Resource;
    delete: void;
  };
  nodes: {
    create: Node;
    list: NodePage;
    get: Node;
    update: Node;
    delete: void;
    enroll: Node;
    ready: Node;
    deregister: Node;
    takeAddress: MeshAddress;
    giveBackAddress: void;
  };
  audit: {
    proof: AuditProof;
    checkpoint: AuditCheckpoint;
    consistency: AuditConsistency;
    verifiers: AuditVerifiers;
    redact: RequestedAuditRedaction;
    listRedactions: AuditRedactionPage;
    getRedaction: AuditRedaction;
    listRetention: AuditRetention;
    setRetention: void;
    removeRetention: void;
    listHolds: AuditHoldPage;
    placeHold: AuditHold;
    releaseHold: void;
    append: AuditEvent;
    appendBulk: AppendedAuditEvents;
    list: AuditEventPage;
    export: string;
    get: AuditEvent;
  };
  events: {
    subscribe: string;
    subscribeAll: string;
    history: EventPage;
  };
  webhooks: {
    create: IssuedWebhook;
    list: WebhookPage;
    get: Webhook;
    update: Webhook;
    delete: void;
    rotateSecret: IssuedWebhook;
    test: WebhookTest;
    listDeliveries: WebhookDeliveryPage;
    getDelivery: WebhookDeliveryWithAttempts;
    retryDelivery: WebhookDelivery;
    replay: WebhookReplay;
  };
  claims: {
    keycloak: KeycloakClaims;
  };
  access: {
    me: Caller;
    check: AccessVerdict;
    checkBatch: AccessVerdicts;
  };
  limits: {
    get: Limits;
  };
  changes: {
    stream: string;
  };
}

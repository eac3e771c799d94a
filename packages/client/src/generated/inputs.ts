/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { CheckAccessBatchInput, CheckAccessInput, GetMeInput } from './schemas/access.ts';
import type {
  CreateApiKeyInput,
  CreateOwnApiKeyInput,
  ListApiKeysInput,
  ListOwnApiKeysInput,
  RevokeApiKeyInput,
  RevokeOwnApiKeyInput,
  RotateApiKeyInput,
  VerifyApiKeyInput,
  VerifyApiKeysInput,
} from './schemas/api-keys.ts';
import type {
  AppendAuditEventInput,
  AppendAuditEventsInput,
  ExportAuditEventsInput,
  GetAuditCheckpointInput,
  GetAuditConsistencyInput,
  GetAuditEventInput,
  GetAuditProofInput,
  GetAuditRedactionInput,
  GetAuditVerifiersInput,
  ListAuditEventsInput,
  ListAuditHoldsInput,
  ListAuditRedactionsInput,
  ListAuditRetentionInput,
  PlaceAuditHoldInput,
  ReleaseAuditHoldInput,
  RemoveAuditRetentionInput,
  RequestAuditRedactionInput,
  SetAuditRetentionInput,
} from './schemas/audit.ts';
import type {
  GrantCatalogRequestInput,
  ListCatalogInput,
  ListCatalogRequestsInput,
  RejectCatalogRequestInput,
  RequestProductInput,
  RequestTrialInput,
} from './schemas/catalog.ts';
import type { StreamChangesInput } from './schemas/changes.ts';
import type { GetKeycloakClaimsInput } from './schemas/claims.ts';
import type {
  AddConfigSchemaVersionInput,
  AdoptConfigSchemaVersionInput,
  CheckConfigContentInput,
  CreateConfigSchemaInput,
  DeleteConfigSchemaInput,
  GetConfigSchemaInput,
  GetConfigSchemaVersionInput,
  ListConfigSchemasInput,
  ListConfigSchemaVersionsInput,
  UpdateConfigSchemaInput,
} from './schemas/config-schemas.ts';
import type {
  CreateConfigInput,
  DeleteConfigInput,
  DiffConfigInput,
  ExportConfigsInput,
  GetConfigDiffInput,
  GetConfigInput,
  GetConfigRevisionInput,
  ImportConfigsInput,
  ListConfigReadersInput,
  ListConfigRevisionsInput,
  ListConfigsInput,
  ListTenantConfigsInput,
  PutConfigInput,
  RegisterConfigReaderInput,
  RollbackConfigInput,
  ValidateConfigInput,
} from './schemas/configs.ts';
import type {
  CreateDatabaseInput,
  DeleteDatabaseInput,
  GetDatabaseConnectionInput,
  GetDatabaseInput,
  ListDatabaseEventsInput,
  ListDatabaseOrphansInput,
  ListDatabasesInput,
  ListDatabaseTiersInput,
  RetryDatabaseInput,
  RotateDatabaseInput,
  UpdateDatabaseInput,
} from './schemas/databases.ts';
import type {
  CheckEntitlementInput,
  ListEntitlementsInput,
  RevokeEntitlementInput,
  SetEntitlementInput,
} from './schemas/entitlements.ts';
import type { ListEventsInput, StreamAllEventsInput, StreamEventsInput } from './schemas/events.ts';
import type {
  AddGroupChildInput,
  AddGroupMemberInput,
  CreateGroupInput,
  DeleteGroupInput,
  GetGroupInput,
  ListGroupChildrenInput,
  ListGroupMembersInput,
  ListGroupsInput,
  RemoveGroupChildInput,
  RemoveGroupMemberInput,
  UpdateGroupInput,
} from './schemas/groups.ts';
import type {
  CreateIdpConfigInput,
  DeactivateIdpConfigInput,
  GetIdpConfigInput,
  ListIdpConfigsInput,
  RehearseIdpConfigInput,
  UpdateIdpConfigInput,
  VerifyIdpConfigInput,
} from './schemas/idp-configs.ts';
import type { GetLimitsInput } from './schemas/limits.ts';
import type {
  DeleteNetworkInput,
  DeleteSubRangeInput,
  GetMeshAddressInput,
  GetNetworkInput,
  GetNetworkUsageInput,
  GetSubRangeInput,
  ListMeshAddressesInput,
  SetNetworkInput,
  SetSubRangeInput,
} from './schemas/network.ts';
import type {
  CreateNodeInput,
  DeleteNodeInput,
  DeregisterNodeInput,
  EnrollNodeInput,
  GetNodeInput,
  GiveBackNodeAddressInput,
  ListNodesInput,
  MarkNodeReadyInput,
  TakeNodeAddressInput,
  UpdateNodeInput,
} from './schemas/nodes.ts';
import type {
  ArchiveProjectInput,
  CreateProjectInput,
  GetProjectInput,
  ListProjectsInput,
  UpdateProjectInput,
} from './schemas/projects.ts';
import type {
  CreateResourceInput,
  DeleteResourceInput,
  GetResourceInput,
  ListResourcesInput,
  UpdateResourceInput,
} from './schemas/resources.ts';
import type { ListRoleBindingsInput, RemoveRoleBindingInput, SetRoleBindingInput } from './schemas/role-bindings.ts';
import type {
  ActivateServiceIdentityInput,
  CreateServiceIdentityInput,
  DeactivateServiceIdentityInput,
  DeleteServiceIdentityInput,
  GetServiceIdentityInput,
  ListServiceIdentitiesInput,
  ListServiceIdentityGroupsInput,
  UpdateServiceIdentityInput,
} from './schemas/service-identities.ts';
import type {
  ChangePasswordInput,
  EndOwnSessionInput,
  EndOwnSessionsInput,
  GetSessionInput,
  ListOwnSessionsInput,
  ListSignInProvidersInput,
  RedeemPasswordLinkInput,
  SignInInput,
  SignOutInput,
} from './schemas/sessions.ts';
import type {
  ActivateTenantInput,
  ArchiveTenantInput,
  CancelTenantInput,
  CreateTenantInput,
  DeleteTenantInput,
  GetTenantBySlugInput,
  GetTenantInput,
  ListTenantsInput,
  UpdateTenantInput,
} from './schemas/tenants.ts';
import type { ListTrustBundlesInput, RemoveTrustBundleInput, SetTrustBundleInput } from './schemas/trust-bundles.ts';
import type {
  ActivateUserInput,
  CreateUserInput,
  DeactivateUserInput,
  DeleteUserInput,
  EndUserSessionsInput,
  GetUserInput,
  IssuePasswordLinkInput,
  ListUserGroupsInput,
  ListUserSessionsInput,
  ListUsersInput,
  UpdateUserInput,
} from './schemas/users.ts';
import type {
  CreateWebhookInput,
  DeleteWebhookInput,
  GetWebhookDeliveryInput,
  GetWebhookInput,
  ListWebhookDeliveriesInput,
  ListWebhooksInput,
  ReplayWebhookInput,
  RetryWebhookDeliveryInput,
  RotateWebhookSecretInput,
  TestWebhookInput,
  UpdateWebhookInput,
} from './schemas/webhooks.ts';

/** The input of each operation: `Inputs['tenants']['create']`. */
export interface Inputs {
  tenants: {
    create: CreateTenantInput;
    list: ListTenantsInput;
    get: GetTenantInput;
    getBySlug: GetTenantBySlugInput;
    update: UpdateTenantInput;
    activate: ActivateTenantInput;
    cancel: CancelTenantInput;
    archive: ArchiveTenantInput;
    delete: DeleteTenantInput;
  };
  projects: {
    create: CreateProjectInput;
    list: ListProjectsInput;
    get: GetProjectInput;
    update: UpdateProjectInput;
    archive: ArchiveProjectInput;
  };
  catalog: {
    list: ListCatalogInput;
    request: RequestProductInput;
    requestTrial: RequestTrialInput;
    listRequests: ListCatalogRequestsInput;
    grantRequest: GrantCatalogRequestInput;
    rejectRequest: RejectCatalogRequestInput;
  };
  entitlements: {
    list: ListEntitlementsInput;
    set: SetEntitlementInput;
    revoke: RevokeEntitlementInput;
    check: CheckEntitlementInput;
  };
  idpConfigs: {
    create: CreateIdpConfigInput;
    list: ListIdpConfigsInput;
    get: GetIdpConfigInput;
    update: UpdateIdpConfigInput;
    deactivate: DeactivateIdpConfigInput;
    verify: VerifyIdpConfigInput;
    rehearse: RehearseIdpConfigInput;
  };
  users: {
    create: CreateUserInput;
    list: ListUsersInput;
    get: GetUserInput;
    update: UpdateUserInput;
    deactivate: DeactivateUserInput;
    activate: ActivateUserInput;
    issuePasswordLink: IssuePasswordLinkInput;
    delete: DeleteUserInput;
    listSessions: ListUserSessionsInput;
    endSessions: EndUserSessionsInput;
    listGroups: ListUserGroupsInput;
  };
  sessions: {
    signIn: SignInInput;
    providers: ListSignInProvidersInput;
    current: GetSessionInput;
    end: SignOutInput;
    list: ListOwnSessionsInput;
    endOne: EndOwnSessionInput;
    endAll: EndOwnSessionsInput;
    changePassword: ChangePasswordInput;
    redeemPasswordLink: RedeemPasswordLinkInput;
  };
  serviceIdentities: {
    create: CreateServiceIdentityInput;
    list: ListServiceIdentitiesInput;
    get: GetServiceIdentityInput;
    update: UpdateServiceIdentityInput;
    listGroups: ListServiceIdentityGroupsInput;
    deactivate: DeactivateServiceIdentityInput;
    activate: ActivateServiceIdentityInput;
    delete: DeleteServiceIdentityInput;
  };
  trustBundles: {
    set: SetTrustBundleInput;
    list: ListTrustBundlesInput;
    remove: RemoveTrustBundleInput;
  };
  groups: {
    create: CreateGroupInput;
    list: ListGroupsInput;
    get: GetGroupInput;
    update: UpdateGroupInput;
    delete: DeleteGroupInput;
    addMember: AddGroupMemberInput;
    listMembers: ListGroupMembersInput;
    removeMember: RemoveGroupMemberInput;
    addChild: AddGroupChildInput;
    listChildren: ListGroupChildrenInput;
    removeChild: RemoveGroupChildInput;
  };
  roleBindings: {
    set: SetRoleBindingInput;
    list: ListRoleBindingsInput;
    remove: RemoveRoleBindingInput;
  };
  apiKeys: {
    create: CreateApiKeyInput;
    list: ListApiKeysInput;
    revoke: RevokeApiKeyInput;
    rotate: RotateApiKeyInput;
    createOwn: CreateOwnApiKeyInput;
    listOwn: ListOwnApiKeysInput;
    revokeOwn: RevokeOwnApiKeyInput;
    verify: VerifyApiKeyInput;
    verifyBatch: VerifyApiKeysInput;
  };
  configSchemas: {
    create: CreateConfigSchemaInput;
    list: ListConfigSchemasInput;
    get: GetConfigSchemaInput;
    update: UpdateConfigSchemaInput;
    delete: DeleteConfigSchemaInput;
    addVersion: AddConfigSchemaVersionInput;
    listVersions: ListConfigSchemaVersionsInput;
    getVersion: GetConfigSchemaVersionInput;
    check: CheckConfigContentInput;
    adopt: AdoptConfigSchemaVersionInput;
  };
  configs: {
    get: GetConfigInput;
    put: PutConfigInput;
    create: CreateConfigInput;
    delete: DeleteConfigInput;
    validate: ValidateConfigInput;
    listRevisions: ListConfigRevisionsInput;
    getRevision: GetConfigRevisionInput;
    diff: DiffConfigInput;
    rollback: RollbackConfigInput;
    list: ListConfigsInput;
    listOfTenant: ListTenantConfigsInput;
    diffProject: GetConfigDiffInput;
    export: ExportConfigsInput;
    import: ImportConfigsInput;
    registerReader: RegisterConfigReaderInput;
    listReaders: ListConfigReadersInput;
  };
  databases: {
    create: CreateDatabaseInput;
    list: ListDatabasesInput;
    get: GetDatabaseInput;
    update: UpdateDatabaseInput;
    delete: DeleteDatabaseInput;
    retry: RetryDatabaseInput;
    rotate: RotateDatabaseInput;
    connection: GetDatabaseConnectionInput;
    events: ListDatabaseEventsInput;
    tiers: ListDatabaseTiersInput;
    orphans: ListDatabaseOrphansInput;
  };
  network: {
    get: GetNetworkInput;
    set: SetNetworkInput;
    remove: DeleteNetworkInput;
    usage: GetNetworkUsageInput;
    getSubRange: GetSubRangeInput;
    setSubRange: SetSubRangeInput;
    removeSubRange: DeleteSubRangeInput;
    listAddresses: ListMeshAddressesInput;
    getAddress: GetMeshAddressInput;
  };
  resources: {
    create: CreateResourceInput;
    list: ListResourcesInput;
    get: GetResourceInput;
    update: UpdateResourceInput;
    delete: DeleteResourceInput;
  };
  nodes: {
    create: CreateNodeInput;
    list: ListNodesInput;
    get: GetNodeInput;
    update: UpdateNodeInput;
    delete: DeleteNodeInput;
    enroll: EnrollNodeInput;
    ready: MarkNodeReadyInput;
    deregister: DeregisterNodeInput;
    takeAddress: TakeNodeAddressInput;
    giveBackAddress: GiveBackNodeAddressInput;
  };
  audit: {
    proof: GetAuditProofInput;
    checkpoint: GetAuditCheckpointInput;
    consistency: GetAuditConsistencyInput;
    verifiers: GetAuditVerifiersInput;
    redact: RequestAuditRedactionInput;
    listRedactions: ListAuditRedactionsInput;
    getRedaction: GetAuditRedactionInput;
    listRetention: ListAuditRetentionInput;
    setRetention: SetAuditRetentionInput;
    removeRetention: RemoveAuditRetentionInput;
    listHolds: ListAuditHoldsInput;
    placeHold: PlaceAuditHoldInput;
    releaseHold: ReleaseAuditHoldInput;
    append: AppendAuditEventInput;
    appendBulk: AppendAuditEventsInput;
    list: ListAuditEventsInput;
    export: ExportAuditEventsInput;
    get: GetAuditEventInput;
  };
  events: {
    subscribe: StreamEventsInput;
    subscribeAll: StreamAllEventsInput;
    history: ListEventsInput;
  };
  webhooks: {
    create: CreateWebhookInput;
    list: ListWebhooksInput;
    get: GetWebhookInput;
    update: UpdateWebhookInput;
    delete: DeleteWebhookInput;
    rotateSecret: RotateWebhookSecretInput;
    test: TestWebhookInput;
    listDeliveries: ListWebhookDeliveriesInput;
    getDelivery: GetWebhookDeliveryInput;
    retryDelivery: RetryWebhookDeliveryInput;
    replay: ReplayWebhookInput;
  };
  claims: {
    keycloak: GetKeycloakClaimsInput;
  };
  access: {
    me: GetMeInput;
    check: CheckAccessInput;
    checkBatch: CheckAccessBatchInput;
  };
  limits: {
    get: GetLimitsInput;
  };
  changes: {
    stream: StreamChangesInput;
  };
}

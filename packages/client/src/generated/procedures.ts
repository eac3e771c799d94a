/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** Whether each operation that is no stream is a query of tRPC or a mutation. */
export interface Procedures {
  tenants: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    getBySlug: 'query';
    update: 'mutation';
    activate: 'mutation';
    cancel: 'mutation';
    archive: 'mutation';
    delete: 'mutation';
  };
  projects: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    archive: 'mutation';
  };
  catalog: {
    list: 'query';
    request: 'mutation';
    requestTrial: 'mutation';
    listRequests: 'query';
    grantRequest: 'mutation';
    rejectRequest: 'mutation';
  };
  entitlements: {
    list: 'query';
    set: 'mutation';
    revoke: 'mutation';
    check: 'query';
  };
  idpConfigs: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    deactivate: 'mutation';
    verify: 'mutation';
    rehearse: 'mutation';
  };
  users: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    deactivate: 'mutation';
    activate: 'mutation';
    issuePasswordLink: 'mutation';
    delete: 'mutation';
    listSessions: 'query';
    endSessions: 'mutation';
    listGroups: 'query';
  };
  sessions: {
    signIn: 'mutation';
    providers: 'query';
    current: 'query';
    end: 'mutation';
    list: 'query';
    endOne: 'mutation';
    endAll: 'mutation';
    changePassword: 'mutation';
    redeemPasswordLink: 'mutation';
  };
  serviceIdentities: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    listGroups: 'query';
    deactivate: 'mutation';
    activate: 'mutation';
    delete: 'mutation';
  };
  trustBundles: {
    set: 'mutation';
    list: 'query';
    remove: 'mutation';
  };
  groups: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
    addMember: 'mutation';
    listMembers: 'query';
    removeMember: 'mutation';
    addChild: 'mutation';
    listChildren: 'query';
    removeChild: 'mutation';
  };
  roleBindings: {
    set: 'mutation';
    list: 'query';
    remove: 'mutation';
  };
  apiKeys: {
    create: 'mutation';
    list: 'query';
    revoke: 'mutation';
    rotate: 'mutation';
    createOwn: 'mutation';
    listOwn: 'query';
    revokeOwn: 'mutation';
    verify: 'mutation';
    verifyBatch: 'mutation';
  };
  configSchemas: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
    addVersion: 'mutation';
    listVersions: 'query';
    getVersion: 'query';
    check: 'mutation';
    adopt: 'mutation';
  };
  configs: {
    get: 'query';
    put: 'mutation';
    create: 'mutation';
    delete: 'mutation';
    validate: 'mutation';
    listRevisions: 'query';
    getRevision: 'query';
    diff: 'query';
    rollback: 'mutation';
    list: 'query';
    listOfTenant: 'query';
    diffProject: 'query';
    import: 'mutation';
    registerReader: 'mutation';
    listReaders: 'query';
  };
  databases: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
    retry: 'mutation';
    rotate: 'mutation';
    connection: 'query';
    events: 'query';
    tiers: 'query';
    orphans: 'query';
  };
  network: {
    get: 'query';
    set: 'mutation';
    remove: 'mutation';
    usage: 'query';
    getSubRange: 'query';
    setSubRange: 'mutation';
    removeSubRange: 'mutation';
    listAddresses: 'query';
    getAddress: 'query';
  };
  resources: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
  };
  nodes: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
    enroll: 'mutation';
    ready: 'mutation';
    deregister: 'mutation';
    takeAddress: 'mutation';
    giveBackAddress: 'mutation';
  };
  audit: {
    proof: 'query';
    checkpoint: 'query';
    consistency: 'query';
    verifiers: 'query';
    redact: 'mutation';
    listRedactions: 'query';
    getRedaction: 'query';
    listRetention: 'query';
    setRetention: 'mutation';
    removeRetention: 'mutation';
    listHolds: 'query';
    placeHold: 'mutation';
    releaseHold: 'mutation';
    append: 'mutation';
    appendBulk: 'mutation';
    list: 'query';
    get: 'query';
  };
  events: {
    history: 'query';
  };
  webhooks: {
    create: 'mutation';
    list: 'query';
    get: 'query';
    update: 'mutation';
    delete: 'mutation';
    rotateSecret: 'mutation';
    test: 'mutation';
    listDeliveries: 'query';
    getDelivery: 'query';
    retryDelivery: 'mutation';
    replay: 'mutation';
  };
  claims: {
    keycloak: 'mutation';
  };
  access: {
    me: 'query';
    check: 'mutation';
    checkBatch: 'mutation';
  };
  limits: {
    get: 'query';
  };
}

/** The manifest: all operations and their kinds. scripts/generate-operations.ts writes it from the router: do not edit. */
import type { Kinds } from './kinds.ts';

export const operations = {
  tenants: {
    create: 'mutation',
    list: 'list',
    get: 'query',
    getBySlug: 'query',
    update: 'mutation',
    activate: 'mutation',
    cancel: 'mutation',
    archive: 'mutation',
    delete: 'mutation',
  },
  projects: {
    create: 'mutation',
    list: 'list',
    get: 'query',
    update: 'mutation',
    archive: 'mutation',
  },
  catalog: {
    list: 'query',
    request: 'mutation',
    requestTrial: 'mutation',
    listRequests: 'list',
    grantRequest: 'mutation',
    rejectRequest: 'mutation',
  },
  entitlements: {
    list: 'query',
    set: 'mutation',
    revoke: 'mutation',
    check: 'query',
  },
  idpConfigs: {
    create: 'mutation',
    list: 'list',
    get: 'query',
    update: 'mutation',
    deactivate: 'mutation',
    verify: 'mutation',
  },
  apiKeys: {
    create: 'mutation',
    list: 'list',
    revoke: 'mutation',
    rotate: 'mutation',
    verify: 'safe',
  },
  audit: {
    append: 'mutation',
    appendBulk: 'mutation',
    list: 'list',
    export: 'GET /v1/audit/export',
    get: 'query',
  },
  claims: {
    keycloak: 'safe',
  },
  access: {
    me: 'query',
  },
  limits: {
    get: 'query',
  },
  changes: {
    stream: 'FEED /v1/internal/changes',
  },
} as const satisfies Kinds;

/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.access.me`. */
export type GetMeInput = Record<string, never>;

/** The holder of a credential, and its permissions. */
export interface Caller {
  /** By what it is known: a static token, a person’s sign-in, a program’s own token, or an API key. Others may come. */
  type: 'operator' | 'internal' | 'user' | 'service_identity' | 'api_key';
  /**
   * The id in audit rows: of a person the issuer, a bar and the subject of the token, because two issuers may have one
   * subject; of a key its id.
   */
  id: string;
  /** The name for people. */
  name: string;
  /** The tenant that it belongs to and never sees beyond; null: it may act in all tenants. */
  tenant_id: string | null;
  /** The project that an API key is bound to; null: it is bound to none, like people and tokens. */
  project_id: string | null;
  /** The user of the tenant that it is, or that owns the API key; null: none. */
  user_id: string | null;
  /** The service identity that it is, or that owns the API key; null: none. */
  service_identity_id: string | null;
  /** Empty for an API key, whose scopes decide. */
  roles: ('operator' | 'support' | 'sales' | 'admin' | 'billing' | 'member' | 'internal')[];
  /** Its permissions, inside the tenant and project that it can see. */
  permissions: string[];
}

/** The input of `client.access.check`. */
export interface CheckAccessInput {
  /** Whom the question is about; absent: the caller. About others it needs `access:check`. */
  principal?: CheckAccessInputPrincipal | undefined;
  /**
   * A permission of the registry, or `project:viewer`, `project:editor` or `project:admin` for that level in a project.
   */
  permission: string;
  /** Where. */
  resource: CheckAccessInputResource;
}

/** Whom the question is about; absent: the caller. About others it needs `access:check`. */
export interface CheckAccessInputPrincipal {
  /** What it is. */
  type: 'user' | 'service_identity' | 'api_key';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** Where. */
export interface CheckAccessInputResource {
  /** What it is. */
  type: 'tenant' | 'project';
  /** Its id. */
  id: string;
}

/** Whether the principal may do it, and why. */
export interface AccessVerdict {
  /**
   * The tenant that the resource lies in: its changes alone can change the answer. Null in a batch, for what does not
   * exist.
   */
  tenant_id: string | null;
  /** Whether it may. */
  allowed: boolean;
  /**
   * The highest level that it has in the project, by roles in the tenant or by bindings; null: none, or no project was
   * asked about. Others may come.
   */
  level: 'viewer' | 'editor' | 'admin' | null;
  /** Why. */
  why: AccessVerdictWhy;
}

/** Why. */
export interface AccessVerdictWhy {
  /** By what it may; null: it may not. Others may come. */
  by: 'tenant_role' | 'role_binding' | 'platform_role' | 'scope' | null;
  /**
   * The shortest way on which it may: from the principal, through groups, to what gives the permission. Empty: it may
   * not.
   */
  path: AccessVerdictWhyPathItem[];
  /**
   * Why it may not; null: it may. In a frozen tenant and an archived project only permissions to read are left.
   * `not_found` and `principal_not_found` stand in batches alone. Others may come.
   */
  reason:
    | 'no_grant'
    | 'principal_disabled'
    | 'key_scope'
    | 'tenant_frozen'
    | 'tenant_archived'
    | 'project_archived'
    | 'not_found'
    | 'principal_not_found'
    | null;
}

/** A step of a way. */
export interface AccessVerdictWhyPathItem {
  /** What it is. Others may come. */
  type:
    | 'operator'
    | 'internal'
    | 'user'
    | 'service_identity'
    | 'api_key'
    | 'group'
    | 'tenant_role'
    | 'platform_role'
    | 'role_binding'
    | 'scope';
  /** Its id; of a role and of a scope its name. */
  id: string;
  /** Its name for people. */
  name: string;
}

/** The input of `client.access.checkBatch`. */
export interface CheckAccessBatchInput {
  /** Answered in this order. */
  checks: CheckAccessBatchInputCheck[];
}

/** A question: may the principal do that there? */
export interface CheckAccessBatchInputCheck {
  /** Whom the question is about; absent: the caller. About others it needs `access:check`. */
  principal?: CheckAccessBatchInputCheckPrincipal | undefined;
  /**
   * A permission of the registry, or `project:viewer`, `project:editor` or `project:admin` for that level in a project.
   */
  permission: string;
  /** Where. */
  resource: CheckAccessBatchInputCheckResource;
}

/** Whom the question is about; absent: the caller. About others it needs `access:check`. */
export interface CheckAccessBatchInputCheckPrincipal {
  /** What it is. */
  type: 'user' | 'service_identity' | 'api_key';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** Where. */
export interface CheckAccessBatchInputCheckResource {
  /** What it is. */
  type: 'tenant' | 'project';
  /** Its id. */
  id: string;
}

/** The answers to a batch of checks. */
export interface AccessVerdicts {
  /** One for each check, in their order. */
  results: AccessVerdict[];
}

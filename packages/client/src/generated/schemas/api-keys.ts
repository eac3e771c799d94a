/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.apiKeys.create`. */
export interface CreateApiKeyInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name, for people. */
  name: string;
  /** What the key may do, in words of the products. Absent: `[]`. */
  scopes?: string[] | undefined;
  /** Binds the key to a project of the tenant. */
  project_id?: string | undefined;
  /**
   * In the future, and not after the end of the key that makes this one. Absent: as long as that key, or until it is
   * revoked when no key makes it.
   */
  expires_at?: string | undefined;
  /**
   * Makes the key one of this service identity, in its project. Absent: the new key has the owner of the key that makes
   * it, and otherwise belongs to the tenant.
   */
  service_identity_id?: string | undefined;
}

/** A new API key with its secret. */
export interface IssuedApiKey {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Bound to this project, or null for the whole tenant. */
  project_id: string | null;
  /** The name, for people. */
  name: string;
  /** The first characters of the key, to recognise it by. */
  prefix: string;
  /** What the key may do, in words of the products. */
  scopes: string[];
  /** When it was created. */
  created_at: string;
  /** From this moment on it is refused; null: it lives until it is revoked. */
  expires_at: string | null;
  /** To within a minute. */
  last_used_at: string | null;
  /** Since when it is refused; null: it is not revoked. */
  revoked_at: string | null;
  /** The key that made it or rotated its predecessor; null: no key did. */
  created_by_key_id: string | null;
  /** The user that owns it: on the registry it may do no more than that user. Null: none. */
  user_id: string | null;
  /** The service identity that owns it: on the registry it may do no more than that. Null: none. */
  service_identity_id: string | null;
  /** The key itself, shown here and never again: absent only in the replay of a request with an Idempotency-Key. */
  key?: string | undefined;
}

/** The input of `client.apiKeys.list`. */
export interface ListApiKeysInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** The project that it belongs to. */
  project_id?: string | undefined;
  /** Only those that this key made. */
  created_by_key_id?: string | undefined;
  /** Only those that this user owns. */
  user_id?: string | undefined;
  /** Only those that this service identity owns. */
  service_identity_id?: string | undefined;
  /** Whether revoked and expired keys are listed too. */
  include_revoked?: boolean | undefined;
}

/** A page of API keys. */
export interface ApiKeyPage {
  /** The rows of this page. */
  items: ApiKey[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** An API key, without its secret. */
export interface ApiKey {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Bound to this project, or null for the whole tenant. */
  project_id: string | null;
  /** The name, for people. */
  name: string;
  /** The first characters of the key, to recognise it by. */
  prefix: string;
  /** What the key may do, in words of the products. */
  scopes: string[];
  /** When it was created. */
  created_at: string;
  /** From this moment on it is refused; null: it lives until it is revoked. */
  expires_at: string | null;
  /** To within a minute. */
  last_used_at: string | null;
  /** Since when it is refused; null: it is not revoked. */
  revoked_at: string | null;
  /** The key that made it or rotated its predecessor; null: no key did. */
  created_by_key_id: string | null;
  /** The user that owns it: on the registry it may do no more than that user. Null: none. */
  user_id: string | null;
  /** The service identity that owns it: on the registry it may do no more than that. Null: none. */
  service_identity_id: string | null;
}

/** The input of `client.apiKeys.revoke`. */
export interface RevokeApiKeyInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Whether the keys that it made are revoked too, and those that they made, and so on. */
  with_descendants?: boolean | undefined;
}

/** The input of `client.apiKeys.rotate`. */
export interface RotateApiKeyInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** How long the old key still works. */
  grace_seconds?: number | undefined;
}

/** The input of `client.apiKeys.createOwn`. */
export interface CreateOwnApiKeyInput {
  /** The name, for people. */
  name: string;
  /** What the key may do, in words of the products. Absent: `[]`. */
  scopes?: string[] | undefined;
  /** Binds the key to a project of the tenant. */
  project_id?: string | undefined;
  /**
   * In the future, and not after the end of the key that makes this one. Absent: as long as that key, or until it is
   * revoked when no key makes it.
   */
  expires_at?: string | undefined;
}

/** The input of `client.apiKeys.listOwn`. */
export interface ListOwnApiKeysInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Whether revoked and expired keys are listed too. */
  include_revoked?: boolean | undefined;
}

/** The input of `client.apiKeys.revokeOwn`. */
export interface RevokeOwnApiKeyInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.apiKeys.verify`. */
export interface VerifyApiKeyInput {
  /** The key as the caller presented it: any text at all. What cannot be a key is `not_found`. */
  key: string;
  /** Scopes that the key must have, all of them. Absent: `[]`. */
  scopes?: string[] | undefined;
  /** A product that the tenant must be entitled to. */
  product?: string | undefined;
  /** `read` also passes in a frozen tenant. */
  access?: 'write' | 'read' | undefined;
}

/** Whether a presented key may be used, and for whom. */
export type ApiKeyVerdict = AcceptedApiKey | RefusedApiKey;

/** The verdict on a key that may be used. */
export interface AcceptedApiKey {
  /** Whether the key may be used: `true` exactly when `code` is `valid`. */
  valid: true;
  /** `valid`, or why not. Malformed, unknown and wrong keys are all `not_found`. Others may come. */
  code: 'valid';
  /** The key; null when it is refused. */
  key_id: string;
  /** The tenant of the key; null when it is refused. */
  tenant_id: string;
  /** The slug of the tenant; null when the key is refused. */
  tenant_slug: string;
  /** Where the tenant stands in its life; null when the key is refused. Others may come. */
  tenant_status: 'demo' | 'trial' | 'active' | 'frozen' | 'archived';
  /** The project that the key is bound to; null for the whole tenant, and when it is refused. */
  project_id: string | null;
  /** What the key may do, in words of the products; empty when it is refused. */
  scopes: string[];
  /** From this moment on it is refused; null: it does not expire, or is refused. */
  expires_at: string | null;
}

/** The verdict on a key that may not be used. */
export interface RefusedApiKey {
  /** Whether the key may be used: `true` exactly when `code` is `valid`. */
  valid: false;
  /** `valid`, or why not. Malformed, unknown and wrong keys are all `not_found`. Others may come. */
  code:
    | 'not_found'
    | 'revoked'
    | 'expired'
    | 'insufficient_scope'
    | 'not_entitled'
    | 'tenant_frozen'
    | 'tenant_archived';
  /** The key; null when it is refused. */
  key_id: null;
  /** The tenant of the key; null when it is refused. */
  tenant_id: null;
  /** The slug of the tenant; null when the key is refused. */
  tenant_slug: null;
  /** Where the tenant stands in its life; null when the key is refused. Others may come. */
  tenant_status: null;
  /** The project that the key is bound to; null for the whole tenant, and when it is refused. */
  project_id: null;
  /** What the key may do, in words of the products; empty when it is refused. */
  scopes: [];
  /** From this moment on it is refused; null: it does not expire, or is refused. */
  expires_at: null;
}

/** The input of `client.apiKeys.verifyBatch`. */
export interface VerifyApiKeysInput {
  /** What would be asked one by one, each in the shape of `verify_api_key`. */
  questions: VerifyApiKeysInputQuestion[];
}

/** A question about one presented key. */
export interface VerifyApiKeysInputQuestion {
  /** The key as the caller presented it: any text at all. What cannot be a key is `not_found`. */
  key: string;
  /** Scopes that the key must have, all of them. Absent: `[]`. */
  scopes?: string[] | undefined;
  /** A product that the tenant must be entitled to. */
  product?: string | undefined;
  /** `read` also passes in a frozen tenant. */
  access?: 'write' | 'read' | undefined;
}

/** The answers to several questions about API keys. */
export interface ApiKeyVerdictBatch {
  /** One for each question, in the order of the questions. */
  answers: ApiKeyVerdictBatchAnswer[];
}

/** The answer to one question: a verdict, or why there is none. */
export interface ApiKeyVerdictBatchAnswer {
  /** The verdict; null when there is none. */
  verdict: ApiKeyVerdict | null;
  /** Why there is no verdict; null when there is one. The key may not be used. */
  problem: ApiKeyVerdictBatchAnswerProblem | null;
}

/** Why a question has no verdict. */
export interface ApiKeyVerdictBatchAnswerProblem {
  /** The code of the problem. */
  code: string;
  /** The status that the question alone would have been answered with. */
  status: number;
  /** What went wrong, for people. */
  detail: string;
  /** Seconds after which it can be asked again; null: not known. */
  retry_after: number | null;
}

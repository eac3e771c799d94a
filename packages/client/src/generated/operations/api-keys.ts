/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions, WaitOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ApiKeyPage,
  ApiKeyVerdict,
  ApiKeyVerdictBatch,
  CreateApiKeyInput,
  CreateOwnApiKeyInput,
  IssuedApiKey,
  ListApiKeysInput,
  ListOwnApiKeysInput,
  RevokeApiKeyInput,
  RevokeOwnApiKeyInput,
  RotateApiKeyInput,
  VerifyApiKeyInput,
  VerifyApiKeysInput,
} from '../schemas/api-keys.ts';

/** The operations of `client.apiKeys`. */
export interface ApiKeysOperations {
  /**
   * Create an API key.
   *
   * The answer holds the key itself, this once: only a hash of it is kept.
   *
   * Requires the permission `api_keys:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:api_keys:write`. In a project it is also held by the level admin there.
   */
  create(input: CreateApiKeyInput, options?: MutationOptions): Result<IssuedApiKey>;
  /**
   * List the API keys of a tenant.
   *
   * Newest first, without the revoked ones unless asked for. No secret is in it.
   *
   * Requires the permission `api_keys:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:api_keys:read`. In a project it is also held by the level admin there.
   */
  list(input: ListApiKeysInput, options?: QueryOptions): List<ApiKeyPage>;
  /**
   * Revoke an API key.
   *
   * From the answer on, no verification accepts the key. Revoking again changes nothing. A key that was revoked makes
   * no more keys; those that it made live on, unless `with_descendants` revokes them too.
   *
   * Requires the permission `api_keys:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:api_keys:write`. In a project it is also held by the level admin there.
   */
  revoke(input: RevokeApiKeyInput, options?: MutationOptions): Result<void>;
  /**
   * Rotate an API key.
   *
   * Gives a new key with name, scopes, project, owner and expiry of the old one, which ends after the grace. A person's
   * own key is rotated by that person alone, one of a service identity by who may make keys for it.
   *
   * Requires the permission `api_keys:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:api_keys:write`. In a project it is also held by the level admin there.
   */
  rotate(input: RotateApiKeyInput, options?: MutationOptions): Result<IssuedApiKey>;
  /**
   * Create an API key of my own.
   *
   * For users and service identities. The key acts for its owner, with those of its scopes that the owner holds at the
   * time of use, and ends with its deactivation. Scopes of the products' own need `api_keys:write`. The answer holds
   * the key itself, this once.
   *
   * Requires no permission: any valid credential will do.
   */
  createOwn(input: CreateOwnApiKeyInput, options?: MutationOptions): Result<IssuedApiKey>;
  /**
   * List my own API keys.
   *
   * Newest first, without the revoked ones unless asked for. No secret is in it.
   *
   * Requires no permission: any valid credential will do.
   */
  listOwn(input?: ListOwnApiKeysInput, options?: QueryOptions): List<ApiKeyPage>;
  /**
   * Revoke an API key of my own.
   *
   * From the answer on, no verification accepts the key. Revoking again changes nothing.
   *
   * Requires no permission: any valid credential will do.
   */
  revokeOwn(input: RevokeOwnApiKeyInput, options?: MutationOptions): Result<void>;
  /**
   * Verify an API key.
   *
   * Always 200 to a question in the documented shape: `valid` tells, and `code` says why not. Whatever text is
   * presented as a key, malformed, unknown and wrong ones are all `not_found`. Above twenty wrong keys with one prefix
   * in a minute from one address, all but one a second are answered 429.
   *
   * Requires the permission `api_keys:verify`. It is held by the internal token.
   */
  verify(input: VerifyApiKeyInput, options?: WaitOptions): Result<ApiKeyVerdict>;
  /**
   * Verify several API keys.
   *
   * For gateways that queue: up to 100 questions of `verify_api_key`, with one answer each, in their order. A question
   * that alone would have been answered 429 or 503 has no verdict and says why; the others have theirs. When none has
   * one, the whole answer is the problem of the first.
   *
   * Requires the permission `api_keys:verify`. It is held by the internal token.
   */
  verifyBatch(input: VerifyApiKeysInput, options?: WaitOptions): Result<ApiKeyVerdictBatch>;
}

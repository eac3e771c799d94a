/** The SDK of tenant-registry: typed calls, in Node and in browsers. */

export type { Answer } from './calls/answer.ts';
export type { ClientOptions, MutationOptions, QueryOptions } from './calls/options.ts';
export type { ErrorCode } from './contract.ts';
export { createClient } from './create-client.ts';
export { type ClientErrorCode, isRegistryError, RegistryError, type RegistryErrorCode } from './errors.ts';
export type { List, Page } from './list.ts';
export type { Problem } from './problem.ts';
export type { Result } from './result.ts';
export type { Export } from './streams/export.ts';
export type { ChangeEvent, Feed, FeedOptions } from './streams/feed.ts';
export type {
  AcceptedApiKey,
  ApiKey,
  ApiKeyVerdict,
  AuditEvent,
  Client,
  Inputs,
  IssuedApiKey,
  KeyQuestion,
  Outputs,
  Tenant,
} from './types.ts';
export { createVerifier, type FeedState, type Verifier, type VerifierOptions } from './verifier.ts';

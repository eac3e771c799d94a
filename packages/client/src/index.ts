/** The SDK of tenant-registry: typed calls, in Node and in browsers. */

export type { Answer } from './answer.ts';
export type { ErrorCode } from './contract.ts';
export { createClient } from './create-client.ts';
export { createVerifier } from './create-verifier.ts';
export { type ClientErrorCode, isRegistryError, RegistryError, type RegistryErrorCode } from './errors.ts';
export type { Export } from './export.ts';
export type { ChangeEvent, Feed, FeedOptions } from './feed.ts';
export type { List, Page } from './list.ts';
export type { ClientOptions, MutationOptions, QueryOptions } from './options.ts';
export type { Problem } from './problem.ts';
export type { Result } from './result.ts';
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
export type { FeedState, Verifier, VerifierOptions } from './verifier.ts';

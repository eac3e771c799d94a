/** The SDK of tenant-registry: typed calls, in Node and in browsers. */

export { type Access, type AccessOptions, createAccess } from './access.ts';
export type { Answer } from './calls/answer.ts';
export type { ClientOptions, MutationOptions, QueryOptions, WaitOptions } from './calls/options.ts';
export type {
  ConfigsObserver,
  ConfigsOptions,
  ConfigsProblem,
  ConfigsSource,
  ConfigsState,
  ConfigsStep,
} from './configs/options.ts';
export type { ConfigSchema, SchemaIssue } from './configs/standard-schema.ts';
export { type Configs, createConfigs } from './configs.ts';
export { createClient } from './create-client.ts';
export { DatabaseNotReadyError } from './databases/not-ready-error.ts';
export { type DatabaseClient, type DatabaseWaitOptions, waitUntilReady } from './databases.ts';
export { type ClientErrorCode, isRegistryError, RegistryError, type RegistryErrorCode } from './errors.ts';
export type { RegistryEvent, RegistryEventOf, RegistryEventType } from './events.ts';
// The SDK has types of its own named ConfigSchema and CurrentSession: those of the document are reached by operation, as
// Outputs['configSchemas']['get'] and Outputs['sessions']['current'].
export type * from './generated/index.ts';
export type { List, Page } from './list.ts';
export type { FeedState, Memory, MemorySettings } from './memory/remembered.ts';
export type { Problem } from './problem.ts';
export type { Result } from './result.ts';
export { createSessions, type Sessions, type SessionsOptions } from './sessions.ts';
export type { ChangeEvent, FeedOptions } from './streams/feed.ts';
export type { SubscribeInput, SubscribeOptions, SubscriptionState } from './streams/subscription.ts';
export type { AccessQuestion, CurrentSession, KeyQuestion } from './types.ts';
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts';

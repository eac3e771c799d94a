/** The client's types, derived from the contract. */
import type { MutationOptions, QueryOptions } from './calls/options.ts';
import type { Contract } from './contract.ts';
import type { OutputOf } from './kinds.ts';
import type { List, Page } from './list.ts';
import type { operations } from './operations.ts';
import type { Result } from './result.ts';
import type { Export } from './streams/export.ts';
import type { Feed } from './streams/feed.ts';

/** The input of each operation: `Inputs['tenants']['create']`. */
export type Inputs = {
  [Group in keyof Contract]: { [Name in keyof Contract[Group]]: InputOf<Contract[Group][Name]> };
};

/** The output of each operation: `Outputs['tenants']['create']`. */
export type Outputs = {
  [Group in keyof Contract]: { [Name in keyof Contract[Group]]: OutputOf<Contract[Group][Name]> };
};

export type Tenant = Outputs['tenants']['get'];
export type ApiKey = Outputs['apiKeys']['list']['items'][number];
/** An API key with its secret, which only the answer to its creation or rotation contains. */
export type IssuedApiKey = Outputs['apiKeys']['create'];
/** An entry of the audit log. */
export type AuditEvent = Outputs['audit']['list']['items'][number];
/** The answer to a verification: whether the key may be used, and for which tenant. */
export type ApiKeyVerdict = Outputs['apiKeys']['verify'];
/** The demands on a key: scopes, a product, an access. */
export type KeyQuestion = Omit<Inputs['apiKeys']['verify'], 'key'>;
/** The verdict on a key that may be used. */
export type AcceptedApiKey = Extract<ApiKeyVerdict, { valid: true }>;

/** The registry's operations as functions. */
export type Client = {
  readonly [Group in keyof Contract]: {
    readonly [Name in keyof Contract[Group]]: FunctionOf<Contract[Group][Name], At<(typeof operations)[Group], Name>>;
  };
};

type At<Kinds, Name> = Name extends keyof Kinds ? Kinds[Name] : never;
type InputOf<Operation> = Operation extends { input: infer Input } ? Input : never;
type ResultOf<Output> = Output extends Page<unknown> ? List<Output> : Result<Output>;

type FunctionOf<Operation, Kind> = Operation extends { type: 'export' }
  ? // The audit log has the only export.
    Export<Omit<InputOf<Operation>, 'format'>, AuditEvent>
  : Operation extends { type: 'feed' }
    ? Feed
    : (
        ...args: Arguments<InputOf<Operation>, Kind extends 'mutation' ? MutationOptions : QueryOptions>
      ) => ResultOf<OutputOf<Operation>>;

/** Makes the input optional if none of its fields is required. */
type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options];

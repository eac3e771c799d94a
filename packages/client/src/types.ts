/** The client's types, made of the contract. */

import type { MutationOptions, QueryOptions } from './calls/options.ts';
import type { Contract } from './contract.ts';
import type { OutputOf } from './kinds.ts';
import type { List, Page } from './list.ts';
import type { operations } from './operations.ts';
import type { Result } from './result.ts';
import type { Export } from './streams/export.ts';
import type { Feed } from './streams/feed.ts';

/** What each operation takes: `Inputs['tenants']['create']`. */
export type Inputs = {
  [Group in keyof Contract]: { [Name in keyof Contract[Group]]: InputOf<Contract[Group][Name]> };
};

/** What each operation gives: `Outputs['tenants']['create']`. */
export type Outputs = {
  [Group in keyof Contract]: { [Name in keyof Contract[Group]]: OutputOf<Contract[Group][Name]> };
};

export type Tenant = Outputs['tenants']['get'];
export type ApiKey = Outputs['apiKeys']['list']['items'][number];
/** An API key with its secret, as it is seen once. */
export type IssuedApiKey = Outputs['apiKeys']['create'];
/** Something that happened. */
export type AuditEvent = Outputs['audit']['list']['items'][number];
/** Whether a presented key may be used, and for whom. */
export type ApiKeyVerdict = Outputs['apiKeys']['verify'];
/** What a key must be good for. */
export type KeyQuestion = Omit<Inputs['apiKeys']['verify'], 'key'>;
/** What is known of a key that may be used. */
export type AcceptedApiKey = Extract<ApiKeyVerdict, { valid: true }>;

/** Every operation of the registry as a function. */
export type Client = {
  readonly [Group in keyof Contract]: {
    readonly [Name in keyof Contract[Group]]: FunctionOf<Contract[Group][Name], At<(typeof operations)[Group], Name>>;
  };
};

type At<Kinds, Name> = Name extends keyof Kinds ? Kinds[Name] : never;
type InputOf<Operation> = Operation extends { input: infer Input } ? Input : never;
type ResultOf<Output> = Output extends Page<unknown> ? List<Output> : Result<Output>;

type FunctionOf<Operation, Kind> = Operation extends { type: 'export' }
  ? // There is one: that of the audit log.
    Export<Omit<InputOf<Operation>, 'format'>, AuditEvent>
  : Operation extends { type: 'feed' }
    ? Feed
    : (
        ...args: Arguments<InputOf<Operation>, Kind extends 'mutation' ? MutationOptions : QueryOptions>
      ) => ResultOf<OutputOf<Operation>>;

/** The input may be left out when nothing in it is required. */
type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options];

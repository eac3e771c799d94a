/** The client's types, derived from the contract. */
import type { MutationOptions, QueryOptions, WaitOptions } from './calls/options.ts';
import type { Contract } from './contract.ts';
import type { OutputOf } from './kinds.ts';
import type { List, Page } from './list.ts';
import type { operations } from './operations.ts';
import type { Result } from './result.ts';
import type { Export } from './streams/export.ts';
import type { Feed } from './streams/feed.ts';
import type { Subscribe } from './streams/subscription.ts';

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
/** A PostgreSQL database that the registry has made and keeps as it was ordered. */
export type Database = Outputs['databases']['get'];
/** The answer to a verification: whether the key may be used, and for which tenant. */
export type ApiKeyVerdict = Outputs['apiKeys']['verify'];
/** The demands on a key: scopes, a product, an access. */
export type KeyQuestion = Omit<Inputs['apiKeys']['verify'], 'key'>;
/** The verdict on a key that may be used. */
export type AcceptedApiKey = Extract<ApiKeyVerdict, { valid: true }>;

/** A question about access: whom it is about, a permission or a level, and a tenant or a project. */
export type AccessQuestion = Inputs['access']['check'];
/** The answer to a question about access: whether somebody may do something, and why. */
export type AccessVerdict = Outputs['access']['check'];
/** A person who is signed in: the user, the session, and the token that changes need. */
export type CurrentSession = { [Part in keyof Caller]: NonNullable<Caller[Part]> };
type Caller = Outputs['sessions']['current'];

/** The registry's operations as functions. */
export type Client = {
  readonly [Group in keyof Contract]: {
    readonly [Name in keyof Contract[Group]]: FunctionOf<
      Contract[Group][Name],
      At<(typeof operations)[Group], Name>,
      ItemOf<Group>
    >;
  };
};

type At<Kinds, Name> = Name extends keyof Kinds ? Kinds[Name] : never;
type InputOf<Operation> = Operation extends { input: infer Input } ? Input : never;
type ResultOf<Output> = Output extends Page<unknown> ? List<Output> : Result<Output>;

/** The items of a group's export, where the contract names their type. */
type ItemOf<Group> = Group extends 'audit' ? AuditEvent : unknown;

type FunctionOf<Operation, Kind, Item> = Operation extends { type: 'export' }
  ? Export<Omit<InputOf<Operation>, 'format'>, Item>
  : Operation extends { type: 'feed' }
    ? Feed
    : Operation extends { type: 'events' }
      ? Subscribe<InputOf<Operation>>
      : (...args: Arguments<InputOf<Operation>, OptionsOf<Kind>>) => ResultOf<OutputOf<Operation>>;

/** A session stands for its person in a GET request alone: the registry takes changes from its own pages only. */
type OptionsOf<Kind> = Kind extends `SAFE ${string}`
  ? WaitOptions
  : Kind extends `${'GET' | 'LIST'} ${string}`
    ? QueryOptions
    : MutationOptions;

/** Makes the input optional if none of its fields is required. */
type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options];

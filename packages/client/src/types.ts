/** The client's types, made of the contract. */
import type { Contract } from './contract.ts';
import type { List, Page } from './list.ts';
import type { MutationOptions, QueryOptions } from './options.ts';

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
/** Whether a presented key may be used, and for whom. */
export type ApiKeyVerdict = Outputs['apiKeys']['verify'];

/** Every operation of the registry as a function. */
export type Client = {
  readonly [Group in keyof Contract]: {
    readonly [Name in keyof Contract[Group]]: (
      ...args: Arguments<InputOf<Contract[Group][Name]>, OptionsOf<Contract[Group][Name]>>
    ) => ResultOf<OutputOf<Contract[Group][Name]>>;
  };
};

/** What the client has to know of each operation at run time. */
export type Kinds = {
  readonly [Group in keyof Contract]: { readonly [Name in keyof Contract[Group]]: KindOf<Contract[Group][Name]> };
};

type InputOf<Operation> = Operation extends { input: infer Input } ? Input : never;
type OutputOf<Operation> = Operation extends { output: infer Output } ? Output : never;
type OptionsOf<Operation> = Operation extends { type: 'query' } ? QueryOptions : MutationOptions;
type ResultOf<Output> = Output extends Page<unknown> ? List<Output> : Promise<Output>;

/** The input may be left out when nothing in it is required. */
type Arguments<Input, Options> = object extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];

type KindOf<Operation> =
  OutputOf<Operation> extends Page<unknown> ? 'list' : Operation extends { type: infer Type } ? Type : never;

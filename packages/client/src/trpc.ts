/** The client of tRPC for the registry, for programs that have it anyway. */
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import type {
  AnyTRPCRouter,
  TRPCBuiltRouter,
  TRPCDefaultErrorData,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from '@trpc/server';
import { checkedToken } from './calls/headers.ts';
import { type ClientOptions, checkedOptions } from './calls/options.ts';
import type { Inputs } from './generated/inputs.ts';
import type { Outputs } from './generated/outputs.ts';
import type { Procedures } from './generated/procedures.ts';
import type { Problem } from './problem.ts';

interface ErrorShape extends TRPCDefaultErrorShape {
  data: TRPCDefaultErrorData & { problem: Problem };
}

type ProcedureOf<Type, Input, Output> = Type extends 'query'
  ? TRPCQueryProcedure<{ meta: unknown; input: Input; output: Output; errorShape: ErrorShape }>
  : TRPCMutationProcedure<{ meta: unknown; input: Input; output: Output; errorShape: ErrorShape }>;

type At<Types, Group, Name> = Group extends keyof Types ? Types[Group][Name & keyof Types[Group]] : never;

/** The type of the registry's router, of all operations that are no streams. */
export type RegistryRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  {
    [Group in keyof Procedures]: {
      [Name in keyof Procedures[Group]]: ProcedureOf<
        Procedures[Group][Name],
        At<Inputs, Group, Name>,
        At<Outputs, Group, Name>
      >;
    };
  }
>;

/** Retries and deadlines are those of tRPC's own links. */
export type TrpcOptions = Pick<ClientOptions, 'url' | 'token' | 'headers' | 'fetch'>;

/**
 * Returns tRPC's client of the registry at `url`, typed by the registry's document, or by a router that is named. Errors are those of tRPC, with the problem
 * in `data.problem`. Throws a `TypeError` for options that cannot work, such as an empty token.
 */
export function createTrpcClient<Router extends AnyTRPCRouter = RegistryRouter>(
  options: TrpcOptions,
): TRPCClient<Router> {
  const { url, token, headers, fetch } = checkedOptions(options);
  const link = httpLink({
    url: `${url}/trpc`,
    headers: async () => {
      const given = typeof token === 'function' ? checkedToken(await token()) : token;
      return { ...headers, authorization: `Bearer ${given}` };
    },
    fetch: (target, init) => fetch(String(target), init as RequestInit),
  });
  // The link has no transformer, as the registry has none; TypeScript cannot know that of a router that it does not know.
  return createTRPCClient<AnyTRPCRouter>({ links: [link] }) as TRPCClient<Router>;
}

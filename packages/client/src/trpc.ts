/** The client of tRPC for the registry, for programs that have it anyway: typed by the router that they name. */
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { checkedToken } from './calls/headers.ts';
import { type ClientOptions, checkedOptions } from './calls/options.ts';

/** Retries and deadlines are those of tRPC's own links. */
export type TrpcOptions = Pick<ClientOptions, 'url' | 'token' | 'headers' | 'fetch'>;

/**
 * Returns tRPC's client of the registry at `url`: `createTrpcClient<AppRouter>(…)`. Errors are those of tRPC, with the problem
 * in `data.problem`. Throws a `TypeError` for options that cannot work, such as an empty token.
 */
export function createTrpcClient<Router extends AnyTRPCRouter>(options: TrpcOptions): TRPCClient<Router> {
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

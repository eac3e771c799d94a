/** The typed client of tRPC, for programs that want it. */
import type { AppRouter } from '@tenant-registry/server/router';
import { TRPCClientError } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { expect, expectTypeOf, test } from 'vitest';
import { newTenant, testServer } from '../../server/test/support/server.ts';
import type { Tenant } from '../src/index.ts';
import { createTrpcClient, type RegistryRouter } from '../src/trpc.ts';

const server = testServer();

test('it has the types of the document, sends the token, and an error carries its problem', async () => {
  const trpc = createTrpcClient({ url: server.url, token: async () => server.operatorToken });
  const { id } = await newTenant(server);
  const tenant = await trpc.tenants.get.query({ id });
  expectTypeOf(tenant).toEqualTypeOf<Tenant>();
  expect(tenant.id).toBe(id);
  const error = await trpc.tenants.archive.mutate({ id }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TRPCClientError);
  expect(error).toMatchObject({ data: { problem: { code: 'illegal_transition' } } });
});

test('the types are those of the router, which a program of this repository may name', () => {
  const trpc = createTrpcClient<AppRouter>({ url: server.url, token: server.operatorToken });
  expectTypeOf(trpc.tenants.get.query).returns.resolves.toHaveProperty('slug');
  type Both<Router extends AppRouter | RegistryRouter> = [
    inferRouterInputs<Router>['projects']['list'],
    inferRouterOutputs<Router>['projects']['list'],
    inferRouterInputs<Router>['apiKeys']['verify'],
    inferRouterOutputs<Router>['apiKeys']['verify'],
  ];
  expectTypeOf<Both<RegistryRouter>>().toExtend<Both<AppRouter>>();
  expectTypeOf<Both<AppRouter>>().toExtend<Both<RegistryRouter>>();
});

test('a token that cannot be sent is refused', () => {
  expect(() => createTrpcClient({ url: server.url, token: 'a\nb' })).toThrow(TypeError);
});

/** The typed client of tRPC, for programs that want it. */
import type { AppRouter } from '@tenant-registry/server/router';
import { TRPCClientError } from '@trpc/client';
import { expect, expectTypeOf, test } from 'vitest';
import { newTenant, testServer } from '../../server/test/support/server.ts';
import { createTrpcClient } from '../src/trpc.ts';

const server = testServer();

test('it has the types of the router, sends the token, and an error carries its problem', async () => {
  const trpc = createTrpcClient<AppRouter>({ url: server.url, token: async () => server.operatorToken });
  const { id } = await newTenant(server);
  const tenant = await trpc.tenants.get.query({ id });
  expectTypeOf(tenant.slug).toEqualTypeOf<string>();
  expect(tenant.id).toBe(id);
  const error = await trpc.tenants.archive.mutate({ id }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TRPCClientError);
  expect(error).toMatchObject({ data: { problem: { code: 'illegal_transition' } } });
});

test('a token that cannot be sent is refused', () => {
  expect(() => createTrpcClient<AppRouter>({ url: server.url, token: 'a\nb' })).toThrow(TypeError);
});

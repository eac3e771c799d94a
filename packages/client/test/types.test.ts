/** What the compiler promises to callers. `tsc` checks it; running it does nothing. */

import { expectTypeOf, test } from 'vitest';
import type { Problem as ServerProblem } from '../../server/src/kernel/errors/problem.ts';
import {
  type Answer,
  type AuditEvent,
  type Client,
  type ErrorCode,
  type Feed,
  type Inputs,
  isRegistryError,
  type KeyQuestion,
  type MutationOptions,
  type Outputs,
  type Problem,
  type QueryOptions,
  type Result,
  type Tenant,
  type Verifier,
} from '../src/index.ts';

declare const client: Client;

test('calls take and give what the router says', () => {
  expectTypeOf<Client['tenants']['create']>().toEqualTypeOf<
    (input: Inputs['tenants']['create'], options?: MutationOptions) => Result<Tenant>
  >();
  expectTypeOf<Client['tenants']['get']>().parameters.toEqualTypeOf<[{ id: string }, QueryOptions?]>();
  expectTypeOf<Outputs['apiKeys']['revoke']>().toEqualTypeOf<void>();
  expectTypeOf<Tenant['status']>().toEqualTypeOf<'demo' | 'trial' | 'active' | 'frozen' | 'archived'>();
});

test('lists give pages to await and items to iterate, and may be called without input', () => {
  const use = async () => {
    expectTypeOf(await client.tenants.list()).toEqualTypeOf<{ items: Tenant[]; next_cursor: string | null }>();
    for await (const tenant of client.tenants.list({ limit: 100 })) expectTypeOf(tenant).toEqualTypeOf<Tenant>();
    expectTypeOf((await client.catalog.list()).items).toBeArray();
    // @ts-expect-error it takes nothing
    await client.catalog.list({ product: 'certifai' });
    // @ts-expect-error the tenant is required
    await client.apiKeys.list();
    // @ts-expect-error a query is not made for a version
    await client.tenants.get({ id: '' }, { ifMatch: '""' });
    // @ts-expect-error nothing changes, so there is nothing to repeat
    await client.apiKeys.verify({ key: '' }, { idempotencyKey: 'mine' });
  };
  expectTypeOf(use).toBeFunction();
});

test('what the registry says comes with the output, also for the first page of a list', () => {
  const use = async () => {
    expectTypeOf(await client.tenants.get({ id: '' }).withMeta()).toEqualTypeOf<Answer<Tenant>>();
    expectTypeOf((await client.tenants.list().withMeta()).data.items).toEqualTypeOf<Tenant[]>();
  };
  expectTypeOf(use).toBeFunction();
});

test('an export gives events, or text when that is asked for', () => {
  const use = async () => {
    for await (const event of client.audit.export()) expectTypeOf(event).toEqualTypeOf<AuditEvent>();
    for await (const event of client.audit.export({ tenant_id: '', format: 'ndjson' }, { timeoutMs: 5 })) {
      expectTypeOf(event).toEqualTypeOf<AuditEvent>();
    }
    for await (const text of client.audit.export({ format: 'csv' })) expectTypeOf(text).toEqualTypeOf<string>();
    // @ts-expect-error there is no such form
    client.audit.export({ format: 'xml' });
    // @ts-expect-error there is no such filter
    client.audit.export({ tenant: '' });
  };
  expectTypeOf(use).toBeFunction();
});

test('the feed gives events, and a verifier the verdict that the registry gives', () => {
  expectTypeOf<Client['changes']['stream']>().toEqualTypeOf<Feed>();
  expectTypeOf<Awaited<ReturnType<Verifier['verify']>>>().toEqualTypeOf<Outputs['apiKeys']['verify']>();
  expectTypeOf<KeyQuestion & { key: string }>().toExtend<Inputs['apiKeys']['verify']>();
  const use = async (verifier: Verifier) => {
    // @ts-expect-error the key is no part of the question
    await verifier.verify('bp_x', { key: 'bp_x' });
  };
  expectTypeOf(use).toBeFunction();
});

test('a checked error has the checked code, and codes are closed', () => {
  const use = (error: unknown) => {
    if (isRegistryError(error, 'slug_taken')) expectTypeOf(error.code).toEqualTypeOf<'slug_taken'>();
    if (isRegistryError(error)) {
      expectTypeOf(error.code).toEqualTypeOf<ErrorCode | 'network' | 'timeout' | 'aborted' | 'invalid_response'>();
    }
    // @ts-expect-error there is no such code
    isRegistryError(error, 'slug_token');
  };
  expectTypeOf(use).toBeFunction();
});

test('the problem is the one of the server, with the code as a closed enum', () => {
  expectTypeOf<Problem>().toExtend<ServerProblem>();
  expectTypeOf<ServerProblem & { readonly code: ErrorCode }>().toExtend<Problem>();
});

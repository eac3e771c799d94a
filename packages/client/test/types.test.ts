// engine: none
/** The types that callers see. `tsc` checks them; running this file checks nothing. */
import { expectTypeOf, test } from 'vitest';
import type { Problem as ServerProblem } from '../../server/src/kernel/errors/problem.ts';
import type { Event as ServerEvent } from '../../server/src/modules/events/schema.ts';
import {
  type Access,
  type AccessQuestion,
  type AccessVerdict,
  type Answer,
  type AuditEvent,
  type ChangeEvent,
  type Client,
  type CurrentSession,
  type ErrorCode,
  type FeedOptions,
  type Inputs,
  isRegistryError,
  type KeyQuestion,
  type MutationOptions,
  type Outputs,
  type Problem,
  type QueryOptions,
  type RegistryEvent,
  type RegistryEventOf,
  type RegistryEventType,
  type Result,
  type Sessions,
  type SubscribeInput,
  type SubscribeOptions,
  type Tenant,
  type Verifier,
} from '../src/index.ts';

declare const client: Client;

test('calls have the input and output types of the router', () => {
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
    // @ts-expect-error the operation has no input
    await client.catalog.list({ product: 'certifai' });
    // @ts-expect-error the tenant is required
    await client.apiKeys.list();
    // @ts-expect-error a query has no ifMatch
    await client.tenants.get({ id: '' }, { ifMatch: '""' });
    // @ts-expect-error a mutation that changes nothing has no idempotency key
    await client.apiKeys.verify({ key: '' }, { idempotencyKey: 'mine' });
  };
  expectTypeOf(use).toBeFunction();
});

test('withMeta gives the answer around the output, and the first page of a list', () => {
  const use = async () => {
    expectTypeOf(await client.tenants.get({ id: '' }).withMeta()).toEqualTypeOf<Answer<Tenant>>();
    expectTypeOf((await client.tenants.list().withMeta()).data.items).toEqualTypeOf<Tenant[]>();
  };
  expectTypeOf(use).toBeFunction();
});

test('an export gives events, or text for the format csv', () => {
  const use = async () => {
    for await (const event of client.audit.export()) expectTypeOf(event).toEqualTypeOf<AuditEvent>();
    for await (const event of client.audit.export({ tenant_id: '', format: 'ndjson' }, { timeoutMs: 5 })) {
      expectTypeOf(event).toEqualTypeOf<AuditEvent>();
    }
    for await (const text of client.audit.export({ format: 'csv' })) expectTypeOf(text).toEqualTypeOf<string>();
    // @ts-expect-error the format does not exist
    client.audit.export({ format: 'xml' });
    // @ts-expect-error the filter does not exist
    client.audit.export({ tenant: '' });
  };
  expectTypeOf(use).toBeFunction();
});

test('the feed gives events, and a verifier gives the verdict of the registry', () => {
  expectTypeOf<Client['changes']['stream']>().toEqualTypeOf<
    (input?: Record<string, never>, options?: FeedOptions) => AsyncIterable<ChangeEvent>
  >();
  expectTypeOf<Awaited<ReturnType<Verifier['verify']>>>().toEqualTypeOf<Outputs['apiKeys']['verify']>();
  expectTypeOf<KeyQuestion & { key: string }>().toExtend<Inputs['apiKeys']['verify']>();
  const use = async (verifier: Verifier) => {
    // @ts-expect-error the question does not contain the key
    await verifier.verify('bp_x', { key: 'bp_x' });
  };
  expectTypeOf(use).toBeFunction();
});

test('a subscription gives events, and takes types as a list', () => {
  expectTypeOf<Client['events']['subscribe']>().toEqualTypeOf<
    (input?: SubscribeInput<Inputs['events']['subscribe']>, options?: SubscribeOptions) => AsyncIterable<RegistryEvent>
  >();
  const use = async () => {
    const input = { tenant_id: '', types: ['tenant.created'], after: 'start' } as const;
    for await (const event of client.events.subscribe(input)) expectTypeOf(event).toEqualTypeOf<RegistryEvent>();
    for await (const event of client.events.subscribeAll()) expectTypeOf(event.id).toEqualTypeOf<string>();
    // @ts-expect-error types are a list
    client.events.subscribe({ types: 'tenant.created' });
    // @ts-expect-error it is about all tenants
    client.events.subscribeAll({ tenant_id: '' });
    // @ts-expect-error a subscription of tRPC is no operation of the client
    client.events.follow();
  };
  expectTypeOf(use).toBeFunction();
});

test('an access gives the verdict of the registry, and sessions give a person with session and token, or null', () => {
  expectTypeOf<Awaited<ReturnType<Access['check']>>>().toEqualTypeOf<Outputs['access']['check']>();
  expectTypeOf<AccessQuestion>().toEqualTypeOf<Inputs['access']['check']>();
  expectTypeOf<Outputs['access']['checkBatch']['results'][number]>().toEqualTypeOf<AccessVerdict>();
  expectTypeOf<Awaited<ReturnType<Sessions['read']>>>().toEqualTypeOf<CurrentSession | null>();
  expectTypeOf<CurrentSession['session']>().not.toBeNullable();
  const use = async (access: Access) => {
    // @ts-expect-error a question names a resource
    await access.check({ permission: 'projects:read' });
    const question = { permission: 'projects:read', resource: { type: 'tenant', id: '' } } as const;
    // @ts-expect-error the type of principal does not exist
    await access.check({ ...question, principal: { type: 'group', id: '' } });
  };
  expectTypeOf(use).toBeFunction();
});

test('only a call that reads may be made by the person of a request', () => {
  const use = async () => {
    await client.tenants.get({ id: '' }, { cookie: undefined });
    await client.projects.list({ tenant_id: '' }, { cookie: '' });
    // @ts-expect-error a change comes from a page of the registry alone
    await client.projects.archive({ id: '' }, { cookie: '' });
    // @ts-expect-error the question is a POST request
    await client.apiKeys.verify({ key: '' }, { cookie: '' });
  };
  expectTypeOf(use).toBeFunction();
});

// proves A70
test('isRegistryError narrows to the given code, and accepts only known codes', () => {
  const use = (error: unknown) => {
    if (isRegistryError(error, 'slug_taken')) expectTypeOf(error.code).toEqualTypeOf<'slug_taken'>();
    if (isRegistryError(error)) {
      expectTypeOf(error.code).toEqualTypeOf<ErrorCode | 'network' | 'timeout' | 'aborted' | 'invalid_response'>();
    }
    // @ts-expect-error the code does not exist
    isRegistryError(error, 'slug_token');
  };
  expectTypeOf(use).toBeFunction();
});

test('the problem type equals that of the server, with the known codes', () => {
  expectTypeOf<Problem>().toExtend<ServerProblem>();
  expectTypeOf<ServerProblem & { readonly code: ErrorCode }>().toExtend<Problem>();
});

test('an event is narrowed by its type, and types are known words', () => {
  const use = (event: RegistryEvent) => {
    expectTypeOf(event.id).toEqualTypeOf<string>();
    switch (event.type) {
      case 'tenant.created':
        expectTypeOf(event.data).toEqualTypeOf<Tenant>();
        return event.data.slug;
      case 'api_key.rotated':
        expectTypeOf(event.data.replaced_by).toEqualTypeOf<string>();
        // @ts-expect-error a key has no slug
        return event.data.slug;
      // @ts-expect-error the type does not exist
      case 'tenant.destroyed':
        return null;
      default:
        // A newer registry may send a type that is not among the known ones.
        expectTypeOf<'user.created'>().toExtend<typeof event.type>();
        return null;
    }
  };
  expectTypeOf(use).toBeFunction();
  expectTypeOf<RegistryEvent['type']>().toEqualTypeOf<RegistryEventType>();
  expectTypeOf<RegistryEventOf<'user.created'>['data']['email']>().toEqualTypeOf<string | null>();
  expectTypeOf<string>().not.toExtend<RegistryEventType>();
});

test('an event is what the server sends', () => {
  type Envelope<Event> = Omit<Event, 'type' | 'data'>;
  expectTypeOf<Envelope<RegistryEventOf<'tenant.created'>>>().toEqualTypeOf<Envelope<ServerEvent>>();
  expectTypeOf<RegistryEvent>().toExtend<Omit<ServerEvent, 'data'> & { readonly data: object }>();
});

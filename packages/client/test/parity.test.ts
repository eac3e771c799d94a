// engine: postgres
/** Sends each operation over tRPC, over REST and through the SDK: the results and the errors are equal. */
import { createTRPCUntypedClient, httpLink, TRPCClientError } from '@trpc/client';
import { expect, test } from 'vitest';
import { newTenant, testServer } from '../../server/test/support/server.ts';
import { type Client, createClient, isRegistryError } from '../src/index.ts';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

interface Given {
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly apiKey: { readonly id: string; readonly key?: string | undefined };
}

interface Case {
  readonly what: string;
  readonly rest: (given: Given) => { readonly operation: string; readonly body?: unknown };
  readonly procedure: string;
  readonly type?: 'mutation';
  readonly input: (given: Given) => object;
  readonly token?: 'internal' | 'wrong';
  readonly ifMatch?: string;
  /** The code of the expected error; absent if the operation succeeds. */
  readonly code?: string;
}

const cases: readonly Case[] = [
  {
    what: 'reading a tenant',
    rest: ({ tenant }) => ({ operation: `GET /v1/tenants/${tenant.id}` }),
    procedure: 'tenants.get',
    input: ({ tenant }) => ({ id: tenant.id }),
  },
  {
    what: 'listing tenants',
    rest: () => ({ operation: 'GET /v1/tenants?limit=2&status=trial' }),
    procedure: 'tenants.list',
    input: () => ({ limit: 2, status: 'trial' }),
  },
  {
    what: 'listing API keys',
    rest: ({ tenant }) => ({ operation: `GET /v1/api-keys?tenant_id=${tenant.id}&include_revoked=true` }),
    procedure: 'apiKeys.list',
    input: ({ tenant }) => ({ tenant_id: tenant.id, include_revoked: true }),
  },
  {
    what: 'an update without fields',
    rest: ({ tenant }) => ({ operation: `PATCH /v1/tenants/${tenant.id}`, body: {} }),
    procedure: 'tenants.update',
    type: 'mutation',
    input: ({ tenant }) => ({ id: tenant.id }),
  },
  {
    what: 'revoking a key, which has no result',
    rest: ({ apiKey }) => ({ operation: `DELETE /v1/api-keys/${apiKey.id}` }),
    procedure: 'apiKeys.revoke',
    type: 'mutation',
    input: ({ apiKey }) => ({ id: apiKey.id }),
  },
  {
    what: 'verifying a key',
    rest: ({ apiKey }) => ({ operation: 'POST /v1/internal/api-keys/verify', body: { key: apiKey.key } }),
    procedure: 'apiKeys.verify',
    type: 'mutation',
    input: ({ apiKey }) => ({ key: apiKey.key }),
    token: 'internal',
  },
  {
    what: 'an unknown tenant',
    rest: () => ({ operation: `GET /v1/tenants/${UNKNOWN}` }),
    procedure: 'tenants.get',
    input: () => ({ id: UNKNOWN }),
    code: 'not_found',
  },
  {
    what: 'a taken slug',
    rest: ({ tenant }) => ({ operation: 'POST /v1/tenants', body: { slug: tenant.slug, name: 'Twin' } }),
    procedure: 'tenants.create',
    type: 'mutation',
    input: ({ tenant }) => ({ slug: tenant.slug, name: 'Twin' }),
    code: 'slug_taken',
  },
  {
    what: 'fields of a wrong shape',
    rest: () => ({ operation: 'POST /v1/tenants', body: { slug: 'A', name: 7, color: 'red' } }),
    procedure: 'tenants.create',
    type: 'mutation',
    input: () => ({ slug: 'A', name: 7, color: 'red' }),
    code: 'invalid_input',
  },
  {
    what: 'a filter of a wrong shape',
    rest: () => ({ operation: 'GET /v1/tenants?limit=0&color=red' }),
    procedure: 'tenants.list',
    input: () => ({ limit: 0, color: 'red' }),
    code: 'invalid_input',
  },
  {
    what: 'a forged cursor',
    rest: () => ({ operation: 'GET /v1/tenants?cursor=abc.def' }),
    procedure: 'tenants.list',
    input: () => ({ cursor: 'abc.def' }),
    code: 'invalid_cursor',
  },
  {
    what: 'an illegal transition',
    rest: ({ tenant }) => ({ operation: `POST /v1/tenants/${tenant.id}/archive` }),
    procedure: 'tenants.archive',
    type: 'mutation',
    input: ({ tenant }) => ({ id: tenant.id }),
    code: 'illegal_transition',
  },
  {
    what: 'deleting a tenant that is not archived',
    rest: ({ tenant }) => ({ operation: `DELETE /v1/tenants/${tenant.id}` }),
    procedure: 'tenants.delete',
    type: 'mutation',
    input: ({ tenant }) => ({ id: tenant.id }),
    code: 'tenant_not_archived',
  },
  {
    what: 'another version',
    rest: ({ tenant }) => ({ operation: `PATCH /v1/tenants/${tenant.id}`, body: { name: 'New' } }),
    procedure: 'tenants.update',
    type: 'mutation',
    input: ({ tenant }) => ({ id: tenant.id, name: 'New' }),
    ifMatch: '"another"',
    code: 'precondition_failed',
  },
  {
    what: 'a body that is too large',
    rest: () => ({ operation: 'POST /v1/tenants', body: { slug: 'large', name: 'x'.repeat(70_000) } }),
    procedure: 'tenants.create',
    type: 'mutation',
    input: () => ({ slug: 'large', name: 'x'.repeat(70_000) }),
    code: 'body_too_large',
  },
  {
    what: 'a wrong token',
    rest: () => ({ operation: 'GET /v1/tenants' }),
    procedure: 'tenants.list',
    input: () => ({}),
    token: 'wrong',
    code: 'unauthenticated',
  },
  {
    what: 'a missing permission',
    rest: () => ({ operation: 'GET /v1/tenants' }),
    procedure: 'tenants.list',
    input: () => ({}),
    token: 'internal',
    code: 'forbidden',
  },
];

const server = testServer();

type Outcome = { readonly output: unknown } | { readonly problem: Readonly<Record<string, unknown>> };

/** Returns the problem without the request id, which differs between the three requests. */
function failed({ instance, ...problem }: Record<string, unknown>): Outcome {
  expect(instance).toEqual(expect.any(String));
  return { problem };
}

test.each(cases)(
  '$what: tRPC, REST and the SDK agree',
  async ({ rest, procedure, type, input, ifMatch, code, ...rule }) => {
    const operator = createClient({ url: server.url, token: server.operatorToken });
    const tenant = await newTenant(server);
    const given: Given = { tenant, apiKey: await operator.apiKeys.create({ tenant_id: tenant.id, name: 'CI' }) };
    const token = { operator: server.operatorToken, internal: server.internalToken, wrong: 'wrong' }[
      rule.token ?? 'operator'
    ];
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };

    async function throughRest(): Promise<Outcome> {
      const { operation, body: sent } = rest(given);
      const { status, body } = await server.call(operation, { body: sent, token, headers });
      return status < 300 ? { output: body ?? undefined } : failed(body);
    }

    async function throughTrpc(): Promise<Outcome> {
      const link = httpLink({ url: `${server.url}/trpc`, headers: { ...headers, authorization: `Bearer ${token}` } });
      const trpc = createTRPCUntypedClient({ links: [link] });
      try {
        return { output: await trpc[type ?? 'query'](procedure, input(given)) };
      } catch (error) {
        if (!(error instanceof TRPCClientError)) throw error;
        // A failure before tRPC has a problem without tRPC's envelope.
        return failed(error.data?.problem ?? error.meta?.['responseJSON']);
      }
    }

    async function throughSdk(): Promise<Outcome> {
      const client = createClient({ url: server.url, token, headers });
      try {
        return { output: await operationOf(client, procedure)(input(given)) };
      } catch (error) {
        if (!isRegistryError(error) || error.problem === undefined) throw error;
        expect(error).toMatchObject({ code, status: error.problem.status, requestId: error.problem.instance });
        return failed(error.problem);
      }
    }

    const outcome = await throughSdk();
    expect('problem' in outcome ? outcome.problem['code'] : undefined).toBe(code);
    expect(await throughTrpc()).toEqual(outcome);
    expect(await throughRest()).toEqual(outcome);
  },
);

/** Returns the SDK's function by the procedure's path, untyped: the table holds invalid input too. */
function operationOf(client: Client, procedure: string): (input: object) => Promise<unknown> {
  const [group = '', name = ''] = procedure.split('.');
  const groups = client as unknown as Record<string, Record<string, (input: object) => Promise<unknown>>>;
  const operation = groups[group]?.[name];
  if (operation === undefined) throw new Error(`the SDK has no ${procedure}`);
  return operation;
}

// engine: none
/** The middleware inside the real frameworks, over HTTP where the framework has a server. */
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type AcceptedApiKey, type ApiKeyVerdict, type KeyQuestion, RegistryError } from '../src/index.ts';
import type { ApiKeyRequirement } from '../src/middleware/express.ts';
import { apiKeyOf as expressKeyOf, requireApiKey as requireInExpress } from '../src/middleware/express.ts';
import { apiKeyOf as fastifyKeyOf, requireApiKey as requireInFastify } from '../src/middleware/fastify.ts';
import { requireApiKey as requireInFetch } from '../src/middleware/fetch.ts';
import { apiKeyOf as honoKeyOf, requireApiKey as requireInHono } from '../src/middleware/hono.ts';
import { TENANT } from './feed-harness.ts';
import { overHttp, type Send } from './over-http.ts';
import { accepted, KEY, refusal } from './verifier-harness.ts';

interface VerifierStub {
  verify(key: string, question?: KeyQuestion): Promise<ApiKeyVerdict>;
}

/** `/reports` requires a key and answers with its tenant; `/open` calls `apiKeyOf` without requiring a key. */
type Serve = (verifier: VerifierStub, requirement: ApiKeyRequirement) => Promise<Send>;

const frameworks: readonly [string, Serve][] = [
  [
    'Express',
    (verifier, requirement) => {
      const app = express();
      app.get('/reports', requireInExpress(verifier, requirement), (request, response) => {
        expectTypeOf(expressKeyOf(request)).toEqualTypeOf<AcceptedApiKey>();
        response.send(expressKeyOf(request).tenant_id);
      });
      app.get('/open', (request, response) => void response.send(expressKeyOf(request).tenant_id));
      // In this mode the default error handler of Express does not print errors.
      app.set('env', 'test');
      return overHttp(app);
    },
  ],
  [
    'Fastify',
    async (verifier, requirement) => {
      const app = Fastify();
      const tenantOf = async (request: object) => fastifyKeyOf(request).tenant_id;
      app.get('/reports', { onRequest: requireInFastify(verifier, requirement) }, tenantOf);
      app.get('/pre', { preHandler: [requireInFastify(verifier, requirement)] }, tenantOf);
      app.get('/open', tenantOf);
      await app.ready();
      return overHttp(app.routing);
    },
  ],
  [
    'Hono',
    async (verifier, requirement) => {
      const app = new Hono();
      app.get('/reports', requireInHono(verifier, requirement), (context) =>
        context.text(honoKeyOf(context).tenant_id),
      );
      app.get('/open', (context) => context.text(honoKeyOf(context).tenant_id));
      app.onError((error, context) => context.text(String(error), 500));
      return async (path, headers) => app.request(path, { headers: headers ?? {} });
    },
  ],
  [
    'the Fetch API',
    async (verifier, requirement) => {
      const handle = requireInFetch(verifier, requirement, (request, apiKey, extra: string) => {
        expectTypeOf(request).toEqualTypeOf<Request>();
        expect(extra).toBe('passed on');
        return new Response(apiKey.tenant_id);
      });
      return async (path, headers = {}) =>
        handle(new Request(`http://product.example${path}`, { headers }), 'passed on').catch(
          (error) => new Response(String(error), { status: 500 }),
        );
    },
  ],
];

/** Returns a verifier that gives the verdict of the test and records the questions. */
function saying(verdict: () => ApiKeyVerdict) {
  const asked: [string, KeyQuestion | undefined][] = [];
  const verify = async (key: string, question?: KeyQuestion) => {
    asked.push([key, question]);
    return verdict();
  };
  return { asked, verify };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe.each(frameworks)('%s', (_, serve) => {
  test('a good key admits the request, and the question contains the whole requirement', async () => {
    const verifier = saying(() => accepted());
    const question = { scopes: ['reports:read'], product: 'certifai', access: 'read' as const };
    const send = await serve(verifier, question);
    const response = await send('/reports', bearer(KEY));
    expect([response.status, await response.text()]).toEqual([200, TENANT]);
    expect(verifier.asked).toEqual([[KEY, question]]);
  });

  test.each<[string, Record<string, string>]>([
    ['no credential', {}],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['nothing after the scheme', { authorization: 'Bearer ' }],
    ['two words', { authorization: `Bearer ${KEY} ${KEY}` }],
    ['a header without agreement', { 'x-other': KEY }],
  ])('%s is 401 with a challenge, without a question to the verifier', async (_, headers) => {
    const verifier = saying(() => accepted());
    const send = await serve(verifier, { header: 'X-Api-Key' });
    const response = await send('/reports', headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ status: 401, code: 'unauthenticated', title: 'Unauthorized' });
    expect(verifier.asked).toEqual([]);
  });

  test('the key may come in the agreed header, and Authorization has precedence over it', async () => {
    const verifier = saying(() => accepted());
    const send = await serve(verifier, { header: 'X-Api-Key' });
    expect((await send('/reports', { 'x-api-key': KEY })).status).toBe(200);
    await send('/reports', { 'x-api-key': 'other', ...bearer(KEY) });
    expect(verifier.asked.map(([key]) => key)).toEqual([KEY, KEY]);
  });

  test.each([
    ['not_found', 401, 'Bearer error="invalid_token"'],
    ['revoked', 401, 'Bearer error="invalid_token"'],
    ['expired', 401, 'Bearer error="invalid_token"'],
    ['insufficient_scope', 403, 'Bearer error="insufficient_scope", scope="a:read b"'],
    ['not_entitled', 403, null],
    ['tenant_frozen', 403, null],
    ['tenant_archived', 403, null],
  ] as const)('%s is %i, as a problem that does not quote the key', async (code, status, challenge) => {
    const send = await serve(
      saying(() => refusal(code)),
      { scopes: ['a:read', 'b'] },
    );
    const response = await send('/reports', bearer(KEY));
    const text = await response.text();
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(text)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.stringMatching(/\w{3}.*\.$/),
      code,
    });
    expect(text + JSON.stringify([...response.headers])).not.toContain(KEY);
  });

  test.each([
    ['network', undefined, '1'],
    ['timeout', undefined, '1'],
    ['unauthenticated', undefined, '1'],
    ['overloaded', 7, '7'],
    ['overloaded', 0, '1'],
  ] as const)(
    'a question without a verdict (%s, %s) is 503 with Retry-After, and onError gets the reason',
    async (code, retryAfter, expected) => {
      const error = new RegistryError(`apiKeys.verify: ${code}`, { code, retryAfter });
      const errors: unknown[] = [];
      const send = await serve(
        saying(() => {
          throw error;
        }),
        { onError: (each) => void errors.push(each) },
      );
      const response = await send('/reports', bearer(KEY));
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, expected]);
      const problem = await response.text();
      expect(JSON.parse(problem)).toMatchObject({ status: 503, code: 'unavailable' });
      expect(problem).not.toContain('apiKeys.verify');
      expect(errors).toEqual([error]);
    },
  );

  test('too many wrong keys are 429', async () => {
    const problem = { code: 'too_many_attempts', status: 429, detail: 'x', type: 'x', title: 'x', instance: 'x' };
    // A newer registry may send codes that this client does not list.
    const fields = { code: problem.code, problem, retryAfter: 30, status: 429 } as unknown as { code: 'overloaded' };
    const send = await serve(
      saying(() => {
        throw new RegistryError('too many', fields);
      }),
      {},
    );
    const response = await send('/reports', bearer(KEY));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
  });

  test('a requirement that the registry refuses is 500, a mistake of the program and not of the caller', async () => {
    const send = await serve(
      saying(() => {
        throw new RegistryError('the scopes are wrong', { code: 'invalid_input', status: 400 });
      }),
      { scopes: ['No Scope'] },
    );
    expect((await send('/reports', bearer(KEY))).status).toBe(500);
  });
});

test.each(frameworks.filter(([name]) => name !== 'the Fetch API'))(
  'in %s, apiKeyOf throws for a request without requireApiKey',
  async (_, serve) => {
    const send = await serve(
      saying(() => accepted()),
      {},
    );
    expect((await send('/open', bearer(KEY))).status).toBe(500);
  },
);

test('in Fastify the hook also works as preHandler', async () => {
  const [, [, serve]] = frameworks as [unknown, [string, Serve]];
  const verifier = saying(() => accepted());
  const send = await serve(verifier, {});
  expect(await (await send('/pre', bearer(KEY))).text()).toBe(TENANT);
  expect((await send('/pre', {})).status).toBe(401);
});

// engine: none
/** The middleware for people and their permissions, inside the real frameworks. */
import express from 'express';
import Fastify from 'fastify';
import { type Context, Hono } from 'hono';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { AccessQuestion, AccessVerdict, CurrentSession } from '../src/index.ts';
import { RegistryError } from '../src/index.ts';
import * as inExpress from '../src/middleware/express.ts';
import * as inFastify from '../src/middleware/fastify.ts';
import * as inFetch from '../src/middleware/fetch.ts';
import * as inHono from '../src/middleware/hono.ts';
import { TENANT } from './feed-harness.ts';
import { overHttp, type Send } from './over-http.ts';
import { COOKIE, CSRF_TOKEN, cookieOf, signedIn, USER } from './session-fixtures.ts';
import { accepted, KEY } from './verifier-harness.ts';

const ORIGIN = 'https://portal.example.com';
const PROJECT = '0192f0c2-7f3a-7c52-9d1e-4b8a6f2e3c10';
const PERMISSION = 'projects:read';

interface Parts {
  readonly sessions: { read(cookies: string | null | undefined): Promise<CurrentSession | null> };
  readonly access: { check(question: AccessQuestion): Promise<AccessVerdict> };
  readonly onError?: (error: unknown) => void;
}

const verifier = { verify: async () => accepted() };
const project = (id: string | undefined) => ({ type: 'project' as const, id: id ?? '' });

/**
 * `/me` requires a session for all methods and answers with the person. `/projects/{id}` requires a session, `/keys/{id}`
 * an API key, and both a permission on the project. `/open/{id}` requires the permission of an unknown sender.
 */
type Serve = (parts: Parts) => Promise<Send>;

const frameworks: readonly [string, Serve][] = [
  [
    'Express',
    ({ sessions, access, onError }) => {
      const app = express();
      const session = inExpress.requireSession(sessions, { origins: ORIGIN, onError });
      const permission = inExpress.requireAccess(access, {
        permission: PERMISSION,
        resource: (request: express.Request<{ id: string }>) => project(request.params.id),
        onError,
      });
      const person = (request: express.Request) => inExpress.sessionOf(request).user.id;
      app.all('/me', session, (request, response) => {
        expectTypeOf(inExpress.sessionOf(request)).toEqualTypeOf<CurrentSession>();
        response.send(person(request));
      });
      app.get('/projects/:id', session, permission, (request, response) => {
        expectTypeOf(request.params.id).toEqualTypeOf<string>();
        response.send(inExpress.sessionOf(request).user.id);
      });
      app.get('/keys/:id', inExpress.requireApiKey(verifier), permission, (_, response) => void response.send('ok'));
      app.get('/open/:id', permission, (_, response) => void response.send('ok'));
      // In this mode the default error handler of Express does not print errors.
      app.set('env', 'test');
      return overHttp(app);
    },
  ],
  [
    'Fastify',
    async ({ sessions, access, onError }) => {
      const app = Fastify();
      const session = inFastify.requireSession(sessions, { origins: [ORIGIN], onError });
      const permission = inFastify.requireAccess(access, {
        permission: PERMISSION,
        resource: async ({ params }: { params: unknown }) => project((params as { id: string }).id),
        onError,
      });
      const person = async (request: object) => inFastify.sessionOf(request).user.id;
      app.all('/me', { onRequest: session }, person);
      app.get('/projects/:id', { onRequest: [session, permission] }, person);
      app.get('/keys/:id', { onRequest: [inFastify.requireApiKey(verifier)], preHandler: permission }, () => 'ok');
      app.get('/open/:id', { onRequest: permission }, () => 'ok');
      await app.ready();
      return overHttp(app.routing);
    },
  ],
  [
    'Hono',
    async ({ sessions, access, onError }) => {
      const app = new Hono();
      const session = inHono.requireSession(sessions, { origins: ORIGIN, onError });
      const permission = inHono.requireAccess(access, {
        permission: PERMISSION,
        resource: (context: Context) => project(context.req.param('id')),
        onError,
      });
      app.all('/me', session, (context) => context.text(inHono.sessionOf(context).user.id));
      app.get('/projects/:id', session, permission, (context) => context.text(inHono.sessionOf(context).user.id));
      app.get('/keys/:id', inHono.requireApiKey(verifier), permission, (context) => context.text('ok'));
      app.get('/open/:id', permission, (context) => context.text('ok'));
      app.onError((error, context) => context.text(String(error), 500));
      return async (path, headers = {}, method = 'GET') => app.request(path, { headers, method });
    },
  ],
  [
    'the Fetch API',
    async ({ sessions, access, onError }) => {
      const requirement = {
        permission: PERMISSION,
        resource: (request: Request) => project(new URL(request.url).pathname.split('/')[2]),
        onError,
      };
      const person = (_: Request, session: CurrentSession, extra: string) => {
        expect(extra).toBe('passed on');
        return new Response(session.user.id);
      };
      const ok = () => new Response('ok');
      const session = { origins: ORIGIN, onError };
      const routes: Record<string, (request: Request, extra: string) => Promise<Response>> = {
        me: inFetch.requireSession(sessions, session, person),
        projects: inFetch.requireSession(sessions, session, inFetch.requireAccess(access, requirement, person)),
        keys: inFetch.requireApiKey(verifier, {}, inFetch.requireAccess(access, requirement, ok)),
        open: inFetch.requireAccess(access, requirement, ok),
      };
      return async (path, headers = {}, method = 'GET') => {
        const handle = routes[path.split('/')[1] ?? ''];
        const request = new Request(`http://product.example${path}`, { headers, method });
        const failed = (error: unknown) => new Response(String(error), { status: 500 });
        return handle?.(request, 'passed on').catch(failed) ?? failed('no route');
      };
    },
  ],
];

const permitted: AccessVerdict = {
  tenant_id: TENANT,
  allowed: true,
  level: 'viewer',
  why: { by: 'role_binding', path: [], reason: null },
};
const cookie = { cookie: cookieOf() };

/** Returns parts that answer as the test says and record what they are asked. */
function answering(
  session: () => CurrentSession | null = () => signedIn(),
  check: () => AccessVerdict = () => permitted,
) {
  const asked: (AccessQuestion | string | null | undefined)[] = [];
  const errors: unknown[] = [];
  return {
    asked,
    errors,
    onError: (error: unknown) => void errors.push(error),
    sessions: {
      async read(cookies: string | null | undefined) {
        asked.push(cookies);
        return session();
      },
    },
    access: {
      async check(question: AccessQuestion) {
        asked.push(question);
        return check();
      },
    },
  };
}

const failing = (fields: ConstructorParameters<typeof RegistryError>[1]) => () => {
  throw new RegistryError(`registry: ${fields.code}`, fields);
};

describe.each(frameworks)('requireSession in %s', (_, serve) => {
  test('a session admits the request, and the whole Cookie header is read', async () => {
    const parts = answering();
    const send = await serve(parts);
    const response = await send('/me', { cookie: `a=b; ${cookieOf()}` });
    expect([response.status, await response.text()]).toEqual([200, USER]);
    expect(parts.asked).toEqual([`a=b; ${cookieOf()}`]);
  });

  test('without a session the request is 401, as a problem that does not quote the cookie', async () => {
    const send = await serve(answering(() => null));
    const response = await send('/me', cookie);
    const text = await response.text();
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Cookie cookie-name="__Host-tr_session"',
    ]);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(text).not.toContain(COOKIE);
  });

  test('a change needs the origin of an allowed page and the token of this session', async () => {
    const send = await serve(answering());
    const good = { ...cookie, origin: ORIGIN, 'x-csrf-token': CSRF_TOKEN };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect((await send('/me', good, method)).status).toBe(200);
    const wrong: Record<string, string>[] = [
      cookie,
      { ...cookie, origin: ORIGIN },
      { ...cookie, 'x-csrf-token': CSRF_TOKEN },
      { ...good, origin: 'https://evil.example' },
      { ...good, origin: 'null' },
      { ...good, origin: `${ORIGIN}:8443` },
      { ...good, 'x-csrf-token': '' },
      { ...good, 'x-csrf-token': `${CSRF_TOKEN}x` },
      { ...good, 'x-csrf-token': `x${CSRF_TOKEN.slice(1)}` },
    ];
    for (const headers of wrong) {
      const response = await send('/me', headers, 'POST');
      const body = await response.text();
      expect([response.status, JSON.parse(body)['code']]).toEqual([403, 'csrf_failed']);
      expect(body).not.toContain(CSRF_TOKEN);
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect((await send('/me', { ...cookie, origin: 'https://evil.example' }, method)).status).toBe(200);
    }
  });

  test('a session that cannot be read is 503 with Retry-After, and onError gets the reason', async () => {
    const parts = answering(failing({ code: 'rate_limited', status: 429, retryAfter: 7 }));
    const send = await serve(parts);
    const response = await send('/me', cookie);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await response.json()).toMatchObject({ status: 503, code: 'unavailable' });
    expect(parts.errors).toEqual([expect.objectContaining({ code: 'rate_limited' })]);
  });
});

describe.each(frameworks)('requireAccess in %s', (_, serve) => {
  test('the question is about the person of the session, and about the key of the request', async () => {
    const parts = answering();
    const send = await serve(parts);
    expect(await (await send(`/projects/${PROJECT}`, cookie)).text()).toBe(USER);
    expect((await send(`/keys/${PROJECT}`, { authorization: `Bearer ${KEY}` })).status).toBe(200);
    const question = { permission: PERMISSION, resource: { type: 'project', id: PROJECT } };
    const { key_id } = accepted();
    expect(parts.asked).toEqual([
      cookieOf(),
      { ...question, principal: { type: 'user', id: USER } },
      { ...question, principal: { type: 'api_key', id: key_id } },
    ]);
  });

  const wrongId = { pointer: '/checks/0/resource/id', message: 'must be a UUID' };
  const problem = { type: 'x', title: 'x', status: 400, detail: 'x', instance: 'x', code: 'invalid_input' as const };
  test.each<[string, () => AccessVerdict]>([
    ['a refusal', () => ({ ...permitted, allowed: false, level: null })],
    [
      'an id that cannot be one',
      failing({ code: 'invalid_input', status: 400, problem: { ...problem, errors: [wrongId] } }),
    ],
  ])('%s is 403, as a problem that names the permission', async (_, check) => {
    const send = await serve(answering(undefined, check));
    const response = await send(`/projects/${PROJECT}`, cookie);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      detail: 'This needs the permission projects:read.',
      code: 'forbidden',
      permission: 'projects:read',
    });
  });

  test('the request of nobody is 401 before any question about access', async () => {
    const parts = answering(() => null);
    const send = await serve(parts);
    expect((await send(`/projects/${PROJECT}`, cookie)).status).toBe(401);
    expect(parts.asked).toEqual([cookieOf()]);
  });

  test('a permission that cannot be checked is 503 with Retry-After, and onError gets the reason', async () => {
    const parts = answering(undefined, failing({ code: 'timeout' }));
    const send = await serve(parts);
    const response = await send(`/projects/${PROJECT}`, cookie);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(parts.errors).toEqual([expect.objectContaining({ code: 'timeout' })]);
  });

  test('an unknown permission, and a request whose sender nothing has found out, are 500: mistakes of the program', async () => {
    const errors = [{ pointer: '/checks/0/permission', message: 'is not known' }, wrongId];
    const refused = failing({ code: 'invalid_input', status: 400, problem: { ...problem, errors } });
    const send = await serve(answering(undefined, refused));
    expect((await send(`/projects/${PROJECT}`, cookie)).status).toBe(500);
    expect((await send(`/open/${PROJECT}`, cookie)).status).toBe(500);
  });
});

test.each(['portal.example.com', 'https://portal.example.com/', 'https://portal.example.com/path', '*', 'null'])(
  'text that is no origin is refused at once: %s',
  (origin) => {
    const { sessions } = answering();
    for (const { requireSession } of [inExpress, inFastify, inHono]) {
      expect(() => requireSession(sessions, { origins: [ORIGIN, origin] })).toThrow(TypeError);
    }
    expect(() => inFetch.requireSession(sessions, { origins: origin }, () => new Response())).toThrow(TypeError);
  },
);

// engine: postgres
/** Requests that a page of another origin makes a browser send. */
import { describe, expect, test } from 'vitest';
import { type Browser, browserWith, newPerson, newSession, PASSWORD } from '../../../test/support/people.ts';
import { type Answer, startTestServer, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';
import { testConfig } from '../../testing.ts';
import { mintCookie } from './cookie.ts';

const server = testServer();

const statusOf = async ({ options }: Browser) => (await server.call('GET /v1/auth/session', options)).status;

describe('a request that changes something', () => {
  const project = { slug: 'web-shop', name: 'Web' };

  // proves C32
  test.each([
    ['POST /v1/projects', project],
    [`PATCH /v1/projects/${UNKNOWN}`, { name: 'Other' }],
    ['PUT /v1/auth/password', { current: PASSWORD, new: 'nine green umbrellas' }],
    ['DELETE /v1/auth/sessions', undefined],
    ['POST /trpc/sessions.endAll', {}],
    ['POST /trpc/projects.create', project],
  ])('is refused unless a page of ours sent it in this session, and changes nothing: %s', async (call, body) => {
    const person = await newPerson(server, (await tenantIn(server, 'active')).id, { roles: ['admin'] });
    const [browser, other] = [await newSession(server, person), await newSession(server, person)];
    const { cookie = '', origin = '', 'x-csrf-token': token = '' } = browser.options.headers;
    const trail = (await trailOf(server, person.tenant_id)).length;
    const forged: Record<string, string>[] = [
      { cookie },
      { cookie, 'x-csrf-token': token },
      { cookie, origin: 'https://evil.example', 'x-csrf-token': token },
      { cookie, origin: 'null', 'x-csrf-token': token },
      { cookie, origin: `${origin}/`, 'x-csrf-token': token },
      { cookie, origin },
      { cookie, origin, 'x-csrf-token': '' },
      { cookie, origin, 'x-csrf-token': `${token}x` },
      { cookie, origin, 'x-csrf-token': other.csrfToken },
    ];
    const tenant = body === project ? { tenant_id: person.tenant_id } : {};
    const given = body === undefined ? {} : { body: { ...body, ...tenant } };
    const codeIn = ({ body: answer }: Answer) => answer?.code ?? answer?.error?.data?.problem.code;
    for (const headers of forged) {
      const answer = await server.call(call, { token: null, headers, ...given });
      expect([answer.status, codeIn(answer)], Object.keys(headers).join(' ')).toEqual([403, 'csrf_failed']);
    }
    expect(await trailOf(server, person.tenant_id)).toHaveLength(trail);
    expect([await statusOf(browser), await statusOf(other)]).toEqual([200, 200]);
    expect(codeIn(await server.call(call, { ...browser.options, ...given }))).not.toBe('csrf_failed');
  });

  test('counts as no guess when it was forged, and neither does a session that ended or an unknown cookie', async () => {
    const failuresMax = 3;
    const limited = await startTestServer({ limits: { ...testConfig.limits, failuresPerMinute: failuresMax } });
    const person = await newPerson(limited, (await tenantIn(limited, 'active')).id);
    const [browser, ended] = [await newSession(limited, person), await newSession(limited, person)];
    const { cookie = '' } = browser.options.headers;
    await limited.call(`DELETE /v1/auth/sessions/${ended.id}`, browser.options);
    for (let n = 0; n < 2 * failuresMax; n += 1) {
      await limited.call('DELETE /v1/auth/sessions', { token: null, headers: { cookie } });
      expect((await limited.call('GET /v1/me', ended.options)).status).toBe(401);
    }
    const me = async () => (await limited.call('GET /v1/me', browser.options)).status;
    expect(await me()).toBe(200);
    for (let n = 0; n < 2 * failuresMax; n += 1)
      expect((await limited.call('GET /v1/me', browserWith(limited, mintCookie()).options)).status).toBe(401);
    expect(await me()).toBe(200);
    // Guesses at bearer credentials lock out bearer credentials, and nobody's session.
    for (let n = 0; n < failuresMax; n += 1) await limited.call('GET /v1/me', { token: `bp_${'A'.repeat(22)}` });
    expect((await limited.call('GET /v1/me', { token: `bp_${'A'.repeat(22)}` })).status).toBe(429);
    expect(await me()).toBe(200);
    await limited.close();
  });

  test('unknown cookies of one address are looked up as often as a principal may ask, and no more', async () => {
    const limited = await startTestServer({ limits: { ...testConfig.limits, principalPerMinute: 3 } });
    const ask = async () => (await limited.call('GET /v1/me', browserWith(limited, mintCookie()).options)).status;
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([401, 401, 401, 429]);
    await limited.close();
  });
});

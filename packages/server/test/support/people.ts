/** People of a tenant, and the browsers in which they sign in. */
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { sessions } from '@tenant-registry/db';
import { newId } from '../../src/kernel/ids.ts';
import type { TenantRole } from '../../src/kernel/permissions.ts';
import { csrfTokenOf, digestOf, mintCookie, SESSION_COOKIE } from '../../src/modules/sessions/cookie.ts';
import { SESSION_MS_MAX } from '../../src/modules/sessions/start.ts';
import { testConfig } from '../../src/testing.ts';
import type { Answer, TestServer } from './server.ts';

const derive = promisify(argon2);

/** The password of people who have one, unless told otherwise. */
export const PASSWORD = 'seven purple ladders';

export interface TestPerson {
  readonly id: string;
  readonly tenant_id: string;
  readonly email: string;
}

interface PersonFields {
  readonly email?: string;
  /** Null: none. */
  readonly password?: string | null;
  readonly roles?: readonly TenantRole[];
}

/** Makes a local user straight in the table. */
export async function newPerson(server: TestServer, tenant_id: string, fields: PersonFields = {}): Promise<TestPerson> {
  const { db, clock } = server.app.deps;
  const id = newId(clock);
  const { email = `${id}@people.example`, password = PASSWORD, roles = ['member'] } = fields;
  await db
    .insertInto('users')
    .values({
      id,
      tenant_id,
      external_subject: `local:${id}`,
      email,
      display_name: 'Jane Doe',
      roles: [...roles],
      password_hash: password === null ? null : await hashOf(password),
    })
    .execute();
  return { id, tenant_id, email };
}

const hashes = new Map<string, Promise<string>>();

/** One computation for each password: the salt may be one for all people of a test. */
function hashOf(password: string): Promise<string> {
  const known = hashes.get(password) ?? newHash(password);
  hashes.set(password, known);
  return known;
}

async function newHash(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const cost = { passes: 3, memory: 65_536, parallelism: 4, tagLength: 32 };
  const hash = await derive('argon2id', { message: password, nonce, ...cost });
  return `argon2id-t3|${nonce.toString('base64url')}|${hash.toString('base64url')}`;
}

/** What a page of the registry's own sends in a session. */
export interface Browser {
  readonly cookie: string;
  readonly csrfToken: string;
  /** For `server.call`: no Authorization header, but the cookie and the proof that a page of ours sent the request. */
  readonly options: { readonly token: null; readonly headers: Readonly<Record<string, string>> };
}

/** Returns the browser that has the cookie. */
export function browserWith({ app }: TestServer, cookie: string): Browser {
  return { cookie, csrfToken: csrfTokenOf(cookie), options: inSession(cookie, app.deps.sessions.publicUrl) };
}

/** Returns what a page of the registry's own sends in the session of the cookie. */
export function inSession(cookie: string, publicUrl = testConfig.publicUrl): Browser['options'] {
  const headers = {
    cookie: `${SESSION_COOKIE}=${cookie}`,
    origin: publicUrl ?? '',
    'x-csrf-token': csrfTokenOf(cookie),
  };
  return { token: null, headers };
}

/** Starts a session straight in the table, without the cost of a password. */
export async function newSession(
  server: TestServer,
  { id: user_id, tenant_id }: TestPerson,
): Promise<Browser & { readonly id: string }> {
  const { db, clock } = server.app.deps;
  const cookie = mintCookie();
  const now = clock();
  const { id } = await db.transaction().execute((tx) =>
    sessions.insertSession(tx, {
      id: newId(clock),
      tenant_id,
      user_id,
      idp_config_id: null,
      source_ip: null,
      session_hash: digestOf(cookie),
      created_at: now,
      expires_at: new Date(now.getTime() + SESSION_MS_MAX),
    }),
  );
  return { ...browserWith(server, cookie), id };
}

/** Signs in by password, as a page of ours does. */
export function signIn(
  server: TestServer,
  { tenant_id: tenant, email }: TestPerson,
  password = PASSWORD,
): Promise<Answer> {
  const { publicUrl } = server.app.deps.sessions;
  const headers: Record<string, string> = publicUrl === null ? {} : { origin: publicUrl };
  return server.call('POST /v1/auth/sign-in', { token: null, headers, body: { tenant, email, password } });
}

/** Returns the value of the cookie that an answer gives; empty when it takes the cookie away, undefined when it does neither. */
export function cookieOf({ headers }: Pick<Answer, 'headers'>): string | undefined {
  return new RegExp(`^${SESSION_COOKIE}=([^;]*);`).exec(headers.get('set-cookie') ?? '')?.[1];
}

/** Returns the browser of somebody who just signed in. */
export async function signedIn(server: TestServer, person: TestPerson, password = PASSWORD): Promise<Browser> {
  const answer = await signIn(server, person, password);
  const cookie = cookieOf(answer);
  if (cookie === undefined) throw new Error(`could not sign in: ${JSON.stringify(answer.body)}`);
  return browserWith(server, cookie);
}

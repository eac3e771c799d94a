/** A request that succeeds for every operation, owned by the modules: for the tests that walk over all operations. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Operation } from '../../src/http/operations.ts';
import { newTenant, type TestServer, UNKNOWN } from './server.ts';

/** The things that a request may name beyond its tenant; each module merges in the ones that it can make. */
// biome-ignore lint/suspicious/noEmptyInterface: modules fill it
export interface Things {}

/** A tenant, and of the things what the operation needs: reading a thing that it does not name throws. */
export interface Held extends Things {
  readonly tenant_id: string;
  readonly tenant_slug: string;
}

export interface Request {
  /** The fields of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The credential of the one caller for whom it succeeds; null: none, or one in the headers. Absent: the operator's, or the internal one. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An exception of one operation from a rule that the walkers hold; the text is its reason. */
export interface WalkExceptions {
  /** A mutation that a frozen or archived tenant does not stop. Without it a freeze must refuse the mutation. */
  readonly whenFrozen?: string;
  /** It names no tenant, and nothing of one, so a foreign tenant cannot be named either. */
  readonly namesNoTenant?: string;
  /** It is about the caller itself, and refuses every caller that is no user and no service identity of a tenant. */
  readonly selfOnly?: string;
  /** Row-level security does not decide its answer. */
  readonly withoutRows?: string;
}

export interface WalkedOperation extends WalkExceptions {
  /** The things that must exist. */
  readonly needs?: readonly (keyof Things)[];
  /** The steps of the tenant's life that must come first: `cancel`. */
  readonly after?: readonly ('cancel' | 'archive')[];
  readonly request: (held: Held) => Request;
}

export interface Maker {
  readonly needs?: readonly (keyof Things)[];
  make(server: TestServer, held: Held): Promise<string>;
  /** A name of this form that nothing has; an id when absent. */
  readonly unknown?: string;
}

export interface ModuleRequests {
  /** The makers of the module's things in a tenant. */
  readonly things?: Readonly<Record<string, Maker>>;
  /** By operation id. */
  readonly operations: Readonly<Record<string, WalkedOperation>>;
}

/** Declares the requests of a module's operations. */
export function defineRequests(requests: ModuleRequests): ModuleRequests {
  return requests;
}

/** The request of a resource by its id. */
export const byId = (id: string): Request => ({ path: { id } });

const folder = fileURLToPath(new URL('../../src/modules/', import.meta.url));
const declared: ModuleRequests[] = await Promise.all(
  globSync('**/*.requests.ts', { cwd: folder }).map(async (file) => (await import(folder + file)).requests),
);
const makers = new Map(declared.flatMap(({ things = {} }) => Object.entries(things)));
const walked = new Map(declared.flatMap(({ operations }) => Object.entries(operations)));

/** The ids of every operation that has a request. */
export const walkedOperations: readonly string[] = [...walked.keys()];

/** Returns how the operation is walked. Throws when its module declares no request for it. */
export function walkOf({ route }: Operation): WalkedOperation {
  const found = walked.get(route.operation);
  if (found === undefined) throw new Error(`${route.operation} needs a request in its module's *.requests.ts`);
  return found;
}

/** Makes a tenant with what the operation needs, in the state in which the operation succeeds. */
export async function heldFor(server: TestServer, operation: Operation): Promise<Held> {
  const { after = [] } = walkOf(operation);
  const held = await heldWith(server, walkOf(operation).needs ?? []);
  for (const step of after) await server.call(`POST /v1/tenants/${held.tenant_id}/${step}`);
  return held;
}

/** Makes a tenant with one of everything. */
export function heldWithAll(server: TestServer): Promise<Held> {
  return heldWith(server, [...makers.keys()] as (keyof Things)[]);
}

/** Names of things that do not exist, in the form of existing ones. */
export const nowhere: Held = guarded({
  tenant_id: UNKNOWN,
  tenant_slug: 'nowhere',
  ...Object.fromEntries([...makers].map(([name, { unknown = UNKNOWN }]) => [name, unknown])),
});

/** The things that the tenant has, by name. */
export function thingsIn(held: Held): Readonly<Record<string, string>> {
  return { ...held };
}

async function heldWith(server: TestServer, needs: readonly string[]): Promise<Held> {
  const { id, slug } = await newTenant(server);
  const things: Record<string, string> = { tenant_id: id, tenant_slug: slug };
  const add = async (name: string): Promise<void> => {
    if (things[name] !== undefined) return;
    const maker = makers.get(name);
    if (maker === undefined) throw new Error(`no module makes a ${name}`);
    for (const need of maker.needs ?? []) await add(need);
    things[name] = await maker.make(server, guarded(things));
  };
  for (const name of needs) await add(name);
  return guarded(things);
}

/** Throws when a request reads what its operation does not say that it needs. */
function guarded(things: Readonly<Record<string, string>>): Held {
  const get = (all: Readonly<Record<string, string>>, name: string | symbol) => {
    if (typeof name === 'string' && !(name in all) && name !== 'then' && name !== 'toJSON')
      throw new Error(`the request reads ${name}, which is not among its needs`);
    return Reflect.get(all, name);
  };
  return new Proxy(things, { get }) as Readonly<Record<string, string>> & Held; // complete, or the read throws
}

/** The call of an operation with a request that succeeds: `['PATCH /v1/tenants/…', { body, token }]`. */
export function requestOf(server: TestServer, operation: Operation, held: Held) {
  const { route } = operation;
  const { path = {}, query = '', body, headers = {}, ...given } = walkOf(operation).request(held);
  const filled = route.path.replace(/\{(\w+)\}/g, (_, field: string) => path[field] ?? '');
  const standing = route.path.startsWith('/v1/internal/') ? server.internalToken : server.operatorToken;
  const token = given.token === undefined ? standing : given.token;
  return [`${route.method} ${filled}${query}`, { token, headers, ...(body === undefined ? {} : { body }) }] as const;
}

/** Returns the request as the input of the procedure. */
export function inputOf(operation: Operation, held: Held): Record<string, unknown> {
  const { path, query = '', body } = walkOf(operation).request(held);
  const texts = [...new URLSearchParams(query), ...Object.entries(path ?? {})];
  const asked = texts.map(([name, value]) => [name, isNumber(name, value) ? Number(value) : value]);
  return { ...Object.fromEntries(asked), ...body };
}

/** Path and query carry numbers as text, and cursors under names that numbers have elsewhere. */
function isNumber(name: string, value: string): boolean {
  return ['limit', 'expected_version', 'version', 'from', 'to', 'first'].includes(name) && /^\d+$/.test(value);
}

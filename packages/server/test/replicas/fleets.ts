/** Replicas of one PostgreSQL for `linearizable.ts`: in this process, as processes with a memory, and the server itself. */
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type DatabaseHandle, tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { INTERNAL, OPERATOR, type ServerProcess, startServer } from '../support/server-process.ts';
import type { Replica } from './linearizable.ts';
import type { MemoryReplica, Subject } from './memory-replica.ts';

const script = fileURLToPath(new URL('./replica-process.ts', import.meta.url));
const PATIENCE_MS = 3_000;

/** A key of a tenant of its own, without a plaintext: for replicas that are asked by id. */
export async function insertSubject({ db }: Pick<DatabaseHandle, 'db'>): Promise<Subject> {
  const [id, tenant_id, text] = [randomUUID(), randomUUID(), randomBytes(16).toString('hex')];
  await db.transaction().execute(async (tx) => {
    await tenants.insertTenant(tx, { id: tenant_id, slug: `r-${text}`, name: 'Register', status: 'active' });
    await sql`insert into api_keys (id, tenant_id, name, prefix, hash) values (${id}, ${tenant_id}, 'k', ${text}, ${text})`.execute(
      tx,
    );
  });
  return { id, tenant_id, key: '' };
}

/** A replica in this process; a change that fails is one of unknown outcome. */
export function inProcess({ read, write }: MemoryReplica): Replica {
  const answered = (subject: Subject, live: boolean) =>
    write(subject, live).then(
      () => true,
      () => false,
    );
  return {
    read: (subject) => read(subject).catch(() => undefined),
    write: answered,
    revoke: (subject) => answered(subject, false),
  };
}

export interface FleetMember extends ServerProcess {
  readonly replica: Replica;
}

/** A process that remembers as the contract of leases allows. */
export async function startMemoryProcess(url: string, leaseMs: number): Promise<FleetMember> {
  const process = await startServer(url, { AUTHORITY_LEASE_MS: String(leaseMs) }, script);
  const call = (path: string, body: unknown) => post(process.address + path, '', body);
  const write = async (subject: Subject, live: boolean) => (await call('/write', { subject, live }))?.body === true;
  const replica = {
    read: async (subject: Subject) => (await call('/read', { subject }))?.body ?? undefined,
    write,
    revoke: (subject: Subject) => write(subject, false),
  };
  return { ...process, replica };
}

/** The server: keys are verified; a tenant is frozen and activated; at the end the key is revoked. */
export async function startServerReplica(url: string, leaseMs: number): Promise<FleetMember> {
  const process = await startServer(url, { AUTHORITY_LEASE_MS: String(leaseMs), LOG_LEVEL: 'info' });
  const at = (path: string) => process.address + path;
  const replica: Replica = {
    async read({ key }) {
      const answer = await post(at('/v1/internal/api-keys/verify'), INTERNAL, { key });
      if (answer?.body.valid === true) return true;
      const code = answer?.body.code;
      if (code === 'revoked' || code === 'tenant_frozen') return false;
      if (answer?.status === 200) throw new Error(`a key that is there was refused as ${code}`);
      return undefined;
    },
    async write({ tenant_id }, live) {
      const answer = await post(at(`/v1/tenants/${tenant_id}/${live ? 'activate' : 'cancel'}`), OPERATOR);
      return answer?.status === 200;
    },
    async revoke({ id }) {
      return (await post(at(`/v1/api-keys/${id}`), OPERATOR, undefined, 'DELETE'))?.status === 204;
    },
  };
  return { ...process, replica };
}

/** A key of a new active tenant, made by that server. */
export async function createSubject({ address }: Pick<ServerProcess, 'address'>): Promise<Subject> {
  for (;;) {
    const slug = `r-${randomBytes(12).toString('hex')}`;
    const tenant = await post(`${address}/v1/tenants`, OPERATOR, { slug, name: 'Register' });
    const tenant_id = tenant?.body.id;
    await post(`${address}/v1/tenants/${tenant_id}/activate`, OPERATOR);
    const key = await post(`${address}/v1/api-keys`, OPERATOR, { tenant_id, name: 'k' });
    if (key?.status === 201) return { id: key.body.id, tenant_id, key: key.body.key };
  }
}

/** Sends one request, with patience; resolves to undefined when there was no answer. */
export async function post(url: string, token: string, body?: unknown, method = 'POST') {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

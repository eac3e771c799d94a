/**
 * Kills the server at random moments under a mixed load and looks at what it left behind. Used by the test suite with a
 * few kills and by `bench/src/fault.ts` with many.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';
import { OPERATOR, startServer } from '../support/server-process.ts';

const CLIENTS = 6;

export interface FaultReport {
  readonly kills: number;
  /** Requests that were answered with success. */
  readonly acknowledged: number;
  /** Requests that got no answer, because the server died under them. */
  readonly unanswered: number;
  /** Sentences about what does not fit together; empty is the goal. */
  readonly contradictions: readonly string[];
}

export interface FaultOptions {
  /** A migrated PostgreSQL database for this run alone. */
  readonly url: string;
  readonly db: Db;
  readonly kills: number;
  readonly progress?: (kills: number) => void;
  readonly witnesses?: readonly Witness[];
}

/** Looks at one thing more that must hold after all kills. */
export interface Witness {
  /** What the servers need to be told, of which it is part. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets up what it needs on a server, before the load. */
  begin(address: string): Promise<void>;
  /** Lets what time would bring come, while no server runs; the next one is the last, or is killed under load. */
  whileDown(next: 'last' | 'killed'): Promise<void>;
  /** Waits until a server, started after the last kill, is done, and returns sentences about what does not fit. */
  end(address: string): Promise<readonly string[]>;
}

/** Runs the load, kills `kills` times, and reports whether any change is without its audit row and its event, or the reverse. */
export async function runFaults({ url, db, kills, progress, witnesses = [] }: FaultOptions): Promise<FaultReport> {
  const acknowledged: Acknowledged = {
    tenants: new Set(),
    revoked: new Set(),
    deactivated: new Set(),
    count: 0,
    unanswered: 0,
  };
  const env = Object.assign({}, ...witnesses.map((witness) => witness.env));
  await onServer(url, env, (address) => Promise.all(witnesses.map((witness) => witness.begin(address))));
  const whileDown = (next: 'last' | 'killed') => Promise.all(witnesses.map((witness) => witness.whileDown(next)));
  for (let kill = 1; kill <= kills; kill++) {
    await whileDown('killed');
    const server = await startServer(url, env);
    const stop = new AbortController();
    const before = acknowledged.count;
    const clients = Array.from({ length: CLIENTS }, () => clientLoop(server.address, acknowledged, stop.signal));
    // Its first answer takes a busy machine as long as all that follow.
    while (acknowledged.count === before && server.child.exitCode === null) await sleep(5);
    await sleep(randomInt(400));
    server.child.kill('SIGKILL');
    await server.ended;
    stop.abort();
    await Promise.all(clients);
    progress?.(kill);
  }
  await whileDown('last');
  const seen = await onServer(url, env, (address) => Promise.all(witnesses.map((witness) => witness.end(address))));
  return {
    kills,
    acknowledged: acknowledged.count,
    unanswered: acknowledged.unanswered,
    contradictions: [...(await contradictions(db)), ...(await lostPromises(db, acknowledged)), ...seen.flat()],
  };
}

/** Starts a server for the work, and kills it afterwards. */
async function onServer<T>(
  url: string,
  env: Readonly<Record<string, string>>,
  work: (address: string) => Promise<T>,
): Promise<T> {
  const server = await startServer(url, env);
  try {
    return await work(server.address);
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
  }
}

interface Acknowledged {
  readonly tenants: Set<string>;
  readonly revoked: Set<string>;
  /** The users whose deactivation was answered. */
  readonly deactivated: Set<string>;
  count: number;
  unanswered: number;
}

/** One client: makes tenants and keys, moves them along, and remembers what it was promised. */
async function clientLoop(address: string, promised: Acknowledged, signal: AbortSignal): Promise<void> {
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(address + path, {
      method,
      headers: {
        authorization: `Bearer ${OPERATOR}`,
        'content-type': 'application/json',
        'idempotency-key': randomBytes(8).toString('hex'),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status < 300) promised.count += 1;
    return { ok: response.status < 300, body: text === '' ? null : JSON.parse(text) };
  };
  while (!signal.aborted) {
    try {
      const { ok, body: tenant } = await call('POST', '/v1/tenants', {
        slug: `f-${randomBytes(8).toString('hex')}`,
        name: 'Fault',
      });
      // A busy machine makes the server shed load: a refusal promises no tenant.
      if (!ok) {
        await sleep(5);
        continue;
      }
      promised.tenants.add(tenant.id);
      await call('PATCH', `/v1/tenants/${tenant.id}`, { plan: 'basic' });
      const { body: key } = await call('POST', '/v1/api-keys', { tenant_id: tenant.id, name: 'k' });
      await call('POST', `/v1/api-keys/${key.id}/rotate`, { grace_seconds: 60 });
      if ((await call('DELETE', `/v1/api-keys/${key.id}`)).ok) promised.revoked.add(key.id);
      const person = { tenant_id: tenant.id, email: `${randomBytes(8).toString('hex')}@x.example`, display_name: 'J' };
      const { body: user } = await call('POST', '/v1/users', person);
      await call('POST', `/v1/users/${user.id}/password-link`);
      if ((await call('POST', `/v1/users/${user.id}/deactivate`)).ok) promised.deactivated.add(user.id);
      await call('POST', `/v1/tenants/${tenant.id}/${randomInt(2) === 0 ? 'activate' : 'cancel'}`);
    } catch {
      promised.unanswered += 1;
      if (!signal.aborted) await sleep(5);
    }
  }
}

/**
 * SQL: the ids of the events that wait for their place in the log, and of those that have it. Checkpoints of the audit log
 * change nothing, and have no audit row.
 */
const EVENTS = sql`
  select id from outbox_events where event_type <> 'audit.checkpoint'
  union all select id from events where event_type <> 'audit.checkpoint'`;

/** Each query counts rows on one side of "no change without its rows, no rows without their change". */
async function contradictions(db: Db): Promise<string[]> {
  const checks: Readonly<Record<string, ReturnType<typeof sql<{ n: number }>>>> = {
    'audit rows without their event': sql`
      select count(*) as n from audit_log a where not exists (select from (${EVENTS}) as e where e.id = a.id)`,
    'events without their audit row': sql`
      select count(*) as n from (${EVENTS}) as e where not exists (select from audit_log a where a.id = e.id)`,
    'audit rows that are neither sealed nor wait for it, or both': sql`
      select count(*) as n from audit_log a
      where exists (select from audit_leaves l where l.event_id = a.id)
        = exists (select from audit_unsealed u where u.event_id = a.id)`,
    'logs with more or fewer leaves than their size, or a gap': sql`
      select count(*) as n from audit_logs l
      where l.size <> (select count(*) from audit_leaves e where e.tenant_id = l.tenant_id)
        or l.size - 1 <> (select max(index) from audit_leaves e where e.tenant_id = l.tenant_id)`,
    'checkpoints without their entry in the log of all checkpoints': sql`
      select count(*) as n from audit_checkpoints c where c.registry_index is not null and not exists (
        select from audit_leaves l
        where l.tenant_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' and l.index = c.registry_index)`,
    'events that are in the queue and in the log': sql`
      select count(*) as n from outbox_events o join events e on e.id = o.id`,
    'tenants whose state is not that of their last event': sql`
      select count(*) as n from tenants t where not exists (
        select from (
          select metadata from audit_log where target_id = t.id::text and target_type = 'tenant' order by id desc limit 1
        ) last where last.metadata->>'status' = t.status::text and last.metadata->>'plan' is not distinct from t.plan)`,
    'tenant.created events without a tenant': sql`
      select count(*) as n from audit_log a where a.action = 'tenant.created'
        and not exists (select from tenants t where t.id::text = a.target_id)`,
    'keys that no event tells of': sql`
      select count(*) as n from api_keys k where not exists (
        select from audit_log a where a.action = 'api_key.created' and a.target_id = k.id::text)`,
    'rotations whose successor no event tells of': sql`
      select count(*) as n from audit_log a where a.action = 'api_key.rotated' and not exists (
        select from audit_log c where c.action = 'api_key.created' and c.target_id = a.metadata->>'replaced_by')`,
    'api_key.created events without a key': sql`
      select count(*) as n from audit_log a where a.action = 'api_key.created'
        and not exists (select from api_keys k where k.id::text = a.target_id)`,
    'revoked keys without api_key.revoked': sql`
      select count(*) as n from api_keys k where k.revoked_at is not null and not exists (
        select from audit_log a where a.action = 'api_key.revoked' and a.target_id = k.id::text)`,
    'api_key.revoked events whose key is not revoked': sql`
      select count(*) as n from audit_log a join api_keys k on k.id::text = a.target_id
        where a.action = 'api_key.revoked' and k.revoked_at is null`,
    'users that no event tells of': sql`
      select count(*) as n from users u where not exists (
        select from audit_log a where a.action = 'user.created' and a.target_id = u.id::text)`,
    'deactivated users without user.deactivated': sql`
      select count(*) as n from users u where u.disabled_at is not null and not exists (
        select from audit_log a where a.action = 'user.deactivated' and a.target_id = u.id::text)`,
    'user.deactivated events whose user is active': sql`
      select count(*) as n from audit_log a join users u on u.id::text = a.target_id
        where a.action = 'user.deactivated' and u.disabled_at is null`,
    'links of deactivated users': sql`
      select count(*) as n from password_links l join users u on u.id = l.user_id where u.disabled_at is not null`,
  };
  const found: string[] = [];
  for (const [what, query] of Object.entries(checks)) {
    const { rows } = await query.execute(db);
    const count = rows[0]?.n ?? 0;
    if (count > 0) found.push(`${count} ${what}`);
  }
  return found;
}

async function lostPromises(db: Db, promised: Acknowledged): Promise<string[]> {
  const tenants = await db.selectFrom('tenants').select('id').execute();
  const revoked = await db.selectFrom('api_keys').select('id').where('revoked_at', 'is not', null).execute();
  const disabled = await db.selectFrom('users').select('id').where('disabled_at', 'is not', null).execute();
  const missing = (answered: ReadonlySet<string>, rows: readonly { id: string }[]) => {
    const there = new Set(rows.map(({ id }) => id));
    return [...answered].filter((id) => !there.has(id)).length;
  };
  return [
    [missing(promised.tenants, tenants), 'tenants were promised and are not there'],
    [missing(promised.revoked, revoked), 'keys were answered as revoked and are not'],
    [missing(promised.deactivated, disabled), 'users were answered as deactivated and are not'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
}

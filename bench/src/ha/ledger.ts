/** What callers were told, to be held against the database afterwards. */
import type pg from 'pg';

export interface TenantEntry {
  readonly id: string;
  /** The number in the newest name that was acknowledged, and in the newest one that was sent. */
  acknowledged: number;
  sent: number;
}

export interface KeyEntry {
  readonly id: string;
  readonly key: string;
  /** A revocation was sent: from then on the key may be revoked. */
  revoking: boolean;
  /** The moment at which the revocation was answered, by the clock of `performance.now()`. */
  revokedAt?: number;
}

export interface Ledger {
  readonly tenants: TenantEntry[];
  readonly keys: KeyEntry[];
  /** Changes that were answered with success. */
  acknowledged: number;
}

export function createLedger(): Ledger {
  return { tenants: [], keys: [], acknowledged: 0 };
}

export const nameOf = (number: number) => `n-${number}`;

/** Returns a sentence for each acknowledged change that the database does not have, or has twice. */
export async function lostIn(client: pg.Client, { tenants, keys }: Ledger): Promise<string[]> {
  const ids = tenants.map(({ id }) => id);
  const names = new Map<string, string>();
  const found = await client.query<{ id: string; name: string }>(
    'select id, name from tenants where id = any($1::uuid[])',
    [ids],
  );
  for (const { id, name } of found.rows) names.set(id, name);
  const lost: string[] = [];
  for (const { id, acknowledged, sent } of tenants) {
    const name = names.get(id);
    const number = Number(name?.slice(2));
    if (name === undefined) lost.push(`the tenant ${id} is not there`);
    else if (!(number >= acknowledged && number <= sent)) {
      lost.push(`the tenant ${id} is named ${name}, after ${nameOf(acknowledged)} was answered`);
    }
  }
  return [...lost, ...(await lostKeys(client, keys)), ...(await lostRecords(client, { tenants, keys }))];
}

async function lostKeys(client: pg.Client, keys: readonly KeyEntry[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string; revoked: boolean }>(
    'select id, revoked_at is not null as revoked from api_keys where id = any($1::uuid[])',
    [keys.map(({ id }) => id)],
  );
  const revoked = new Map(rows.map((row) => [row.id, row.revoked]));
  return keys.flatMap(({ id, revoking, revokedAt }) => {
    const is = revoked.get(id);
    if (is === undefined) return [`the key ${id} is not there`];
    if (revokedAt !== undefined && !is) return [`the key ${id} is not revoked`];
    return is && !revoking ? [`the key ${id} is revoked, and no caller asked for it`] : [];
  });
}

/** Each change has one row in the audit log, and one event. */
async function lostRecords(client: pg.Client, { tenants, keys }: Pick<Ledger, 'tenants' | 'keys'>): Promise<string[]> {
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== undefined);
  const wanted = [
    { type: 'tenant.created', ids: tenants.map(({ id }) => id) },
    { type: 'api_key.created', ids: keys.map(({ id }) => id) },
    { type: 'api_key.revoked', ids: revoked.map(({ id }) => id) },
  ];
  const places = [
    ['row in the audit log', 'select target_id::text as id from audit_log where action = $1'],
    [
      'event',
      `select aggregate_id::text as id from events where event_type = $1
       union all select aggregate_id::text from outbox_events where event_type = $1`,
    ],
  ] as const;
  const lost: string[] = [];
  for (const { type, ids } of wanted) {
    for (const [place, query] of places) {
      const { rows } = await client.query<{ id: string; n: string }>(
        `select id, count(*) as n from (${query}) as r group by id`,
        [type],
      );
      const counts = new Map(rows.map(({ id, n }) => [id, Number(n)]));
      for (const id of ids) {
        if (counts.get(id) !== 1) lost.push(`${type} of ${id} has ${counts.get(id) ?? 0} times a ${place}`);
      }
    }
  }
  return lost;
}

/**
 * Looks after kills at what became of events: each in the log once, at positions without a gap, and delivered to each
 * endpoint that wants it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { OPERATOR } from '../support/server-process.ts';
import type { Witness } from './fault.ts';
import type { Receipt, Receiver } from './receiver.ts';

/** Longer than the lease of a killed process on an endpoint, and some attempts after it. */
const PATIENCE_MS = 240_000;

export interface EventWitnessOptions {
  readonly db: Db;
  readonly receiver: Receiver;
  /**
   * Whether the last server waits until the leases of the one before it run out, a minute. All others find them run out:
   * otherwise the first kill would be the only one amid deliveries.
   */
  readonly waitsForLeases: boolean;
}

export interface Endpoint {
  readonly id: string;
  /** Names it at the receiver. */
  readonly name: string;
  readonly tenant_id: string | null;
  readonly event_types: readonly string[];
  /** Events after this position are its. */
  readonly since: number;
}

export interface LoggedEvent {
  readonly id: string;
  readonly position: number;
  readonly tenant_id: string | null;
  readonly event_type: string;
  readonly aggregate_id: string;
}

const FILTERS = [['*'], ['tenant.*'], ['api_key.created', 'user.deactivated'], ['webhook.*']];

export function eventWitness({ db, receiver, waitsForLeases }: EventWitnessOptions): Witness {
  const endpoints: Endpoint[] = [];
  return {
    env: { OUTBOUND_ALLOW: receiver.host, SECRETS_KEY: randomBytes(32).toString('hex') },
    async begin(address) {
      const tenant = await post(address, '/v1/tenants', {
        slug: `w-${randomBytes(8).toString('hex')}`,
        name: 'Witness',
      });
      const wanted = [...FILTERS.map((event_types) => ({ tenant_id: null, event_types }))];
      for (const [index, each] of [...wanted, { tenant_id: tenant.id, event_types: ['*'] }].entries()) {
        const name = `hook-${index}`;
        const { tenant_id, event_types } = each;
        const owner = tenant_id === null ? {} : { tenant_id };
        const { id } = await post(address, '/v1/webhooks', { ...owner, event_types, url: receiver.urlOf(name) });
        endpoints.push({ id, name, since: 0, ...each });
      }
      // The events of this set-up may be told to some of the endpoints already: the count begins behind them.
      await queueIsEmpty(db);
      const since = (await logOf(db)).length;
      for (const [index, endpoint] of endpoints.entries()) endpoints[index] = { ...endpoint, since };
    },
    async whileDown(next) {
      if (next === 'last' && waitsForLeases) return;
      const run_out = new Date(0).toISOString();
      await db
        .updateTable('webhook_endpoints')
        .set({ lease_until: run_out })
        .where('lease_id', 'is not', null)
        .execute();
    },
    async end() {
      await queueIsEmpty(db);
      await nothingIsPending(db);
      const log = await logOf(db);
      const made = await unlike(db, log, endpoints);
      return [...positionsOf(log), ...made, ...unlikeReceipts(receiver.receipts, log, endpoints)];
    },
  };
}

async function post(address: string, path: string, body: object): Promise<{ readonly id: string }> {
  const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' };
  const response = await fetch(address + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: string };
}

/** Waits until the query finds nothing; throws with the sentence when it never does. */
async function nothingLeft(find: () => Promise<readonly unknown[]>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while ((await find()).length > 0) {
    if (Date.now() > deadline) throw new Error(what);
    await sleep(20);
  }
}

const queueIsEmpty = (db: Db) =>
  nothingLeft(() => db.selectFrom('outbox_events').select('id').limit(1).execute(), 'the queue is never empty');

const nothingIsPending = (db: Db) =>
  nothingLeft(
    () => db.selectFrom('webhook_deliveries').select('id').where('state', '=', 'pending').limit(1).execute(),
    'some deliveries are pending for ever',
  );

const logOf = (db: Db): Promise<LoggedEvent[]> =>
  db
    .selectFrom('events')
    .select(['id', 'position', 'tenant_id', 'event_type', 'aggregate_id'])
    .orderBy('position')
    .execute();

function positionsOf(log: readonly LoggedEvent[]): string[] {
  const wrong = log.filter(({ position }, index) => position !== index + 1).length;
  return wrong === 0 ? [] : [`${wrong} events stand at positions that are not their place in the log`];
}

/** `endpoint event position` of every delivery that there must be. */
function wantedBy(endpoints: readonly Endpoint[], log: readonly LoggedEvent[]): Set<string> {
  const wants = ({ tenant_id, event_types, since }: Endpoint, event: LoggedEvent) =>
    event.position > since &&
    (tenant_id === null || tenant_id === event.tenant_id) &&
    event_types.some(
      (type) => type === '*' || type === event.event_type || type === `${event.event_type.split('.')[0]}.*`,
    );
  return new Set(
    endpoints.flatMap((endpoint) =>
      log.filter((event) => wants(endpoint, event)).map(({ id, position }) => `${endpoint.id} ${id} ${position}`),
    ),
  );
}

/** Compares the deliveries in the database with those that there must be. */
async function unlike(db: Db, log: readonly LoggedEvent[], endpoints: readonly Endpoint[]): Promise<string[]> {
  const wanted = wantedBy(endpoints, log);
  const since = endpoints[0]?.since ?? 0;
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select(['endpoint_id', 'event_id', 'position'])
    .where('position', '>', since)
    .execute();
  const made = rows.map(({ endpoint_id, event_id, position }) => `${endpoint_id} ${event_id} ${position}`);
  const there = new Set(made);
  return sentences([
    [[...wanted].filter((delivery) => !there.has(delivery)).length, 'wanted deliveries were never made'],
    [[...there].filter((delivery) => !wanted.has(delivery)).length, 'deliveries were made that no endpoint wants'],
    [made.length - there.size, 'deliveries were made twice'],
  ]);
}

/** Compares the receipts with the log: none is lost, a repetition has the id and the body of the first, in order. */
export function unlikeReceipts(
  receipts: readonly Receipt[],
  log: readonly LoggedEvent[],
  endpoints: readonly Endpoint[],
): string[] {
  const events = new Map(log.map((event) => [event.id, event]));
  const ids = new Map(endpoints.map(({ name, id }) => [name, id]));
  const bodies = new Map<string, string>();
  const last = new Map<string, number>();
  const counts = { unknown: 0, other: 0, swapped: 0 };
  for (const { endpoint, id, body } of receipts) {
    const [event, key] = [events.get(id), `${ids.get(endpoint)} ${id}`];
    if (event === undefined) counts.unknown += 1;
    else if (bodies.has(key)) counts.other += bodies.get(key) === body ? 0 : 1;
    else {
      bodies.set(key, body);
      const line = `${endpoint} ${event.aggregate_id}`;
      if ((last.get(line) ?? 0) > event.position) counts.swapped += 1;
      last.set(line, event.position);
    }
  }
  const lost = [...wantedBy(endpoints, log)].filter((wanted) => !bodies.has(wanted.replace(/ \d+$/, ''))).length;
  return sentences([
    [lost, 'wanted events were never received'],
    [counts.unknown, 'receipts have an id that no event has'],
    [counts.other, 'repetitions have another body than the first receipt'],
    [counts.swapped, 'events were first received after a later one of their subject'],
  ]);
}

const sentences = (found: readonly (readonly [number, string])[]): string[] =>
  found.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));

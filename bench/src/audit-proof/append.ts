/** Appends with the trigger that gives tickets, and without it, by turns in one table. */
import { randomUUID } from 'node:crypto';
import { audit } from '@tenant-registry/db';
import { median, round } from '../lib/load.ts';
import type { Figure } from '../lib/sections.ts';
import type { Section } from './section.ts';
import { insertEvents, openWorld, sealAll, TENANT, timed, type World } from './world.ts';

/** Rows that are there before. */
const ROWS = 100_000;
const SINGLE = 100;
const BULK = 1_000;
const GOAL = 0.95;
const WARM = 2;

export const measureAppend: Section = async (surroundings) => {
  const { rounds, progress } = surroundings;
  const world = await openWorld(surroundings, 'audit-append');
  await insertEvents(world, ROWS);
  await sealAll(world);
  const address = await world.app.server.listen({ host: '127.0.0.1', port: 0 });
  const figures: Figure[] = [];
  for (const { name, goal, append } of waysOf(world, address)) {
    progress(`append: ${name}`);
    const times: Record<Side, number[]> = { with: [], without: [] };
    for (let turn = 0; turn < rounds + WARM; turn += 1)
      // The order changes, so that a drift of the machine, or of the table, affects both.
      for (const side of turn % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
        await switchTrigger(world, side);
        const ms = await timed(append);
        if (turn >= WARM) times[side].push(ms);
      }
    await switchTrigger(world, 'with');
    const [slow, fast] = [median(times.with), median(times.without)];
    figures.push(
      { what: `${name}: with the trigger, p50 of a round`, value: round(slow, 2), unit: 'ms' },
      { what: `${name}: without`, value: round(fast, 2), unit: 'ms' },
      {
        what: `${name}: speed with to without`,
        value: round(fast / slow, 3),
        unit: '×',
        ...(goal ? { goal: { least: GOAL } } : {}),
      },
    );
  }
  return figures;
};

type Side = 'with' | 'without';

async function switchTrigger({ client }: World, side: Side): Promise<void> {
  await client.query(`alter table audit_log ${side === 'with' ? 'enable' : 'disable'} trigger audit_log_queue_seal`);
}

interface Way {
  readonly name: string;
  readonly goal: boolean;
  /** A round. */
  append(): Promise<void>;
}

/** As callers see it, and the bare statements, of which the trigger is a larger part. */
function waysOf({ handle: { db }, operatorToken }: World, address: string): Way[] {
  const post = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
    const answer = await fetch(`${address}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  };
  const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  return [
    {
      name: `${SINGLE} × POST /v1/audit`,
      goal: true,
      async append() {
        for (let n = 0; n < SINGLE; n += 1) await post('/v1/audit', eventOf(n));
      },
    },
    {
      name: `POST /v1/audit/bulk with ${BULK}`,
      goal: true,
      append: () => post('/v1/audit/bulk', { events: many(BULK, eventOf) }),
    },
    {
      name: `${SINGLE} × the statement of one row`,
      goal: false,
      async append() {
        for (let n = 0; n < SINGLE; n += 1) await audit.appendAuditEvent(db, rowOf(n));
      },
    },
    {
      name: `the statement of ${BULK} rows`,
      goal: false,
      append: () => audit.appendAuditEvents(db, many(BULK, rowOf)),
    },
  ];
}

const eventOf = (n: number) => ({
  tenant_id: TENANT,
  product: `product-${n % 8}`,
  actor: { type: 'user', id: `user-${n % 997}`, name: `User ${n % 997}` },
  action: `noun${n % 10}.verb${n % 7}`,
  target: { type: 'report', id: `report-${n % 9973}`, name: `Report ${n % 9973}` },
  description: 'Exported a report as PDF.',
  metadata: { n, format: 'pdf', pages: n % 40, note: 'some text that says why' },
  source_ip: '203.0.113.7',
});

function rowOf(n: number): audit.NewAuditEvent {
  const { actor, target, ...event } = eventOf(n);
  const now = new Date();
  return {
    ...event,
    id: randomUUID(),
    actor_type: 'user',
    actor_id: actor.id,
    actor_name: actor.name,
    target_type: target.type,
    target_id: target.id,
    target_name: target.name,
    request_id: `request-${n}`,
    is_failure: false,
    occurred_at: now,
    created_at: now,
    origin: 'reported',
    reported_by: 'internal_token',
  };
}

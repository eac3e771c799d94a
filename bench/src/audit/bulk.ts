import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { median, round } from '../lib/load.ts';
import { TENANT } from './rows.ts';

export interface BulkResult {
  readonly events: number;
  /** Rows per second through POST /v1/audit/bulk, the median of the rounds. */
  readonly ours: number;
  /** Rows per second of the hand-written insert. */
  readonly by_hand: number;
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

interface Side {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: pg.Client;
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
  request_id: `request-${n}`,
  is_failure: false,
  occurred_at: '2026-01-02T03:04:05.678Z',
});

const columns = [
  'id',
  'tenant_id',
  'tenant_slug',
  'product',
  'actor_type',
  'actor_id',
  'actor_name',
  'action',
  'target_type',
  'target_id',
  'target_name',
  'description',
  'metadata',
  'source_ip',
  'request_id',
  'is_failure',
  'occurred_at',
  'created_at',
];

/** Inserts equal rows into one table in two ways by turns: through the operation, and by a hand-written insert with pg. */
export async function measureBulk(
  { url, headers, client }: Side,
  { rounds, bulks, events }: { readonly rounds: number; readonly bulks: number; readonly events: number },
): Promise<BulkResult> {
  const given = Array.from({ length: events }, (_, n) => eventOf(n));
  const body = JSON.stringify({ events: given });
  const groups = given.map((_, n) => `(${columns.map((__, c) => `$${n * columns.length + c + 1}`).join(', ')})`);
  const text = `insert into audit_log (${columns.join(', ')}) values ${groups.join(', ')}`;

  const ours = async (): Promise<void> => {
    const response = await fetch(`${url}/v1/audit/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`bulk: ${response.status} ${answer}`);
  };
  const byHand = async (): Promise<void> => {
    const now = new Date();
    const values = given.flatMap((event) => [
      randomUUID(),
      event.tenant_id,
      'tenant-1',
      event.product,
      event.actor.type,
      event.actor.id,
      event.actor.name,
      event.action,
      event.target.type,
      event.target.id,
      event.target.name,
      event.description,
      JSON.stringify(event.metadata),
      event.source_ip,
      event.request_id,
      event.is_failure,
      event.occurred_at,
      now,
    ]);
    await client.query(text, values);
  };

  const rates = { ours: [] as number[], byHand: [] as number[] };
  for (let turn = -1; turn < rounds; turn += 1) {
    const sides = [
      { work: ours, into: rates.ours },
      { work: byHand, into: rates.byHand },
    ];
    if (turn % 2 !== 0) sides.reverse();
    for (const { work, into } of sides) {
      const start = performance.now();
      for (let sent = 0; sent < bulks; sent += 1) await work();
      if (turn >= 0) into.push((bulks * events) / ((performance.now() - start) / 1000));
    }
  }
  const ratios = rates.ours.map((rate, index) => rate / (rates.byHand[index] ?? Number.NaN));
  return {
    events,
    ours: Math.round(median(rates.ours)),
    by_hand: Math.round(median(rates.byHand)),
    ratio: round(median(ratios), 3),
    min: round(Math.min(...ratios), 3),
    max: round(Math.max(...ratios), 3),
  };
}

/** Deliveries per second, beside a bare loop of signed fetches to one receiver, by turns. */
import { randomUUID } from 'node:crypto';
import { median, round } from '../lib/load.ts';
import { startServer } from '../lib/processes.ts';
import { makeTenants, type Product, type Receiver, settled, startProduct, startReceiver, until } from './product.ts';
import type { Section } from './section.ts';

const TENANTS = 16;
const DELIVERIES = 4_000;
/** The slots of the fast lane of one process. */
const CONCURRENCY = 48;
const TIMEOUT_MS = 120_000;

export const measureDeliveries: Section = async (surroundings) => {
  const receiver = await startReceiver(surroundings);
  const product = await startProduct(surroundings, 'events-deliveries');
  const sender = await startServer('bench/src/servers/bare-sender.ts', {}, surroundings.stack);
  const tenants = await makeTenants(product, TENANTS);
  for (const [index, tenant_id] of tenants.entries()) {
    await product.post('/v1/webhooks', { tenant_id, url: `${receiver.url}/hook-${index}`, event_types: ['*'] });
  }
  await settled(product);
  const rates = { ours: [] as number[], bare: [] as number[] };
  for (let turn = -1; turn < surroundings.rounds; turn += 1) {
    const sides: [number[], () => Promise<unknown>][] = [
      [rates.ours, () => queueEvents(product, tenants)],
      [rates.bare, () => sendBare(sender.url, receiver)],
    ];
    if (turn % 2 !== 0) sides.reverse();
    for (const [into, work] of sides) {
      const rate = await rateOf(receiver, work);
      if (turn >= 0) into.push(rate);
    }
    surroundings.progress(`deliveries: round ${turn + 1} of ${surroundings.rounds}`);
  }
  const ratios = rates.ours.map((rate, index) => rate / (rates.bare[index] ?? Number.NaN));
  return [
    { what: 'deliveries', value: Math.round(median(rates.ours)), unit: '/s', goal: { least: 500 } },
    { what: 'bare signed fetches', value: Math.round(median(rates.bare)), unit: '/s' },
    { what: 'ratio', value: round(median(ratios), 2), unit: '×', goal: { least: 0.6 } },
  ];
};

/** From the first receipt to the last. */
async function rateOf(receiver: Receiver, work: () => Promise<unknown>): Promise<number> {
  await receiver.forget();
  await work();
  const all = async () => (await receiver.stats()).count >= DELIVERIES;
  await until(all, TIMEOUT_MS, `${DELIVERIES} deliveries did not arrive`);
  return DELIVERIES / (await receiver.stats()).seconds;
}

/** Puts events of many subjects into the queue at once: changes over HTTP would be the slower part. */
async function queueEvents({ client }: Product, tenants: readonly string[]): Promise<void> {
  await client.query(
    `insert into outbox_events (tenant_id, aggregate_type, aggregate_id, event_type, payload)
     select ($1::uuid[])[1 + i % $2::int], 'tenant', 'a-' || i, 'tenant.updated', $3::jsonb
     from generate_series(1, $4::int) as i`,
    [tenants, tenants.length, JSON.stringify(data), DELIVERIES],
  );
}

const data = { id: randomUUID(), slug: 'acme', name: 'Acme', status: 'active', note: 'x'.repeat(200) };

async function sendBare(sender: string, { url }: Receiver): Promise<void> {
  const event = {
    id: randomUUID(),
    type: 'tenant.updated',
    timestamp: new Date().toISOString(),
    tenant_id: randomUUID(),
    project_id: null,
    product: null,
    subject: { type: 'tenant', id: 'a-1' },
    data,
  };
  const order = { url: `${url}/bare`, body: JSON.stringify(event), count: DELIVERIES, concurrency: CONCURRENCY };
  const response = await fetch(sender, { method: 'POST', body: JSON.stringify(order) });
  if (!response.ok) throw new Error(`the bare loop failed: ${await response.text()}`);
}

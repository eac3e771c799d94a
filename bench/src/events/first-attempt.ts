/** The time from a change to the first attempt to deliver it: quiet, and while nine endpoints in ten are dead. */
import { round } from '../lib/load.ts';
import { atRate, makeTenants, type Product, type Receiver, startProduct, startReceiver, until } from './product.ts';
import { percentile, type Section } from './section.ts';

const TENANTS = 10;
const DEAD_A_TENANT = 9;
const PER_SECOND = 20;
const SECONDS = 20;
const TIMEOUT_MS = 60_000;

/** An event's time is taken before the commit, so the figures are a little too high. */
export const measureFirstAttempts: Section = async (surroundings) => {
  const { receiver, product, tenants } = await subscribed(surroundings, 'events-first-attempt');
  const late = await lateness(product, receiver, tenants);
  return [
    { what: 'change to first attempt, p50', value: round(percentile(late, 0.5), 1), unit: 'ms' },
    {
      what: 'change to first attempt, p95',
      value: round(percentile(late, 0.95), 1),
      unit: 'ms',
      goal: { most: 1_000 },
    },
  ];
};

export const measureBesideDead: Section = async (surroundings) => {
  const { receiver, product, tenants } = await subscribed(surroundings, 'events-dead');
  const quiet = percentile(await lateness(product, receiver, tenants), 0.99);
  surroundings.progress('dead: quiet is measured');
  for (const tenant_id of tenants) {
    for (let n = 0; n < DEAD_A_TENANT; n += 1) {
      // Some refuse the connection, some never answer.
      const url = n % 2 === 0 ? `${receiver.refusing}/${n}` : `${receiver.url}/silent/${n}`;
      await product.post('/v1/webhooks', { tenant_id, url, event_types: ['tenant.updated'] });
    }
  }
  const beside = percentile(await lateness(product, receiver, tenants), 0.99);
  return [
    { what: 'healthy, quiet, p99', value: round(quiet, 1), unit: 'ms' },
    { what: 'healthy, nine in ten dead, p99', value: round(beside, 1), unit: 'ms' },
    { what: 'ratio', value: round(beside / quiet, 2), unit: '×', goal: { most: 2 } },
  ];
};

/** Starts a product with tenants that have one healthy endpoint each. */
async function subscribed(surroundings: Parameters<Section>[0], label: string) {
  const receiver = await startReceiver(surroundings);
  const product = await startProduct(surroundings, label);
  const tenants = await makeTenants(product, TENANTS);
  for (const [index, tenant_id] of tenants.entries()) {
    const url = `${receiver.url}/hook-${index}`;
    await product.post('/v1/webhooks', { tenant_id, url, event_types: ['tenant.updated'] });
  }
  await lateness(product, receiver, tenants, 3); // warms up
  return { receiver, product, tenants };
}

/** Changes tenants at a steady rate, and returns how late each change arrived at its healthy endpoint. */
async function lateness(product: Product, receiver: Receiver, tenants: readonly string[], seconds = SECONDS) {
  await receiver.forget();
  const change = (n: number) => product.patch(`/v1/tenants/${tenants[n % tenants.length]}`, { name: `Name ${n}` });
  await atRate(PER_SECOND, seconds, change);
  const all = async () => (await receiver.stats()).count >= PER_SECOND * seconds;
  await until(all, TIMEOUT_MS, 'some changes were never delivered');
  return receiver.late();
}

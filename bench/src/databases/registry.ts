/** The registry as a process, with tenants that may order databases. */
import { randomBytes } from 'node:crypto';
import { type Client, createClient, type Database } from '@tenant-registry/client';
import { startServer } from '../lib/processes.ts';
import type { Surroundings } from './section.ts';

const WITHIN_MS = 300_000;

export interface Registry {
  readonly client: Client;
  /** Tenants with a group `payments`. */
  newTenants(count: number): Promise<string[]>;
}

/** Starts the script, or the registry itself, on a database of its own. */
export async function startRegistry(
  { databases, stack }: Surroundings,
  { script = 'packages/server/src/main.ts', env = {} }: { script?: string; env?: Readonly<Record<string, string>> },
): Promise<Registry> {
  const token = randomBytes(24).toString('hex');
  const { url } = await startServer(
    script,
    {
      DATABASE_URL: await databases.createDatabase('databases'),
      APP_ENV: 'dev',
      LOG_LEVEL: 'warn',
      OPERATOR_TOKEN: token,
      INTERNAL_TOKEN: randomBytes(24).toString('hex'),
      SECRETS_KEY: randomBytes(32).toString('hex'),
      RATE_LIMIT_PER_MINUTE: '0',
      RATE_LIMIT_TENANT_PER_MINUTE: '0',
      RATE_LIMIT_TENANT_COST_PER_MINUTE: '0',
      ...env,
    },
    stack,
  );
  const client = createClient({ url, token, timeoutMs: 60_000, retries: 5 });
  return {
    client,
    async newTenants(count) {
      const ids: string[] = [];
      for (let n = 0; n < count; n += 1) {
        const { id } = await client.tenants.create({
          slug: `bench-${n}-${randomBytes(4).toString('hex')}`,
          name: 'Bench',
        });
        await client.groups.create({ tenant_id: id, slug: 'payments', display_name: 'Payments' });
        ids.push(id);
      }
      return ids;
    },
  };
}

/** Reads the database until the condition holds, every 20 ms. */
export async function untilDatabase(
  { client }: Registry,
  id: string,
  holds: (database: Database) => boolean,
): Promise<Database> {
  const endsAt = performance.now() + WITHIN_MS;
  for (;;) {
    const database = await client.databases.get({ id });
    if (holds(database)) return database;
    if (performance.now() > endsAt)
      throw new Error(`${database.name} is ${database.status}, ${database.reason}: ${database.message}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

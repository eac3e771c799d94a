/**
 * A team that orders a database, uses it, changes its credential while a program works, and gives it back. Each step prints
 * its result; the first unexpected answer ends the program with exit code 1.
 */
import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, type Database, waitUntilReady } from '@tenant-registry/client';
import { keepWorking, query } from './client.ts';
import { currentUri } from './secret.ts';

const { URL: url = 'http://127.0.0.1:8090', OPERATOR_TOKEN, TIER } = env;
const GRACE_SECONDS = 3;
const WITHIN_MS = 120_000;

async function main(token: string): Promise<void> {
  const registry = createClient({ url, token });
  const { items: tiers } = await registry.databases.tiers();
  const tier = TIER ?? tiers[0]?.name;
  if (tier === undefined) throw new Error('no database can be ordered: start the registry with DATABASES_FILE');
  const tenant = await registry.tenants.create({
    slug: `databases-${randomBytes(4).toString('hex')}`,
    name: 'Acme GmbH',
  });
  const tenant_id = tenant.id;
  const team = await registry.groups.create({ tenant_id, slug: 'payments', display_name: 'Payments' });

  const ordered = await registry.databases.create({ tenant_id, name: 'orders', owner_team: team.slug, tier });
  step(`ordered ${ordered.name} of the tier ${tier}: ${ordered.status} (${ordered.reason})`);
  const database = await waitUntilReady(registry, ordered.id, {
    timeoutMs: WITHIN_MS,
    onProgress: ({ status, reason }) => step(`  ${status} (${reason})`),
  });
  await use(registry, database);
  await rotateUnderWork(registry, database);
  await giveBack(registry, database);

  await registry.groups.delete({ id: team.id });
  await registry.tenants.cancel({ id: tenant_id });
  await registry.tenants.archive({ id: tenant_id });
  await registry.tenants.delete({ id: tenant_id });
  console.log('That was the whole life of a database.');
}

async function use(registry: Client, { id }: Database): Promise<void> {
  const connection = await registry.databases.connection({ id });
  step(`it is at ${connection.host}:${connection.port}, its credential in ${connection.secret.name}`);
  const uri = await currentUri(connection);
  await query(uri, 'create table orders (id int generated always as identity, item text not null)');
  await query(uri, "insert into orders (item) values ('a saw')");
  const [row] = await query(uri, 'select current_database() as name, count(*)::int as rows from orders');
  step(`connected to ${row?.['name']}: a table with ${row?.['rows']} row`);
}

async function rotateUnderWork(registry: Client, { id }: Database): Promise<void> {
  const connection = await registry.databases.connection({ id });
  const before = await currentUri(connection);
  const work = keepWorking(() => currentUri(connection));
  await registry.databases.rotate({ id, grace_seconds: GRACE_SECONDS });
  await until('the credential is another one', async () => (await currentUri(connection)) !== before);
  step(`rotated: the secret names another login, and the old one works for ${GRACE_SECONDS} s more`);
  await until('the old login is closed', async () => (await registry.databases.get({ id })).allowed.includes('rotate'));
  const { connects, failures } = await work.stop();
  if (failures.length > 0) throw new Error(`${failures.length} connects failed: ${failures[0]}`);
  if (connects === 0) throw new Error('the program that works never connected');
  step(`the program that works connected ${connects} times, and never failed`);
  const refused = await query(before, 'select 1').then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refused === undefined) throw new Error('the old login still works');
  step('the old login is refused');
}

async function giveBack(registry: Client, { id, name }: Database): Promise<void> {
  const { status, reason } = await registry.databases.delete({ id, confirm: name, policy: 'destroy' });
  step(`asked for its deletion: ${status} (${reason})`);
  await until('it is deleted', async () => (await registry.databases.get({ id })).status === 'deleted');
  const { items } = await registry.databases.events({ id });
  step(
    `deleted. Its life: ${items
      .map(({ type }) => type.replace('database.', ''))
      .reverse()
      .join(', ')}`,
  );
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`it took too long until ${what}`);
    await sleep(100);
  }
}

function step(text: string): void {
  console.log(text);
}

try {
  if (!OPERATOR_TOKEN) throw new Error('set OPERATOR_TOKEN: npm start prints it');
  await main(OPERATOR_TOKEN);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

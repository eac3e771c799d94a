/** The product with its values in PostgreSQL, or in a cluster of three etcd members. */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { startServer } from '../lib/processes.ts';
import type { Members } from './members.ts';
import type { Surroundings } from './section.ts';

export const stores = ['postgres', 'etcd'] as const;
export type Store = (typeof stores)[number];

export interface Product {
  readonly url: string;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Calls, and returns the answer; throws when it is no success. */
  call<T>(method: string, path: string, body?: object): Promise<T>;
  /** Makes a project in a tenant of its own, and resolves to its id. */
  newProject(): Promise<string>;
}

/** Starts the product on a database of its own. With etcd, the values are moved there first. */
export async function startProduct(
  { databases, stack }: Surroundings,
  { store, cluster }: { readonly store: Store; readonly cluster: Members | null },
): Promise<Product> {
  const token = randomBytes(24).toString('hex');
  const url = await databases.createDatabase(`configs-${store}`);
  const settings = {
    DATABASE_URL: url,
    APP_ENV: 'dev',
    LOG_LEVEL: 'warn',
    OPERATOR_TOKEN: token,
    INTERNAL_TOKEN: randomBytes(24).toString('hex'),
    SECRETS_KEY: randomBytes(32).toString('hex'),
    RATE_LIMIT_PER_MINUTE: '0',
    ...(store === 'etcd' && cluster !== null
      ? {
          CONFIG_STORE: 'etcd',
          ETCD_ENDPOINTS: cluster.endpoints.join(','),
          ETCD_PREFIX: `bench-${randomBytes(4).toString('hex')}/`,
        }
      : {}),
  };
  if (store === 'etcd') await moveToEtcd(settings);
  const server = await startServer('packages/server/src/main.ts', settings, stack);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(server.url + path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const newProject = async () => {
    const slug = `bench-${randomBytes(6).toString('hex')}`;
    const tenant = await call<{ id: string }>('POST', '/v1/tenants', { slug, name: 'Bench' });
    await call('PUT', '/v1/entitlements', { tenant_id: tenant.id, product: 'certifai' });
    return (await call<{ id: string }>('POST', '/v1/projects', { tenant_id: tenant.id, slug, name: 'Bench' })).id;
  };
  return { url: server.url, pid: server.pid, headers, call, newProject };
}

async function moveToEtcd(settings: Readonly<Record<string, string>>): Promise<void> {
  const { DATABASE_URL: url = '' } = settings;
  const database = await openDatabase({ url });
  await migrateUp(database.db);
  await database.close();
  const cli = fileURLToPath(new URL('../../../packages/server/src/cli.ts', import.meta.url));
  const { PATH = '' } = process.env;
  const env = { ...settings, PATH };
  const moved = spawnSync(process.execPath, [cli, 'configs', 'move', '--to', 'etcd'], { env, encoding: 'utf8' });
  if (moved.status !== 0) throw new Error(`configs move ended with ${moved.status}:\n${moved.stdout}${moved.stderr}`);
}

/** Returns 0.9 KB of content that differs by its number. */
export function contentOf(n: number): object {
  return { n, text: 'x'.repeat(880) };
}

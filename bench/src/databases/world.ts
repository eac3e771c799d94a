/** A server of PostgreSQL as the world in which databases are made. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Surroundings } from './section.ts';

/**
 * Resolves to the variables with which the registry makes databases on the server of the benchmark, by a role that is no
 * superuser. The role and the files go with the stack.
 */
export async function postgresWorld({ databases, stack }: Surroundings): Promise<{ DATABASES_FILE: string }> {
  const url = new URL(await databases.createDatabase('databases_admin'));
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const role = `bench_databases_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(24).toString('hex');
  await admin.query(`create role ${role} login createdb createrole password '${password}'`);
  stack.defer(async () => {
    await admin.query(`drop owned by ${role}`);
    await admin.query(`drop role ${role}`);
    await admin.end();
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-databases-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  Object.assign(url, { username: role, password });
  const admin_url_file = join(folder, 'admin-url');
  await writeFile(admin_url_file, url.href, { mode: 0o600 });
  const file = join(folder, 'databases.json');
  await writeFile(file, JSON.stringify(content({ admin_url_file, secrets_directory: join(folder, 'secrets') })));
  return { DATABASES_FILE: file };
}

function content(paths: { readonly admin_url_file: string; readonly secrets_directory: string }) {
  return {
    installation: 'bench',
    provisioners: { server: { kind: 'postgres', sslmode: 'disable', ...paths } },
    tiers: {
      roomy: {
        provisioner: 'server',
        spec: { connections: 20, parameters: { work_mem: '8MB' } },
        deletion_policy: 'destroy',
      },
    },
  };
}

/** A server of PostgreSQL on which a registry makes databases: the one of the tests, with an administrator of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tenant-registry/db';
import { sql } from 'kysely';
import { inject, onTestFinished } from 'vitest';

/** A role that may make databases, and the file that says so to a registry. */
export async function newWorld() {
  const { adminUrl } = inject('postgres');
  const { db, close } = await openDatabase({ url: adminUrl });
  const [installation, password] = [`example-${randomBytes(4).toString('hex')}`, randomBytes(24).toString('hex')];
  const role = installation.replace('-', '_');
  await sql`create role ${sql.id(role)} login createdb createrole password ${sql.lit(password)}`.execute(db);
  const folder = await mkdtemp(join(tmpdir(), 'databases-example-'));
  onTestFinished(async () => {
    await sql`drop role ${sql.id(role)}`.execute(db);
    await close();
    await rm(folder, { recursive: true });
  });
  const adminUrlOfRole = Object.assign(new URL(adminUrl), { username: role, password });
  await writeFile(join(folder, 'admin-url'), adminUrlOfRole.href, { mode: 0o600 });
  const provisioner = {
    kind: 'postgres',
    admin_url_file: 'admin-url',
    secrets_directory: 'secrets',
    sslmode: 'disable',
  };
  const tiers = { small: { provisioner: 'server', spec: { connections: 20, extensions: ['pg_trgm'] } } };
  const file = join(folder, 'databases.json');
  await writeFile(file, JSON.stringify({ installation, provisioners: { server: provisioner }, tiers }));
  return {
    file,
    folder,
    password,
    /** The roles with the mark of the registry; each database has three. */
    async roles() {
      const marked = sql<{ rolname: string }>`
        select rolname from pg_roles where starts_with(shobj_description(oid, 'pg_authid'), ${`{"tenant-registry":"${installation}",`})`;
      return (await marked.execute(db)).rows.map(({ rolname }) => rolname);
    },
    /** The secrets that are there. */
    secrets: () => readdir(join(folder, 'secrets/default')),
  };
}

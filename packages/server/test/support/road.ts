/** The README's road to production: its code, and the database that it has an administrator make. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openDatabase } from '@tenant-registry/db';
import { sql } from 'kysely';
import { inject } from 'vitest';

const readme = new URL('../../../../README.md', import.meta.url);

export const DATABASE_OF_README = 'postgres://registry:change-me@127.0.0.1:5432/registry';

/** Returns the code of the README's road to production in one language. */
export function blocksOf(language: 'sh' | 'sql'): string {
  const [, road = ''] = /<!-- production -->([\s\S]*?)<!-- end -->/.exec(readFileSync(readme, 'utf8')) ?? [];
  const blocks = [...road.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, name]) => name === language);
  return blocks.map(([, , code = '']) => code).join('');
}

/** Does what the README has an administrator do, under a name of the test's own. */
export async function makeDatabase(statements: string) {
  const { adminUrl } = inject('postgres');
  const admin = await openDatabase({ url: adminUrl, connectionsMax: 1 });
  const name = `registry_${randomBytes(6).toString('hex')}`;
  for (const statement of statements.split(';\n')) {
    // Other tests of this server need the role too.
    if (statement.trim() === '' || statement.startsWith('create role tenant_registry_tenant')) continue;
    await sql.raw(statement.replaceAll(/\bregistry\b/g, name)).execute(admin.db);
  }
  const { host } = new URL(adminUrl);
  const drop = async () => {
    await sql.raw(`drop database ${name} with (force)`).execute(admin.db);
    await sql.raw(`drop role ${name}`).execute(admin.db);
    await admin.close();
  };
  return { url: `postgres://${name}:change-me@${host}/${name}`, drop };
}

/** Global setup of the vitest project `postgres`: one server and one migrated template for the whole run. */
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../database.ts';
import { migrateUp } from '../migrate.ts';
import { createDatabase, databaseUrl, sealTemplate } from './admin.ts';
import { startPostgres } from './postgres.ts';
import type { PostgresServer } from './types.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  try {
    const { url: adminUrl, prefix, source, version } = server;
    project.provide('postgres', { adminUrl, prefix, source, version, template: await migratedTemplate(server) });
    console.log(`test engine: PostgreSQL ${version} (${source})${because(server)}`);
    return () => server.stop();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function migratedTemplate({ url, prefix }: PostgresServer): Promise<string> {
  const template = await createDatabase(url, { prefix });
  const { db, close } = await openDatabase({ url: databaseUrl(url, template) });
  try {
    await migrateUp(db);
  } finally {
    await close();
  }
  await sealTemplate(url, template);
  return template;
}

function because({ passedOver }: PostgresServer): string {
  return passedOver.length === 0 ? '' : `, because ${passedOver.join(' and ')}`;
}

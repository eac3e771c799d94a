/** Databases as the API makes them, and as a pass that saw them ready would leave them. */
import { databases } from '@tenant-registry/db';
import { createGroup } from './groups.ts';
import { type CallOptions, madeIn, type TestServer } from './server.ts';

let made = 0;

/** A name that no other database of the file has. */
export function uniqueDatabaseName(): string {
  made += 1;
  return `db-${made}`;
}

/** Creates a group and returns its slug, for `owner_team`. */
export async function newTeam(server: TestServer, tenant_id: string): Promise<string> {
  return (await createGroup(server, tenant_id)).slug;
}

/** Orders a database through the API, of a team of its own, and of the tier without a quota unless told otherwise. */
export async function orderDatabase(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  const owner_team = fields['owner_team'] ?? (await newTeam(server, tenant_id));
  return madeIn(server, tenant_id, 'databases', {
    name: uniqueDatabaseName(),
    tier: 'roomy',
    ...fields,
    owner_team,
  });
}

/** Sets columns of the database and of the work on it, past every check of the application. */
export async function setDatabase(
  { app }: TestServer,
  id: string,
  changes: Parameters<typeof databases.updateDatabase>[2],
): Promise<void> {
  await app.deps.db.transaction().execute((tx) => databases.updateDatabase(tx, id, changes));
}

/** What a pass writes when the database is ready, as ordered. */
export const readiness = {
  status: 'ready',
  reason: 'healthy',
  in_sync: true,
  host: 'db.example',
  port: 5432,
  sslmode: 'require',
} as const;

/** Orders a database, and makes it ready. */
export async function readyDatabase(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  const { id, cluster_name } = await orderDatabase(server, tenant_id, fields);
  const secret_name = `${cluster_name}-credentials`;
  await setDatabase(server, id, { database: { ...readiness, secret_name }, work: { observed_generation: 1 } });
  return (await server.call(`GET /v1/databases/${id}`)).body;
}

/** Sends DELETE with the name as its confirmation. */
export function deleteDatabase(
  server: TestServer,
  { id, name }: { readonly id: string; readonly name: string },
  query = '',
  options: CallOptions = {},
) {
  return server.call(`DELETE /v1/databases/${id}?confirm=${name}${query}`, options);
}

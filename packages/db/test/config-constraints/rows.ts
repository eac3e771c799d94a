/** Makes schemas, configurations, their revisions and their like by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type {
  ConfigHeads,
  ConfigReaders,
  ConfigRevisions,
  ConfigSchemas,
  ConfigSchemaVersions,
  Configs,
  DB,
} from '../../src/schema.ts';
import { json } from '../../src/types.ts';
import { newTenant, unique } from '../support.ts';

/** The tables of configurations. */
export const configTables = [
  'config_heads',
  'config_readers',
  'config_revisions',
  'config_schema_versions',
  'config_schemas',
  'config_store',
  'configs',
] as const satisfies readonly (keyof DB)[];

type Some<T> = Partial<Insertable<T>>;

export interface Place {
  readonly tenant_id: string;
  readonly project_id: string;
}

const by = json({ type: 'operator', id: 'o', name: 'Operator' });
const at = '2026-01-01T00:00:00Z';

/** Makes a tenant with a project. */
export async function newPlace(db: Db, tenantId?: string): Promise<Place> {
  const tenant_id = tenantId ?? (await newTenant(db));
  const project_id = randomUUID();
  await db
    .insertInto('tenant_projects')
    .values({ id: project_id, tenant_id, slug: unique('p'), name: 'P' })
    .execute();
  return { tenant_id, project_id };
}

/** Makes a user of the tenant. */
export async function newUser(db: Db, tenant_id: string): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('users')
    .values({ id, tenant_id, external_subject: `local:${id}`, display_name: 'Ada' })
    .execute();
  return id;
}

/** Each function inserts one row; those of rows with an id resolve to it. */
export function configRowsOf(db: Db) {
  const insert = (table: keyof DB, row: object) => db.insertInto(table).values(row).execute();
  return {
    async schema({ tenant_id }: Pick<Place, 'tenant_id'>, values: Some<ConfigSchemas> = {}): Promise<string> {
      const id = values.id ?? randomUUID();
      await insert('config_schemas', {
        tenant_id,
        name: unique('s'),
        latest_version: 1,
        created_by: by,
        ...values,
        id,
      });
      return id;
    },
    version: ({ tenant_id }: Pick<Place, 'tenant_id'>, schema_id: string, values: Some<ConfigSchemaVersions> = {}) =>
      insert('config_schema_versions', {
        tenant_id,
        schema_id,
        version: 1,
        content: 'true',
        created_by: by,
        ...values,
      }),
    config: (place: Place, values: Some<Configs> = {}) =>
      insert('configs', {
        ...place,
        key: 'limits',
        version: 1,
        revision: 1,
        content: json({ a: 1 }),
        content_sha256: 'x',
        write_id: 'w',
        updated_by: by,
        created_at: at,
        updated_at: at,
        ...values,
      }),
    async revision(place: Place, values: Some<ConfigRevisions> = {}): Promise<string> {
      const id = values.id ?? randomUUID();
      await insert('config_revisions', {
        ...place,
        config_key: 'limits',
        version: 1,
        revision: 1,
        operation: 'create',
        content: json({ a: 1 }),
        content_sha256: 'x',
        write_id: 'w',
        author: by,
        since: at,
        created_at: at,
        ...values,
        id,
      });
      return id;
    },
    head: (place: Place, values: Some<ConfigHeads> = {}) =>
      insert('config_heads', { ...place, revision: 1, keys: 1, bytes: 1, ...values }),
    reader: (place: Place, values: Some<ConfigReaders> = {}) =>
      insert('config_readers', {
        ...place,
        config_key: 'limits',
        reader: 'billing',
        schema: 'true',
        seen_at: at,
        ...values,
      }),
  };
}

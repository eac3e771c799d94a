import { json } from '../../src/types.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const configRevisions: TenantTable = {
  table: 'config_revisions',
  grants: ['insert', 'select'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const value = { content: json({ max: 1 }), content_sha256: 'a'.repeat(64), write_id: 'w', author: json({}) };
    const made = {
      config_key: 'limits',
      version: 1,
      revision: 1,
      operation: 'create',
      since: new Date(),
      created_at: new Date(),
    } as const;
    const rows = projects.map((project_id) => ({ tenant_id, project_id, ...made, ...value }));
    await db.insertInto('config_revisions').values(rows).execute();
  },
};

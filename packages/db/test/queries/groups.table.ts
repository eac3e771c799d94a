import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const groups: TenantTable = {
  table: 'groups',
  grants: [
    'delete',
    'insert',
    'select',
    'update (display_name)',
    'update (slug)',
    'update (tenant_role)',
    'update (updated_at)',
  ],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('groups')
      .values(['staff', 'payroll'].map((slug) => ({ tenant_id, slug, display_name: slug })))
      .execute(),
};

export const groupMemberships: TenantTable = {
  table: 'group_memberships',
  grants: ['delete', 'insert', 'select'],
  async insertRows(db, { tenant_id }) {
    const group_id = await idOf(db, 'groups', tenant_id);
    const of = { tenant_id, group_id };
    await db
      .insertInto('group_memberships')
      .values([
        { ...of, principal_user_id: await idOf(db, 'users', tenant_id) },
        { ...of, principal_service_identity_id: await idOf(db, 'service_identities', tenant_id) },
      ])
      .execute();
  },
};

export const groupParents: TenantTable = {
  table: 'group_parents',
  grants: ['delete', 'insert', 'select'],
  async insertRows(db, { tenant_id }) {
    const [parent_id, child_id] = [await idOf(db, 'groups', tenant_id, 0), await idOf(db, 'groups', tenant_id, 1)];
    await db.insertInto('group_parents').values({ tenant_id, parent_id, child_id }).execute();
  },
};

import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { makersOf, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

describe('the slug of a group', () => {
  // proves C48
  test('is one group of its tenant, and free in another', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    await make.group(tenant, { slug: 'staff' });
    await make.group(other, { slug: 'staff' });
    const again = await refusal(make.group(tenant, { slug: 'staff' }));
    expect(again).toEqual({ code: violated.unique, constraint: 'groups_domain_slug_uq' });
  });

  // proves C50
  test.each([
    ['empty', ''],
    ['65 characters', 'a'.repeat(65)],
    ['a dash first', '-staff'],
    ['a dash last', 'staff-'],
    ['two dashes together', 'all--staff'],
    ['upper case', 'Staff'],
    ['an underscore', 'all_staff'],
    ['a dot', 'all.staff'],
    ['a space', 'all staff'],
    ['a letter with an accent', 'équipe'],
    ['a line break at the end', 'staff\n'],
    ['a line break with a good slug behind it', 'A\nstaff'],
  ])('with %s is refused', async (_, slug) => {
    const refused = await refusal(make.group(await newTenant(db), { slug }));
    expect(refused).toEqual({ code: violated.check, constraint: 'groups_slug_check' });
  });

  // proves C50
  test.each(['a', '7', 'all-staff-of-2026', 'a'.repeat(64), `a-${'b'.repeat(62)}`])(
    'is accepted as %s',
    async (slug) => {
      await expect(make.group(await newTenant(db), { slug })).resolves.toBeTypeOf('string');
    },
  );
});

describe('the source of a group', () => {
  // proves C44
  test('is manual, or an identity provider with one of its claim values', async () => {
    const { tenant, config } = await worldOf(db, await newTenant(db));
    await make.group(tenant, { source: 'manual' });
    const mirrored = make.group(tenant, { source: 'idp', idp_config_id: config, idp_claim_value: 'staff' });
    await expect(mirrored).resolves.toBeTypeOf('string');
  });

  // proves C44
  test('is of the closed set', async () => {
    const { group } = await worldOf(db, await newTenant(db));
    const changed = sql`update groups set source = 'ldap' where id = ${group}`.execute(db);
    expect(await refusal(changed)).toEqual({ code: violated.check, constraint: 'groups_source_check' });
  });

  // proves C49
  test.each([
    { source: 'idp', config: false, claim: null },
    { source: 'idp', config: true, claim: null },
    { source: 'idp', config: false, claim: 'staff' },
    { source: 'manual', config: true, claim: 'staff' },
    { source: 'manual', config: true, claim: null },
    { source: 'manual', config: false, claim: 'staff' },
  ] as const)('$source is refused with a configuration: $config, and the claim value $claim', async (row) => {
    const { tenant, config } = await worldOf(db, await newTenant(db));
    const values = { source: row.source, idp_config_id: row.config ? config : null, idp_claim_value: row.claim };
    const constraint = 'groups_source_idp_requires_binding';
    expect(await refusal(make.group(tenant, values))).toEqual({ code: violated.check, constraint });
  });

  test('is mirrored by one group for each claim value of a configuration', async () => {
    const { tenant, config } = await worldOf(db, await newTenant(db));
    const mirror = (idp_config_id: string, idp_claim_value: string) =>
      make.group(tenant, { source: 'idp', idp_config_id, idp_claim_value });
    await mirror(config, 'staff');
    await mirror(config, 'Staff');
    await mirror(await make.config(tenant), 'staff');
    const constraint = 'groups_tenant_id_idp_config_id_idp_claim_value_key';
    expect(await refusal(mirror(config, 'staff'))).toEqual({ code: violated.unique, constraint });
  });
});

test.each([
  ['tenant_role', 'owner', 'groups_tenant_role_check'],
  ['provisioned_by', 'sign_in', 'groups_provisioned_by_check'],
])('the %s of a group is of the closed set, and not %s', async (column, value, constraint) => {
  const { group } = await worldOf(db, await newTenant(db));
  const changed = sql`update groups set ${sql.ref(column)} = ${value} where id = ${group}`.execute(db);
  expect(await refusal(changed)).toEqual({ code: violated.check, constraint });
});

test('a group gives the tenant role of an administrator, of billing, of a member, or none', async () => {
  const tenant = await newTenant(db);
  for (const tenant_role of ['admin', 'billing', 'member', null] as const) await make.group(tenant, { tenant_role });
  await expect(make.group(tenant, { provisioned_by: 'scim' })).resolves.toBeTypeOf('string');
});

import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { makersOf } from '../identities.ts';
import { newTenant, refusal, unique, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

// proves B2, C31
test('a subject is one user of its tenant, and free in another', async () => {
  const [tenant, other] = [await newTenant(db), await newTenant(db)];
  const external_subject = unique('https://idp|');
  await make.user(tenant, { external_subject });
  await make.user(other, { external_subject });
  const constraint = 'users_tenant_id_external_subject_key';
  expect(await refusal(make.user(tenant, { external_subject }))).toEqual({ code: violated.unique, constraint });
});

// proves C31
test('a sign-in that inserts its subject again finds the user of the first one', async () => {
  const user = { tenant_id: await newTenant(db), external_subject: unique('https://idp|'), display_name: 'Ada' };
  const signIn = () =>
    db
      .insertInto('users')
      .values(user)
      .onConflict((on) =>
        on.constraint('users_tenant_id_external_subject_key').doUpdateSet({ last_sign_in_at: sql`now()` }),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
  const answers = await Promise.all([signIn(), signIn(), signIn()]);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
});

describe.each([
  ['email', 'users_tenant_id_email_key'],
  ['user_name', 'users_tenant_id_user_name_key'],
] as const)('%s', (column, constraint) => {
  // proves B2
  test('is one user of its tenant in any spelling of its letters, and free in another tenant', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    await make.user(tenant, { [column]: 'ada@acme.example' });
    await make.user(other, { [column]: 'ADA@acme.example' });
    for (const value of ['ada@acme.example', 'Ada@ACME.example']) {
      const again = make.user(tenant, { [column]: value });
      expect(await refusal(again), value).toEqual({ code: violated.unique, constraint });
    }
    const second = await make.user(tenant, { [column]: 'bob@acme.example' });
    const renamed = db
      .updateTable('users')
      .set({ [column]: 'aDa@acme.example' })
      .where('id', '=', second)
      .execute();
    expect(await refusal(renamed)).toEqual({ code: violated.unique, constraint });
  });

  test('may be absent from several users', async () => {
    const tenant = await newTenant(db);
    await make.user(tenant, { [column]: null });
    await expect(make.user(tenant, { [column]: null })).resolves.toBeTypeOf('string');
  });
});

describe('the hash of a password', () => {
  const constraint = 'users_password_hash_check';
  const local = () => `local:${unique('u')}`;

  // proves B2, C35
  test.each([
    ['bcrypt', '$2b$12$abcdefghijklmnopqrstuv'],
    ['SHA-256', 'sha256|c2FsdA|aGFzaA'],
    ['argon2i', 'argon2i|c2FsdA|aGFzaA'],
    ['argon2id without a salt', 'argon2id|aGFzaA'],
    ['argon2id with a part too many', 'argon2id|c2FsdA|aGFzaA|x'],
    ['argon2id in upper case', 'ARGON2ID|c2FsdA|aGFzaA'],
    ['argon2id with a line break behind it', 'argon2id|c2FsdA|aGFzaA\n'],
    ['a password in clear', 'correct horse battery staple'],
    ['nothing', ''],
  ])('is refused when it is of %s', async (_, password_hash) => {
    const user = make.user(await newTenant(db), { external_subject: local(), password_hash });
    expect(await refusal(user)).toEqual({ code: violated.check, constraint });
  });

  // proves C35
  test.each(['argon2id|c2FsdA|aGFzaA', 'argon2id-hmac|c2F-dA|aGF_aA', null])('is accepted as %s', async (value) => {
    const user = make.user(await newTenant(db), { external_subject: local(), password_hash: value });
    await expect(user).resolves.toBeTypeOf('string');
  });

  test.each(['https://idp|1', 'scim:1', 'xlocal:1', 'LOCAL:1'])('is refused for the subject %s', async (subject) => {
    const tenant = await newTenant(db);
    const password_hash = 'argon2id|c2FsdA|aGFzaA';
    const inserted = make.user(tenant, { external_subject: subject, password_hash });
    expect(await refusal(inserted)).toEqual({ code: violated.check, constraint });
    const id = await make.user(tenant, { external_subject: local(), password_hash });
    const changed = db.updateTable('users').set({ external_subject: subject }).where('id', '=', id).execute();
    expect(await refusal(changed)).toEqual({ code: violated.check, constraint });
  });
});

test('a user has roles of the closed set, several of them or none', async () => {
  const tenant = await newTenant(db);
  await make.user(tenant, { roles: [] });
  await make.user(tenant, { roles: ['admin', 'billing', 'member'] });
  const constraint = 'users_roles_check';
  for (const roles of [['owner'], ['admin', 'root'], ['']]) {
    expect(await refusal(make.user(tenant, { roles })), roles.join()).toEqual({ code: violated.check, constraint });
  }
});

test('a user comes from the API, a sign-in or SCIM, and from nowhere else', async () => {
  const tenant = await newTenant(db);
  for (const provisioned_by of ['api', 'sign_in', 'scim'] as const) await make.user(tenant, { provisioned_by });
  const changed = sql`update users set provisioned_by = 'import' where tenant_id = ${tenant}`.execute(db);
  const constraint = 'users_provisioned_by_check';
  expect(await refusal(changed)).toEqual({ code: violated.check, constraint });
});

// proves B3
test('a project has one owner, a user of its tenant, or none', async () => {
  const [tenant, other] = [await newTenant(db), await newTenant(db)];
  await make.project(tenant);
  await make.project(tenant, { owner_user_id: await make.user(tenant) });
  const constraint = 'tenant_projects_tenant_id_owner_user_id_fkey';
  const foreign = make.project(tenant, { owner_user_id: await make.user(other) });
  expect(await refusal(foreign)).toEqual({ code: violated.foreignKey, constraint });
});

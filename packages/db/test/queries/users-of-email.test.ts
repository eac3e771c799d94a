import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTenant } from '../support.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

test('an address is found in the tenant that is asked about, and in the scope of a tenant in no other', async () => {
  const [own, other] = [await newTenant(db), await newTenant(db)];
  const idIn = async (tenant_id: string) => {
    const user = { tenant_id, external_subject: randomUUID(), email: 'Jane@Acme.example', display_name: 'Jane' };
    return (await db.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow()).id;
  };
  const [ownUser, otherUser] = [await idIn(own), await idIn(other)];
  const ask = async (handle: typeof db, tenant: string) =>
    (await sql<{ id: string }>`select users_of_email(${tenant}, 'jane@ACME.example') as id`.execute(handle)).rows;
  expect(await ask(db, other)).toEqual([{ id: otherUser }]);
  const scoped = forTenant({ tenant_id: own, project_id: null });
  expect(await ask(scoped, own)).toEqual([{ id: ownUser }]);
  expect(await ask(scoped, other)).toEqual([]);
});

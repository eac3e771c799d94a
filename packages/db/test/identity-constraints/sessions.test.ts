import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { makersOf, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

/** Tables whose rows are found by the hash of a secret, with an insert for a tenant with one of everything. */
const hashed = [
  {
    what: 'a session',
    unique: 'user_sessions_session_hash_key',
    check: 'user_sessions_session_hash_check',
    insert: async (session_hash: Buffer) => {
      const { tenant, user } = await newWorld();
      return make.session(tenant, { user_id: user, session_hash });
    },
  },
  {
    what: 'a link to set a password',
    unique: 'password_links_token_hash_key',
    check: 'password_links_token_hash_check',
    insert: async (token_hash: Buffer) => {
      const { tenant, user } = await newWorld();
      return make.link(tenant, { user_id: user, token_hash });
    },
  },
  {
    what: 'a sign-in that is under way',
    unique: 'sign_in_flows_pkey',
    check: 'sign_in_flows_flow_hash_check',
    insert: async (flow_hash: Buffer) => {
      const { tenant, config } = await newWorld();
      return make.flow(tenant, { idp_config_id: config, flow_hash });
    },
  },
];

describe.each(hashed)('the hash of $what', ({ unique, check, insert }) => {
  // proves C32
  test('is there once, not even in another tenant again', async () => {
    const hash = randomBytes(32);
    await insert(hash);
    expect(await refusal(insert(hash))).toEqual({ code: violated.unique, constraint: unique });
  });

  // proves C32
  test.each([0, 31, 33, 64])('is 32 bytes, as SHA-256 makes them, and not %i', async (bytes) => {
    expect(await refusal(insert(randomBytes(bytes)))).toEqual({ code: violated.check, constraint: check });
  });
});

test('a user has several sessions, and one link to set a password', async () => {
  const { tenant, user: user_id } = await newWorld();
  await make.session(tenant, { user_id });
  await make.session(tenant, { user_id });
  await make.link(tenant, { user_id });
  const again = await refusal(make.link(tenant, { user_id }));
  expect(again).toEqual({ code: violated.unique, constraint: 'password_links_pkey' });
});

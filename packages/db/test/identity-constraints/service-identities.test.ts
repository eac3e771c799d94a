import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { ServiceIdentitiesFederationKind } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { json } from '../../src/types.ts';
import { makersOf, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

interface Federation {
  readonly kind: ServiceIdentitiesFederationKind;
  readonly config: boolean;
  readonly audience: string | null;
}

async function newService({ kind, config, audience }: Federation): Promise<string> {
  const { tenant, config: id } = await worldOf(db, await newTenant(db));
  return make.service(tenant, { federation_kind: kind, audience, idp_config_id: config ? id : null });
}

describe('the federation of a service identity', () => {
  // proves C33
  test.each([
    { kind: 'oidc_cc', config: true, audience: 'registry' },
    { kind: 'spiffe_svid', config: false, audience: 'registry' },
    { kind: 'api_token', config: false, audience: null },
  ] as const)('may be of the kind $kind', async (federation) => {
    await expect(newService(federation)).resolves.toBeTypeOf('string');
  });

  // proves C33
  test.each(['kerberos', 'OIDC_CC', 'saml', ''])('is never of the kind "%s"', async (name) => {
    const kind = name as ServiceIdentitiesFederationKind; // the types refuse it before the database does
    const refused = await refusal(newService({ kind, config: false, audience: 'registry' }));
    expect(refused).toEqual({ code: violated.check, constraint: 'service_identities_federation_kind_check' });
  });

  test.each([
    { kind: 'oidc_cc', config: false, audience: 'registry' },
    { kind: 'spiffe_svid', config: true, audience: 'registry' },
    { kind: 'api_token', config: true, audience: null },
  ] as const)('names a configuration for oidc_cc alone: $kind with one: $config is refused', async (federation) => {
    const constraint = 'service_identities_issuer_check';
    expect(await refusal(newService(federation))).toEqual({ code: violated.check, constraint });
  });

  test.each([
    { kind: 'oidc_cc', config: true, audience: null },
    { kind: 'spiffe_svid', config: false, audience: null },
    { kind: 'api_token', config: false, audience: 'registry' },
  ] as const)('names an audience unless it is api_token: $kind with $audience is refused', async (federation) => {
    const constraint = 'service_identities_audience_check';
    expect(await refusal(newService(federation))).toEqual({ code: violated.check, constraint });
  });
});

test('a subject is one service identity of its tenant, and free in another', async () => {
  const [tenant, other] = [await newTenant(db), await newTenant(db)];
  await make.service(tenant, { subject: 'importer' });
  await make.service(other, { subject: 'importer' });
  const again = await refusal(make.service(tenant, { subject: 'importer' }));
  expect(again).toEqual({ code: violated.unique, constraint: 'service_identities_tenant_id_subject_key' });
});

describe('a trust bundle', () => {
  test('is there once for a trust domain of its tenant, and free in another', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    await make.bundle(tenant);
    await make.bundle(other);
    await make.bundle(tenant, { trust_domain: 'other.example' });
    const constraint = 'spiffe_trust_bundles_tenant_id_trust_domain_key';
    expect(await refusal(make.bundle(tenant))).toEqual({ code: violated.unique, constraint });
  });

  test.each([
    ['nothing', ''],
    ['upper case', 'Acme.example'],
    ['a scheme', 'spiffe://acme.example'],
    ['a port', 'acme.example:443'],
    ['a line break behind it', 'acme.example\n'],
    ['256 characters', 'a'.repeat(256)],
  ])('is refused for a trust domain with %s', async (_, trust_domain) => {
    const refused = await refusal(make.bundle(await newTenant(db), { trust_domain }));
    expect(refused).toEqual({ code: violated.check, constraint: 'spiffe_trust_bundles_trust_domain_check' });
  });

  test.each(['a', 'a'.repeat(255), 'prod_1.acme-corp.example'])('is accepted for %s', async (trust_domain) => {
    await expect(make.bundle(await newTenant(db), { trust_domain })).resolves.toBeTypeOf('string');
  });

  test.each([[[1]], ['text'], [null]])('holds its keys in an object, not as %j', async (keys) => {
    const refused = await refusal(make.bundle(await newTenant(db), { keys: json(keys) }));
    expect(refused).toEqual({ code: violated.check, constraint: 'spiffe_trust_bundles_keys_check' });
  });
});

describe('the owner of a key', () => {
  // proves C34
  test('is a user, a service identity or nobody', async () => {
    const { tenant, user, service } = await worldOf(db, await newTenant(db));
    await make.key(tenant);
    await make.key(tenant, { user_id: user });
    await expect(make.key(tenant, { service_identity_id: service })).resolves.toBeTypeOf('string');
  });

  // proves C34
  test('is never both, neither when it is made nor later', async () => {
    const { tenant, user, service } = await worldOf(db, await newTenant(db));
    const refused = { code: violated.check, constraint: 'api_keys_one_owner_check' };
    expect(await refusal(make.key(tenant, { user_id: user, service_identity_id: service }))).toEqual(refused);
    const id = await make.key(tenant, { user_id: user });
    const changed = sql`update api_keys set service_identity_id = ${service} where id = ${id}`.execute(db);
    expect(await refusal(changed)).toEqual(refused);
  });
});

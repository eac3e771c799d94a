import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { findIdpConfig, insertIdpConfig, listIdpConfigs, updateIdpConfig } from '../../src/queries/idp-configs.ts';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const summary = {
  entity_id: 'https://idp',
  sso_urls: ['https://idp/sso'],
  certificates: [{ not_after: '2030-01-01' }],
};

async function newConfig(kind: 'oidc' | 'saml', saml_summary?: Record<string, unknown> | null) {
  const tenant_id = await newTenant(db);
  const config = { tenant_id, kind, alias: 'sso', issuer: 'https://idp', metadata: {}, claim_mappings: {} };
  return db
    .transaction()
    .execute((tx) => insertIdpConfig(tx, { ...config, ...(saml_summary === undefined ? {} : { saml_summary }) }));
}

describe('the summary of SAML metadata', () => {
  test('is kept with the configuration and read with it, but not with a page of them', async () => {
    const { id, tenant_id, saml_summary } = await newConfig('saml', summary);
    expect(saml_summary).toEqual(summary);
    expect(await findIdpConfig(db, id)).toMatchObject({ saml_summary: summary });
    const { rows } = await listIdpConfigs(db, { tenant_id }, { limit: 10, bytesMax: 1_000_000 });
    const { saml_summary: _, ...shown } = (await findIdpConfig(db, id)) ?? {};
    expect(rows).toEqual([shown]);
  });

  test('changes alone, goes with null, and stays when a change does not name it', async () => {
    const { id } = await newConfig('saml', summary);
    const update = (changes: Parameters<typeof updateIdpConfig>[2]) =>
      db.transaction().execute((tx) => updateIdpConfig(tx, id, changes));
    expect(await update({ alias: 'main' })).toMatchObject({ alias: 'main', saml_summary: summary });
    expect(await update({ saml_summary: { entity_id: 'other' } })).toMatchObject({
      alias: 'main',
      saml_summary: { entity_id: 'other' },
    });
    expect(await update({ saml_summary: null })).toMatchObject({ saml_summary: null });
  });

  test('is null when nothing was read', async () => {
    expect(await newConfig('saml')).toMatchObject({ saml_summary: null });
    expect(await newConfig('oidc', null)).toMatchObject({ saml_summary: null });
  });

  test('belongs to SAML alone and is an object', async () => {
    const refused = { code: violated.check, constraint: 'tenant_idp_config_saml_summary_check' };
    expect(await refusal(newConfig('oidc', summary))).toEqual(refused);
    const { id } = await newConfig('saml');
    const list = sql`update tenant_idp_config set saml_summary = '[]' where id = ${id}`.execute(db);
    expect(await refusal(list)).toEqual(refused);
  });
});

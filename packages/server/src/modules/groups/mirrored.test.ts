import { describe, expect, test } from 'vitest';
import { createGroup } from '../../../test/support/groups.ts';
import { madeIn, newTenant, testServer, UNKNOWN, uniqueSlug } from '../../../test/support/server.ts';

const server = testServer();

const create = (tenant_id: string, fields: Record<string, unknown> = {}, token = server.operatorToken) =>
  server.call('POST /v1/groups', {
    body: { tenant_id, slug: uniqueSlug(), display_name: 'Operators', ...fields },
    token,
  });

const idsIn = async (query: string) => {
  const { status, body } = await server.call(`GET /v1/groups?${query}`);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
};

const newConfig = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  madeIn(server, tenant_id, 'idp-configs', {
    kind: 'oidc',
    alias: 'Main',
    issuer: 'https://login.example',
    client_id: 'c',
    ...fields,
  });

describe('a group that mirrors a claim', () => {
  // proves C44, C49
  test('names a configuration and a value, and a manual one names neither', async () => {
    const { id } = await newTenant(server);
    const config = await newConfig(id);
    const binding = { idp_config_id: config.id, idp_claim_value: 'plant-ops' };
    const made = await create(id, { source: 'idp', ...binding });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ source: 'idp', ...binding })]);
    for (const fields of [
      { source: 'idp' },
      { source: 'idp', idp_config_id: config.id },
      { source: 'idp', idp_claim_value: 'x' },
      { source: 'manual', ...binding },
      { idp_claim_value: 'x' },
    ]) {
      const { status, body } = await create(id, fields);
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'group_source_invalid', '/source']);
    }
    expect(await idsIn(`tenant_id=${id}&source=idp`)).toEqual([made.body.id]);
    expect(await idsIn(`tenant_id=${id}&source=manual`)).toEqual([]);
  });

  test('takes an OIDC configuration of its tenant that is not deactivated', async () => {
    const [mine, theirs] = [await newTenant(server), await newTenant(server)];
    const saml = await newConfig(mine.id, { kind: 'saml', issuer: 'urn:saml' });
    const deactivated = await newConfig(mine.id);
    await server.call(`DELETE /v1/idp-configs/${deactivated.id}`);
    const refused = (idp_config_id: string) => create(mine.id, { source: 'idp', idp_config_id, idp_claim_value: 'x' });
    for (const { id } of [saml, deactivated]) {
      const { status, body } = await refused(id);
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'group_source_invalid', '/idp_config_id']);
    }
    for (const id of [(await newConfig(theirs.id)).id, UNKNOWN]) {
      const { status, body } = await refused(id);
      expect([status, body.code, body.errors[0].pointer]).toEqual([404, 'idp_config_not_found', '/idp_config_id']);
    }
    expect(await idsIn(`tenant_id=${mine.id}`)).toEqual([]);
  });

  test('is the only one for its value of its configuration', async () => {
    const { id } = await newTenant(server);
    const [one, other] = [await newConfig(id), await newConfig(id, { issuer: 'https://other.example' })];
    const mirror = (config: { id: string }, idp_claim_value: string) =>
      create(id, { source: 'idp', idp_config_id: config.id, idp_claim_value });
    expect((await mirror(one, 'ops')).status).toBe(201);
    const again = await mirror(one, 'ops');
    expect([again.status, again.body.code, again.body.errors[0].pointer]).toEqual([
      409,
      'group_claim_taken',
      '/idp_claim_value',
    ]);
    expect([(await mirror(one, 'Ops')).status, (await mirror(other, 'ops')).status]).toEqual([201, 201]);
  });

  test.each(['source', 'idp_config_id', 'idp_claim_value'])('never changes its %s', async (field) => {
    const group = await createGroup(server, (await newTenant(server)).id);
    const { status, body } = await server.call(`PATCH /v1/groups/${group.id}`, { body: { [field]: null } });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'group_source_immutable', `/${field}`]);
    expect((await server.call(`GET /v1/groups/${group.id}`)).body).toEqual(group);
  });
});

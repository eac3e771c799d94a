// engine: postgres
import { expect, test } from 'vitest';
import { heldLeases } from '../../../test/support/held-leases.ts';
import { newProgram, newTrustDomain } from '../../../test/support/programs.ts';
import { newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer({ leases: heldLeases() });

test('what is remembered of a program and its trust domain is forgotten with every change of them', async () => {
  const { id: tenant_id } = await newTenant(server);
  const domain = await newTrustDomain();
  const program = await newProgram(server, tenant_id, { domain });
  const accepted = async () =>
    (await server.call('GET /v1/me', { token: await program.token(), headers: program.headers })).status === 200;
  const expectAfter = async (operation: string, outcome: boolean, body?: object) => {
    const { status } = await server.call(operation, body === undefined ? {} : { body });
    expect(status, operation).toBeLessThan(300);
    expect(await accepted(), operation).toBe(outcome);
  };
  const path = `/v1/service-identities/${program.id}`;
  const bundle = { tenant_id, trust_domain: domain.name };
  expect(await accepted()).toBe(true);
  await expectAfter(`POST ${path}/deactivate`, false);
  await expectAfter(`POST ${path}/activate`, true);
  await expectAfter(`PATCH ${path}`, false, { audience: 'elsewhere' });
  await expectAfter(`PATCH ${path}`, true, { audience: 'tenant-registry' });
  await expectAfter(`DELETE /v1/trust-bundles?tenant_id=${tenant_id}&trust_domain=${domain.name}`, false);
  await expectAfter('PUT /v1/trust-bundles', true, { ...bundle, keys: domain.bundle });
  await expectAfter('PUT /v1/trust-bundles', false, { ...bundle, keys: (await newTrustDomain()).bundle });
  await expectAfter('PUT /v1/trust-bundles', true, { ...bundle, keys: domain.bundle });
  await expectAfter(`DELETE ${path}`, false);
  const body = { tenant_id, display_name: 'x', federation_kind: 'spiffe_svid', audience: 'tenant-registry' };
  await expectAfter('POST /v1/service-identities', true, { ...body, subject: program.subject });
});

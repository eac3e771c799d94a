// engine: postgres
import { X509Certificate } from 'node:crypto';
import { idpConfigs } from '@tenant-registry/db';
import { generate } from 'selfsigned';
import { expect, onTestFinished, test, vi } from 'vitest';
import { auditOf, DAY_MS, newTenant, startTestServer, testServer } from '../../../test/support/server.ts';

const server = testServer();

const ENTITY = 'https://adfs.example/adfs/services/trust';

interface Validity {
  readonly from?: number;
  readonly to?: number;
}

/** A fresh certificate, valid from and to so many days from now; as metadata holds it. */
async function newCertificate(name: string, { from = -1, to = 365 }: Validity = {}): Promise<X509Certificate> {
  const { cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() + from * DAY_MS),
    notAfterDate: new Date(Date.now() + to * DAY_MS),
  });
  return new X509Certificate(cert);
}

const keyOf = (certificate: X509Certificate | string, use = ' use="signing"') => {
  const text = typeof certificate === 'string' ? certificate : certificate.raw.toString('base64');
  return `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
    ${text.replace(/(.{64})/g, '$1\n')}
  </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
};
const serviceAt = (location: string, binding = 'HTTP-Redirect') =>
  `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${location}"/>`;
const SERVICE = serviceAt('https://adfs.example/adfs/ls/');

const providerOf = (inner: string) =>
  `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${inner}</md:IDPSSODescriptor>`;
const entityOf = (inner: string, attributes = `entityID="${ENTITY}"`) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ${attributes}>${inner}</md:EntityDescriptor>`;
const metadataOf = (...keys: string[]) => entityOf(providerOf(keys.join('') + SERVICE));

async function newConfig(metadata: Record<string, unknown>) {
  const { id: tenant_id } = await newTenant(server);
  const body = { tenant_id, kind: 'saml', alias: 'ADFS', issuer: ENTITY, metadata };
  const answer = await server.call('POST /v1/idp-configs', { body });
  if (answer.status !== 201) throw new Error(`could not create a configuration: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function verify(id: string) {
  const { status, body } = await server.call(`POST /v1/idp-configs/${id}/verify`);
  expect(status).toBe(200);
  return body;
}

const verifyXml = async (xml: string) => verify((await newConfig({ xml })).id);
const told = ({ findings }: { findings: Record<string, string>[] }) =>
  findings.map(({ severity, code }) => `${severity} ${code}`);

const good = await newCertificate('good.example');

// proves A28, C30, C37
test('good metadata is verified, and its certificates are told with subject, fingerprint and validity', async () => {
  const config = await newConfig({ xml: metadataOf(keyOf(good)) });
  const body = await verify(config.id);
  expect([body.ok, told(body)]).toEqual([true, ['info metadata_checked', 'info certificates_checked']]);
  expect(body.certificates).toEqual([
    {
      subject: 'CN=good.example',
      fingerprint_sha256: good.fingerprint256,
      not_before: good.validFromDate.toISOString(),
      not_after: good.validToDate.toISOString(),
    },
  ]);
  expect(body.idp_config).toMatchObject({ status: 'active', version: 1 });
  expect(new Date(body.idp_config.verified_at)).toEqual(new Date(body.checked_at));
  const [, row] = await auditOf(server, config.id);
  expect(row).toMatchObject({
    action: 'idp_config.verified',
    is_failure: false,
    metadata: { findings: ['metadata_checked', 'certificates_checked'] },
  });
});

test('metadata with another prefix, a default namespace or a key for both purposes is read alike', async () => {
  const xml = metadataOf(keyOf(good, ''));
  const spellings = [
    xml,
    xml.replaceAll('md:', 'a:').replaceAll(':md', ':a'),
    xml.replaceAll('md:', '').replaceAll('xmlns:md', 'xmlns'),
    xml.replace(SERVICE, serviceAt('https://adfs.example/', 'HTTP-POST')),
  ];
  for (const spelling of spellings)
    expect(await verifyXml(spelling)).toMatchObject({ ok: true, certificates: [{ subject: 'CN=good.example' }] });
});

// proves A28
test('metadata without a signing certificate fails with no_certificate, and the configuration is degraded', async () => {
  for (const xml of [metadataOf(), metadataOf(keyOf(good, ' use="encryption"'))]) {
    const config = await newConfig({ xml });
    const body = await verify(config.id);
    expect([body.ok, told(body), body.certificates]).toEqual([
      false,
      ['info metadata_checked', 'error no_certificate'],
      [],
    ]);
    expect(body.idp_config).toMatchObject({ status: 'degraded', verified_at: null });
    const [, row] = await auditOf(server, config.id);
    expect(row).toMatchObject({
      action: 'idp_config.verification_failed',
      is_failure: true,
      metadata: { findings: ['metadata_checked', 'no_certificate'] },
    });
  }
});

// proves A28
test('an expired certificate fails, with its expiry', async () => {
  const expired = await newCertificate('old.example', { from: -400, to: -1 });
  const body = await verifyXml(metadataOf(keyOf(expired)));
  expect([body.ok, told(body)]).toEqual([false, ['info metadata_checked', 'error certificate_expired']]);
  expect(body.certificates).toMatchObject([
    { subject: 'CN=old.example', not_after: expired.validToDate.toISOString() },
  ]);
  expect(body.findings[1].message).toContain(expired.validToDate.toISOString());
  expect(body.idp_config.status).toBe('degraded');
});

test('while a provider changes its certificate, the old and the coming one are only warnings', async () => {
  const old = await newCertificate('old.example', { from: -400, to: -1 });
  const coming = await newCertificate('coming.example', { from: 2, to: 400 });
  const body = await verifyXml(metadataOf(keyOf(old), keyOf(good), keyOf(coming)));
  expect([body.ok, told(body)]).toEqual([
    true,
    [
      'info metadata_checked',
      'info certificates_checked',
      'warning certificate_expired',
      'warning certificate_not_yet_valid',
    ],
  ]);
  expect(body.certificates).toHaveLength(3);
  const none = await verifyXml(metadataOf(keyOf(old), keyOf(coming)));
  expect([none.ok, told(none)]).toEqual([
    false,
    ['info metadata_checked', 'error certificate_expired', 'error certificate_not_yet_valid'],
  ]);
});

test('a certificate that ends within 30 days is a warning, and fails from the moment it ends', async () => {
  const own = await startTestServer();
  const ending = await newCertificate('soon.example', { to: 29 });
  const { body: tenant } = await own.call('POST /v1/tenants', { body: { slug: 'saml-clock', name: 'Clock' } });
  await own.call(`POST /v1/tenants/${tenant.id}/activate`);
  const metadata = { xml: metadataOf(keyOf(ending)) };
  const { body: config } = await own.call('POST /v1/idp-configs', {
    body: { tenant_id: tenant.id, kind: 'saml', alias: 'ADFS', issuer: ENTITY, metadata },
  });
  const early = (await own.call(`POST /v1/idp-configs/${config.id}/verify`)).body;
  expect([early.ok, told(early).slice(1)]).toEqual([
    true,
    ['info certificates_checked', 'warning certificate_expires_soon'],
  ]);
  const readings = vi.spyOn(own.app.deps.idpConfigs.saml, 'read');
  own.clock.advance(29 * DAY_MS);
  const late = (await own.call(`POST /v1/idp-configs/${config.id}/verify`)).body;
  expect([late.ok, told(late).slice(1)]).toEqual([false, ['error certificate_expired']]);
  expect(readings).not.toHaveBeenCalled();
  await own.close();
});

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj / -days 36500 -outform DER | base64
const nameless =
  'MIIBVjCB/aADAgECAhQJGoQMVLHxnoD0eCDXxT/uVXrxXTAKBggqhkjOPQQDAjAAMCAXDTI2MTEyMTA0MzgzMFoYDzIxMjYxMDI4' +
  'MDQzODMwWjAAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXPSk9Uampfq7oenZlFaWcK6wDR2RPaRNNCRzcTyM7HAMFSuM5g0p' +
  'waEeNfO9+2u//MnW/+5DHx+NMABIrCnEr6NTMFEwHQYDVR0OBBYEFN/ZQLJbKlwO+nf4+AcAwFQbZ4z8MB8GA1UdIwQYMBaAFN/Z' +
  'QLJbKlwO+nf4+AcAwFQbZ4z8MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKnH3P+eycMXJQxkNAuyMzSs2Udi' +
  'jpFXp04kwhQlJLGfAiAzSMdjdDeheHzxqhdeasUsAZRwmLMhGNL+Xl0wdo4W4Q==';

test('a certificate without a subject is as good as another', async () => {
  expect(await verifyXml(metadataOf(keyOf(nameless)))).toMatchObject({ ok: true, certificates: [{ subject: '' }] });
});

test('a certificate that cannot be read fails alone, and is a warning beside a good one', async () => {
  for (const text of ['', 'bm90IGEgY2VydGlmaWNhdGU=', '!!!', good.raw.toString('base64').slice(0, 200)]) {
    expect(told(await verifyXml(metadataOf(keyOf(text))))).toEqual([
      'info metadata_checked',
      'error certificate_invalid',
    ]);
  }
  const body = await verifyXml(metadataOf(keyOf('x'), keyOf(good)));
  expect([body.ok, told(body)]).toEqual([
    true,
    ['info metadata_checked', 'info certificates_checked', 'warning certificate_invalid'],
  ]);
});

const validUntil = (days: number) =>
  `entityID="${ENTITY}" validUntil="${new Date(Date.now() + days * DAY_MS).toISOString()}"`;
test.each([
  [
    'of another entity',
    entityOf(providerOf(keyOf(good) + SERVICE), 'entityID="urn:other"'),
    ['error entity_id_mismatch'],
  ],
  ['of no entity', entityOf(providerOf(keyOf(good) + SERVICE), ''), ['error entity_id_mismatch']],
  ['that is no longer valid', entityOf(providerOf(keyOf(good) + SERVICE), validUntil(-1)), ['error metadata_expired']],
  [
    'valid until nobody knows when',
    entityOf(providerOf(keyOf(good) + SERVICE), `entityID="${ENTITY}" validUntil="soon"`),
    ['error metadata_expired'],
  ],
  ['of a service provider only', entityOf('<md:SPSSODescriptor/>'), ['error no_idp_descriptor']],
  ['with nowhere to sign in', entityOf(providerOf(keyOf(good))), ['error no_sso_service']],
  [
    'with another binding only',
    entityOf(providerOf(keyOf(good) + serviceAt('https://a.example', 'SOAP'))),
    ['error no_sso_service'],
  ],
  [
    'that signs in over plain http',
    entityOf(providerOf(keyOf(good) + serviceAt('http://adfs.example'))),
    ['error endpoint_insecure'],
  ],
  [
    'that signs in by a script',
    entityOf(providerOf(keyOf(good) + SERVICE + serviceAt('javascript:alert(1)'))),
    ['error endpoint_insecure'],
  ],
  [
    'whose provider is hidden deeper',
    entityOf(`<md:Extensions>${providerOf(keyOf(good) + SERVICE)}</md:Extensions>`),
    ['error no_idp_descriptor'],
  ],
])('metadata %s fails and is told apart', async (_, xml, errors) => {
  const body = await verifyXml(xml);
  expect([body.ok, told(body).filter((each) => each.startsWith('error'))]).toEqual([false, errors]);
});

test('metadata that is still valid passes', async () => {
  expect((await verifyXml(entityOf(providerOf(keyOf(good) + SERVICE), validUntil(1)))).ok).toBe(true);
});

test('a configuration without metadata fails and says what is missing', async () => {
  const body = await verify((await newConfig({})).id);
  expect([body.ok, told(body)]).toEqual([false, ['error metadata_missing']]);
});

test.each([
  ['an entity bomb', `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${entityOf('&b;').replace(/^.*\n/, '')}`],
  ['a broken end', entityOf('').slice(0, -3)],
])('metadata with %s that got into the table another way is not parsed further, but told', async (_, xml) => {
  const { id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  const db = server.app.deps.db;
  await db
    .updateTable('tenant_idp_config')
    .set(({ val, cast }) => ({ metadata: cast(val(JSON.stringify({ xml })), 'jsonb') }) as never)
    .where('id', '=', id)
    .execute();
  const body = await verify(id);
  expect([body.ok, told(body)]).toEqual([false, ['error metadata_invalid']]);
});

test('new metadata must be verified again', async () => {
  const { id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  expect((await verify(id)).idp_config.verified_at).not.toBeNull();
  const next = await newCertificate('next.example');
  const { body } = await server.call(`PATCH /v1/idp-configs/${id}`, {
    body: { metadata: { xml: metadataOf(keyOf(next)) } },
  });
  expect(body).toMatchObject({ status: 'active', verified_at: null, version: 2 });
  expect(await verify(id)).toMatchObject({ ok: true, certificates: [{ subject: 'CN=next.example' }] });
});

test('metadata as wide as fits are judged like any other, and too deep ones are refused by field', async () => {
  expect(told(await verifyXml(entityOf('<a/>'.repeat(7_000))))).toEqual(['error no_idp_descriptor']);
  const config = await newConfig({ xml: metadataOf(keyOf(good)) });
  const metadata = { xml: entityOf('<a>'.repeat(17) + '</a>'.repeat(17)) };
  const answers = [
    await server.call('POST /v1/idp-configs', {
      body: { tenant_id: config.tenant_id, kind: 'saml', alias: 'ADFS', issuer: 'urn:other', metadata },
    }),
    await server.call(`PATCH /v1/idp-configs/${config.id}`, { body: { metadata } }),
  ];
  for (const { status, body } of answers) {
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'metadata_invalid', '/metadata/xml']);
    expect(body.detail).toContain('16 levels');
  }
});

/** Counts how often documents are read from now on. */
function countReadings(): () => number {
  const spy = vi.spyOn(server.app.deps.idpConfigs.saml, 'read');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.length;
}

const storedSummary = async (id: string) =>
  (await idpConfigs.findIdpConfig(server.app.deps.db, id))?.saml_summary as Record<string, unknown> | null;

test('metadata are read once, when they are written, and no verification reads them again', async () => {
  const readings = countReadings();
  const { id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  expect(await storedSummary(id)).toMatchObject({ entity_id: ENTITY });
  for (let round = 0; round < 3; round++) expect((await verify(id)).ok).toBe(true);
  await server.call(`PATCH /v1/idp-configs/${id}`, { body: { alias: 'Other' } });
  await server.call(`PATCH /v1/idp-configs/${id}`, { body: { metadata: { xml: metadataOf(keyOf(good)) } } });
  expect(readings()).toBe(1);
  await server.call(`PATCH /v1/idp-configs/${id}`, { body: { metadata: { xml: metadataOf() } } });
  expect(told(await verify(id))).toEqual(['info metadata_checked', 'error no_certificate']);
  expect(readings()).toBe(2);
  const { body } = await server.call(`PATCH /v1/idp-configs/${id}`, { body: { metadata: {} } });
  expect(await storedSummary(id)).toBeNull();
  expect(body).not.toHaveProperty('saml_summary');
});

test('metadata from before summaries are read by the first verification, and its summary is kept', async () => {
  const { id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  const { db } = server.app.deps;
  await db.updateTable('tenant_idp_config').set({ saml_summary: null }).where('id', '=', id).execute();
  const readings = countReadings();
  expect(await verify(id)).toMatchObject({ ok: true, certificates: [{ subject: 'CN=good.example' }] });
  expect(await storedSummary(id)).toMatchObject({ entity_id: ENTITY });
  expect((await verify(id)).ok).toBe(true);
  expect(readings()).toBe(1);
});

test('while a document waits to be read, its tenant is not locked', async () => {
  const { id, tenant_id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  const { gate } = server.app.deps.idpConfigs.saml;
  const leave = await gate.enter('another tenant');
  const changed = server.call(`PATCH /v1/idp-configs/${id}`, { body: { metadata: { xml: metadataOf() } } });
  await vi.waitFor(() => expect(gate.load().waiting).toBe(1), { timeout: 20_000 });
  expect((await server.call(`POST /v1/tenants/${tenant_id}/cancel`)).status).toBe(200);
  leave();
  const { status, body } = await changed;
  expect([status, body.code]).toEqual([409, 'tenant_frozen']);
});

test('a document of a tenant that may not write, or of a caller that has gone, does not wait to be read', async () => {
  const { id, tenant_id } = await newConfig({ xml: metadataOf(keyOf(good)) });
  const { gate } = server.app.deps.idpConfigs.saml;
  const leave = await gate.enter('another tenant');
  const gone = new AbortController();
  const left = fetch(`${server.url}/v1/idp-configs/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { xml: metadataOf() } }),
    signal: gone.signal,
  });
  await vi.waitFor(() => expect(gate.load().waiting).toBe(1), { timeout: 20_000 });
  gone.abort();
  await expect(left).rejects.toThrow();
  await vi.waitFor(() => expect(gate.load().waiting).toBe(0), { timeout: 20_000 });
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  const metadata = { xml: metadataOf() };
  const answers = [
    await server.call('POST /v1/idp-configs', {
      body: { tenant_id, kind: 'saml', alias: 'ADFS', issuer: 'urn:other', metadata },
    }),
    await server.call(`PATCH /v1/idp-configs/${id}`, { body: { metadata } }),
    await server.call(`POST /v1/idp-configs/${id}/verify`),
  ];
  for (const { status, body } of answers) expect([status, body.code]).toEqual([409, 'tenant_frozen']);
  expect((await server.call(`GET /v1/idp-configs/${id}`)).body.version).toBe(1);
  expect(server.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  leave();
});

// engine: none
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { configMistakes } from '../test/support/config.ts';
import { readConfig, variableNames } from './config.ts';
import { withDevTokens } from './dev-tokens.ts';
import { processesOf } from './processes/count.ts';
import { withDevKeys } from './sealing-keys.ts';

const token = 'x'.repeat(32);
const pepper = 'p'.repeat(32);

// proves A23, A72
test('an empty environment is development on loopback with the embedded engine', () => {
  expect(readConfig({})).toMatchObject({
    appEnv: 'dev',
    host: '127.0.0.1',
    port: 8090,
    dataDir: '.data',
    migrateOnStart: true,
  });
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readConfig({}));
});

test('.env.example names every variable and no other, each once and with its default', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const named = [...text.matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(variableNames.toSorted());
  expect(readConfig(parseEnv(text))).toEqual(readConfig({}));
});

test('all mistakes are reported at once, each by the name of its variable', () => {
  const message = configMistakes({
    APP_ENV: 'production',
    PORT: '99999',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://x',
    OPERATOR_TOKEN: 'short',
  });
  for (const name of ['APP_ENV', 'PORT', 'LOG_LEVEL', 'DATABASE_URL', 'OPERATOR_TOKEN'])
    expect(message).toContain(name);
});

test('a mistake in DATABASE_URL is reported without its password, and a short token without its text', () => {
  const message = configMistakes({ DATABASE_URL: 'postgres://me:hunter2@/db', OPERATOR_TOKEN: 'hunter3' });
  expect(message).toContain('DATABASE_URL');
  expect(message).not.toMatch(/hunter/);
});

test('events are kept for a week at least, so that a receiver that was away for five days misses none', () => {
  expect(configMistakes({ EVENTS_RETENTION_DAYS: '6' })).toContain('EVENTS_RETENTION_DAYS');
  expect(readConfig({ EVENTS_RETENTION_DAYS: '7' }).eventsRetentionDays).toBe(7);
});

test('a way past a pooler wants the way through it, and is checked like it', () => {
  const direct = 'postgres://me:hunter2@db/registry';
  expect(configMistakes({ DATABASE_DIRECT_URL: direct })).toContain('DATABASE_URL, is missing');
  expect(configMistakes({ DATABASE_URL: direct, DATABASE_DIRECT_URL: 'db' })).toContain(
    'DATABASE_DIRECT_URL must start',
  );
  expect(readConfig({ DATABASE_URL: 'postgres://pooler/x', DATABASE_DIRECT_URL: direct }).databaseDirectUrl).toBe(
    direct,
  );
});

test('production refuses the embedded engine and wants both tokens and a pepper, and says all of it', () => {
  const message = configMistakes({ APP_ENV: 'prod', PORT: 'x' });
  expect(message).toContain('PORT must be a whole number');
  for (const name of ['DATABASE_URL', 'OPERATOR_TOKEN', 'INTERNAL_TOKEN', 'API_KEY_PEPPER'])
    expect(message).toContain(`${name} is missing`);
});

test('only production wants a pepper: without one each restart proves every key by argon2id', () => {
  const env = { DATABASE_URL: 'postgres://u@h/d', OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y` };
  expect(configMistakes({ ...env, APP_ENV: 'prod' })).toContain('API_KEY_PEPPER is missing');
  expect(configMistakes({ ...env, APP_ENV: 'prod', API_KEY_PEPPER: pepper })).toBe('');
  expect(configMistakes({ ...env, APP_ENV: 'stage' })).toBe('');
});

test('development beyond loopback wants tokens too', () => {
  expect(configMistakes({ HOST: '0.0.0.0' })).toContain('OPERATOR_TOKEN is missing');
  for (const INTERNAL_ADDR of ['0.0.0.0:8091', 'registry:8091'])
    expect(configMistakes({ INTERNAL_ADDR })).toContain('INTERNAL_TOKEN is missing');
  expect(configMistakes({ INTERNAL_ADDR: '[::1]:8091' })).toBe('');
  expect(
    readConfig({ HOST: '0.0.0.0', OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y,${token}z` }).tokens.internal,
  ).toHaveLength(2);
});

test('outside development nobody migrates unless told to', () => {
  const tokens = { OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y`, API_KEY_PEPPER: pepper };
  const env = { APP_ENV: 'prod', DATABASE_URL: 'postgres://u@h/d', ...tokens };
  expect(readConfig(env).migrateOnStart).toBe(false);
  expect(readConfig({ ...env, MIGRATE_ON_START: 'true' }).migrateOnStart).toBe(true);
});

test('a catalog file is read and checked at start, and its mistakes are reported with all the others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenant-registry-catalog-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, items: unknown[]) => {
    writeFileSync(join(folder, name), JSON.stringify({ items }));
    return join(folder, name);
  };
  const entry = { product: 'scanner', name: 'Scanner', description: 'Scans.', contract_version: '2' };
  const { catalog } = readConfig({ CATALOG_FILE: file('good.json', [entry]) });
  expect([...catalog.keys()]).toEqual(['scanner']);
  expect([...readConfig({}).catalog.keys()]).toEqual(['certifai', 'compliance']);
  const message = configMistakes({
    PORT: 'x',
    CATALOG_FILE: file('bad.json', [{ ...entry, trial_days: -1 }, entry, { ...entry, name: '' }]),
  });
  expect(message).toContain('PORT must be a whole number');
  expect(message).toContain('CATALOG_FILE at /items/0/trial_days');
  expect(message).toContain('CATALOG_FILE at /items/1/product: scanner is there twice');
  expect(message).toContain('CATALOG_FILE at /items/2/name');
  expect(configMistakes({ CATALOG_FILE: join(folder, 'none.json') })).toContain('CATALOG_FILE cannot be read');
});

test('a token that no request could carry, or that is of two kinds, is a mistake', () => {
  const message = configMistakes({ OPERATOR_TOKEN: `${'o'.repeat(40)} and more`, INTERNAL_TOKEN: `${'ü'.repeat(40)}` });
  expect(message).toContain('OPERATOR_TOKEN each token must');
  expect(message).toContain('INTERNAL_TOKEN each token must');
  const twice = 't'.repeat(40);
  expect(configMistakes({ OPERATOR_TOKEN: twice, INTERNAL_TOKEN: `${'i'.repeat(40)},${twice}` })).toContain(
    'INTERNAL_TOKEN has a token that OPERATOR_TOKEN has too',
  );
});

test('OUTBOUND_ALLOW takes hosts, addresses and networks, and each mistake in it is named', () => {
  expect(readConfig({}).outboundAllow).toEqual([]);
  const { outboundAllow } = readConfig({ OUTBOUND_ALLOW: 'idp.corp, idp.corp:8443,10.1.0.0/16 ,[fd00::1]:443' });
  expect(outboundAllow).toMatchObject([{ host: 'idp.corp' }, { host: 'idp.corp', port: 8443 }, {}, { port: 443 }]);
  const message = configMistakes({ OUTBOUND_ALLOW: 'idp.corp,https://idp.corp,10.0.0.0/33,' });
  for (const wrong of ['"https://idp.corp"', '"10.0.0.0/33"', '""'])
    expect(message).toContain(`OUTBOUND_ALLOW has ${wrong}`);
});

test('OUTBOUND_DNS_SERVERS takes addresses with and without a port, and each mistake in it is named', () => {
  expect(readConfig({}).outboundNameServers).toEqual([]);
  const { outboundNameServers } = readConfig({ OUTBOUND_DNS_SERVERS: '10.0.0.53, 127.0.0.1:5353,fd00::53' });
  expect(outboundNameServers).toEqual(['10.0.0.53:53', '127.0.0.1:5353', '[fd00::53]:53']);
  const message = configMistakes({ OUTBOUND_DNS_SERVERS: '10.0.0.53,ns.corp,10.0.0.53:x' });
  for (const wrong of ['"ns.corp"', '"10.0.0.53:x"']) expect(message).toContain(`OUTBOUND_DNS_SERVERS has ${wrong}`);
});

// proves A65
test('an issuer and an audience are all that Keycloak needs; the rest has its defaults', () => {
  expect(readConfig({}).oidc).toBeNull();
  const { oidc } = readConfig({
    AUTH_OIDC_ISSUER: 'https://sso.example/realms/a, https://other.example/',
    AUTH_OIDC_AUDIENCE: 'tenant-registry,portal',
  });
  expect(oidc).toEqual({
    issuers: ['https://sso.example/realms/a', 'https://other.example/'],
    audiences: ['tenant-registry', 'portal'],
    claims: { tenant: 'tenant_id', tenantRoles: 'org_roles', platformRoles: 'realm_access.roles', name: 'name' },
    roleMap: new Map([
      ['IT_ADMIN', 'admin'],
      ['CXO', 'billing'],
      ['USER', 'member'],
      ['BREAKPILOT_ADMIN', 'operator'],
      ['SUPPORT_ENGINEER', 'support'],
      ['SALES_REP', 'sales'],
    ]),
    clockToleranceSeconds: 30,
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
  });
});

const issuer = { AUTH_OIDC_ISSUER: 'https://sso.example', AUTH_OIDC_AUDIENCE: 'tenant-registry' };

test('a given role map replaces the built-in one, and a role of an issuer may have an equals sign in it', () => {
  const { oidc } = readConfig({
    ...issuer,
    AUTH_OIDC_ROLE_MAP: 'cn=ops=operator, /staff=member',
    AUTH_OIDC_PLATFORM_ROLES_CLAIM: 'https://sso.example/roles',
    AUTH_OIDC_ALGORITHMS: 'ES256,Ed25519',
    AUTH_OIDC_CLOCK_TOLERANCE_SECONDS: '0',
  });
  expect([...(oidc?.roleMap ?? [])]).toEqual([
    ['cn=ops', 'operator'],
    ['/staff', 'member'],
  ]);
  expect(oidc).toMatchObject({
    claims: { platformRoles: 'https://sso.example/roles' },
    algorithms: ['ES256', 'Ed25519'],
    clockToleranceSeconds: 0,
  });
});

test.each([
  ['AUTH_OIDC_ISSUER', 'sso.example'],
  ['AUTH_OIDC_ISSUER', 'ftp://sso.example'],
  ['AUTH_OIDC_ISSUER', 'https://me:pw@sso.example'],
  ['AUTH_OIDC_ISSUER', 'https://sso.example/?realm=a'],
  ['AUTH_OIDC_ISSUER', 'https://sso.example/a|b'],
  ['AUTH_OIDC_ISSUER', `https://sso.example/${'a'.repeat(236)}`],
  ['AUTH_OIDC_ISSUER', 'https://sso.example,'],
  ['AUTH_OIDC_ISSUER', 'https://sso.example,https://sso.example'],
  ['AUTH_OIDC_AUDIENCE', 'tenant registry'],
  ['AUTH_OIDC_AUDIENCE', 'a,,b'],
  ['AUTH_OIDC_TENANT_CLAIM', 'a..b'],
  ['AUTH_OIDC_TENANT_ROLES_CLAIM', 'org roles'],
  ['AUTH_OIDC_PLATFORM_ROLES_CLAIM', '.roles'],
  ['AUTH_OIDC_NAME_CLAIM', 'name.'],
  ['AUTH_OIDC_ROLE_MAP', 'ADMIN'],
  ['AUTH_OIDC_ROLE_MAP', '=admin'],
  ['AUTH_OIDC_ROLE_MAP', 'ROOT=root'],
  ['AUTH_OIDC_ROLE_MAP', 'ROOT=internal'],
  ['AUTH_OIDC_ROLE_MAP', 'A=admin,A=member'],
  ['AUTH_OIDC_CLOCK_TOLERANCE_SECONDS', '301'],
  ['AUTH_OIDC_CLOCK_TOLERANCE_SECONDS', '-1'],
  ['AUTH_OIDC_ALGORITHMS', 'none'],
  ['AUTH_OIDC_ALGORITHMS', 'RS256,HS256'],
  ['AUTH_OIDC_ALGORITHMS', 'rs256'],
])('%s=%s is a mistake that is reported with all the others', (name, value) => {
  const message = configMistakes({ ...issuer, PORT: 'x', [name]: value });
  expect(message).toContain('PORT must be');
  expect(message.split('\n').filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
});

test('what contradicts itself in a sign-in is a mistake', () => {
  expect(configMistakes({ AUTH_OIDC_ISSUER: issuer.AUTH_OIDC_ISSUER })).toContain('AUTH_OIDC_AUDIENCE is missing');
  expect(configMistakes({ AUTH_OIDC_AUDIENCE: 'us' })).toContain('AUTH_OIDC_ISSUER is missing');
  const same = configMistakes({ ...issuer, AUTH_OIDC_TENANT_ROLES_CLAIM: 'realm_access.roles' });
  expect(same).toContain('AUTH_OIDC_TENANT_ROLES_CLAIM is the claim of the platform roles');
});

test('an issuer over plain http is for loopback and development', () => {
  const of = (AUTH_OIDC_ISSUER: string, APP_ENV: string) =>
    configMistakes({ ...issuer, APP_ENV, AUTH_OIDC_ISSUER, INTERNAL_TOKEN: token });
  for (const loopback of ['http://127.0.0.1:8080/realms/a', 'http://localhost', 'http://[::1]:8080'])
    expect(of(loopback, 'stage')).toBe('');
  for (const other of ['http://sso.example', 'http://localhost.example', 'http://127.0.0.1.example/']) {
    expect(of(other, 'dev')).toBe('');
    expect(of(other, 'stage')).toContain(`AUTH_OIDC_ISSUER has "${other}", which must be https`);
  }
});

test('operators may come in by OIDC alone, and then no token of theirs is made; the internal token is wanted all the same', () => {
  const env = { ...issuer, APP_ENV: 'prod', DATABASE_URL: 'postgres://u@h/d', API_KEY_PEPPER: pepper };
  expect(configMistakes({ ...env, INTERNAL_TOKEN: token })).toBe('');
  const config = readConfig({ ...env, INTERNAL_TOKEN: token });
  expect(withDevTokens(config).tokens).toEqual({ operator: [], internal: [token] });
  expect(configMistakes(env)).toContain('INTERNAL_TOKEN is missing');
  expect(configMistakes(env)).not.toContain('OPERATOR_TOKEN');
  const nobody = configMistakes({ HOST: '0.0.0.0' });
  expect(nobody).toContain('OPERATOR_TOKEN is missing, and AUTH_OIDC_ISSUER too');
});

test('TRUST_PROXY takes addresses, networks and the words that Fastify knows, and the first that is none is named', async () => {
  const good = '10.0.0.1, 10.1.0.0/16,::1,fd00::/8,loopback';
  expect(readConfig({ TRUST_PROXY: good }).trustProxy).toBe(good);
  await expect(Fastify({ trustProxy: good }).ready()).resolves.toBeDefined();
  for (const wrong of ['proxy.corp', '10.0.0.1/33', '10.0.0.0/0', 'true', '10.0.0.0/8/8', 'fd00::/129', '1.2.3', ''])
    expect(configMistakes({ PORT: 'x', TRUST_PROXY: `10.0.0.1,${wrong}` })).toContain(
      `TRUST_PROXY has ${JSON.stringify(wrong)}`,
    );
});

test('keys for secrets are several, newest first; short, repeated or shared ones are mistakes, and none is echoed', () => {
  const [first, second] = ['k'.repeat(32), 'l'.repeat(32)];
  expect(readConfig({ SECRETS_KEY: `${first}, ${second}` }).secretsKeys).toEqual([first, second]);
  expect(readConfig({}).secretsKeys).toEqual([]);
  for (const [env, mistake] of [
    [{ SECRETS_KEY: 'short' }, 'SECRETS_KEY each key must have 32 to 4096'],
    [{ SECRETS_KEY: `${first},${first}` }, 'SECRETS_KEY has the same key twice'],
    [{ SECRETS_KEY: first, INTERNAL_TOKEN: first }, 'SECRETS_KEY has a value that is a token too'],
    [{ SECRETS_KEY: first, API_KEY_PEPPER: first }, 'SECRETS_KEY has a value that is a pepper too'],
  ] as const) {
    const text = configMistakes(env);
    expect(text).toContain(mistake);
    for (const secret of [first, 'short']) expect(text).not.toContain(secret);
  }
});

test('only development on loopback makes a key for secrets, once, and production starts without one', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tenant-registry-secrets-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const made = withDevKeys(readConfig({ DATA_DIR: dataDir })).secretsKeys;
  expect(made).toHaveLength(1);
  expect(withDevKeys(readConfig({ DATA_DIR: dataDir })).secretsKeys).toEqual(made);
  const given = { DATA_DIR: dataDir, SECRETS_KEY: 'k'.repeat(32) };
  expect(withDevKeys(readConfig(given)).secretsKeys).toEqual(['k'.repeat(32)]);
  const tokens = { OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y` };
  for (const env of [
    { HOST: '0.0.0.0' },
    { APP_ENV: 'stage', DATABASE_URL: 'postgres://u@h/d' },
    { APP_ENV: 'prod', DATABASE_URL: 'postgres://u@h/d', API_KEY_PEPPER: pepper },
  ])
    expect(withDevKeys(readConfig({ ...env, ...tokens, DATA_DIR: dataDir })).secretsKeys).toEqual([]);
});

test('peppers are several, newest first; short, repeated or shared ones are mistakes, and none is echoed', () => {
  const [first, second] = ['p'.repeat(32), 'q'.repeat(32)];
  expect(readConfig({ API_KEY_PEPPER: `${first}, ${second}` }).apiKeyPeppers).toEqual([first, second]);
  expect(readConfig({}).apiKeyPeppers).toEqual([]);
  const mistakesIn = (env: Record<string, string>) => {
    try {
      readConfig(env);
    } catch (error) {
      return String(error);
    }
    return 'none';
  };
  const wrong = [
    mistakesIn({ API_KEY_PEPPER: 'short' }),
    mistakesIn({ API_KEY_PEPPER: `${first},${first}` }),
    mistakesIn({ API_KEY_PEPPER: first, INTERNAL_TOKEN: first }),
  ];
  expect(wrong.map((text) => /API_KEY_PEPPER [^\n:(]*/.exec(text)?.[0].trim())).toEqual([
    'API_KEY_PEPPER each pepper must have 32 to 4096 visible ASCII characters',
    'API_KEY_PEPPER has the same pepper twice',
    'API_KEY_PEPPER has a value that is a token too',
  ]);
  for (const text of wrong) expect(text).not.toContain(first);
});

test('a lease is off, or between half a second and a minute', () => {
  expect(readConfig({}).authorityLeaseMs).toBe(2_000);
  for (const ms of [0, 500, 60_000])
    expect(readConfig({ REQUEST_TIMEOUT_MS: '61000', AUTHORITY_LEASE_MS: String(ms) }).authorityLeaseMs).toBe(ms);
  for (const ms of ['1', '499', '60001', '2s'])
    expect(configMistakes({ AUTHORITY_LEASE_MS: ms })).toContain('AUTHORITY_LEASE_MS');
});

test('PROCESSES is a number or auto, one for each core; the embedded engine has one, and more are refused with the reason', () => {
  const url = 'postgres://me:pw@127.0.0.1/registry';
  const processes = (value: string, databaseUrl = url) =>
    processesOf(readConfig({ DATABASE_URL: databaseUrl, PROCESSES: value }), 8);
  expect([processes(''), processes('1'), processes('3'), processes('auto')]).toEqual([1, 1, 3, 8]);
  expect([processes('auto', ''), processes('1', '')]).toEqual([1, 1]);
  expect(() => processes('2', '')).toThrow('PROCESSES must be 1 or auto without DATABASE_URL');
  for (const wrong of ['0', '65', '-1', 'all', '1.5']) expect(() => processes(wrong)).toThrow('from 1 to 64, or auto');
});

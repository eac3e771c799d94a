import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const token = 'x'.repeat(32);
const mistakesOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

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

test('all mistakes are reported at once, each by the name of its variable', () => {
  const message = mistakesOf({
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
  const message = mistakesOf({ DATABASE_URL: 'postgres://me:hunter2@/db', OPERATOR_TOKEN: 'hunter3' });
  expect(message).toContain('DATABASE_URL');
  expect(message).not.toMatch(/hunter/);
});

test('production refuses the embedded engine and wants both tokens, and says all of it', () => {
  const message = mistakesOf({ APP_ENV: 'prod', PORT: 'x' });
  expect(message).toContain('PORT must be a whole number');
  for (const name of ['DATABASE_URL', 'OPERATOR_TOKEN', 'INTERNAL_TOKEN'])
    expect(message).toContain(`${name} is missing`);
});

test('development beyond loopback wants tokens too', () => {
  expect(mistakesOf({ HOST: '0.0.0.0' })).toContain('OPERATOR_TOKEN is missing');
  expect(
    readConfig({ HOST: '0.0.0.0', OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y,${token}z` }).tokens.internal,
  ).toHaveLength(2);
});

test('outside development nobody migrates unless told to', () => {
  const env = { APP_ENV: 'prod', DATABASE_URL: 'postgres://u@h/d', OPERATOR_TOKEN: token, INTERNAL_TOKEN: `${token}y` };
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
  const message = mistakesOf({
    PORT: 'x',
    CATALOG_FILE: file('bad.json', [{ ...entry, trial_days: -1 }, entry, { ...entry, name: '' }]),
  });
  expect(message).toContain('PORT must be a whole number');
  expect(message).toContain('CATALOG_FILE at /items/0/trial_days');
  expect(message).toContain('CATALOG_FILE at /items/1/product: scanner is there twice');
  expect(message).toContain('CATALOG_FILE at /items/2/name');
  expect(mistakesOf({ CATALOG_FILE: join(folder, 'none.json') })).toContain('CATALOG_FILE cannot be read');
});

test('a token that no request could carry, or that is of two kinds, is a mistake', () => {
  const message = mistakesOf({ OPERATOR_TOKEN: `${'o'.repeat(40)} and more`, INTERNAL_TOKEN: `${'ü'.repeat(40)}` });
  expect(message).toContain('OPERATOR_TOKEN each token must');
  expect(message).toContain('INTERNAL_TOKEN each token must');
  const twice = 't'.repeat(40);
  expect(mistakesOf({ OPERATOR_TOKEN: twice, INTERNAL_TOKEN: `${'i'.repeat(40)},${twice}` })).toContain(
    'INTERNAL_TOKEN has a token that OPERATOR_TOKEN has too',
  );
});

test('OUTBOUND_ALLOW takes hosts, addresses and networks, and each mistake in it is named', () => {
  expect(readConfig({}).outboundAllow).toEqual([]);
  const { outboundAllow } = readConfig({ OUTBOUND_ALLOW: 'idp.corp, idp.corp:8443,10.1.0.0/16 ,[fd00::1]:443' });
  expect(outboundAllow).toMatchObject([{ host: 'idp.corp' }, { host: 'idp.corp', port: 8443 }, {}, { port: 443 }]);
  const message = mistakesOf({ OUTBOUND_ALLOW: 'idp.corp,https://idp.corp,10.0.0.0/33,' });
  for (const wrong of ['"https://idp.corp"', '"10.0.0.0/33"', '""'])
    expect(message).toContain(`OUTBOUND_ALLOW has ${wrong}`);
});

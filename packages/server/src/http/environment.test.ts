// engine: none
import { expect, test } from 'vitest';
import { configMistakes } from '../../test/support/config.ts';
import { readConfig } from '../config.ts';
import { databaseTimeouts } from '../settings/database.ts';

test('a connection without a request stays open for a second, and never for more than half of the time to stop', () => {
  const idle = (env: Record<string, string>) => readConfig(env).shutdownIdleMs;
  expect(idle({})).toBe(1_000);
  expect(idle({ SHUTDOWN_IDLE_MS: '9000' })).toBe(5_000);
  expect(idle({ SHUTDOWN_TIMEOUT_MS: '300' })).toBe(150);
  expect(idle({ SHUTDOWN_TIMEOUT_MS: '0', SHUTDOWN_IDLE_MS: '60000' })).toBe(60_000);
});

test('a request is answered within eight seconds, and the database has less', () => {
  const { requestTimeoutMs } = readConfig({});
  expect(requestTimeoutMs).toBe(8_000);
  expect(databaseTimeouts({ requestTimeoutMs })).toEqual({ connectTimeoutMs: 2_000, statementTimeoutMs: 4_800 });
  expect(databaseTimeouts({ requestTimeoutMs: 100 })).toEqual({ connectTimeoutMs: 25, statementTimeoutMs: 60 });
});

test('a lease that lasts as long as a request may take is a mistake', () => {
  const wrong = 'REQUEST_TIMEOUT_MS must be longer than AUTHORITY_LEASE_MS';
  expect(configMistakes({ AUTHORITY_LEASE_MS: '8000' })).toContain(wrong);
  expect(configMistakes({ REQUEST_TIMEOUT_MS: '1000' })).toContain(wrong);
  expect(configMistakes({ REQUEST_TIMEOUT_MS: '9000', AUTHORITY_LEASE_MS: '8000' })).toBe('');
  expect(configMistakes({ REQUEST_TIMEOUT_MS: '1000', AUTHORITY_LEASE_MS: '0' })).toBe('');
});

test('CORS_ORIGINS takes origins as browsers name them, and the first entry that is none is named', () => {
  const origins = ['https://portal.example', 'http://localhost:3000', 'https://[2001:db8::1]:8443'];
  expect(readConfig({}).corsOrigins).toEqual([]);
  expect(readConfig({ CORS_ORIGINS: origins.join(', ') }).corsOrigins).toEqual(origins);
  for (const wrong of [
    '*',
    'null',
    'portal.example',
    'https://portal.example/',
    'https://Portal.example',
    'https://a:443',
    'ftp://a',
    'https://*.a',
  ])
    expect(configMistakes({ CORS_ORIGINS: `https://a,${wrong}` }), wrong).toContain(
      `CORS_ORIGINS has ${JSON.stringify(wrong)}`,
    );
});

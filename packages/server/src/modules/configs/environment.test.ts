// engine: none
import { expect, test } from 'vitest';
import { configMistakes } from '../../../test/support/config.ts';
import { readConfig } from '../../config.ts';

const PASSWORD = 'correct-horse-battery';
const ENDPOINTS = 'https://a.example:2379, https://b.example:2379';

test('values are in the database unless it is said otherwise', () => {
  expect(readConfig({}).configStore).toEqual({ kind: 'postgres', etcd: null });
});

test('etcd is known with its user and its certificates, also before the values are there', () => {
  const etcd = {
    endpoints: ['https://a.example:2379', 'https://b.example:2379'],
    prefix: 'registry/eu/',
    username: 'registry',
    passwordFile: '/run/secrets/etcd',
    tls: { caFile: '/etc/etcd/ca.pem', certFile: '/etc/etcd/cert.pem', keyFile: '/etc/etcd/key.pem' },
    quotaBytes: 8_589_934_592,
  };
  const env = {
    ETCD_ENDPOINTS: ENDPOINTS,
    ETCD_PREFIX: 'registry/eu/',
    ETCD_USERNAME: 'registry',
    ETCD_PASSWORD_FILE: '/run/secrets/etcd',
    ETCD_CA_FILE: '/etc/etcd/ca.pem',
    ETCD_CERT_FILE: '/etc/etcd/cert.pem',
    ETCD_KEY_FILE: '/etc/etcd/key.pem',
    ETCD_QUOTA_BYTES: '8589934592',
  };
  expect(readConfig(env).configStore).toEqual({ kind: 'postgres', etcd });
  expect(readConfig({ ...env, CONFIG_STORE: 'etcd' }).configStore).toEqual({ kind: 'etcd', etcd });
});

test.each([
  `https://registry:${PASSWORD}@a.example:2379`,
  `a.example:2379`,
  'https://a.example:2379/v3',
  'https://a.example:2379,http://b.example:2379',
  'ftp://a.example',
])('endpoints that cannot be are refused without telling them: %s', (ETCD_ENDPOINTS) => {
  const mistakes = configMistakes({ ETCD_ENDPOINTS });
  expect(mistakes).toContain('ETCD_ENDPOINTS must');
  expect(mistakes).not.toContain(PASSWORD);
});

test.each([
  [{ CONFIG_STORE: 'etcd' }, 'ETCD_ENDPOINTS, which says where it is, is missing'],
  [{ CONFIG_STORE: 'consul' }, 'CONFIG_STORE'],
  [{ ETCD_USERNAME: 'registry' }, 'ETCD_PASSWORD_FILE is missing'],
  [{ ETCD_PASSWORD_FILE: '/run/x' }, 'ETCD_USERNAME is missing'],
  [{ ETCD_CERT_FILE: '/run/x' }, 'ETCD_KEY_FILE is missing'],
  [{ ETCD_CA_FILE: '/run/x', ETCD_ENDPOINTS: 'http://a.example:2379' }, 'https://'],
  [{ ETCD_PREFIX: 'registry' }, 'ETCD_PREFIX must'],
  [{ ETCD_QUOTA_BYTES: '7' }, 'ETCD_QUOTA_BYTES must'],
])('what does not fit together is told: %j', (env, told) => {
  expect(configMistakes(env)).toContain(told);
});

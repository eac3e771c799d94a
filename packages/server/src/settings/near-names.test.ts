// engine: none
import { expect, test } from 'vitest';
import { ConfigError, readConfig, unknownVariables, variableNames } from '../config.ts';
import { nearNames } from './near-names.ts';

const warningsOf = (...names: string[]) =>
  nearNames(Object.fromEntries(names.map((name) => [name, 'x'])), variableNames);

test.each([
  ['DATABSE_URL', 'DATABASE_URL'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['DATABASE_ULR', 'DATABASE_URL'],
  ['DATABASEURL', 'DATABASE_URL'],
  ['database_url', 'DATABASE_URL'],
  ['PROT', 'PORT'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['TRUST_PROXIES', undefined],
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['OPERATOR_TOKENS', 'OPERATOR_TOKEN'],
  ['AUTH_OIDC_ISSUERS', 'AUTH_OIDC_ISSUER'],
  ['REQUEST_TIMEOUT', undefined],
])('%s is taken for %s', (name, meant) => {
  expect(warningsOf(name)).toEqual(meant === undefined ? [] : [`${name} is not known: did you mean ${meant}?`]);
});

test('known variables, and those of every system, are no slips', () => {
  const common = 'PATH HOME USER LANG PWD SHELL TERM TZ HOSTNAME NODE_ENV NODE_OPTIONS LOGNAME OLDPWD SHLVL EDITOR';
  expect(warningsOf(...variableNames, ...common.split(' '), 'KUBERNETES_PORT', 'npm_config_cache', '_')).toEqual([]);
});

test('a slip is told with the mistakes that it causes, and by itself when the rest is right, without its value', () => {
  const env = { DATABSE_URL: 'postgres://me:hunter2@db/registry' };
  expect(unknownVariables(env)).toEqual(['DATABSE_URL is not known: did you mean DATABASE_URL?']);
  const start = () => readConfig({ ...env, APP_ENV: 'prod' });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(/DATABASE_URL is missing[\s\S]*DATABSE_URL is not known: did you mean DATABASE_URL\?/);
  expect(start).not.toThrow(/hunter2/);
});

// engine: none
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../config.ts';
import { createClientSecrets, UnresolvedSecretError } from './client-secrets.ts';

const TENANT = '01890000-0000-7000-8000-00000000000a';
const OTHER = '01890000-0000-7000-8000-00000000000b';
const variableOf = (tenant: string, name = 'OKTA') => `IDP_SECRET_${tenant.replaceAll('-', '_')}_${name}`;

let secretsDir: string;
beforeAll(async () => {
  secretsDir = await mkdtemp(join(tmpdir(), 'client-secrets-'));
  for (const tenant of [TENANT, OTHER]) {
    await mkdir(join(secretsDir, tenant, 'sso'), { recursive: true });
    await writeFile(join(secretsDir, tenant, 'sso', 'okta'), `file of ${tenant}\n`);
  }
  await writeFile(join(secretsDir, 'above'), 'of the operator');
  const own = (name: string) => join(secretsDir, TENANT, name);
  await symlink('sso/okta', own('link-inside'));
  await symlink('sso', own('folder-inside'));
  await symlink('../above', own('link-above'));
  await symlink(join(secretsDir, OTHER), own('folder-of-another'));
  await symlink('/etc/passwd', own('link-far'));
  await writeFile(own('empty'), ' \n');
  await writeFile(own('largest'), 'x'.repeat(4_096));
  await writeFile(own('large'), 'x'.repeat(4_097));
});
afterAll(() => rm(secretsDir, { recursive: true }));

const resolve = (client_secret_ref: string | null, over: { secretsDir?: null } = {}) =>
  createClientSecrets({
    ...readConfig({
      SECRETS_DIR: secretsDir,
      OPERATOR_TOKEN: 'o'.repeat(40),
      [variableOf(TENANT)]: 'variable of the tenant',
      [variableOf(OTHER)]: 'variable of another tenant',
    }),
    ...over,
  })({ tenant_id: TENANT, client_secret_ref });

// proves A28
test.each([
  [null, null],
  ['file:sso/okta', `file of ${TENANT}`],
  ['file:link-inside', `file of ${TENANT}`],
  ['file:folder-inside/okta', `file of ${TENANT}`],
  ['file:largest', 'x'.repeat(4_096)],
  [`env:${variableOf(TENANT)}`, 'variable of the tenant'],
])('%s is resolved', async (ref, secret) => {
  expect(await resolve(ref)).toBe(secret);
});

test.each([
  'env:OPERATOR_TOKEN',
  'env:PATH',
  `env:${variableOf(OTHER)}`,
  `env:${variableOf(TENANT, 'UNSET')}`,
  'file:../above',
  `file:../${OTHER}/sso/okta`,
  'file:sso/../../above',
  'file:/etc/passwd',
  'file:link-above',
  'file:link-far',
  'file:folder-of-another/sso/okta',
  'file:none',
  'file:sso',
  'file:empty',
  'file:large',
  'vault://kv/acme/oidc',
  'k8s://ns/name/key',
  'OPERATOR_TOKEN',
  '',
])('%s is not resolved, and the error names no path', async (ref) => {
  const error: unknown = await resolve(ref).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UnresolvedSecretError);
  expect((error as Error).message).not.toMatch(/\/|above|passwd|operator/);
});

test('without SECRETS_DIR no file is read', async () => {
  await expect(resolve('file:sso/okta', { secretsDir: null })).rejects.toBeInstanceOf(UnresolvedSecretError);
});

test('the configuration holds no variable but those of client secrets', () => {
  const { idpSecrets } = readConfig({ OPERATOR_TOKEN: 'o'.repeat(40), [variableOf(TENANT)]: 'x' });
  expect([...idpSecrets]).toEqual([[variableOf(TENANT), 'x']]);
});

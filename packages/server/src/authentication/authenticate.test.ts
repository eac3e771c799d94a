// engine: none
import { expect, test } from 'vitest';
import { systemActor } from '../kernel/actor.ts';
import type { Dependencies } from '../kernel/context.ts';
import type { CredentialReader, Presented } from '../kernel/credentials.ts';
import { apiKeyCredential } from '../modules/api-keys/credential.ts';
import { grants } from '../modules.ts';
import { accessTokenCredential } from './access-token.ts';
import { createAuthenticator } from './authenticate.ts';

const here: Presented = { from: 'here', tenantId: null };
const STATIC = 'op_0123456789abcdef0123456789abcdef';
const credentials = [
  STATIC,
  'bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd',
  'bp_.looks.likeajwt',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
  'a.b.c',
  'opaque',
];

const reader = (kind: CredentialReader['kind'], mark: string): CredentialReader => ({
  kind,
  recognizes: (token) => token.startsWith(mark),
  identify: async () => systemActor(kind),
});

test('a static token is recognized before any reader is asked', () => {
  const greedy: CredentialReader = { ...reader('jwt', ''), identify: () => Promise.reject(new Error('was asked')) };
  const { recognize } = createAuthenticator({
    grants,
    tokens: { operator: [STATIC], internal: [] },
    readers: [greedy],
  });
  expect(recognize(`Bearer ${STATIC}`)?.type).toBe('operator');
});

test('the first reader that recognizes a credential identifies it', async () => {
  const readers = [reader('api_key', 'bp_'), reader('jwt', '')];
  const { identify, kindOf } = createAuthenticator({ grants, tokens: { operator: [], internal: [] }, readers });
  expect((await identify('Bearer bp_x', here)).id).toBe('api_key');
  expect((await identify('Bearer x', here)).id).toBe('jwt');
  expect(kindOf('Basic x', here)).toBe('other');
});

test('a credential that starts like a key is a key, even when it looks like a token', () => {
  const deps = {} as Dependencies; // shapes are told without it
  const readers = [apiKeyCredential(deps), accessTokenCredential(deps, null)];
  const { kindOf } = createAuthenticator({ grants, tokens: { operator: [], internal: [] }, readers });
  expect(credentials.map((each) => kindOf(`Bearer ${each}`, here))).toEqual([
    'token',
    'api_key',
    'api_key',
    'jwt',
    'jwt',
    'token',
  ]);
});

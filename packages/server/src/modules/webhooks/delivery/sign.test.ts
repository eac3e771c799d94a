// engine: none
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { expect, test } from 'vitest';
import { signatureHeaders } from './sign.ts';

const hmacSecret = (bytes = 32) => `whsec_${randomBytes(bytes).toString('base64')}`;
const now = () => Math.floor(Date.now() / 1_000);
const message = (body: string) => ({ id: 'evt_1', timestamp: now(), body });
const verifiers = [
  ['standardwebhooks', (secret: string) => new Standard(secret)],
  ['svix', (secret: string) => new Svix(secret)],
] as const;

test.each(verifiers)('%s accepts what is signed, with keys of every permitted length', (_, verifierOf) => {
  for (const bytes of [24, 32, 48, 64]) {
    const secret = hmacSecret(bytes);
    const body = JSON.stringify({ text: 'ü😀', bytes });
    expect(() => verifierOf(secret).verify(body, signatureHeaders(message(body), [secret]))).not.toThrow();
  }
});

test.each(verifiers)('%s refuses another body, id, time or secret', (_, verifierOf) => {
  const secret = hmacSecret();
  const headers = signatureHeaders(message('{"a":1}'), [secret]);
  const refuses = (body: string, changed: Record<string, string> = {}, by = secret) =>
    expect(() => verifierOf(by).verify(body, { ...headers, ...changed })).toThrow(/signature|old|new|Signature/);
  refuses('{"a":2}');
  refuses('{"a":1}', { 'webhook-id': 'evt_2' });
  refuses('{"a":1}', { 'webhook-timestamp': String(now() - 1) });
  refuses('{"a":1}', {}, hmacSecret());
});

test.each(verifiers)(
  '%s accepts through rotations: both secrets while they overlap, then the new one alone',
  (_, verifierOf) => {
    let [current, previous] = [hmacSecret(), hmacSecret()];
    for (let rotation = 0; rotation < 50; rotation += 1) {
      const body = JSON.stringify({ rotation });
      const overlapping = signatureHeaders(message(body), [current, previous]);
      for (const secret of [current, previous])
        expect(() => verifierOf(secret).verify(body, overlapping)).not.toThrow();
      const alone = signatureHeaders(message(body), [current]);
      expect(() => verifierOf(previous).verify(body, alone)).toThrow();
      [current, previous] = [hmacSecret(), current];
    }
  },
);

test('ed25519 signatures verify with the public key of the seed, and only for the message that was signed', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const headers = signatureHeaders({ id: 'evt_1', timestamp: 17, body: '{}' }, [`whsk_${seed.toString('base64')}`]);
  const [version, signature = ''] = headers['webhook-signature']?.split(',') ?? [];
  expect(version).toBe('v1a');
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
  const holds = (content: string) => verify(null, Buffer.from(content), key, Buffer.from(signature, 'base64'));
  expect(holds('evt_1.17.{}')).toBe(true);
  expect(holds('evt_1.18.{}')).toBe(false);
});

test('the ed25519 key of a seed is the one of RFC 8032, section 7.1', () => {
  // The content that is signed always has two dots in it, so the vector is compared by its key.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const x = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
    'base64url',
  );
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const { 'webhook-signature': header = '' } = signatureHeaders({ id: 'a', timestamp: 1, body: 'b' }, [
    `whsk_${seed.toString('base64')}`,
  ]);
  expect(verify(null, Buffer.from('a.1.b'), key, Buffer.from(header.slice('v1a,'.length), 'base64'))).toBe(true);
});

test('without a secret, or with one that cannot sign, nothing is signed, and the error does not show it', () => {
  expect(() => signatureHeaders(message('{}'), [])).toThrow('unsigned');
  for (const secret of ['hunter2', 'whsk_aHVudGVyMg==', 'whpk_aHVudGVyMg==']) {
    expect(() => signatureHeaders(message('{}'), [secret])).toThrow(/^((?!hunter2|aHVudGVyMg).)*$/);
  }
});

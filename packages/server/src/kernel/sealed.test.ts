// engine: none
import { expect, test } from 'vitest';
import { DomainError } from './errors.ts';
import { createSealed, createSealer, secretsKeyId } from './sealed.ts';

const [older, newer] = ['older-key-of-at-least-32-characters', 'newer-key-of-at-least-32-characters'];
const ROW = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

const codeOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'none',
    (error: unknown) => (error instanceof DomainError ? error.definition.code : String(error)),
  );
const BROKEN = 'Error: a sealed secret was changed, or belongs to another row';

test('what was sealed is opened, looks different each time, and shows neither the secret nor the key', async () => {
  const sealer = createSealer([older], 'webhooks');
  const sealed = [await sealer.seal(SECRET, ROW), await sealer.seal(SECRET, ROW)];
  expect(new Set(sealed).size).toBe(2);
  for (const each of sealed) {
    expect(each).toMatch(/^v1\.[0-9a-f]{16}\.[\w-]+$/);
    expect(await sealer.open(each, ROW)).toBe(SECRET);
    expect(sealer.keyIdOf(each)).toBe(secretsKeyId(older));
    const bytes = Buffer.from(each.split('.')[2] ?? '', 'base64url');
    expect(bytes).toHaveLength(12 + SECRET.length + 16);
    expect(bytes.includes(SECRET)).toBe(false);
  }
  expect(await sealer.open(await sealer.seal('', ROW), ROW)).toBe('');
  expect(await sealer.open(await sealer.seal('ключ 🔑', ROW), ROW)).toBe('ключ 🔑');
});

test('with a new key in front, new texts are sealed under it and those of the older key still open', async () => {
  const before = await createSealer([older], 'webhooks').seal(SECRET, ROW);
  const rotating = createSealer([newer, older], 'webhooks');
  expect(await rotating.open(before, ROW)).toBe(SECRET);
  expect([rotating.isCurrent(before), rotating.keyIds]).toEqual([false, [newer, older].map(secretsKeyId)]);
  const after = await rotating.seal(SECRET, ROW);
  expect([rotating.isCurrent(after), rotating.keyIdOf(after)]).toEqual([true, secretsKeyId(newer)]);
  expect(await createSealer([newer], 'webhooks').open(after, ROW)).toBe(SECRET);
  // A key that stands last is known before it is used.
  expect(await createSealer([older, newer], 'webhooks').open(after, ROW)).toBe(SECRET);
});

test('a text whose key is not configured is not opened, and the error names the key for the log', async () => {
  const sealed = await createSealer([older], 'webhooks').seal(SECRET, ROW);
  for (const keys of [[newer], []]) {
    const outcome = createSealer(keys, 'webhooks').open(sealed, ROW);
    await expect(outcome).rejects.toMatchObject({
      extras: { cause: new Error(`SECRETS_KEY lacks the key ${secretsKeyId(older)}`) },
    });
    expect(await codeOf(outcome)).toBe('secrets_key_missing');
  }
});

test('a text that claims the id of another key is not opened by that key', async () => {
  const sealed = await createSealer([older], 'webhooks').seal(SECRET, ROW);
  const disguised = sealed.replace(secretsKeyId(older), secretsKeyId(newer));
  expect(await codeOf(createSealer([newer, older], 'webhooks').open(disguised, ROW))).toBe(BROKEN);
});

test('a text in which one bit changed, anywhere, is not opened', async () => {
  const sealer = createSealer([older], 'webhooks');
  const [version, keyId, text = ''] = (await sealer.seal(SECRET, ROW)).split('.');
  const bytes = Buffer.from(text, 'base64url');
  for (const place of bytes.keys()) {
    const changed = Buffer.from(bytes);
    changed[place] = (bytes[place] ?? 0) ^ 1;
    expect(await codeOf(sealer.open(`${version}.${keyId}.${changed.toString('base64url')}`, ROW)), `${place}`).toBe(
      BROKEN,
    );
  }
  const cut = bytes.subarray(0, -1).toString('base64url');
  expect(await codeOf(sealer.open(`${version}.${keyId}.${cut}`, ROW))).toBe(BROKEN);
});

test.each(['', 'v1', 'v2.0123456789abcdef.AAAA', 'v1..', 'v1.0123456789abcdef.AAAA', 'v1.XYZ.AAAA', SECRET])(
  'a text that is no sealed one is refused: %s',
  async (text) => {
    const sealer = createSealer([older], 'webhooks');
    expect(await codeOf(sealer.open(text, ROW))).toBe('Error: a sealed secret has not the form of one');
    expect(() => sealer.keyIdOf(text)).toThrow('not the form');
  },
);

test('a text is not opened with another spelling, or with something behind it', async () => {
  const sealer = createSealer([older], 'webhooks');
  const sealed = await sealer.seal(SECRET, ROW);
  for (const other of [`${sealed}=`, `${sealed}.`, `${sealed}\n`, ` ${sealed}`])
    expect(await codeOf(sealer.open(other, ROW))).toContain('not the form');
});

test('a text that was moved to another row, or to another purpose, is not opened', async () => {
  const sealed = createSealed([older]);
  const text = await sealed('webhooks').seal(SECRET, ROW);
  expect(await codeOf(sealed('webhooks').open(text, ROW.replace('0', '1')))).toBe(BROKEN);
  expect(await codeOf(sealed('webhooks').open(text, ''))).toBe(BROKEN);
  expect(await codeOf(sealed('mail').open(text, ROW))).toBe(BROKEN);
  expect(sealed('webhooks')).toBe(sealed('webhooks'));
});

test('without a key nothing is sealed, and nothing is asked to be sealed again', async () => {
  const sealer = createSealer([], 'webhooks');
  expect(await codeOf(sealer.seal(SECRET, ROW))).toBe('secrets_key_missing');
  expect(sealer.isCurrent(await createSealer([older], 'webhooks').seal(SECRET, ROW))).toBe(true);
});

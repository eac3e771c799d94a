// engine: none
/** The verification of deliveries, beside the verifiers and signers of other authors. */
import { createHmac, randomBytes } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test, vi } from 'vitest';
import {
  isWebhookError,
  type VerifyOptions,
  verifyWebhook,
  type WebhookBody,
  WebhookError,
  type WebhookErrorCode,
  type WebhookHeaders,
  type WebhookKeys,
} from '../src/webhooks.ts';
import {
  newEvent,
  newKeyPair,
  newSecret,
  type SigningKey,
  secondsNow,
  signed,
  signedEvent,
} from './webhook-signing.ts';

/** Resolves to the code of the error with which the verification rejects, and to `accepted` without one. */
async function codeOf(
  { headers, body }: { headers: WebhookHeaders; body: WebhookBody },
  keys: WebhookKeys,
  options?: VerifyOptions,
): Promise<WebhookErrorCode | 'accepted'> {
  try {
    await verifyWebhook(headers, body, keys, options);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    return error.code;
  }
}

const bothKinds: readonly [string, () => SigningKey][] = [
  ['v1', newSecret],
  ['v1a', newKeyPair],
];

describe.each([
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
])('npm %s', (_, Webhook) => {
  test('what it signs is accepted here', async () => {
    const { verifiedBy } = newSecret();
    const event = newEvent();
    const body = JSON.stringify(event);
    const at = secondsNow();
    const signature = new Webhook(verifiedBy).sign(event.id, new Date(at * 1_000), body);
    const headers = { 'webhook-id': event.id, 'webhook-timestamp': `${at}`, 'webhook-signature': signature };
    expect(await verifyWebhook(headers, body, verifiedBy)).toEqual(event);
  });

  test('it accepts what is accepted here and refuses what is refused here, over many deliveries', async () => {
    for (let round = 0; round < 200; round += 1) {
      const secret = newSecret(randomBytes(24 + (round % 41)));
      const { headers, body } = signedEvent(newEvent(), [newKeyPair(), newSecret(), secret]);
      const [bodyGiven, expected] = round % 2 === 0 ? [body, true] : [body.replace('tenant', 'tenanT'), false];
      const itsOpinion = accepts(() => new Webhook(secret.verifiedBy).verify(bodyGiven, headers));
      const ours = (await codeOf({ headers, body: bodyGiven }, secret.verifiedBy)) === 'accepted';
      expect([itsOpinion, ours]).toEqual([expected, expected]);
    }
  });
});

function accepts(verification: () => unknown): boolean {
  try {
    verification();
    return true;
  } catch {
    return false;
  }
}

test('the example of the specification is accepted', async () => {
  // The test vector that the libraries of Standard Webhooks share.
  const body = '{"test": 2432232314}';
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const options = { now: () => 1_614_265_330_000 };
  const keys = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  // Its signature matches; its body is no event of a registry.
  expect(await codeOf({ headers, body }, keys, options)).toBe('invalid_body');
  expect(await codeOf({ headers, body: `${body} ` }, keys, options)).toBe('no_matching_signature');
});

test('over 10,000 deliveries and rotations of both kinds, a delivery is accepted exactly if a key of the receiver signed it', async () => {
  const pool = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? newSecret() : newKeyPair()));
  const pick = (): SigningKey => pool[Math.floor(Math.random() * pool.length)] as SigningKey;
  const some = () => Array.from({ length: 1 + Math.floor(Math.random() * 3) }, pick);
  const outcomes = { accepted: 0, no_matching_signature: 0 };
  for (let round = 0; round < 10_000; round += 1) {
    const signers = some();
    const receivers = some();
    const event = newEvent({ data: { round } });
    const delivery = signedEvent(event, signers);
    const expected = signers.some((key) => receivers.includes(key)) ? 'accepted' : 'no_matching_signature';
    const keys = receivers.map(({ verifiedBy }) => verifiedBy);
    const code = await codeOf(delivery, keys);
    if (code !== expected) expect([round, signers, receivers, code]).toEqual([round, signers, receivers, expected]);
    outcomes[expected] += 1;
  }
  expect(outcomes.accepted).toBeGreaterThan(1_000);
  expect(outcomes.no_matching_signature).toBeGreaterThan(1_000);
});

describe.each(bothKinds)('%s', (version, newKey) => {
  const key = newKey();
  const keys = key.verifiedBy;
  const event = newEvent();
  const delivery = signedEvent(event, [key]);
  const { headers, body } = delivery;

  test('a flip of any single bit of the body is refused', async () => {
    const bytes = Buffer.from(body);
    expect(await codeOf({ headers, body: bytes }, keys)).toBe('accepted');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = await codeOf({ headers, body: changed }, keys);
      if (code !== 'no_matching_signature') expect({ bit, code }).toEqual({ bit, code: 'no_matching_signature' });
    }
  });

  test('a flip of any single bit of the signature is refused', async () => {
    const bytes = Buffer.from(headers['webhook-signature'].slice(version.length + 1), 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const signature = `${version},${changed.toString('base64')}`;
      const code = await codeOf({ headers: { ...headers, 'webhook-signature': signature }, body }, keys);
      if (code !== 'no_matching_signature') expect({ bit, code }).toEqual({ bit, code: 'no_matching_signature' });
    }
  });

  test.each<[string, Partial<typeof headers>, string?]>([
    ['another id', { 'webhook-id': newEvent().id }],
    ['an id with a letter more', { 'webhook-id': `${headers['webhook-id']}0` }],
    ['another time', { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }],
    ['a time with a zero in front', { 'webhook-timestamp': `0${headers['webhook-timestamp']}` }],
    ['the signature of nothing', { 'webhook-signature': `${version},` }],
    ['a signature without version', { 'webhook-signature': headers['webhook-signature'].slice(version.length + 1) }],
    ['a signature without padding', { 'webhook-signature': headers['webhook-signature'].replace(/=+$/, '') }],
    ['a signature with something behind it', { 'webhook-signature': `${headers['webhook-signature']}x` }],
    ['the version in capitals', { 'webhook-signature': headers['webhook-signature'].replace('v', 'V') }],
    ['an unknown version', { 'webhook-signature': headers['webhook-signature'].replace(version, 'v2') }],
    [
      'the version of the other kind',
      { 'webhook-signature': headers['webhook-signature'].replace(version, version === 'v1' ? 'v1a' : 'v1') },
    ],
    ['a name of Object.prototype as version', { 'webhook-signature': 'constructor,AAAA __proto__,AAAA' }],
    ['a body with a space behind it', {}, `${body} `],
    ['an empty body', {}, ''],
  ])('%s is refused', async (_, changed, changedBody = body) => {
    const code = await codeOf({ headers: { ...headers, ...changed }, body: changedBody }, keys);
    expect(code).toBe('no_matching_signature');
  });

  test('another key refuses the delivery, and so does a key with one bit changed', async () => {
    expect(await codeOf(delivery, newKey().verifiedBy)).toBe('no_matching_signature');
    const [prefix, text = ''] = keys.split('_');
    const bytes = Buffer.from(text, 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    expect(await codeOf(delivery, `${prefix}_${bytes.toString('base64')}`)).toBe('no_matching_signature');
  });

  test('characters moved between id, time and body are refused, although the signed bytes stay equal', async () => {
    const { 'webhook-id': id, 'webhook-timestamp': at } = headers;
    const signature = headers['webhook-signature'];
    const moved = {
      'webhook-id': `${id}.${at}`,
      'webhook-timestamp': body.slice(0, 10),
      'webhook-signature': signature,
    };
    expect(await codeOf({ headers: moved, body: body.slice(11) }, keys)).toBe('invalid_timestamp');
    const dotted = signed({ id: `${id}.${at}`, body }, [key]);
    const split = { ...dotted.headers, 'webhook-id': id, 'webhook-timestamp': at };
    const code = await codeOf({ headers: split, body: `${dotted.headers['webhook-timestamp']}.${body}` }, keys);
    expect(code).toBe('invalid_body');
  });

  test('signatures are found among unknown versions, garbage and those of retired keys', async () => {
    const signature = headers['webhook-signature'];
    for (const list of [
      `v9,x ${signature}`,
      `v1,AAAA v1a,AAAA , ,, v1 v1a ${signature}`,
      `  ${signature}   v2,AAAA`,
      `${newKey().sign(Buffer.from('x'))}\t${signature}`,
      // Two headers, as Headers and proxies join them.
      `${newKey().sign(Buffer.from('x'))}, ${signature}`,
    ])
      expect(await codeOf({ headers: { ...headers, 'webhook-signature': list }, body }, keys)).toBe('accepted');
  });

  test('at most 20 signatures are tried with each key, however long the list is', async () => {
    const signature = headers['webhook-signature'];
    const wrong = newKey().sign(Buffer.from('x'));
    const listOf = (count: number) => `${`${wrong} `.repeat(count)}${signature}`;
    const verify = vi.spyOn(crypto.subtle, 'verify');
    const tried = async (list: string) => {
      verify.mockClear();
      const code = await codeOf({ headers: { ...headers, 'webhook-signature': list }, body }, keys);
      return [code, verify.mock.calls.length];
    };
    try {
      expect(await tried(listOf(19))).toEqual(['accepted', 20]);
      expect(await tried(listOf(20))).toEqual(['no_matching_signature', 20]);
      expect(await tried(listOf(10_000))).toEqual(['no_matching_signature', 20]);
      // What can be no signature costs no attempt.
      expect(await tried(`${'v9,x '.repeat(10_000)}${'v1,AAAA '.repeat(10_000)}${signature}`)).toEqual(['accepted', 1]);
    } finally {
      verify.mockRestore();
    }
  });

  test('a body of a megabyte is verified whole', async () => {
    const large = newEvent({ data: { text: 'x'.repeat(1_000_000) } });
    const { headers: largeHeaders, body: largeBody } = signedEvent(large, [key]);
    expect(await verifyWebhook(largeHeaders, largeBody, keys)).toEqual(large);
    const cut = largeBody.replace('x"', 'y"');
    expect(await codeOf({ headers: largeHeaders, body: cut }, keys)).toBe('no_matching_signature');
  });
});

describe('time', () => {
  const key = newSecret();
  const at = 1_800_000_000;
  const delivery = signedEvent(newEvent(), [key], at);
  const seenAt = (ms: number, toleranceMs?: number) =>
    codeOf(delivery, key.verifiedBy, { now: () => at * 1_000 + ms, toleranceMs });

  test('five minutes before and after the signature are within the tolerance, a millisecond more is not', async () => {
    expect(await seenAt(300_000)).toBe('accepted');
    expect(await seenAt(300_001)).toBe('too_old');
    expect(await seenAt(-300_000)).toBe('accepted');
    expect(await seenAt(-300_001)).toBe('too_new');
  });

  test('the tolerance is the one that was asked for', async () => {
    expect(await seenAt(1_000, 1_000)).toBe('accepted');
    expect(await seenAt(1_001, 1_000)).toBe('too_old');
    expect(await seenAt(-1, 0)).toBe('too_new');
    expect(await seenAt(86_400_000, Number.POSITIVE_INFINITY)).toBe('accepted');
  });

  test('without a clock of its own, the verification goes by the current time', async () => {
    const late = signedEvent(newEvent(), [key], secondsNow() - 400);
    expect(await codeOf(late, key.verifiedBy)).toBe('too_old');
    const early = signedEvent(newEvent(), [key], secondsNow() + 400);
    expect(await codeOf(early, key.verifiedBy)).toBe('too_new');
  });

  test.each([-1, Number.NaN, '300000'])('the tolerance %s is a TypeError', async (toleranceMs) => {
    const options = { toleranceMs: toleranceMs as number };
    await expect(verifyWebhook(delivery.headers, delivery.body, key.verifiedBy, options)).rejects.toThrow(TypeError);
  });

  test.each(['1.8e9', '1800000000.5', '-1', 'now', '0x10', '1800000000 ', '+1800000000', '1'.repeat(13), '１８'])(
    'the time %j is refused even if it was signed, unless it is spaces around a number',
    async (text) => {
      const { headers, body } = signed({ id: newEvent().id, body: '{}', at: text }, [key]);
      const code = await codeOf({ headers, body }, key.verifiedBy, { now: () => at * 1_000 });
      // HTTP takes spaces around a value away: the signature was made over another text.
      expect(code).toBe(text.endsWith(' ') ? 'no_matching_signature' : 'invalid_timestamp');
    },
  );
});

describe('headers', () => {
  const key = newSecret();
  const event = newEvent();
  const { headers, body } = signedEvent(event, [newSecret(), key]);
  const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  const noIterator = { get: (name: string) => new Headers(headers).get(name) };

  test.each<[string, WebhookHeaders]>([
    ['a Headers', new Headers(headers)],
    ['an object', headers],
    ['an object without prototype', Object.assign(Object.create(null), headers)],
    ['names in capitals', capitals],
    ['values in arrays', Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))],
    ['pairs', Object.entries(capitals)],
    ['a Map', new Map(Object.entries(capitals))],
    ['a Headers without iterator', noIterator],
    ['the signatures in two headers', { ...headers, 'webhook-signature': headers['webhook-signature'].split(' ') }],
    ['a header named get', { ...headers, get: 'x' }],
    ['headers without a value beside them', { ...headers, accept: undefined }],
  ])('%s is read', async (_, given) => {
    expect(await verifyWebhook(given, body, key.verifiedBy)).toEqual(event);
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)(
    'the absence of %s, an empty and an undefined one are missing_header, which names it',
    async (name) => {
      const { [name]: _, ...rest } = headers;
      for (const given of [rest, { ...rest, [name]: '' }, { ...rest, [name]: ' ' }, { ...rest, [name]: undefined }]) {
        const error = await verifyWebhook(given, body, key.verifiedBy).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'missing_header', message: expect.stringContaining(name) });
      }
      expect(await codeOf({ headers: new Headers(rest), body }, key.verifiedBy)).toBe('missing_header');
    },
  );

  test('an id or a time given twice is refused', async () => {
    const twice = (name: keyof typeof headers) => ({ ...headers, [name]: [headers[name], headers[name]] });
    expect(await codeOf({ headers: twice('webhook-id'), body }, key.verifiedBy)).toBe('no_matching_signature');
    expect(await codeOf({ headers: twice('webhook-timestamp'), body }, key.verifiedBy)).toBe('invalid_timestamp');
    const spelled = { ...headers, 'Webhook-Id': headers['webhook-id'] };
    expect(await codeOf({ headers: spelled, body }, key.verifiedBy)).toBe('no_matching_signature');
  });
});

describe('bodies', () => {
  const key = newSecret();
  const event = newEvent();
  const { headers, body } = signedEvent(event, [key]);
  const bytes = new TextEncoder().encode(body);
  const padded = new Uint8Array([0, ...bytes, 0]);

  test.each<[string, WebhookBody]>([
    ['a string', body],
    ['a Uint8Array', bytes],
    ['a Buffer', Buffer.from(body)],
    ['an ArrayBuffer', bytes.slice().buffer],
    ['a part of a larger buffer', padded.subarray(1, -1)],
    ['a Uint8Array of another realm', runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] })],
    ['an ArrayBuffer of another realm', runInNewContext('Uint8Array.from(bytes).buffer', { bytes: [...bytes] })],
  ])('%s is verified', async (_, given) => {
    expect(await verifyWebhook(headers, given, key.verifiedBy)).toEqual(event);
  });

  test.each([event, JSON.parse(body), null, undefined, 1, [body], new Blob([body])])(
    'a body that is no bytes and no text is refused, with an error that says what to give',
    async (given) => {
      const verification = verifyWebhook(headers, given as WebhookBody, key.verifiedBy);
      const message = expect.stringMatching(/exactly as it was received, and not a parsed object/);
      await expect(verification).rejects.toMatchObject({ name: 'WebhookError', code: 'invalid_body', message });
    },
  );

  test.each<[string, string | Uint8Array]>([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['an object of another shape', '{"id":"1"}'],
    ['an event without subject', JSON.stringify({ ...event, subject: undefined })],
    ['an event whose subject has no id', JSON.stringify({ ...event, subject: { type: 'tenant' } })],
    ['an event whose data is a list', JSON.stringify({ ...event, data: [] })],
    ['an event whose tenant is a number', JSON.stringify({ ...event, tenant_id: 1 })],
    ['an event of another id', JSON.stringify({ ...event, id: newEvent().id })],
  ])('a signed body with %s is invalid_body', async (_, given) => {
    const { headers: own } = signed({ id: event.id, body: given }, [key]);
    expect(await codeOf({ headers: own, body: given }, key.verifiedBy)).toBe('invalid_body');
  });

  test('the content of a body is not looked at before its signature matches', async () => {
    const parse = vi.spyOn(JSON, 'parse');
    try {
      expect(await codeOf({ headers, body: '['.repeat(100_000) }, key.verifiedBy)).toBe('no_matching_signature');
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  test('members that this version does not know stay in the event', async () => {
    const newer = { ...event, added: { later: true } };
    const { headers: own, body: text } = signed({ id: event.id, body: JSON.stringify(newer) }, [key]);
    expect(await verifyWebhook(own, text, key.verifiedBy)).toEqual(newer);
  });
});

describe('CloudEvents', () => {
  const key = newKeyPair();
  const event = newEvent({ project_id: newEvent().id, product: 'certifai', subject: { type: 'member', id: 'a/b c' } });
  const cloudEvent = {
    specversion: '1.0',
    id: event.id,
    source: 'https://registry.example.com',
    type: event.type,
    time: event.timestamp,
    subject: 'member/a/b c',
    datacontenttype: 'application/json',
    tenantid: event.tenant_id,
    projectid: event.project_id,
    product: 'certifai',
    data: event.data,
  };
  const verified = (content: object, contentType = 'application/cloudevents+json') => {
    const { headers, body } = signed({ id: event.id, body: JSON.stringify(content) }, [key]);
    return verifyWebhook({ ...headers, 'content-type': contentType }, body, key.verifiedBy);
  };

  test('a CloudEvent resolves to the event it was made of, whatever its content type says', async () => {
    expect(await verified(cloudEvent)).toEqual(event);
    expect(await verified(cloudEvent, 'application/json')).toEqual(event);
    expect(await verified(event, 'application/cloudevents+json')).toEqual(event);
  });

  test('attributes that are left out are null', async () => {
    const { tenantid, projectid, product, ...bare } = cloudEvent;
    expect(await verified(bare)).toEqual({ ...event, tenant_id: null, project_id: null, product: null });
  });

  test.each<[string, object]>([
    ['another version', { specversion: '2.0' }],
    ['no version', { specversion: null }],
    ['no subject', { subject: undefined }],
    ['a subject without id', { subject: 'member/' }],
    ['a subject without type', { subject: '/a' }],
    ['data in base64', { data: undefined, data_base64: 'AAAA' }],
    ['no time', { time: undefined }],
    ['another id', { id: newEvent().id }],
  ])('a CloudEvent with %s is invalid_body', async (_, changed) => {
    await expect(verified({ ...cloudEvent, ...changed })).rejects.toMatchObject({ code: 'invalid_body' });
  });
});

describe('keys', () => {
  const delivery = signedEvent(newEvent(), [newSecret()]);
  const secretOf = (length: number) => `whsec_${Buffer.alloc(length, 7).toString('base64')}`;

  test.each<[string, unknown]>([
    ['none', []],
    ['undefined, as of a variable that is not set', undefined],
    ['an empty text', ''],
    ['no text', [42]],
    ['an object', { key: 'whsec_x' }],
    ['a secret without prefix', Buffer.alloc(32, 7).toString('base64')],
    ['a private key', `whsk_${Buffer.alloc(64, 7).toString('base64')}`],
    ['a secret that is empty', 'whsec_'],
    ['a secret that is too short', secretOf(23)],
    ['a secret that is too long', secretOf(65)],
    ['a secret in base64url', `whsec_${'-_'.repeat(22)}`],
    ['a public key that is too short', `whpk_${Buffer.alloc(31, 7).toString('base64')}`],
    ['a public key in DER', `whpk_${Buffer.alloc(44, 7).toString('base64')}`],
    ['a wrong key beside a right one', [secretOf(32), 'hunter2']],
  ])('%s is invalid_key, in words that do not quote it', async (_, keys) => {
    const error = await verifyWebhook(delivery.headers, delivery.body, keys as WebhookKeys).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'WebhookError', code: 'invalid_key' });
    for (const key of [keys].flat()) {
      const text = typeof key === 'string' ? key.replace(/^wh\w+?_/, '') : '';
      if (text !== '') expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(text);
    }
  });

  test('the place of a wrong key is named', async () => {
    const keys = [secretOf(32), 'hunter2'];
    await expect(verifyWebhook(delivery.headers, delivery.body, keys)).rejects.toThrow('index 1');
  });

  test.each([24, 64])('a secret of %i bytes is accepted', async (length) => {
    const key = newSecret(randomBytes(length));
    expect(await codeOf(signedEvent(newEvent(), [key]), key.verifiedBy)).toBe('accepted');
  });

  test('a runtime without Ed25519, or without crypto.subtle, is told so', async () => {
    const { verifiedBy } = newKeyPair();
    const { headers, body } = delivery;
    const importKey = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new Error('not supported'));
    try {
      const refused = verifyWebhook(headers, body, verifiedBy);
      await expect(refused).rejects.toMatchObject({ code: 'invalid_key', message: expect.stringContaining('Ed25519') });
    } finally {
      importKey.mockRestore();
    }
    vi.stubGlobal('crypto', {});
    try {
      const message = expect.stringContaining('crypto.subtle');
      await expect(verifyWebhook(headers, body, verifiedBy)).rejects.toMatchObject({ code: 'invalid_key', message });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

test('no error of a refused delivery tells the secret or the expected signature', async () => {
  const secret = randomBytes(32);
  const key = newSecret(secret);
  const event = newEvent();
  const { headers, body } = signedEvent(event, [key]);
  const forged = { ...headers, 'webhook-signature': newSecret().sign(Buffer.from('x')) };
  const error: unknown = await verifyWebhook(forged, body, key.verifiedBy).catch((thrown: unknown) => thrown);
  expect(isWebhookError(error, 'no_matching_signature')).toBe(true);
  expect(isWebhookError(error, 'too_old')).toBe(false);
  expect(isWebhookError(new Error('x'))).toBe(false);
  const told = `${(error as Error).stack}${JSON.stringify(error, Object.getOwnPropertyNames(error))}`;
  const content = `${event.id}.${headers['webhook-timestamp']}.${body}`;
  for (const encoding of ['base64', 'hex'] as const) {
    expect(told).not.toContain(secret.toString(encoding));
    expect(told).not.toContain(createHmac('sha256', secret).update(content).digest(encoding));
  }
  expect((error as Error).cause).toBeUndefined();
});

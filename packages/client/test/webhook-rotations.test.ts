// engine: none
/** What the registry signs while secrets rotate, beside the verifiers of other authors and the SDK's. */
import { randomUUID } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { expect, test } from 'vitest';
import { signatureHeaders } from '../../server/src/modules/webhooks/delivery/sign.ts';
import { newSecret } from '../../server/src/modules/webhooks/secrets.ts';
import { isWebhookError, verifyWebhook } from '../src/webhooks.ts';
import { newEvent, type SignedDelivery, secondsNow } from './webhook-signing.ts';

/** Of the verifiers of others; the SDK's own, which has tests of its own, gets a tenth. */
const DELIVERIES = 10_000;
/** Deliveries from one rotation to the next: the first half of them is signed with the secret of before too. */
const PERIOD = 50;

type Verify = (delivery: SignedDelivery, key: string) => Promise<unknown>;

const standard: Verify = async ({ headers, body }, key) => new StandardWebhook(key).verify(body, headers);
const svix: Verify = async ({ headers, body }, key) => new SvixWebhook(key).verify(body, headers);
const sdk: Verify = ({ headers, body }, key) => verifyWebhook(headers, body, key);

const verifiers: readonly [string, number, 'hmac' | 'ed25519', Verify][] = [
  ['npm standardwebhooks', DELIVERIES, 'hmac', standard],
  ['npm svix', DELIVERIES, 'hmac', svix],
  ['the SDK, with secrets', DELIVERIES / 10, 'hmac', sdk],
  ['the SDK, with public keys', DELIVERIES / 10, 'ed25519', sdk],
];

interface Rotated {
  readonly delivery: SignedDelivery;
  /** Keys that verify it. */
  readonly accepting: readonly string[];
  /** Keys of before, and of the next rotation. */
  readonly refusing: readonly string[];
}

/** Signs so many different deliveries, as the engine does, while secrets rotate. */
function* rotatedDeliveries(deliveries: number, kind: 'hmac' | 'ed25519'): Generator<Rotated> {
  let [ended, previous, current, next] = [newSecret(kind), newSecret(kind), newSecret(kind), newSecret(kind)];
  for (let n = 0; n < deliveries; n += 1) {
    if (n > 0 && n % PERIOD === 0) [ended, previous, current, next] = [previous, current, next, newSecret(kind)];
    const overlaps = n % PERIOD < PERIOD / 2;
    const event = newEvent({ data: { n, text: `Größe ${'☃'.repeat(n % 40)}` } });
    const body = JSON.stringify(event);
    const signing = overlaps ? [current, previous] : [current];
    const refusing = overlaps ? [ended, next] : [ended, previous, next];
    const secrets = signing.map(({ text }) => text);
    const headers = signatureHeaders({ id: event.id, timestamp: secondsNow(), body }, secrets);
    yield {
      delivery: { headers: headers as SignedDelivery['headers'], body },
      accepting: signing.map(verifiedBy),
      refusing: refusing.map(verifiedBy),
    };
  }
}

const verifiedBy = ({ text, publicKey }: ReturnType<typeof newSecret>) => publicKey ?? text;

const changed = ({ headers, body }: SignedDelivery, header: keyof SignedDelivery['headers'], value: string) => ({
  headers: { ...headers, [header]: value },
  body,
});

/** Each changes one thing of a delivery. */
const forgeries: readonly ((delivery: SignedDelivery) => SignedDelivery)[] = [
  ({ headers, body }) => ({ headers, body: body.replace('"n":', '"n":1') }),
  ({ headers, body }) => ({ headers, body: `${body} ` }),
  (delivery) => changed(delivery, 'webhook-id', randomUUID()),
  (delivery) => changed(delivery, 'webhook-timestamp', `${Number(delivery.headers['webhook-timestamp']) - 1}`),
  (delivery) => changed(delivery, 'webhook-signature', withAnotherBit(delivery.headers['webhook-signature'])),
];

/** Changes one bit of each signature. */
function withAnotherBit(signatures: string): string {
  return signatures.replaceAll(/,(\S+)/g, (_, text: string) => {
    const bytes = Buffer.from(text, 'base64');
    bytes[7] = (bytes[7] ?? 0) ^ 1;
    return `,${bytes.toString('base64')}`;
  });
}

const isRefusal = (error: unknown) =>
  isWebhookError(error) ? error.code === 'no_matching_signature' : /No matching signature found/.test(String(error));

/** Resolves to whether it was accepted; rejects when it failed in any other way than for its signature. */
async function accepts(verify: Verify, delivery: SignedDelivery, key: string): Promise<boolean> {
  try {
    await verify(delivery, key);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

// proves C24
test.each(verifiers)(
  '%s: %i deliveries of rotating secrets are accepted with the secrets that sign, and with no other; none is that was changed',
  async (_, deliveries, kind, verify) => {
    const wrong: string[] = [];
    const counts = { accepted: 0, refused: 0 };
    let n = 0;
    for (const { delivery, accepting, refusing } of rotatedDeliveries(deliveries, kind)) {
      const forgery = forgeries[n % forgeries.length]?.(delivery) ?? delivery;
      const expected = [
        ...accepting.map((key) => ['signs', delivery, key, true] as const),
        ...refusing.map((key) => ['does not sign', delivery, key, false] as const),
        ...accepting.map((key) => ['signed something else', forgery, key, false] as const),
      ];
      for (const [what, each, key, right] of expected) {
        counts[right ? 'accepted' : 'refused'] += 1;
        if ((await accepts(verify, each, key)) !== right) wrong.push(`delivery ${n}: a key that ${what}`);
      }
      n += 1;
    }
    expect(wrong).toEqual([]);
    // Half of the deliveries have two secrets.
    expect(counts).toEqual({ accepted: 1.5 * deliveries, refused: 4 * deliveries });
  },
  120_000,
);

/** Whether a delivery was made by the holder of a key, just now, with exactly these bytes. */

import type { RegistryEvent } from '../events.ts';
import { WebhookError } from './error.ts';
import { deliveryHeaders, type WebhookHeaders } from './headers.ts';
import { importedKeys, parsedKeys, type VerificationKey, type WebhookKeys } from './keys.ts';
import { eventIn } from './parse-event.ts';
import { type Signature, signaturesIn } from './signatures.ts';
import { bytesOf, signedContent, type WebhookBody } from './signed-content.ts';

export interface VerifyOptions {
  /** How far the time of the signature may be from this clock, before and after: five minutes unless said otherwise. */
  readonly toleranceMs?: number | undefined;
  /** Returns the current time in milliseconds since 1970, in place of `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const TOLERANCE_MS = 300_000;

/**
 * Resolves to the event of a delivery that one of the keys signed, over exactly these bytes, within the tolerance of this
 * clock. A delivery that an eavesdropper repeats meanwhile is accepted too: recognise it by the event's id.
 *
 * `headers` are those of the request, `body` its bytes as they were received. During a rotation give the keys of both
 * sides. The scheme is Standard Webhooks 1.0: `v1` for `whsec_` keys, `v1a` for `whpk_` keys. A CloudEvent resolves to the
 * event it was made of. Rejects with a `WebhookError`, and with a `TypeError` for a tolerance that is no time.
 */
export async function verifyWebhook(
  headers: WebhookHeaders,
  body: WebhookBody,
  keys: WebhookKeys,
  options: VerifyOptions = {},
): Promise<RegistryEvent> {
  const delivery = { headers, body };
  return verifyDelivery(delivery, await importedKeys(parsedKeys(keys)), checkedOptions(options));
}

/** Returns the options. Throws a `TypeError` for a tolerance that would accept nothing, or everything by mistake. */
export function checkedOptions(options: VerifyOptions): VerifyOptions {
  const { toleranceMs = TOLERANCE_MS } = options;
  if (typeof toleranceMs !== 'number' || !(toleranceMs >= 0)) throw new TypeError('toleranceMs is no time.');
  return options;
}

interface Delivery {
  readonly headers: WebhookHeaders;
  readonly body: WebhookBody;
}

/** Resolves and rejects as `verifyWebhook`, with keys that are ready for use. */
export async function verifyDelivery(
  { headers, body }: Delivery,
  keys: readonly VerificationKey[],
  { toleranceMs = TOLERANCE_MS, now = Date.now }: VerifyOptions,
): Promise<RegistryEvent> {
  const bytes = bytesOf(body);
  const { id, timestamp, signature } = deliveryHeaders(headers);
  checkTime(timestamp, now(), toleranceMs);
  const content = signedContent({ id, timestamp }, bytes);
  if (!(await isSigned(signaturesIn(signature), keys, content)))
    throw new WebhookError('no_matching_signature', 'None of the signatures was made with the keys over these bytes.');
  return eventIn(bytes, id);
}

function checkTime(timestamp: string, nowMs: number, toleranceMs: number): void {
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookError('invalid_timestamp', 'The header webhook-timestamp is no number of seconds since 1970.');
  const ageMs = nowMs - Number(timestamp) * 1_000;
  if (ageMs > toleranceMs) throw new WebhookError('too_old', 'The delivery was signed too long ago.');
  if (-ageMs > toleranceMs) throw new WebhookError('too_new', 'The delivery was signed in the future.');
}

/** Tells whether one of the keys made one of the signatures. Each signature is tried only with keys of its version. */
async function isSigned(
  signatures: readonly Signature[],
  keys: readonly VerificationKey[],
  content: ArrayBuffer,
): Promise<boolean> {
  for (const key of keys) {
    for (const { version, bytes } of signatures) {
      if (version === key.version && (await key.verify(bytes, content))) return true;
    }
  }
  return false;
}

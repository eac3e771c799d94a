/** A delivery from its request to its answer, for the handlers of all frameworks. */
import { type Refusal, refusalOf } from '../admission/refusal.ts';
import type { RegistryEvent } from '../events.ts';
import { isWebhookError, type WebhookError } from './error.ts';
import type { WebhookHeaders } from './headers.ts';
import { importedKeys, parsedKeys, type VerificationKey, type WebhookKeys } from './keys.ts';
import type { ReadBody } from './read-body.ts';
import { checkedOptions, type VerifyOptions, verifyDelivery } from './verify.ts';

/** The ids of events that were processed. A `Set` of texts is one, until the process ends. */
export interface SeenEvents {
  /** Tells whether the event was processed. */
  has(id: string): boolean | Promise<boolean>;
  /**
   * Called after `onEvent`. A crash between the two leads to the event once more, so leave this out where `onEvent` writes
   * the id in one transaction with its own work.
   */
  add?(id: string): unknown;
}

export interface WebhookHandlerOptions extends VerifyOptions {
  /** The keys of the endpoint; during a rotation those of both sides. */
  readonly keys: WebhookKeys;
  /**
   * Called with each verified event. The delivery is answered when it returned or its promise resolved; after an error the
   * registry delivers the event again, later.
   */
  readonly onEvent: (event: RegistryEvent) => unknown;
  /** Keeps repeated deliveries from `onEvent`. Without it, `onEvent` gets an event as often as it is delivered. */
  readonly seen?: SeenEvents | undefined;
  /** The largest body that is read, in bytes: 1 MiB unless said otherwise. */
  readonly bodyBytesMax?: number | undefined;
  /** Called with the reason for each answer 400 or 500, for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A request as the handlers see it. */
export interface SeenDelivery {
  readonly method: string | undefined;
  readonly headers: WebhookHeaders;
  readBody(bytesMax: number): Promise<ReadBody>;
}

/** Resolves to undefined for 204: the event was processed, now or before. Resolves to any other answer otherwise. */
export type Receive = (delivery: SeenDelivery) => Promise<Refusal | undefined>;

const BODY_BYTES_MAX = 1_048_576;

/**
 * Returns the way from a request to its answer. Deliveries of one event that arrive while it is being processed share the
 * outcome. Throws `invalid_key` or a `TypeError` for options that cannot work; the way rejects with `invalid_key` where
 * the runtime lacks what a key needs, and with the error of `readBody`.
 */
export function webhookReceiver(options: WebhookHandlerOptions): Receive {
  const { keys, onError, bodyBytesMax = BODY_BYTES_MAX } = options;
  const verify = verifier(parsedKeys(keys), checkedOptions(options));
  const process = onceAtATime(options);
  return async ({ method, headers, readBody }) => {
    if (method !== 'POST') return notPost;
    const body = await readBody(bodyBytesMax);
    if (body === 'too_large') return tooLarge;
    if (body === 'incomplete') return incomplete;
    let event: RegistryEvent;
    try {
      event = await verify(headers, body);
    } catch (error) {
      // The developer has to see a wrong key; the sender is not to be blamed for it.
      if (!isWebhookError(error) || error.code === 'invalid_key') throw error;
      onError?.(error);
      return notVerified(error);
    }
    try {
      await process(event);
      return undefined;
    } catch (error) {
      onError?.(error);
      return notProcessed;
    }
  };
}

function verifier(keys: ReturnType<typeof parsedKeys>, options: VerifyOptions) {
  let ready: Promise<readonly VerificationKey[]> | undefined;
  return async (headers: WebhookHeaders, body: Uint8Array): Promise<RegistryEvent> => {
    ready ??= importedKeys(keys);
    return verifyDelivery({ headers, body }, await ready, options);
  };
}

/** Processes an event that was not seen. A sender that waited too long repeats a delivery while the first is at work. */
function onceAtATime({ onEvent, seen }: WebhookHandlerOptions): (event: RegistryEvent) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const process = async (event: RegistryEvent): Promise<void> => {
    if (await seen?.has(event.id)) return;
    await onEvent(event);
    await seen?.add?.(event.id);
  };
  return (event) => {
    const running = underWay.get(event.id) ?? process(event).finally(() => underWay.delete(event.id));
    underWay.set(event.id, running);
    return running;
  };
}

const notPost = refusalOf(405, {
  code: 'method_not_allowed',
  detail: 'Deliveries are sent with POST.',
  headers: { allow: 'POST' },
});
const tooLarge = refusalOf(413, { code: 'body_too_large', detail: 'The body is larger than any event.' });
const incomplete = refusalOf(400, { code: 'invalid_body', detail: 'The body ended before it was complete.' });
const notProcessed = refusalOf(500, { code: 'internal', detail: 'The event was not processed: send it again later.' });

function notVerified({ code, message }: WebhookError): Refusal {
  return refusalOf(400, { code, detail: message });
}

/** One attempt to deliver an event to an endpoint. */
import type { Clock } from '../../../kernel/clock.ts';
import { type Outbound, OutboundError, type SentAnswer } from '../../../kernel/outbound.ts';
import type { Event } from '../../events/schema.ts';
import { bodyOf, type Format } from './format.ts';
import { retryAfterMs } from './retry-after.ts';
import { signatureHeaders } from './sign.ts';

const TIMEOUT_MS = 15_000;
const EXCERPT_BYTES_MAX = 1_024;
/** RFC 9110, section 15; Node passes on any three digits. */
const [STATUS_MIN, STATUS_MAX] = [100, 599];
const NO_STATUS = 'The endpoint answers with a status that HTTP does not have.';

export interface AttemptedDelivery {
  readonly endpoint: {
    readonly id: string;
    readonly url: string;
    readonly format: Format;
    readonly signature: 'hmac' | 'ed25519';
  };
  /** Newest first; each of them signs. */
  readonly secrets: readonly string[];
  readonly event: Event;
  /** How long the endpoint may take; 15 seconds when absent, and never longer. */
  readonly timeoutMs?: number | undefined;
}

export interface AttemptResult {
  readonly delivered: boolean;
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly duration_ms: number;
  /** One sentence for people, without addresses and secrets; null when it was delivered. */
  readonly error: string | null;
  /** The start of the answer, at most 1 KiB; null when it is empty. */
  readonly excerpt: string | null;
  /** How long the endpoint asks to be left alone, a day at most; null when it does not. */
  readonly retry_after_ms: number | null;
}

/** Delivers to endpoints, one attempt at a time. */
export interface WebhookAttempts {
  /**
   * Sends the event signed and resolves with what became of it, within 15 seconds. Only a status of 200 to 299 delivers: a
   * redirect is not followed. Rejects with the signal's reason when it aborts, and where a secret cannot sign.
   */
  attempt(delivery: AttemptedDelivery, signal?: AbortSignal): Promise<AttemptResult>;
}

export interface AttemptsOptions {
  readonly outbound: Pick<Outbound, 'send'>;
  readonly clock: Clock;
  /** Names this registry in CloudEvents: a URI. */
  readonly source: string;
  readonly timeoutMs?: number;
}

/** Makes the one that the process delivers with. */
export function createAttempts({ outbound, clock, source, timeoutMs = TIMEOUT_MS }: AttemptsOptions): WebhookAttempts {
  return {
    async attempt({ endpoint, secrets, event, timeoutMs: given = timeoutMs }, signal) {
      const { contentType, text: body } = bodyOf(event, endpoint.format, source);
      const timestamp = Math.floor(clock().getTime() / 1_000);
      const headers = signatureHeaders({ id: event.id, timestamp, body }, secrets);
      const startMs = performance.now();
      const took = () => Math.round(performance.now() - startMs);
      try {
        const sent = { body, contentType, headers, timeoutMs: Math.min(timeoutMs, given), signal };
        const answer = await outbound.send(endpoint.url, sent);
        return { duration_ms: took(), ...judged(answer, clock()) };
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error;
        return { ...unanswered, duration_ms: took(), error: error.message };
      }
    },
  };
}

const unanswered = { delivered: false, status: null, excerpt: null, retry_after_ms: null };

function judged({ status, text, headers }: SentAnswer, now: Date): Omit<AttemptResult, 'duration_ms'> {
  const excerpt = excerptOf(text);
  if (status < STATUS_MIN || status > STATUS_MAX) return { ...unanswered, excerpt, error: NO_STATUS };
  if (status >= 200 && status < 300) return { delivered: true, status, excerpt, error: null, retry_after_ms: null };
  const error =
    status >= 300 && status < 400
      ? `The endpoint redirects with status ${status}, which is not followed.`
      : `The endpoint answers with status ${status}.`;
  return { delivered: false, status, excerpt, error, retry_after_ms: retryAfterMs(headers.retryAfter, now) };
}

/** The database stores no NUL. A character that the cut divides is left out. */
function excerptOf(text: string): string | null {
  const bytes = Buffer.from(text.replaceAll('\0', '\uFFFD')).subarray(0, EXCERPT_BYTES_MAX);
  return new TextDecoder().decode(bytes, { stream: true }) || null;
}

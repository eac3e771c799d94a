/** One attempt to deliver an event to an endpoint. */
import { createHmac } from 'node:crypto';
import type { KernelDependencies } from '../../../kernel/context.ts';
import { OutboundError } from '../../../kernel/outbound.ts';
import type { Event } from '../../events/schema.ts';
import type { Webhook } from '../schema.ts';

export interface Attempting {
  readonly endpoint: Pick<Webhook, 'id' | 'url' | 'format' | 'signature'>;
  /** Opened, newest first: each of them signs. */
  readonly secrets: readonly string[];
  readonly event: Event;
}

export interface AttemptOutcome {
  readonly delivered: boolean;
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  readonly duration_ms: number;
  /** A sentence for the owner of the endpoint. */
  readonly error: string | null;
  /** The beginning of the answer's body. */
  readonly excerpt: string | null;
  readonly retry_after_ms: number | null;
}

export interface WebhookAttempts {
  /** Sends the event once, and resolves with what came of it, whatever that is. Rejects with the reason of the signal alone. */
  attempt(attempting: Attempting, signal: AbortSignal): Promise<AttemptOutcome>;
}

declare module '../../../kernel/context.ts' {
  interface Ports {
    readonly webhookAttempts: WebhookAttempts;
  }
}

const EXCERPT_MAX = 1_024;

/** Makes what attempts are made with. */
export function createAttempts({ outbound, clock }: Pick<KernelDependencies, 'outbound' | 'clock'>): WebhookAttempts {
  return {
    async attempt({ endpoint: { url }, secrets, event }, signal) {
      const startedAt = performance.now();
      const since = () => Math.round(performance.now() - startedAt);
      const body = new URLSearchParams({ event: JSON.stringify(event) });
      const headers = signed({ id: event.id, secrets, body: body.toString(), now: clock() });
      const none = { excerpt: null, retry_after_ms: null };
      try {
        const { status, text } = await outbound.post(url, { body, headers, signal });
        const delivered = status >= 200 && status < 300;
        const error = delivered ? null : `The host answers with status ${status}.`;
        return { ...none, delivered, status, duration_ms: since(), error, excerpt: text.slice(0, EXCERPT_MAX) };
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error;
        return { ...none, delivered: false, status: null, duration_ms: since(), error: error.message };
      }
    },
  };
}

function signed({ id, secrets, body, now }: { id: string; secrets: readonly string[]; body: string; now: Date }) {
  const timestamp = Math.floor(now.getTime() / 1000);
  const keys = secrets.map((secret) => Buffer.from(secret.replace(/^wh[a-z]+_/, ''), 'base64'));
  const signatures = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.map((each) => `v1,${each}`).join(' '),
  };
}

/** Signed bytes → event, from both formats in which the registry delivers. */

import type { RegistryEvent } from '../events.ts';
import { WebhookError } from './error.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns the event in a body whose signature was verified; a CloudEvent is mapped back to the event it was made of. The
 * signed body tells the format: `Content-Type` is not signed. Throws `invalid_body` for other content, and for an event
 * with another id than that of the delivery.
 */
export function eventIn(body: Uint8Array, deliveryId: string): RegistryEvent {
  const content = parsed(body);
  const event = content['specversion'] === undefined ? content : fromCloudEvent(content);
  if (!isEvent(event)) throw invalid('The signed body contains no event of the registry.');
  if (event.id !== deliveryId) throw invalid('The event has another id than the delivery, webhook-id.');
  return event;
}

function invalid(message: string): WebhookError {
  return new WebhookError('invalid_body', message);
}

function parsed(body: Uint8Array): Fields {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own error is left out: it quotes the body.
    throw invalid('The signed body is no JSON in UTF-8.');
  }
  if (!isFields(value)) throw invalid('The signed body is no JSON object.');
  return value;
}

/** Attributes that a CloudEvent leaves out are null in the event. The subject is `type/id`; an id may contain slashes. */
function fromCloudEvent({ id, type, time, subject, data, ...attributes }: Fields): Fields {
  if (attributes['specversion'] !== '1.0') throw invalid('Of CloudEvents only version 1.0 is known.');
  const [, subjectType, subjectId] = /^([^/]+)\/(.+)$/s.exec(String(subject)) ?? [];
  return {
    id,
    type,
    timestamp: time,
    tenant_id: attributes['tenantid'] ?? null,
    project_id: attributes['projectid'] ?? null,
    product: attributes['product'] ?? null,
    subject: { type: subjectType, id: subjectId },
    data,
  };
}

/** Tells whether the fields that every event has are there; what `data` holds, the type says. */
function isEvent(event: Fields): event is Fields & RegistryEvent {
  const { id, type, timestamp, subject, data } = event;
  const texts = isFields(subject) ? [id, type, timestamp, subject['type'], subject['id']] : [undefined];
  const references = [event['tenant_id'], event['project_id'], event['product']];
  return (
    texts.every((text) => typeof text === 'string') &&
    references.every((reference) => reference === null || typeof reference === 'string') &&
    isFields(data)
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

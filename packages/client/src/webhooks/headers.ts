/** The three headers of a delivery, from the header objects of all frameworks. */
import { WebhookError } from './error.ts';

/** The headers of a request: a `Headers`, an object with names in any case, or pairs of names and values. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Iterable<readonly [string, string | readonly string[]]>
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface DeliveryHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/**
 * Returns the three headers, each with all its values joined as `Headers` joins them: a repeated id or timestamp is then
 * none that was signed. Throws `missing_header`.
 */
export function deliveryHeaders(headers: WebhookHeaders): DeliveryHeaders {
  const of = lookup(headers);
  const required = (name: string): string => {
    const value = of(name);
    if (value === '') throw new WebhookError('missing_header', `The header ${name} is absent or empty.`);
    return value;
  };
  return {
    id: required('webhook-id'),
    timestamp: required('webhook-timestamp'),
    signature: required('webhook-signature'),
  };
}

type Entry = readonly [string, string | readonly string[] | undefined];

function lookup(headers: WebhookHeaders): (name: string) => string {
  if (!isIterable(headers) && hasGet(headers)) return (name) => headers.get(name)?.trim() ?? '';
  const entries: Entry[] = isIterable(headers) ? [...headers] : Object.entries(headers);
  return (name) =>
    entries
      .filter(([each]) => each.toLowerCase() === name)
      .flatMap(([, value]) => value ?? [])
      .join(', ')
      .trim();
}

function isIterable(headers: WebhookHeaders): headers is Iterable<readonly [string, string | readonly string[]]> {
  return Symbol.iterator in headers;
}

function hasGet(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return 'get' in headers && typeof headers.get === 'function';
}

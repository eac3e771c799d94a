/** What follows for an operation from its method and its meta. */
import type { Operation } from '../operations.ts';

/** A repetition with the same Idempotency-Key gets the first answer. */
export function replays({ route, safe, isPublic, setsCookie }: Operation): boolean {
  return route.method === 'POST' && !safe && !isPublic && !setsCookie;
}

/** It sends events, which have ids. */
export function resumes({ route }: Operation): boolean {
  return route.stream?.includes('text/event-stream') === true;
}

/** It changes a resource that has an ETag. */
export function acceptsIfMatch({ route: { method, etag, path } }: Operation): boolean {
  return etag === true && method !== 'GET' && (method === 'PUT' || path.includes('{'));
}

/** Its answer carries a tag, so who sends that with If-None-Match can be answered 304. */
export function isTagged({ route: { method, etag, stateTag } }: Operation): boolean {
  return method === 'GET' && (etag === true || stateTag === true);
}

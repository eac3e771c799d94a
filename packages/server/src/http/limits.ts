/** What is taken at all. */
import type { HTTPMethods } from 'fastify';

/** How large a body may be, unless the operation says more. */
export const BODY_BYTES_MAX = 65_536;

/** How long a request may take to arrive, with its body. */
export const RECEIVE_MS_MAX = 60_000;

/** The methods that are answered with 405 where a path does not have them; HEAD comes with GET. */
export const METHODS: readonly HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What is taken at all, and where. */
import type { HTTPMethods } from 'fastify';

/** Where gateways ask. */
export const AUTHORIZE_PATH = '/v1/internal/authorize';

/** How large a body may be, unless the operation says more. */
export const BODY_BYTES_MAX = 65_536;

/** How long a request may take to arrive, with its body. */
export const RECEIVE_MS_MAX = 60_000;

/** How long a connection may stand still on which nothing arrives and nothing is taken. */
export const STILL_MS_MAX = 30_000;

/** How long a caller may take for an answer that is no stream: 1 MiB within it is 17 KiB a second. */
export const TAKE_MS_MAX = 60_000;

/** The methods that are answered with 405 where a path does not have them; HEAD comes with GET. */
export const METHODS: readonly HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

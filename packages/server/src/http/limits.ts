/** Bounds of requests and answers, and the path at which gateways ask. */

/** The path at which gateways ask about a request. */
export const AUTHORIZE_PATH = '/v1/internal/authorize';

/** The time in which a request must arrive, with its body. */
export const RECEIVE_MS_MAX = 60_000;

/** The time after which a connection is ended on which nothing arrives and nothing is taken. */
export const STILL_MS_MAX = 30_000;

/** The time in which a caller must take an answer that is no stream: 1 MiB within it is 17 KiB a second. */
export const TAKE_MS_MAX = 60_000;

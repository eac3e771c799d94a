/** Bounds of requests that operations have in common. */

/** How large a body may be in bytes, unless the operation says more. */
export const BODY_BYTES_MAX = 65_536;
/** The largest body of an operation that needs no credential. */
export const PUBLIC_BODY_BYTES_MAX = 4_096;

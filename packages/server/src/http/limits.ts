/** How large a body may be, unless the operation says more. */
export const BODY_BYTES_MAX = 65_536;

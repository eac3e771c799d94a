/** The trace that a call belongs to. */
interface Asked {
  readonly traceparent: (() => string | undefined) | undefined;
  /** The call is one of the background. */
  readonly unref?: boolean | undefined;
}

/** W3C Trace Context, section 3.2, in the form that all versions have. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Returns the header of the caller's span; none without one, and none for what goes on in the background. */
export function traceHeaders({ traceparent, unref }: Asked): { readonly traceparent?: string } {
  if (traceparent === undefined || unref) return {};
  try {
    const given = traceparent();
    return given !== undefined && TRACEPARENT.test(given) ? { traceparent: given } : {};
  } catch {
    return {};
  }
}

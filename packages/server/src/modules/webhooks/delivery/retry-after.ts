/** The Retry-After of an answer (RFC 9110, section 10.2.3). */

const MAX_MS = 86_400_000;

/** Returns for how long the host asks to be left alone, a day at most; null when it does not say, or not so that it can be read. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : dateOf(text) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(MAX_MS, Math.max(0, ms));
}

/** NaN when it is no date of HTTP. `Date.parse` alone would also read `2001-1` and the like. */
function dateOf(text: string): number {
  return /^[A-Z][a-z]+, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}

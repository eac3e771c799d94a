/** SPIFFE IDs, by the SPIFFE standard: decided from the text alone. */

const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/;
/** Segments that would lead elsewhere (section 2.2). */
const RELATIVE = ['.', '..'];

/** Returns the trust domain of the SPIFFE ID of a workload; undefined for anything that is none. */
export function trustDomainOf(subject: string): string | undefined {
  const [, domain, path = ''] = SPIFFE_ID.exec(subject) ?? [];
  return path.split('/').some((segment) => RELATIVE.includes(segment)) ? undefined : domain;
}

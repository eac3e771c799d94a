/** The keys of the issuers that tenants name, each tenant's apart: no tenant's tokens use up the questions of another. */

import type { Clock } from '../clock.ts';
import type { Gate } from '../gate.ts';
import type { Logger } from '../logger.ts';
import { createLru } from '../lru.ts';
import { signatureAlgorithms } from '../openid.ts';
import type { Outbound } from '../outbound.ts';
import { createKeySource, type KeySource } from './keys.ts';
import { fetchPublished } from './provider.ts';

/** Issuers that are remembered; the least recently used are forgotten first. */
const SOURCES_MAX = 1_000;

export interface KeySourcesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Outbound;
  /** Stands in front of the questions to issuers. */
  readonly gate: Gate;
}

/** Returns the keys of an issuer for tokens of the tenant; nothing is fetched before the first token. */
export type KeySources = (tenantId: string, issuer: string) => KeySource;

/** Makes sources that fetch in their tenant's turn. */
export function createKeySources({ clock, logger, outbound, gate }: KeySourcesOptions): KeySources {
  const sources = createLru<KeySource>(SOURCES_MAX);
  return (tenantId, issuer) => {
    const name = `${tenantId} ${issuer}`;
    const known = sources.get(name);
    if (known !== undefined) return known;
    const fetch = () => gate.run(tenantId, () => fetchPublished(issuer, outbound, signatureAlgorithms));
    const source = createKeySource(issuer, { clock, logger, fetch });
    sources.set(name, source);
    return source;
  };
}

/** Access tokens of OpenID providers: a signature of an issuer that the configuration names proves the person. */
import { jwtVerify } from 'jose';
import type { Person } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { createKeySource, type KeySource } from '../kernel/openid/keys.ts';
import { requireAccessToken } from '../kernel/openid/kind.ts';
import { claimedOf, proved } from '../kernel/openid/proof.ts';
import { fetchPublished } from '../kernel/openid/provider.ts';
import { OidcRefusal } from '../kernel/openid/refusal.ts';
import { hostOf, type OutboundEntry } from '../kernel/outbound/policy.ts';
import { createOutbound } from '../kernel/outbound.ts';
import { personOf } from './oidc/claims.ts';
import type { OidcConfig } from './oidc/config.ts';

export interface OidcOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** OUTBOUND_ALLOW: hosts and networks that may be fetched from, beside public addresses and the issuers' own hosts. */
  readonly allow?: readonly OutboundEntry[];
  /** OUTBOUND_DNS_SERVERS; absent: those of the system. */
  readonly nameServers?: readonly string[];
}

export interface Oidc {
  /**
   * Resolves with whom the token is about. Rejects with `OidcRefusal` when it is not to be believed, and with the domain
   * error `unavailable` when its issuer cannot be asked whether it is: that is never a refusal.
   */
  verify(token: string): Promise<Person>;
}

/** Asks no issuer for anything until a token of it comes. */
export function createOidc(config: OidcConfig, { clock, logger, allow = [], nameServers = [] }: OidcOptions): Oidc {
  const { issuers, audiences, algorithms, clockToleranceSeconds } = config;
  const hosts = issuers.map((issuer) => ({ host: hostOf(new URL(issuer)) }));
  const outbound = createOutbound({ allow: [...allow, ...hosts], nameServers, redirectsMax: 0 });
  const sources = new Map<string, KeySource>(
    issuers.map((issuer) => {
      const fetch = () => fetchPublished(issuer, outbound, algorithms);
      return [issuer, createKeySource(issuer, { clock, logger, fetch })];
    }),
  );
  return {
    async verify(token) {
      const { alg, issuer } = claimedOf(token);
      if (issuer === undefined) throw new OidcRefusal('malformed');
      if (!algorithms.includes(alg)) throw new OidcRefusal('algorithm');
      const source = sources.get(issuer);
      if (source === undefined) throw new OidcRefusal('unknown_issuer');
      const { protectedHeader, payload } = await proved(() =>
        // Only the issuer's own keys count. Keys that the header brings or names (jwk, jku, x5u, x5c) are not looked at.
        jwtVerify(token, source, {
          issuer,
          audience: [...audiences],
          algorithms: [...algorithms],
          requiredClaims: ['exp'],
          clockTolerance: clockToleranceSeconds,
          currentDate: clock(),
        }),
      );
      requireAccessToken(protectedHeader, payload);
      return personOf(payload, config);
    },
  };
}

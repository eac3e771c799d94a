/**
 * Signed tokens of programs as credentials: with X-Tenant-Id, because another tenant could claim the same issuer and
 * subject, a JWT is the token of a service identity of that tenant.
 */
import type { serviceIdentities } from '@tenant-registry/db';
import { type JWTHeaderParameters, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { serviceIdentityActor } from '../../kernel/actor.ts';
import type { Dependencies } from '../../kernel/context.ts';
import { type CredentialReader, type Refusal, refusedCredential } from '../../kernel/credentials.ts';
import type { DomainError } from '../../kernel/errors.ts';
import { createKeySources } from '../../kernel/openid/key-sources.ts';
import { requireAccessToken } from '../../kernel/openid/kind.ts';
import { type Claimed, claimedOf, proved } from '../../kernel/openid/proof.ts';
import { OidcRefusal } from '../../kernel/openid/refusal.ts';
import { signatureAlgorithms, svidAlgorithms } from '../../kernel/openid.ts';
import { id } from '../../kernel/schema.ts';
import { isJwtShaped, lifetimeMistake, requireSvid, SUBJECT } from './claims.ts';
import { trustDomainOf } from './spiffe.ts';

const CLOCK_TOLERANCE_SECONDS = 30;

type Identity = NonNullable<serviceIdentities.ServiceIdentityAuthority['identity']>;

/** How the tokens of one service identity are proved. */
interface Proof {
  readonly keys: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  /** Exactly what `iss` must be; undefined where it says nothing. */
  readonly issuer?: string;
  readonly requireKind: (header: JWTHeaderParameters, payload: JWTPayload) => void;
}

/**
 * Callers that proved nothing learn nothing about the tenant: they get this sentence, whatever was wrong, and the audit log
 * gets the reason.
 */
const UNPROVED = 'The token proves no service identity of the tenant that X-Tenant-Id names.';

/** Makes the reader of the tokens of programs. */
export function serviceIdentityCredential(deps: Dependencies): CredentialReader {
  const proofOf = proofs(deps);
  return {
    kind: 'service_jwt',
    recognizes: (token, { tenantId }) => tenantId !== null && isJwtShaped(token),
    async identify(token, { tenantId }) {
      try {
        const tenant = tenantOf(tenantId);
        const claimed = claimedOf(token);
        const subject = readable(claimed);
        const facts = await deps.serviceIdentities.bySubject(tenant, subject);
        const identity = facts?.identity ?? null;
        if (facts === null || identity === null) throw unproved('unknown_identity');
        const proof = await proofOf(tenant, subject, identity);
        if (!proof.algorithms.includes(claimed.alg)) throw unproved('algorithm');
        if (proof.issuer !== undefined && claimed.issuer !== proof.issuer) throw unproved('unknown_issuer');
        const { protectedHeader, payload } = await proved(() => verified(token, proof, identity));
        proof.requireKind(protectedHeader, payload);
        // From here on the caller has proved who it is.
        const mistake = lifetimeMistake(payload, deps.clock());
        if (mistake !== undefined) throw genuine({ reason: 'lifetime', detail: mistake });
        if (identity.disabled_at !== null) throw genuine(DISABLED);
        if (facts.tenant_status === 'archived') throw genuine(ARCHIVED);
        const { id: service_identity_id, project_id, display_name, roles } = identity;
        return serviceIdentityActor(deps.grants, {
          service_identity_id,
          tenant_id: tenant,
          project_id,
          display_name,
          roles,
        });
      } catch (error) {
        throw error instanceof OidcRefusal ? refusalOf(error) : error;
      }
    },
  };

  function verified(token: string, { keys, algorithms, issuer }: Proof, { audience }: Identity) {
    // Only the keys of the issuer or the trust domain count. Keys that the header brings or names are not looked at.
    return jwtVerify(token, keys, {
      ...(issuer === undefined ? {} : { issuer }),
      // The database holds that tokens have an audience; an empty list lets none through.
      audience: audience === null ? [] : [audience],
      algorithms: [...algorithms],
      requiredClaims: issuer === undefined ? ['exp'] : ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: deps.clock(),
    });
  }
}

/** Makes the function that tells how the tokens of a service identity are proved. It throws for one whose tokens cannot be. */
function proofs(deps: Dependencies) {
  const { clock, logger, outbound, idpConfigs, trustBundles } = deps;
  const sourceOf = createKeySources({ clock, logger, outbound, gate: idpConfigs.providerGate });
  return async (tenantId: string, subject: string, { federation_kind: kind, issuer }: Identity): Promise<Proof> => {
    switch (kind) {
      case 'oidc_cc': {
        if (issuer === null) throw unproved('idp_config_inactive');
        const keys = sourceOf(tenantId, issuer);
        return { keys, issuer, algorithms: signatureAlgorithms, requireKind: requireAccessToken };
      }
      case 'spiffe_svid': {
        const keys = await trustBundles.keysOf(tenantId, trustDomainOf(subject) ?? '');
        if (keys === null) throw unproved('untrusted_domain');
        return { keys, algorithms: svidAlgorithms, requireKind: requireSvid };
      }
      case 'api_token':
        throw unproved('api_token');
      default:
        return kind satisfies never;
    }
  };
}

const DISABLED = { reason: 'service_identity_disabled', detail: 'This service identity is deactivated.' };
const ARCHIVED = { reason: 'tenant_archived', detail: 'The tenant of this service identity is archived.' };

/** Throws for a header that names no tenant: decided before any work is done for the token. */
function tenantOf(header: string | null): string {
  const { data } = id.safeParse(header);
  if (data === undefined)
    throw refusedCredential({ reason: 'malformed', detail: 'X-Tenant-Id must be the UUID of a tenant.' });
  return data;
}

/** Returns the subject of a token that may be worth a look-up. Throws for every other one. */
function readable({ alg, subject }: Claimed): string {
  if (!signatureAlgorithms.includes(alg)) throw new OidcRefusal('algorithm');
  if (subject === undefined || !SUBJECT.test(subject)) throw new OidcRefusal('malformed');
  return subject;
}

function unproved(reason: string): DomainError {
  return refusedCredential({ reason, detail: UNPROVED });
}

function genuine(refusal: Refusal): DomainError {
  return refusedCredential({ ...refusal, genuine: true });
}

function refusalOf({ reason, message, genuine: isGenuine }: OidcRefusal): DomainError {
  return isGenuine ? genuine({ reason, detail: message }) : unproved(reason);
}

/** AUTH_OIDC_* of the environment → `OidcConfig`; the defaults are those of Keycloak. */
import { z } from 'zod';
import { issuerMistake, signatureAlgorithms } from '../../kernel/openid.ts';
import { type PlatformRole, platformRoles, type TenantRole, tenantRoles } from '../../kernel/permissions.ts';
import { defineSettings, type Given, variable, whole } from '../../kernel/settings.ts';
import type { OidcConfig } from './config.ts';

const ROLES: readonly string[] = [...platformRoles, ...tenantRoles];
const ROLE_MAP =
  'IT_ADMIN=admin,CXO=billing,USER=member,BREAKPILOT_ADMIN=operator,SUPPORT_ENGINEER=support,SALES_REP=sales';
const ALGORITHMS = signatureAlgorithms.filter((name) => name !== 'Ed25519').join();
const TOLERANCE_SECONDS = 30;
const TOLERANCE_SECONDS_MAX = 300;

const entries = (text: string) => text.split(',').map((each) => each.trim());

/** One or several, separated by commas: every mistake is named, and what is there twice is one. */
const list = (mistakeOf: (entry: string) => string | undefined) =>
  z
    .string()
    .transform(entries)
    .superRefine((all, context) => {
      all.forEach((entry, index) => {
        const mistake = all.indexOf(entry) < index ? 'is there twice' : mistakeOf(entry);
        if (mistake !== undefined)
          context.addIssue({ code: 'custom', message: `has ${JSON.stringify(entry)}, which ${mistake}` });
      });
    });

const claim = (fallback: string) =>
  z
    .string()
    .regex(/^[^\s.]+(\.[^\s.]+)*$/, 'must be the name of a claim, or a path of names with dots between them')
    .default(fallback);

const roleOf = (entry: string) => entry.slice(entry.lastIndexOf('=') + 1).trim();
const issuersRoleOf = (entry: string) => entry.slice(0, Math.max(0, entry.lastIndexOf('='))).trim();

const roleMap = list((entry) => {
  if (issuersRoleOf(entry) === '') return 'must be name=role';
  return ROLES.includes(roleOf(entry)) ? undefined : `must end in one of ${ROLES.join(', ')}`;
})
  .refine((all) => new Set(all.map(issuersRoleOf)).size === all.length, 'maps one name twice')
  // The list has refused every other word.
  .transform((all) => new Map(all.map((entry) => [issuersRoleOf(entry), roleOf(entry) as PlatformRole | TenantRole])));

/** An issuer is a part of its people's ids: those have a length, and a bar after the issuer. */
const ISSUER_LENGTH_MAX = 255;

function trustedIssuerMistake(issuer: string): string | undefined {
  if (issuer.length > ISSUER_LENGTH_MAX) return `must have at most ${ISSUER_LENGTH_MAX} characters`;
  if (issuer.includes('|')) return 'must not contain a bar';
  return issuerMistake(issuer, ({ protocol }) => /^https?:$/.test(protocol));
}

const variables = {
  AUTH_OIDC_ISSUER: variable(list(trustedIssuerMistake).default([]), {
    about:
      'Sign-in with OIDC: the issuers whose access tokens are believed, exactly as tokens name them, separated by commas, and the audiences one of which a token must have. Every issuer is trusted to name tenants and platform roles. docs/operations.md has the steps in Keycloak. https, but for loopback and APP_ENV=dev.',
  }),
  AUTH_OIDC_AUDIENCE: variable(
    list((audience) => (/^[!-~]{1,500}$/.test(audience) ? undefined : 'no token could name')).default([]),
    {},
  ),
  AUTH_OIDC_TENANT_CLAIM: variable(claim('tenant_id'), {
    about:
      'Where tokens say things: the name of a claim, or a path of names with dots between them. The name falls back to preferred_username, email and sub.',
    shown: 'tenant_id',
  }),
  AUTH_OIDC_TENANT_ROLES_CLAIM: variable(claim('org_roles'), { shown: 'org_roles' }),
  AUTH_OIDC_PLATFORM_ROLES_CLAIM: variable(claim('realm_access.roles'), { shown: 'realm_access.roles' }),
  AUTH_OIDC_NAME_CLAIM: variable(claim('name'), { shown: 'name' }),
  AUTH_OIDC_ROLE_MAP: variable(roleMap.prefault(ROLE_MAP), {
    about:
      'What the issuers call a role, and what it is here: operator, support, sales (taken from the claim of platform roles alone), admin, billing, member (from the claim of tenant roles alone). A role that is not named gives nothing.',
    shown: ROLE_MAP,
  }),
  AUTH_OIDC_CLOCK_TOLERANCE_SECONDS: variable(whole(0, TOLERANCE_SECONDS_MAX, TOLERANCE_SECONDS), {
    about: "How far the issuers' clocks may be from the registry's, 0 to 300.",
    shown: TOLERANCE_SECONDS,
  }),
  AUTH_OIDC_ALGORITHMS: variable(
    list((name) =>
      signatureAlgorithms.includes(name) ? undefined : `is none of the asymmetric ${signatureAlgorithms.join(', ')}`,
    ).prefault(ALGORITHMS),
    { about: 'Accepted signatures; asymmetric ones only (Ed25519 can be added).', shown: ALGORITHMS },
  ),
};

type Variables = z.infer<z.ZodObject<typeof variables>>;

/** Returns how tokens are read, or null when no issuer is named. */
function oidcConfigOf(data: Variables): OidcConfig | null {
  if (data.AUTH_OIDC_ISSUER.length === 0) return null;
  return {
    issuers: data.AUTH_OIDC_ISSUER,
    audiences: data.AUTH_OIDC_AUDIENCE,
    claims: {
      tenant: data.AUTH_OIDC_TENANT_CLAIM,
      tenantRoles: data.AUTH_OIDC_TENANT_ROLES_CLAIM,
      platformRoles: data.AUTH_OIDC_PLATFORM_ROLES_CLAIM,
      name: data.AUTH_OIDC_NAME_CLAIM,
    },
    roleMap: data.AUTH_OIDC_ROLE_MAP,
    clockToleranceSeconds: data.AUTH_OIDC_CLOCK_TOLERANCE_SECONDS,
    algorithms: data.AUTH_OIDC_ALGORITHMS,
  };
}

const LOOPBACK_ISSUER = /^http:\/\/(127(\.\d{1,3}){3}|\[::1\]|localhost)(:\d+)?(\/|$)/i;

/** Finds combinations that contradict each other although each variable is valid. Claims are compared as they will be used. */
function oidcContradictions(given: Given): string[] {
  const { APP_ENV = 'dev', AUTH_OIDC_ISSUER: issuer, AUTH_OIDC_AUDIENCE: audience } = given;
  const { AUTH_OIDC_TENANT_ROLES_CLAIM = 'org_roles', AUTH_OIDC_PLATFORM_ROLES_CLAIM = 'realm_access.roles' } = given;
  const mistakes: string[] = [];
  if (issuer !== undefined && audience === undefined)
    mistakes.push('AUTH_OIDC_AUDIENCE is missing: with AUTH_OIDC_ISSUER, tokens must say that they are meant for us');
  if (issuer === undefined && audience !== undefined)
    mistakes.push('AUTH_OIDC_ISSUER is missing: AUTH_OIDC_AUDIENCE alone lets nobody in');
  if (AUTH_OIDC_TENANT_ROLES_CLAIM === AUTH_OIDC_PLATFORM_ROLES_CLAIM)
    mistakes.push(
      'AUTH_OIDC_TENANT_ROLES_CLAIM is the claim of the platform roles: whoever gives roles in a tenant could make operators',
    );
  const insecure = entries(issuer ?? '').filter((each) => /^http:/i.test(each) && !LOOPBACK_ISSUER.test(each));
  if (APP_ENV !== 'dev')
    for (const each of insecure)
      mistakes.push(
        `AUTH_OIDC_ISSUER has ${JSON.stringify(each)}, which must be https: plain http is for loopback and APP_ENV=dev`,
      );
  return mistakes;
}

export const oidcSettings = defineSettings({
  variables,
  /** The trusted issuers of access tokens; null when none is named. */
  read: (data) => ({ oidc: oidcConfigOf(data) }),
  contradictions: oidcContradictions,
});

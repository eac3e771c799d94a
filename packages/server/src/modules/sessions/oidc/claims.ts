/** Proved claims → whom they are about and what they become here. Pure: the ID token is verified elsewhere. */
import { claimAt, isSubject, readable, textsOf } from '../../../kernel/openid/claims.ts';
import { isJsonObject, type JsonObject } from '../../../kernel/openid.ts';
import { type TenantRole, tenantRoles } from '../../../kernel/permissions.ts';
import { claimMappingsShape } from '../../idp-configs/mappings/schema.ts';
import { SignInRefusal } from './refusal.ts';

const EMAIL = /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,255}$/u;
const TEXT_LENGTH_MAX = 500;
/** Used when the mapped claim is absent; the subject is last. */
const NAME_CLAIMS = ['preferred_username', 'email'];

/** Whom a provider proved. */
export interface ProvedPerson {
  readonly external_subject: string;
  readonly display_name: string;
  readonly email: string | null;
  /** Null: the provider does not decide about roles. */
  readonly roles: readonly TenantRole[] | null;
  /** The name by which a provisioned user is recognized; null: none is. */
  readonly scim: string | null;
  /** Null: the provider has more groups than fit into the token, and says so. */
  readonly groups: readonly string[] | null;
}

type Mappings = ReturnType<typeof mappingsOf>;

/** Returns the person, or throws `SignInRefusal` when the claims name no person. */
export function personOf(issuer: string, claims: JsonObject, claim_mappings: JsonObject): ProvedPerson {
  const mappings = mappingsOf(claim_mappings);
  const subject = claimAt(claims, mappings.subject);
  if (!isSubject(subject)) throw new SignInRefusal('sign_in_refused', 'subject');
  return {
    external_subject: `${issuer}|${subject}`,
    display_name: nameOf(claims, mappings.name) ?? subject,
    email: emailOf(claims, mappings.email),
    roles: rolesOf(claims, mappings),
    scim: mappings.scim === undefined ? null : (storable(claimAt(claims, mappings.scim))[0] ?? null),
    groups: groupsOf(claims, mappings.groups),
  };
}

/** Reads each known member by itself: one that was written before its rule counts as absent. */
function mappingsOf(given: JsonObject) {
  const { shape } = claimMappingsShape;
  return {
    subject: shape.subject.safeParse(given['subject']).data ?? 'sub',
    email: shape.email.safeParse(given['email']).data ?? 'email',
    name: shape.name.safeParse(given['name']).data ?? 'name',
    groups: shape.groups.safeParse(given['groups']).data ?? 'groups',
    roles: shape.roles.safeParse(given['roles']).data,
    scim: shape.scim.safeParse(given['scim']).data,
    role_map: new Map(Object.entries(shape.role_map.safeParse(given['role_map']).data ?? {})),
  };
}

function nameOf(claims: JsonObject, path: string): string | undefined {
  return [path, ...NAME_CLAIMS].map((each) => readable(claimAt(claims, each))).find((name) => name !== '');
}

/** An address that the provider itself calls unverified is not taken. */
function emailOf(claims: JsonObject, path: string): string | null {
  if (claims['email_verified'] === false) return null;
  const [email] = storable(claimAt(claims, path));
  return email !== undefined && EMAIL.test(email) ? email : null;
}

/** Every person is a member; the mapping adds to that. */
function rolesOf(claims: JsonObject, { roles, role_map }: Mappings): TenantRole[] | null {
  if (roles === undefined) return null;
  const mapped = textsOf(claimAt(claims, roles)).map((name) => role_map.get(name));
  return tenantRoles.filter((role) => role === 'member' || mapped.includes(role));
}

/** Microsoft Entra leaves the groups of people who are in many out, and marks that. */
function groupsOf(claims: JsonObject, path: string): string[] | null {
  const elsewhere = claims['_claim_names'];
  const isElsewhere = isJsonObject(elsewhere) && Object.hasOwn(elsewhere, path);
  if (isElsewhere || claims['hasgroups'] === true || claims['hasgroups'] === 'true') return null;
  return [...new Set(storable(claimAt(claims, path)))];
}

/** The texts of a claim that the database can compare. */
function storable(claim: unknown): string[] {
  return textsOf(claim).filter(
    (text) => text.length <= TEXT_LENGTH_MAX && text.isWellFormed() && !text.includes('\0') && text !== '',
  );
}

/** Throws `assurance_missing` unless the sign-in has one of the context classes and used all of the methods. */
export function requireAssurance(
  claims: JsonObject,
  {
    required_acr,
    required_amr,
  }: { readonly required_acr: readonly string[]; readonly required_amr: readonly string[] },
): void {
  const [acr, amr] = [claims['acr'], textsOf(claims['amr'])];
  if (required_acr.length > 0 && !(typeof acr === 'string' && required_acr.includes(acr)))
    throw new SignInRefusal('assurance_missing', 'acr');
  if (!required_amr.every((method) => amr.includes(method))) throw new SignInRefusal('assurance_missing', 'amr');
}

/** What a sign-in would have done, worked out from rows that are read and not changed. */
import { groupMirror, type idpConfigs, signInUsers, tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import type { JsonObject } from '../../../kernel/openid.ts';
import { transact } from '../../../kernel/transact.ts';
import { type ProvedPerson, personOf, requireAssurance } from './claims.ts';
import { SignInRefusal } from './refusal.ts';
import { signInEvents } from './schema.ts';
import { standingOf } from './standing.ts';

type Config = idpConfigs.IdpConfigRow;

/** Those that bind the token to this sign-in tell nothing about the person. */
const BINDING_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

export interface RehearsalReport {
  readonly rehearsal: true;
  readonly idp_config: { readonly id: string; readonly alias: string };
  /** Null: the sign-in would have gone through. */
  readonly refusal: { readonly error: string; readonly reason: string } | null;
  /** What it would have done; null when it would have been refused. */
  readonly outcome: 'sign_in' | 'link' | 'provision' | null;
  /** The claims of the provider; null when it proved no person. */
  readonly claims: JsonObject | null;
  /** What the claims become here; null when they name no person. */
  readonly person: Omit<ProvedPerson, 'groups'> | null;
  /** Null: the provider withheld them, and none would be touched. */
  readonly groups: { readonly claimed: readonly string[]; readonly known: readonly Group[] } | null;
}

type Group = Pick<groupMirror.MirroredGroup, 'id' | 'slug' | 'idp_claim_value'>;

/**
 * Tells what became of a rehearsed sign-in. `prove` resolves with the claims, and rejects with `SignInRefusal` when the
 * provider proved no person. The only row that is written is that of the audit log.
 */
export async function rehearse(
  ctx: ActorContext,
  config: Config,
  prove: () => Promise<JsonObject>,
): Promise<RehearsalReport> {
  const report = await reportOf(ctx, config, prove);
  const { refusal, person } = report;
  const { id, tenant_id, alias } = config;
  const external_subject = person?.external_subject ?? null;
  await transact(ctx, (_, record) =>
    record(signInEvents.rehearsed, {
      id,
      tenant_id,
      alias,
      error: refusal?.error ?? null,
      reason: refusal?.reason ?? null,
      external_subject,
    }),
  );
  return report;
}

async function reportOf(ctx: ActorContext, config: Config, prove: () => Promise<JsonObject>): Promise<RehearsalReport> {
  const found: { claims: JsonObject | null; person: ProvedPerson | null; groups: readonly Group[] } = {
    claims: null,
    person: null,
    groups: [],
  };
  const refusalOrOutcome = await (async () => {
    found.claims = await prove();
    found.person = personOf(config.issuer, found.claims, config.claim_mappings);
    found.groups = await groupsOf(ctx, config, found.person);
    requireAssurance(found.claims, config);
    return { outcome: await outcomeOf(ctx, config, found.person), refusal: null };
  })().catch((error: unknown) => {
    if (!(error instanceof SignInRefusal)) throw error;
    return { outcome: null, refusal: { error: error.code, reason: error.reason } };
  });
  const { claims, person, groups } = found;
  const { groups: claimed = null, ...shown } = person ?? {};
  return {
    rehearsal: true,
    idp_config: { id: config.id, alias: config.alias },
    ...refusalOrOutcome,
    claims: claims && Object.fromEntries(Object.entries(claims).filter(([name]) => !BINDING_CLAIMS.includes(name))),
    person: person && (shown as Omit<ProvedPerson, 'groups'>),
    groups: claimed === null ? null : { claimed, known: groups },
  };
}

async function groupsOf({ db }: ActorContext, { id, tenant_id }: Config, { groups }: ProvedPerson): Promise<Group[]> {
  if (groups === null || groups.length === 0) return [];
  return groupMirror.listMirroredGroups(db, { tenant_id, idp_config_id: id, values: groups });
}

/** Throws the refusal that a sign-in would meet. */
async function outcomeOf(
  { db }: ActorContext,
  { tenant_id, status, jit_policy }: Config,
  { external_subject, scim: name, email }: ProvedPerson,
): Promise<'sign_in' | 'link' | 'provision'> {
  const tenant = await tenants.findTenant(db, tenant_id);
  if (tenant?.status === 'frozen') throw new SignInRefusal('tenant_frozen', 'tenant_frozen');
  if (tenant?.status === 'archived') throw new SignInRefusal('sign_in_refused', 'tenant_archived');
  if (status !== 'active') throw new SignInRefusal('sign_in_refused', 'configuration');
  const known = await signInUsers.findUserOfSubject(db, { tenant_id, external_subject });
  const unlinked =
    known === undefined && name !== null ? await signInUsers.listUnlinkedUsers(db, { tenant_id, name }) : [];
  const { kind } = standingOf({ known, unlinked, jit_policy });
  if (kind === 'provision' && email !== null && (await signInUsers.findEmailTaken(db, { tenant_id, email })))
    throw new SignInRefusal('account_exists', 'email');
  return kind === 'known' ? 'sign_in' : kind;
}

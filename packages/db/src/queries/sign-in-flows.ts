/** Every statement about sign-ins that are under way at a provider. The hash of a flow's cookie never leaves this file. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { SignInFlows } from '../schema.ts';

const shown = [
  'tenant_id',
  'idp_config_id',
  'idp_config_version',
  'return_to',
  'rehearsal',
  'created_at',
  'expires_at',
] as const;

export type SignInFlowRow = Pick<Selectable<SignInFlows>, (typeof shown)[number]>;

export interface NewSignInFlow extends Omit<SignInFlowRow, 'created_at' | 'expires_at'> {
  /** SHA-256 of the flow's cookie. */
  readonly flow_hash: Uint8Array;
  /** From where it was begun; null for a link that somebody known has made. */
  readonly network: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export interface FlowLimits {
  readonly ofTenant: number;
  /** Of one network in one tenant. */
  readonly ofNetwork: number;
}

/**
 * Adds a flow and ends the oldest ones of its network and of its tenant that are beyond the limits: a network that begins
 * sign-ins without end pushes out its own, long before those of others.
 */
export async function insertSignInFlow(tx: Tx, flow: NewSignInFlow, limits: FlowLimits): Promise<void> {
  const { tenant_id, network } = flow;
  await tx.insertInto('sign_in_flows').values(flow).execute();
  await sql`
    delete from sign_in_flows where flow_hash = any(array(
      select flow_hash from sign_in_flows where tenant_id = ${tenant_id} and network = ${network}
      order by created_at desc offset ${limits.ofNetwork} for update skip locked
    ))`.execute(tx);
  await sql`
    delete from sign_in_flows where flow_hash = any(array(
      select flow_hash from sign_in_flows where tenant_id = ${tenant_id}
      order by created_at desc offset ${limits.ofTenant} for update skip locked
    ))`.execute(tx);
}

/** Takes the flow away and returns it, to one caller alone. It may have expired. */
export function claimSignInFlow(tx: Tx, flowHash: Uint8Array): Promise<SignInFlowRow | undefined> {
  return tx.deleteFrom('sign_in_flows').where('flow_hash', '=', flowHash).returning(shown).executeTakeFirst();
}

/** Deletes up to `limit` flows that had expired by `now`, and returns how many there were. */
export async function deleteExpiredSignInFlows(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sign_in_flows where flow_hash = any(array(
      select flow_hash from sign_in_flows where expires_at <= ${now.toISOString()}::timestamptz
      order by expires_at limit ${limit} for update skip locked
    ))`.execute(db);
  return Number(numAffectedRows ?? 0);
}

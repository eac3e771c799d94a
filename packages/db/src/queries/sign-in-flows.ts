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
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** Adds a flow and ends the tenant's oldest ones, so that it has no more than `max`. */
export async function insertSignInFlow(tx: Tx, flow: NewSignInFlow, max: number): Promise<void> {
  await tx.insertInto('sign_in_flows').values(flow).execute();
  await sql`
    delete from sign_in_flows where flow_hash = any(array(
      select flow_hash from sign_in_flows where tenant_id = ${flow.tenant_id}
      order by created_at desc, flow_hash offset ${max} for update skip locked
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

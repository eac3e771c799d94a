/**
 * What the log proves of an audit row. The leaf has what can never be erased in clear, and of the two groups that can,
 * `who` and `what`, a hash under a random salt: without the salt, nobody can try values against it.
 */
import { canonicalJson, type JsonObject } from './canonical-json.ts';
import { sha256 } from './sha256.ts';

/** A row of audit_log, with times as the API shows them. */
export interface SealedRow {
  readonly id: string;
  readonly tenant_slug: string | null;
  readonly product: string | null;
  readonly project_id: string | null;
  readonly actor_type: string;
  readonly actor_id: string;
  readonly actor_name: string | null;
  readonly action: string;
  readonly crud: string | null;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly target_name: string | null;
  readonly description: string | null;
  readonly metadata: JsonObject;
  readonly external_id: string | null;
  readonly extra: JsonObject | null;
  readonly source_ip: string | null;
  readonly request_id: string | null;
  readonly is_failure: boolean;
  readonly occurred_at: string;
  readonly created_at: string;
  readonly origin: 'registry' | 'reported';
  readonly reported_by: string | null;
}

// The texts below have their members in the RFC's order as they stand.
const j = canonicalJson;

/** Returns the text of the group that says whose act it was (RFC 8785). */
export function whoOf(row: Pick<SealedRow, 'actor_id' | 'actor_name' | 'reported_by' | 'source_ip'>): string {
  return `{"actor_id":${j(row.actor_id)},"actor_name":${j(row.actor_name)},"reported_by":${j(row.reported_by)},"source_ip":${j(row.source_ip)}}`;
}

/** Returns the text of the group that says what the act was about (RFC 8785). */
export function whatOf(
  row: Pick<SealedRow, 'description' | 'external_id' | 'extra' | 'metadata' | 'target_id' | 'target_name'>,
): string {
  return `{"description":${j(row.description)},"external_id":${j(row.external_id)},"extra":${j(row.extra)},"metadata":${j(row.metadata)},"target_id":${j(row.target_id)},"target_name":${j(row.target_name)}}`;
}

/** Of a part. */
export const SALT_BYTES = 16;

/** Returns the hash by which the leaf has a group. Throws unless the salt has 16 bytes. */
export function groupHash(salt: Uint8Array, text: string): Buffer {
  if (salt.length !== SALT_BYTES) throw new RangeError('a salt has 16 bytes');
  return sha256(Buffer.concat([salt, Buffer.from(text)]));
}

export interface LeafPlace {
  /** The id of the log. */
  readonly log: string;
  /** The hashes of the groups, in hexadecimal. */
  readonly who: string;
  readonly what: string;
}

/** Returns the text of the leaf (RFC 8785), which `leafHash` hashes. It has nothing of the groups but their hashes. */
export function entryOf(row: SealedRow, { log, who, what }: LeafPlace): string {
  return `{"action":${j(row.action)},"actor_type":${j(row.actor_type)},"created_at":${j(row.created_at)},"crud":${j(row.crud)},"id":${j(row.id)},"is_failure":${j(row.is_failure)},"log":${j(log)},"occurred_at":${j(row.occurred_at)},"origin":${j(row.origin)},"product":${j(row.product)},"project_id":${j(row.project_id)},"request_id":${j(row.request_id)},"target_type":${j(row.target_type)},"tenant_slug":${j(row.tenant_slug)},"v":1,"what":${j(what)},"who":${j(who)}}`;
}

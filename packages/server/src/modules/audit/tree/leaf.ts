/** The leaf of an audit row: one text, in which what can be erased stands by its salted hashes. */
import { hash } from 'node:crypto';
import type { audit } from '@tenant-registry/db';
import { canonicalJson } from './canonical-json.ts';

/** What of an audit row is proved. */
export type SealedRow = Omit<audit.AuditRow, 'tenant_id'>;

/** Returns who did it, as canonical JSON. */
export function whoOf({ actor_id, actor_name, reported_by, source_ip }: SealedRow): string {
  return `{"actor_id":${text(actor_id)},"actor_name":${text(actor_name)},"reported_by":${text(reported_by)},"source_ip":${text(source_ip)}}`;
}

/** Returns what it was about, as canonical JSON. */
export function whatOf({ description, external_id, extra, metadata, target_id, target_name }: SealedRow): string {
  return `{"description":${text(description)},"external_id":${text(external_id)},"extra":${canonicalJson(extra)},"metadata":${canonicalJson(metadata)},"target_id":${text(target_id)},"target_name":${text(target_name)}}`;
}

/** Returns the hash of a part under its salt of 16 bytes. */
export function groupHash(salt: Uint8Array, part: string): Buffer {
  return hash('sha256', Buffer.concat([salt, Buffer.from(part)]), 'buffer');
}

/** The log that a leaf is of, and the hashes of its two parts, as hexadecimal digits. */
export interface EntryParts {
  readonly log: string;
  readonly who: string;
  readonly what: string;
}

/** Returns the text whose hash is the leaf, as canonical JSON. */
export function entryOf(row: SealedRow, { log, who, what }: EntryParts): string {
  return `{"action":${text(row.action)},"actor_type":${text(row.actor_type)},"created_at":${text(row.created_at)},"crud":${text(row.crud)},"id":${text(row.id)},"is_failure":${row.is_failure},"log":${text(log)},"occurred_at":${text(row.occurred_at)},"origin":${text(row.origin)},"product":${text(row.product)},"project_id":${text(row.project_id)},"request_id":${text(row.request_id)},"target_type":${text(row.target_type)},"tenant_slug":${text(row.tenant_slug)},"v":1,"what":"${what}","who":"${who}"}`;
}

function text(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value);
}

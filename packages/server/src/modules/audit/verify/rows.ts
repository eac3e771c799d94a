/** Compares a row with its leaf. Without I/O. */
import type { auditVerifying } from '@tenant-registry/db';
import { entryOf, groupHash, whatOf, whoOf } from '../tree/leaf.ts';
import { HASH_BYTES, leafHash } from '../tree/merkle.ts';
import { isOfDoubles } from './numbers.ts';

type LeafAndRow = auditVerifying.LeafAndRow;
export type Row = Exclude<LeafAndRow, { readonly id: null }>;

/** A leaf with what follows from its row. */
export interface HashedLeaf {
  readonly leaf: LeafAndRow;
  readonly index: number;
  readonly stored: Buffer;
  /** Of the row; null: there is none. */
  readonly computed: Buffer | null;
  /** The hash of the group in the row, under the salt that is stored; null: there is none. */
  readonly who: Buffer | null;
  readonly what: Buffer | null;
}

const NOTHING = Buffer.alloc(HASH_BYTES);

/** Stands for a hash of another length, which only comes from a forger: no leaf has it. */
export function asHash(bytes: Uint8Array | null): Buffer {
  return bytes?.length === HASH_BYTES ? asBuffer(bytes) : NOTHING;
}

/** No leaf has the hash that is returned for what the registry cannot have written. */
function hashUnder(salt: Uint8Array, textOf: () => string): Buffer {
  try {
    return groupHash(salt, textOf());
  } catch {
    return NOTHING;
  }
}

const whoUnder = (salt: Uint8Array, row: Row) => hashUnder(salt, () => whoOf(row));

const whatUnder = (salt: Uint8Array, row: Row) =>
  isOfDoubles(row.metadata_text) && isOfDoubles(row.extra_text) ? hashUnder(salt, () => whatOf(row)) : NOTHING;

export function hashedLeaf(leaf: LeafAndRow, log: string): HashedLeaf {
  const stored = asHash(leaf.hash);
  const { index, who_salt, what_salt } = leaf;
  if (!hasRow(leaf)) return { leaf, index, stored, computed: null, who: null, what: null };
  const who = who_salt === null ? null : whoUnder(who_salt, leaf);
  const what = what_salt === null ? null : whatUnder(what_salt, leaf);
  return { leaf, index, stored, computed: computedOf({ leaf, who, what }, stored, log), who, what };
}

type HashedRow = { readonly leaf: Row } & Pick<HashedLeaf, 'who' | 'what'>;

/** By the hashes of groups that are stored, unless those of the row are the ones that fit the leaf. */
function computedOf({ leaf, who, what }: HashedRow, stored: Buffer, log: string): Buffer | null {
  const { who_hash, what_hash } = leaf;
  if (who_hash === null || what_hash === null) return null;
  const computed = hashOf(leaf, log, [who_hash, what_hash]);
  if (computed.equals(stored)) return computed;
  const fitting = fittingGroups([who_hash, who], [what_hash, what], (groups) =>
    hashOf(leaf, log, groups).equals(stored),
  );
  return fitting === null ? computed : stored;
}

export function hasRow(leaf: LeafAndRow): leaf is Row {
  return leaf.id !== null;
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Groups = readonly [who: Uint8Array, what: Uint8Array];

function hashOf(row: Row, log: string, [who, what]: Groups): Buffer {
  return leafHash(entryOf(row, { log, who: asBuffer(who).toString('hex'), what: asBuffer(what).toString('hex') }));
}

/** Tells whether nothing of the row and its leaf is different from the hash that the log has at this place, or erased. */
export function isWhole({ leaf, stored, computed, who, what }: HashedLeaf, truth: Buffer): boolean {
  return (
    stored.equals(truth) &&
    computed?.equals(truth) === true &&
    isSame(who, leaf.who_hash) &&
    isSame(what, leaf.what_hash)
  );
}

function isSame(a: Buffer | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && a.equals(b);
}

/**
 * Returns what was changed of a leaf and its row: `who` and `what` (columns of that group, or its salt: nobody can tell
 * which), `entry` (other columns), or what is stored of the leaf. An erased group is not compared here.
 */
export function changesOf(hashed: HashedLeaf, truth: Buffer, log: string): string[] {
  const { leaf, stored, who, what } = hashed;
  const changes = hasRow(leaf) ? rowChanges({ leaf, who, what }, truth, log) : [];
  return stored.equals(truth) ? changes : [...changes, 'hash'];
}

function rowChanges({ leaf, who, what }: HashedRow, truth: Buffer, log: string): string[] {
  const fitting = fittingGroups([leaf.who_hash, who], [leaf.what_hash, what], (groups) =>
    hashOf(leaf, log, groups).equals(truth),
  );
  const [rightWho, rightWhat] = fitting ?? [leaf.who_hash, leaf.what_hash];
  return [
    ...(fitting === null ? ['entry'] : []),
    ...groupChange('who', { right: rightWho, stored: leaf.who_hash, computed: who }),
    ...groupChange('what', { right: rightWhat, stored: leaf.what_hash, computed: what }),
  ];
}

/** Returns the hashes of groups with which the row has the hash of the log; null: none. */
function fittingGroups(
  whos: readonly (Uint8Array | null)[],
  whats: readonly (Uint8Array | null)[],
  fits: (groups: Groups) => boolean,
): Groups | null {
  for (const who of whos)
    for (const what of whats) if (who !== null && what !== null && fits([who, what])) return [who, what];
  return null;
}

function groupChange(
  group: 'who' | 'what',
  {
    right,
    stored,
    computed,
  }: { readonly right: Uint8Array | null; readonly stored: Uint8Array | null; readonly computed: Buffer | null },
): string[] {
  if (stored !== right) return [`${group}_hash`];
  return computed === null || isSame(computed, right) ? [] : [group];
}

/** Tells whether one row, under the id and the salts of another leaf, is what that leaf is of. */
export function fitsAs(
  row: Row,
  place: LeafAndRow,
  { truth, log }: { readonly truth: Buffer; readonly log: string },
): boolean {
  const { event_id, who_hash, what_hash, who_salt, what_salt } = place;
  if (event_id === null || who_hash === null || what_hash === null) return false;
  const there = { ...row, id: event_id };
  const who = who_salt === null ? who_hash : whoUnder(who_salt, there);
  const what = what_salt === null ? what_hash : whatUnder(what_salt, there);
  return hashOf(there, log, [who, what]).equals(truth);
}

/** Tells whether the columns of a group have what a redaction leaves in them. */
export const isBlank: Readonly<Record<'who' | 'what', (row: Row) => boolean>> = {
  who: ({ actor_id, actor_name, source_ip, reported_by }) =>
    actor_id === 'redacted' && actor_name === null && source_ip === null && reported_by === null,
  what: ({ target_id, target_name, description, external_id, extra, metadata }) =>
    (target_id === null || target_id === 'redacted') &&
    target_name === null &&
    description === null &&
    external_id === null &&
    extra === null &&
    JSON.stringify(metadata) === '{}',
};

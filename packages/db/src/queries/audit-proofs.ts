/** Statements that proofs of the audit log are made from: leaves with their checkpoints, and the hashes of the tree. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/** A leaf of a row, and the checkpoint that it was looked up under. */
export interface ProvableLeaf {
  /** The id of the log. */
  readonly log: string;
  readonly index: number;
  readonly hash: Uint8Array;
  readonly who_hash: Uint8Array;
  readonly what_hash: Uint8Array;
  /** Null: that part of the row is erased. */
  readonly who_salt: Uint8Array | null;
  readonly what_salt: Uint8Array | null;
  /** Null: the log has no such checkpoint. */
  readonly size: number | null;
  readonly note: string | null;
}

/** Returns the leaf of a row with the newest checkpoint of its log, or with the newest one of at most that size. */
export async function findProvableLeaf(db: Db, eventId: string, sizeMax?: number): Promise<ProvableLeaf | undefined> {
  const { rows } = await sql<ProvableLeaf>`/* prepare find_provable_leaf */
    select l.tenant_id as log, l.index, l.hash, l.who_hash, l.what_hash, l.who_salt, l.what_salt, c.size, c.note
    from audit_leaves as l
    left join lateral (
      select size, note from audit_checkpoints
      where tenant_id = l.tenant_id and size <= coalesce(${sizeMax ?? null}::bigint, 9223372036854775807)
      order by size desc limit 1
    ) as c on true
    where l.event_id = ${eventId}::uuid`.execute(db);
  return rows[0];
}

/** The place of a tile. */
export interface TilePlace {
  /** The id of the log. */
  readonly log: string;
  readonly level: number;
  readonly tile: number;
}

export interface TileHashes extends TilePlace {
  /** As many as there are, one behind the other. */
  readonly hashes: Uint8Array;
}

/**
 * Returns the hashes of tiles, by one statement and so of one moment. The last tile of level 0 is not written before it is
 * full: until then it is read from the leaves. Each is looked up by itself: a join would read all tiles there are.
 */
export async function listTileHashes(db: Db, places: readonly TilePlace[]): Promise<TileHashes[]> {
  const { rows } = await sql<TilePlace & { hashes: Uint8Array | null }>`/* prepare list_tile_hashes */
    select log, level, tile, coalesce(
      (select hashes from audit_tiles as t where t.tenant_id = log and t.level = p.level and t.tile = p.tile),
      case when level = 0 then (
        select string_agg(hash, ''::bytea order by index) from audit_leaves as l
        where l.tenant_id = log and index >= tile * 256 and index < (tile + 1) * 256
      ) end
    ) as hashes
    from json_to_recordset(${JSON.stringify(places)}::json) as p (log uuid, level smallint, tile bigint)`.execute(db);
  return rows.flatMap(({ hashes, ...place }) => (hashes === null ? [] : [{ ...place, hashes }]));
}

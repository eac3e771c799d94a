/** Gathers accepted and refused credentials in memory: one audit row tells of many attempts, and noting costs no I/O. */

import type { Actor } from '../actor.ts';
import type { Clock } from '../clock.ts';
import type { CredentialKind } from '../credentials.ts';
import { createLru } from '../lru.ts';

export type AccessNote =
  | {
      readonly kind: 'failed';
      readonly credential: CredentialKind;
      readonly reason: string;
      readonly source_ip: string;
    }
  | { readonly kind: 'denied'; readonly actor: Actor; readonly permission: string; readonly procedure: string }
  | { readonly kind: 'used'; readonly actor: Actor };

/** One note and the number of times it happened since the last drain. */
export interface AccessEntry {
  readonly note: AccessNote;
  readonly count: number;
  readonly first_at: Date;
  readonly last_at: Date;
}

export interface AccessLog {
  /** A credential was refused. */
  failed(credential: CredentialKind, reason: string, sourceIp: string): void;
  /** A known caller asked for a change without holding the permission. */
  denied(actor: Actor, what: { readonly permission: string; readonly procedure: string }): void;
  /** A credential was accepted: noted once an hour for each. */
  used(actor: Actor): void;
  /** Returns the notes since the last drain, and forgets them. */
  drain(): readonly AccessEntry[];
  /** Takes back notes that could not be written; they count together with later ones. */
  restore(entries: readonly AccessEntry[]): void;
}

const ENTRIES_MAX = 5_000;
const PRINCIPALS_MAX = 10_000;
const HOUR_MS = 3_600_000;

/** Makes a memory that holds a bounded number of entries: under a flood the sources of failures become one, `many`. */
export function createAccessLog(clock: Clock): AccessLog {
  const seen = createLru<number>(PRINCIPALS_MAX);
  let entries = new Map<string, AccessEntry>();

  function add(entry: AccessEntry): void {
    const crowded = entries.size >= ENTRIES_MAX && !entries.has(keyOf(entry.note));
    if (crowded && entry.note.kind !== 'failed') return; // bounded by the callers' own limits; the log has each
    const note = crowded ? anywhere(entry.note) : entry.note;
    const key = keyOf(note);
    const known = entries.get(key);
    entries.set(key, known === undefined ? { ...entry, note } : together(known, entry));
  }

  function happened(note: AccessNote): void {
    const now = clock();
    add({ note, count: 1, first_at: now, last_at: now });
  }

  return {
    failed: (credential, reason, source_ip) => happened({ kind: 'failed', credential, reason, source_ip }),
    denied: (actor, { permission, procedure }) => happened({ kind: 'denied', actor, permission, procedure }),
    used(actor) {
      const now = clock().getTime();
      if (now - (seen.get(actor.principal) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return;
      seen.set(actor.principal, now);
      happened({ kind: 'used', actor });
    },
    drain() {
      const taken = [...entries.values()];
      entries = new Map();
      return taken;
    },
    restore: (taken) => taken.forEach(add),
  };
}

/** Returns the key under which equal notes are counted together. */
function keyOf(note: AccessNote): string {
  switch (note.kind) {
    case 'failed':
      return `failed|${note.credential}|${note.reason}|${note.source_ip}`;
    case 'denied':
      return `denied|${note.procedure}|${note.actor.principal}`;
    case 'used':
      return `used|${note.actor.principal}`;
    default:
      return note satisfies never;
  }
}

function together(one: AccessEntry, other: AccessEntry): AccessEntry {
  return {
    note: one.note,
    count: one.count + other.count,
    first_at: one.first_at < other.first_at ? one.first_at : other.first_at,
    last_at: one.last_at > other.last_at ? one.last_at : other.last_at,
  };
}

function anywhere(note: AccessNote): AccessNote {
  return note.kind === 'failed' ? { ...note, source_ip: 'many' } : note;
}

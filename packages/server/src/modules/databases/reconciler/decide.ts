/** What a pass changes: decided here, from the row, what was seen, time and chance alone. */
import type { databaseWork } from '@tenant-registry/db';
import type { Desired } from '@tenant-registry/provisioner';
import { factsOf, wantOf } from '../lifecycle.ts';
import type { databaseEvents } from '../schema.ts';
import { type Outcome, shownText } from './outcome.ts';
import { failurePauseMs, lookPauseMs, soonPauseMs, steadyPauseMs } from './pauses.ts';
import { type Standing, standingAfter } from './standing.ts';

type Row = databaseWork.DatabaseWorkRow;

export interface Pass {
  /** The row as it was when the pass began. */
  readonly worked: Row;
  readonly desired: Desired;
  readonly outcome: Outcome;
  readonly now: Date;
  /** From 0 to below 1. */
  readonly random: number;
  /** A watch of this process tells of changes at its provisioner. */
  readonly watched: boolean;
  readonly whenFrozen: 'keep' | 'sleep';
  /** What its tier grants it to become ready. */
  readonly timeoutMs: number;
}

export interface Happened {
  readonly event: keyof typeof databaseEvents;
  /** What the event says instead of the message of the database. */
  readonly message?: string;
}

export interface Decision extends databaseWork.Settlement {
  readonly events: readonly Happened[];
}

/**
 * Returns what the pass changes of the row as it is now. The database is changed only where something that is shown is
 * different, and each change has an event. What a person did meanwhile is never overwritten: then the next pass is at once.
 */
export function decide(row: Row, pass: Pass): Decision {
  if (waitsForPerson(row)) return { database: {}, work: { next_reconcile_at: nextRest(row, pass) }, events: [] };
  const drift = driftOf(pass);
  if (isSuperseded(row, pass)) return superseded(row, pass, drift);
  const standing = standingAfter(row, { ...pass, want: pass.desired.want });
  const rotation = rotationAfter(row, pass);
  const database = changesOf(row, standing, pass);
  const told = [...eventsOf(row, standing), ...rotation.events, ...drift];
  const events = told.length === 0 && Object.keys(database).length > 0 ? [{ event: 'updated' } as const] : told;
  return { database, work: workAfter(row, { pass, standing, rotation }), events };
}

/** Of the errors, only what took too long comes right by itself. */
function waitsForPerson({ status, reason }: Row): boolean {
  return status === 'deleted' || (status === 'error' && reason !== 'timed_out');
}

/** A database in error sleeps with its tenant all the same: returns when it is looked at until it does; null: it does. */
function nextRest(row: Row, { desired, outcome, now, random, whenFrozen }: Pass): Date | null {
  if (row.status !== 'error' || wantOf(factsOf(row), whenFrozen) !== 'asleep') return null;
  if (desired.want !== 'asleep') return now;
  const isUnderWay = outcome.kind === 'unavailable' || outcome.observed.phase === 'working';
  return isUnderWay ? new Date(now.getTime() + steadyPauseMs(false, random)) : null;
}

/** The pass worked on what is not wanted any more, or not on all of it. */
function isSuperseded(row: Row, { worked, desired, whenFrozen }: Pass): boolean {
  return (
    row.status !== worked.status ||
    row.generation !== worked.generation ||
    row.login_slot !== worked.login_slot ||
    row.external_uid !== worked.external_uid ||
    wantOf(factsOf(row), whenFrozen) !== desired.want
  );
}

function superseded(row: Row, { worked, now }: Pass, drift: readonly Happened[]): Decision {
  const behind = row.in_sync && row.generation !== worked.generation;
  const events = behind && drift.length === 0 ? [{ event: 'updated' } as const] : drift;
  return { database: behind ? { in_sync: false } : {}, work: { next_reconcile_at: now }, events };
}

function driftOf({ outcome }: Pass): Happened[] {
  if (outcome.kind === 'unavailable' || outcome.observed.repaired.length === 0) return [];
  return [{ event: 'driftRepaired', message: shownText(`put back: ${outcome.observed.repaired.join(', ')}`) }];
}

/** Returns what is different. A message alone is a change only where a person waits for the database. */
function changesOf(row: Row, standing: Standing, { now, outcome }: Pass): databaseWork.SettledDatabase {
  const { status, reason, message, in_sync, reach } = standing;
  const moved = status !== row.status || reason !== row.reason;
  const visible = different(row, { status, reason, in_sync, ...reach });
  const awaited = status !== 'ready' && message !== row.message;
  if (Object.keys(visible).length === 0 && !awaited) return {};
  return {
    ...visible,
    ...different(row, { message }),
    // Not compared: conditions come and go, and are shown as they were at the last change.
    ...(outcome.kind === 'observed' ? { conditions: outcome.observed.conditions } : {}),
    ...(moved ? { since: now } : {}),
    ...(status === 'deleted' ? { deleted_at: now, owner_group_id: null } : {}),
  };
}

function different<Values extends Partial<Row>>(row: Row, values: Values): Partial<Values> {
  const known: Readonly<Record<string, unknown>> = row;
  const entries = Object.entries(values).filter(([name, value]) => known[name] !== value);
  return Object.fromEntries(entries) as Partial<Values>; // some of its own members
}

function eventsOf(row: Row, { status, reason }: Standing): Happened[] {
  if (status === row.status && reason === row.reason) return [];
  switch (status) {
    case 'ready':
      if (reason === 'asleep') return [{ event: 'asleep' }];
      if (row.status !== 'ready') return [{ event: 'ready' }];
      return row.reason === 'asleep' ? [{ event: 'awake' }] : [];
    case 'error':
      return [{ event: reason === 'lost' ? 'lost' : 'failed' }];
    case 'deleted':
      return [{ event: 'deleted' }];
    case 'provisioning':
    case 'deleting':
      return [];
    default:
      return status satisfies never;
  }
}

interface Rotation {
  readonly work: Pick<databaseWork.SettledWork, 'rotation_grace_seconds' | 'old_login_until'>;
  readonly events: readonly Happened[];
}

/** The old login gets its grace when the new one is proved, and is forgotten when it is seen closed. */
function rotationAfter(row: Row, { outcome, desired, now }: Pass): Rotation {
  const login = outcome.kind === 'observed' ? outcome.observed.login : null;
  const { rotation_grace_seconds, old_login_until } = row;
  if (login === null || login.current !== row.login_slot) return { work: {}, events: [] };
  if (rotation_grace_seconds !== null) {
    const until = new Date(now.getTime() + rotation_grace_seconds * 1_000);
    return { work: { rotation_grace_seconds: null, old_login_until: until }, events: [{ event: 'rotated' }] };
  }
  const closed = old_login_until !== null && desired.logins.other === 'closed' && login.other === 'closed';
  return closed ? { work: { old_login_until: null }, events: [{ event: 'oldLoginClosed' }] } : { work: {}, events: [] };
}

interface After {
  readonly pass: Pass;
  readonly standing: Standing;
  readonly rotation: Rotation;
}

function workAfter(row: Row, after: After): databaseWork.SettledWork {
  const { pass, standing, rotation } = after;
  const { outcome, now, timeoutMs, worked } = pass;
  const attempts = standing.failure === null ? 0 : row.attempts + 1;
  const deadline = standing.newDeadline ? { deadline_at: new Date(now.getTime() + timeoutMs) } : {};
  const seen =
    outcome.kind === 'observed'
      ? {
          observed_generation: worked.generation,
          external_uid: row.external_uid ?? outcome.observed.external_uid,
        }
      : {};
  const logins = standing.status === 'deleted' ? noRotation : rotation.work;
  const work = { attempts, error_message: standing.failure, ...seen, ...deadline, ...logins };
  return { ...work, next_reconcile_at: nextLook(row, { ...after, attempts, work }) };
}

const noRotation = { rotation_grace_seconds: null, old_login_until: null };

interface Next extends After {
  readonly attempts: number;
  readonly work: Omit<databaseWork.SettledWork, 'next_reconcile_at'>;
}

/** What was asked for while the pass went on is looked at after this time. */
const TOUCHED_MS = 1_000;

/** Returns the earliest of the times at which there may be something to do; null when a person has to ask for it. */
function nextLook(row: Row, next: Next): Date | null {
  const { pass, standing, work } = next;
  if (standing.next === 'person') return null;
  const nowMs = pass.now.getTime();
  const { deadline_at = row.deadline_at, old_login_until = row.old_login_until } = work;
  const times = [nowMs + pauseMs(row, next)];
  const deadline = msOf(deadline_at);
  if (standing.status === 'provisioning' && deadline !== undefined && deadline > nowMs) times.push(deadline);
  const closing = msOf(old_login_until);
  // Also one whose time is over, when the switch to the other login has only now been seen.
  if (closing !== undefined && (closing > nowMs || work.old_login_until != null)) times.push(closing);
  if (row.next_reconcile_at !== pass.worked.next_reconcile_at) times.push(nowMs + TOUCHED_MS);
  return new Date(Math.min(...times));
}

function msOf(time: Date | string | null): number | undefined {
  return time === null ? undefined : new Date(time).getTime();
}

/** While somebody waits for it, and while it can be used. */
const SOON_MAX_MS = { awaited: 5_000, ready: 60_000 };

function pauseMs(row: Row, { pass, standing, work, attempts }: Next): number {
  const { now, random, watched } = pass;
  const { rotation_grace_seconds = row.rotation_grace_seconds, old_login_until = row.old_login_until } = work;
  const moved = standing.status !== row.status || standing.reason !== row.reason;
  const agedMs = moved ? 0 : now.getTime() - new Date(row.since).getTime();
  const mostMs = standing.status === 'ready' ? SOON_MAX_MS.ready : SOON_MAX_MS.awaited;
  const soonMs = soonPauseMs(agedMs, mostMs, random);
  switch (standing.next) {
    case 'now':
    case 'person':
      return 0;
    case 'soon':
      return soonMs;
    case 'steady': {
      const closes = old_login_until !== null && new Date(old_login_until) <= now;
      return rotation_grace_seconds !== null || closes ? soonMs : steadyPauseMs(watched, random);
    }
    case 'failed':
      return failurePauseMs(attempts, random);
    case 'look':
      return lookPauseMs(random);
    default:
      return standing.next satisfies never;
  }
}

/** Where a database stands after a pass: which states follow which, as a pure function of the row and what was seen. */
import type { databaseWork } from '@tenant-registry/db';
import type { Desired, Observed } from '@tenant-registry/provisioner';
import { type DatabaseReason, type DatabaseStatus, databaseReasons } from '../schema.ts';
import type { Outcome } from './outcome.ts';

type Row = databaseWork.DatabaseWorkRow;
type Reason<Status extends DatabaseStatus> = (typeof databaseReasons)[Status][number];
type Place = {
  [Status in DatabaseStatus]: { readonly status: Status; readonly reason: Reason<Status> };
}[DatabaseStatus];

/** How clients reach it; a database that is ready has all of it. */
export type Reach = Pick<Row, 'host' | 'port' | 'sslmode' | 'secret_name'>;

export type Standing = Place & {
  readonly message: string | null;
  readonly in_sync: boolean;
  /** Absent: as it was. */
  readonly reach?: Reach;
  /** Why the pass failed; null: it did not. */
  readonly failure: string | null;
  /**
   * When it is looked at next: `soon` while something is under way, `steady` while all is well, `failed` after a failure,
   * `look` while only time can help, `person` when nothing is done until a person asks for it.
   */
  readonly next: 'now' | 'soon' | 'steady' | 'failed' | 'look' | 'person';
  /** It has its time to become ready once more. */
  readonly newDeadline?: true;
};

export interface Seen {
  readonly want: Desired['want'];
  readonly outcome: Outcome;
  readonly now: Date;
}

/**
 * Returns where the database stands, if it does not wait for a person. It leaves `deleting` for `deleted` alone.
 */
export function standingAfter(row: Row, seen: Seen): Standing {
  switch (row.status) {
    case 'provisioning':
      return afterProvisioning(row, seen);
    case 'ready':
      return afterReady(row, seen);
    case 'error':
      return afterTimeout(row, seen);
    case 'deleting':
      return afterDeleting(row, seen);
    case 'deleted':
      throw new Error('no pass is made over a database that is deleted');
    default:
      return row.status satisfies never;
  }
}

function afterProvisioning(row: Row, seen: Seen): Standing {
  const { outcome, want } = seen;
  const standing =
    outcome.kind === 'unavailable'
      ? {
          ...provisioning('provisioner_unavailable', outcome.message),
          failure: outcome.message,
          next: 'failed' as const,
        }
      : whileMade(row, outcome.observed);
  if (standing.status !== 'provisioning') return standing;
  // Nothing is made for a tenant that sleeps, so it takes none of the time.
  if (want === 'asleep') return { ...standing, newDeadline: true };
  if (!isLate(row, seen.now)) return standing;
  const message = standing.message ?? row.message ?? 'It was not ready in time.';
  return { ...standing, status: 'error', reason: 'timed_out', message, next: 'look' };
}

const isLate = ({ deadline_at }: Row, now: Date) => deadline_at !== null && new Date(deadline_at) <= now;

function whileMade(row: Row, observed: Observed): Standing {
  const { phase, message } = observed;
  if (phase === 'failed') return inError(observed.reason, message);
  if (phase === 'lost') return inError('lost', message);
  if (phase === 'working') return provisioning(fitting('provisioning', observed.reason, 'applying'), message);
  const reach = reachOf(row, observed);
  if (reach !== undefined) return ready(phase === 'ready' ? observed.reason : 'asleep', observed, reach);
  if (phase === 'ready') return provisioning('waiting_for_credentials', message);
  return { ...provisioning('queued', message ?? 'It is made when its tenant is active again.'), next: 'steady' };
}

function afterReady(row: Row, { outcome }: Seen): Standing {
  // It works as it did: that the provisioner is away is no news of the database.
  if (outcome.kind === 'unavailable') return { ...asItWas(row), failure: outcome.message, next: 'failed' };
  const { observed } = outcome;
  const { phase, message } = observed;
  if (phase === 'lost') return inError('lost', message);
  if (phase === 'failed') {
    if (observed.reason === 'unrecoverable') return inError(observed.reason, message);
    const failure = message ?? told[observed.reason];
    return { ...notInSync(row, 'degraded', failure), failure, next: 'failed' };
  }
  if (phase === 'working') return notInSync(row, observed.reason === 'applying' ? 'changing' : 'degraded', message);
  return ready(phase === 'ready' ? observed.reason : 'asleep', observed, reachOf(row, observed));
}

/** What sleeps, sleeps until it can be used. */
function notInSync(row: Row, reason: 'changing' | 'degraded', message: string | null): Standing {
  const place = row.reason === 'asleep' ? ('asleep' as const) : reason;
  return { status: 'ready', reason: place, message, in_sync: false, failure: null, next: 'soon' };
}

/** It took too long, and comes right when it is made after all. */
function afterTimeout(row: Row, { outcome }: Seen): Standing {
  if (outcome.kind === 'unavailable') {
    const { message } = outcome;
    return { ...timedOut(row, message), failure: message };
  }
  const { observed } = outcome;
  const seen = whileMade(row, observed);
  if (seen.status === 'error') return seen;
  if (seen.status === 'ready') return { ...provisioning('applying', observed.message), next: 'now', newDeadline: true };
  return timedOut(row, seen.message);
}

function timedOut(row: Row, message: string | null): Standing {
  const said = message ?? row.message;
  return { status: 'error', reason: 'timed_out', message: said, in_sync: false, failure: null, next: 'look' };
}

function afterDeleting(row: Row, { outcome, want }: Seen): Standing {
  if (outcome.kind === 'unavailable') {
    const { message } = outcome;
    return { ...deleting('provisioner_unavailable', message), failure: message, next: 'failed' };
  }
  const { observed } = outcome;
  const { message } = observed;
  switch (observed.phase) {
    case 'gone':
      return deleted('destroyed', message);
    case 'retained':
      return deleted('retained', message);
    case 'working':
      return deleting(fitting('deleting', observed.reason, 'removing'), message);
    case 'lost':
      if (want === 'retained') return deleted('destroyed', message ?? 'Nothing was left that could be kept.');
      return removalFailed(row, message ?? told.lost);
    case 'failed':
      return removalFailed(row, message ?? told[observed.reason]);
    default:
      throw new Error(`a deletion never ends with ${observed.phase}`);
  }
}

function removalFailed(row: Row, failure: string): Standing {
  return { ...deleting(fitting('deleting', row.reason, 'removing'), failure), failure, next: 'failed' };
}

const told = {
  refused: 'What was ordered was refused where the database is made.',
  conflict: 'The name belongs to something that the registry did not make.',
  unrecoverable: 'The database is broken for good.',
  lost: 'The database is not there any more, or another one is in its place.',
} as const;

function inError(reason: Exclude<Reason<'error'>, 'timed_out'>, message: string | null): Standing {
  const failure = message ?? told[reason];
  return { status: 'error', reason, message: failure, in_sync: false, failure, next: 'person' };
}

function provisioning(reason: Reason<'provisioning'>, message: string | null): Standing {
  return { status: 'provisioning', reason, message, in_sync: false, failure: null, next: 'soon' };
}

function deleting(reason: Reason<'deleting'>, message: string | null): Standing {
  return { status: 'deleting', reason, message, in_sync: false, failure: null, next: 'soon' };
}

function deleted(reason: Reason<'deleted'>, message: string | null): Standing {
  return { status: 'deleted', reason, message, in_sync: true, failure: null, next: 'person' };
}

function ready(reason: Reason<'ready'>, { message, in_sync }: Observed, reach: Reach | undefined): Standing {
  const next = in_sync ? 'steady' : 'soon';
  return { status: 'ready', reason, message, in_sync, ...(reach === undefined ? {} : { reach }), failure: null, next };
}

function asItWas(row: Row): Standing {
  const { status, reason, message, in_sync } = row;
  const place = { status, reason: reason as DatabaseReason } as Place; // the row has a reason of its status
  return { ...place, message, in_sync, failure: null, next: 'steady' };
}

/** Returns how clients reach it, as seen or as known before; undefined while a part of it is missing. */
function reachOf(row: Row, { endpoint, secret_name }: Observed): Reach | undefined {
  const { host, port, sslmode } = endpoint ?? row;
  const reach = { host, port, sslmode, secret_name: secret_name ?? row.secret_name };
  return Object.values(reach).includes(null) ? undefined : reach;
}

/** Returns the reason when it is one of the status, and the other one when it is not. */
function fitting<Status extends DatabaseStatus>(status: Status, reason: string, otherwise: Reason<Status>) {
  const reasons: readonly string[] = databaseReasons[status];
  return reasons.includes(reason) && reason !== 'provisioner_unavailable' ? (reason as Reason<Status>) : otherwise;
}

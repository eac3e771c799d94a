/**
 * A database, its tenant and its world in memory, for histories of what may happen to them: passes that see the world or
 * anything else, that are cut off before they are settled or overtaken by a person, and every step that a person may take.
 */
import type { databaseWork } from '@tenant-registry/db';
import type { Desired, Observed, Slot } from '@tenant-registry/provisioner';
import { allowedSteps, factsOf } from '../../src/modules/databases/lifecycle.ts';
import { type Decision, decide, type Pass } from '../../src/modules/databases/reconciler/decide.ts';
import { desiredOf } from '../../src/modules/databases/reconciler/desired.ts';
import { type Outcome, observedOutcome } from '../../src/modules/databases/reconciler/outcome.ts';
import { seen } from './reconciling.ts';

export type Row = databaseWork.DatabaseWorkRow;

/** What a pass ends with: what the world shows, whatever else a provisioner may say, or no answer. */
export type Seen = 'world' | 'away' | Observed;

export type Step =
  | {
      readonly what: 'pass';
      readonly seen: Seen;
      readonly crash: boolean;
      readonly meanwhile: readonly PersonStep[];
      readonly random: number;
    }
  | { readonly what: 'wait'; readonly ms: number }
  | { readonly what: 'vanish' }
  | PersonStep;

export type PersonStep =
  | { readonly what: 'update' | 'retry' | 'abandon' }
  | { readonly what: 'rotate'; readonly grace: number }
  | { readonly what: 'delete'; readonly policy: 'retain' | 'destroy' }
  | { readonly what: 'tenant'; readonly status: Row['tenant_status'] };

export interface Settled {
  readonly before: Row;
  readonly after: Row;
  readonly pass: Pass;
  readonly decision: Decision;
}

const LEASE_MS = 60_000;
const TIMEOUT_MS = 900_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const ENDPOINT = { host: 'db.example', port: 5432, sslmode: 'require' } as const;

/** Starts with an order; `settled` is called with each pass that was written. */
export function createDatabaseModel(whenFrozen: 'keep' | 'sleep', settled: (one: Settled) => void) {
  let nowMs = START;
  let row: Row = ordered;
  let made = 0;
  const world: { uid: string | null; open: Set<Slot> } = { uid: null, open: new Set() };
  const iso = (ms: number) => new Date(ms).toISOString();
  const change = (changes: Partial<Row>) => {
    row = { ...row, ...changes };
  };
  const due = () => ({ next_reconcile_at: iso(nowMs) });
  const again = () => ({
    ...{ status: 'provisioning' as const, reason: 'queued', message: null, in_sync: false, since: iso(nowMs) },
    ...{ deadline_at: iso(nowMs + TIMEOUT_MS), attempts: 0, error_message: null },
  });

  /** What a provisioner that does its work says, and what it does. */
  function worldAfter({ want, external_uid, logins, names }: Desired): Observed {
    if (want === 'destroyed') {
      world.uid = null;
      world.open.clear();
      return seen({ phase: 'gone', in_sync: true });
    }
    if (external_uid !== null && external_uid !== world.uid) return seen({ phase: 'lost' });
    if (world.uid === null && want !== 'running') return seen({ phase: want, in_sync: true });
    if (world.uid === null) {
      made += 1;
      world.uid = `uid-${made}`;
    }
    if (want === 'retained') world.open.clear();
    else world.open.add(logins.current);
    if (logins.other === 'closed') world.open.delete(logins.current === 'a' ? 'b' : 'a');
    const facts = { in_sync: true, external_uid: world.uid, endpoint: ENDPOINT, secret_name: names.credentials };
    if (want === 'running') return seen({ phase: 'ready', reason: 'healthy', ...facts, login: { ...logins } });
    return seen({ phase: want, ...facts, login: { ...logins } });
  }

  function outcomeOf(how: Seen, desired: Desired): Outcome {
    if (how === 'away') return { kind: 'unavailable', message: 'away' };
    if (how === 'world') return observedOutcome(desired, worldAfter(desired));
    // A provisioner names the database that is there, and no other one; what works is there.
    if (how.phase === 'ready' && desired.want === 'running') {
      const { phase } = worldAfter(desired);
      if (phase === 'lost') return observedOutcome(desired, seen({ phase }));
    }
    return observedOutcome(desired, { ...how, external_uid: world.uid });
  }

  function pass({ seen: how, crash, meanwhile, random }: Extract<Step, { readonly what: 'pass' }>): void {
    if (row.next_reconcile_at === null) return;
    nowMs = Math.max(nowMs, Date.parse(row.next_reconcile_at));
    change({ next_reconcile_at: iso(nowMs + LEASE_MS) });
    const worked = row;
    const desired = desiredOf(worked, { now: new Date(nowMs), whenFrozen });
    const outcome = outcomeOf(how, desired);
    nowMs += 1_000;
    for (const step of meanwhile) person(step);
    if (crash) return;
    const facts = { worked, desired, outcome, now: new Date(nowMs), random, watched: false, whenFrozen };
    const whole = { ...facts, timeoutMs: TIMEOUT_MS };
    const before = row;
    const decision = decide(before, whole);
    change(read({ ...decision.database, ...decision.work }));
    settled({ before, after: row, pass: whole, decision });
  }

  function person(step: PersonStep): void {
    if (step.what === 'tenant') {
      change({ tenant_status: step.status });
      const mayHaveToSleep = row.status === 'error' && (step.status === 'frozen' || step.status === 'archived');
      if (row.next_reconcile_at !== null || mayHaveToSleep) change(due());
      return;
    }
    const allowed: readonly string[] = allowedSteps(factsOf(row));
    if (step.what === 'abandon' ? row.status === 'deleted' : !allowed.includes(step.what)) return;
    taken(step);
  }

  function taken(step: Exclude<PersonStep, { readonly what: 'tenant' }>): void {
    switch (step.what) {
      case 'update':
        change({ generation: row.generation + 1, in_sync: false, ...due() });
        if (row.status === 'error' && row.reason !== 'lost') change(again());
        break;
      case 'retry':
        if (row.status === 'error') change({ ...again(), ...(row.reason === 'lost' ? { external_uid: null } : {}) });
        change(due());
        break;
      case 'rotate':
        change({ login_slot: row.login_slot === 'a' ? 'b' : 'a', rotation_grace_seconds: step.grace, ...due() });
        break;
      case 'delete':
        change({ deletion_policy: step.policy, ...due() });
        if (row.status === 'deleting') break;
        change({ status: 'deleting', reason: 'removing', message: null, in_sync: false, since: iso(nowMs) });
        break;
      case 'abandon':
        change({ status: 'deleted', reason: 'abandoned', since: iso(nowMs), deleted_at: iso(nowMs) });
        change({ owner_group_id: null, next_reconcile_at: null });
        break;
      default:
        step satisfies never;
    }
  }

  return {
    row: () => row,
    openLogins: () => [...world.open].sort(),
    take(step: Step): void {
      if (step.what === 'pass') pass(step);
      else if (step.what === 'wait') nowMs += step.ms;
      else if (step.what === 'vanish') world.uid = null;
      else person(step);
    },
    /** Makes passes that see the world as it is, until nothing is under way any more; returns how many it took. */
    rest(passesMax: number): number {
      for (let passes = 1; passes <= passesMax; passes += 1) {
        if (isAtRest(row, nowMs)) return passes - 1;
        pass({ what: 'pass', seen: 'world', crash: false, meanwhile: [], random: 0.5 });
      }
      return passesMax;
    },
  };
}

/** Nothing is under way: it sleeps, works as ordered with one login, is deleted, or waits for a person. */
function isAtRest({ next_reconcile_at, ...row }: Row, nowMs: number): boolean {
  if (next_reconcile_at === null) return true;
  if (Date.parse(next_reconcile_at) <= nowMs) return false;
  if (row.status === 'provisioning') return row.reason === 'queued' && row.message !== null;
  // What was never made is not made for a tenant that sleeps.
  if (row.status === 'error') return row.host === null && row.tenant_status !== 'active';
  // A login is proved by who can get in.
  const rotated = row.reason === 'asleep' || (row.rotation_grace_seconds === null && row.old_login_until === null);
  return row.status === 'ready' && row.in_sync && rotated;
}

/** Times as they are read. */
function read(changes: object): Partial<Row> {
  const entries = Object.entries(changes).map(([name, value]) => [
    name,
    value instanceof Date ? value.toISOString() : value,
  ]);
  return Object.fromEntries(entries) as Partial<Row>; // members of rows, by their names
}

const ordered: Row = {
  id: '01890000-0000-7000-8000-000000000001',
  tenant_id: '01890000-0000-7000-8000-000000000002',
  project_id: null,
  name: 'orders',
  owner_team: 'payments',
  owner_group_id: '01890000-0000-7000-8000-000000000003',
  purpose: '',
  tier: 'small',
  provisioner: 'memory',
  namespace: 'default',
  cluster_name: 'orders-aaaaaaaa',
  pooler_name: 'orders-aaaaaaaa-pooler',
  spec: {},
  overrides: {},
  generation: 1,
  status: 'provisioning',
  reason: 'queued',
  message: null,
  since: new Date(START).toISOString(),
  in_sync: false,
  conditions: {},
  host: null,
  port: null,
  sslmode: null,
  secret_name: null,
  deletion_policy: 'retain',
  deletion_protection: false,
  created_at: new Date(START).toISOString(),
  updated_at: new Date(START).toISOString(),
  deleted_at: null,
  attempts: 0,
  error_message: null,
  next_reconcile_at: new Date(START).toISOString(),
  deadline_at: new Date(START + TIMEOUT_MS).toISOString(),
  observed_generation: 0,
  external_uid: null,
  login_slot: 'a',
  rotation_grace_seconds: null,
  old_login_until: null,
  tenant_status: 'active',
};

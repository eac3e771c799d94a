// engine: none
import type { Observed } from '@tenant-registry/provisioner';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createDatabaseModel,
  type PersonStep,
  type Row,
  type Seen,
  type Settled,
  type Step,
} from '../../../../test/support/database-model.ts';
import { seen } from '../../../../test/support/reconciling.ts';
import { allowedSteps, factsOf, wantOf } from '../lifecycle.ts';
import { databaseReasons } from '../schema.ts';

/** A failure prints it with the path to the shortest history. */
const SEED = 13;
const RUNS = 10_000;

const text = fc.option(fc.constantFrom('one thing', 'another thing'), { nil: null });
const slot = fc.constantFrom<'a' | 'b'>('a', 'b');
const phase = fc.oneof(
  fc.record({
    phase: fc.constant('working' as const),
    reason: fc.constantFrom(
      ...(['applying', 'waiting_for_database', 'waiting_for_pooler', 'waiting_for_credentials'] as const),
      ...(['removing', 'waiting_for_finalizer'] as const),
    ),
  }),
  fc.record({ phase: fc.constant('ready' as const), reason: fc.constantFrom('healthy', 'changing', 'degraded') }),
  fc.record({ phase: fc.constantFrom('asleep', 'retained', 'gone', 'lost') }),
  fc.record({ phase: fc.constant('failed' as const), reason: fc.constantFrom('refused', 'conflict', 'unrecoverable') }),
);
const told = fc.record({
  message: text,
  in_sync: fc.boolean(),
  endpoint: fc.option(fc.constant({ host: 'db.example', port: 5432, sslmode: 'require' as const }), { nil: null }),
  secret_name: fc.option(fc.constant('orders-aaaaaaaa-credentials'), { nil: null }),
  login: fc.option(fc.record({ current: slot, other: fc.constantFrom('open', 'closed') }), { nil: null }),
  repaired: fc.array(fc.constantFrom('pooler', 'parameter work_mem'), { maxLength: 1 }),
});
const anything: fc.Arbitrary<Observed> = fc.tuple(phase, told).map(([one, rest]) => seen({ ...rest, ...one }));
const sight: fc.Arbitrary<Seen> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Seen>('world') },
  { weight: 1, arbitrary: fc.constant<Seen>('away') },
  { weight: 3, arbitrary: anything },
);
const personStep: fc.Arbitrary<PersonStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('update' as const, 'retry' as const) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('rotate' as const), grace: fc.constantFrom(0, 1, 600) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('delete' as const), policy: fc.constantFrom('retain', 'destroy') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('tenant' as const),
      status: fc.constantFrom('trial', 'active', 'frozen', 'archived'),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      what: fc.constant('pass' as const),
      seen: sight,
      crash: fc.constantFrom(true, false, false, false),
      meanwhile: fc.oneof(
        { weight: 3, arbitrary: fc.constant<PersonStep[]>([]) },
        { weight: 1, arbitrary: fc.array(personStep, { maxLength: 2 }) },
      ),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  },
  { weight: 20, arbitrary: personStep },
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 300_000, 1_000_000) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ what: 'vanish' }, { what: 'abandon' }) },
);

/** The transitions that a pass may make; those of a person are the operations'. */
const PASSES = new Set([
  ...['provisioning>ready', 'provisioning>error', 'ready>error', 'error>provisioning', 'deleting>deleted'],
]);

function holdsAfter({ before, after, pass, decision }: Settled): void {
  const { database, work, events } = decision;
  if (before.status !== after.status) {
    expect(PASSES).toContain(`${before.status}>${after.status}`);
    if (before.status === 'error') expect(before.reason).toBe('timed_out');
  }
  expect(databaseReasons[after.status]).toContain(after.reason);
  expectConstraints(after);
  const waits = after.status === 'error' && after.reason !== 'timed_out';
  // One that waits for a person sleeps with its tenant all the same, and is looked at until it does.
  const rests = waits && wantOf(factsOf(after), pass.whenFrozen) === 'asleep';
  if (!rests) expect(after.next_reconcile_at === null).toBe(waits || after.status === 'deleted');
  else if (after.next_reconcile_at === null) expect(pass.desired.want).toBe('asleep');
  if (work.next_reconcile_at !== null) {
    const leftMs = work.next_reconcile_at.getTime() - pass.now.getTime();
    expect(leftMs).toBeGreaterThanOrEqual(0);
    expect(leftMs).toBeLessThanOrEqual(330_000);
  }
  expect((after.error_message === null) === (after.attempts === 0)).toBe(true);
  if (after.status === 'error') expect(after.message).not.toBeNull();
  expectRecorded({ before, after, pass, decision });
  const names = events.map(({ event }) => event);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(database).length > 0 && names.length === 0).toBe(false);
}

function expectConstraints(row: Row): void {
  const { status, host, port, sslmode, secret_name, rotation_grace_seconds, old_login_until } = row;
  if (status === 'ready') expect([host, port, sslmode, secret_name]).not.toContain(null);
  expect([row.deleted_at !== null, row.owner_group_id === null]).toEqual(Array(2).fill(status === 'deleted'));
  expect(rotation_grace_seconds === null || old_login_until === null).toBe(true);
}

const shown = ['status', 'reason', 'in_sync', 'host', 'port', 'sslmode', 'secret_name'] as const;

/** Times move with what they tell of, and each change is told by the event that fits. */
function expectRecorded({ before, after, pass, decision }: Settled): void {
  const { database, events } = decision;
  const moved = before.status !== after.status || before.reason !== after.reason;
  expect(after.since).toBe(moved ? pass.now.toISOString() : before.since);
  const message = after.status !== 'ready' && after.message !== before.message;
  const different = message || shown.some((name) => before[name] !== after[name]);
  expect(Object.keys(database).length > 0).toBe(different);
  const about = { ready: ['ready', 'asleep'], error: ['failed', 'lost'], deleted: ['deleted'] };
  const names = events.map(({ event }) => event as string);
  for (const [status, fitting] of Object.entries(about)) {
    const entered = before.status !== status && after.status === status;
    if (entered) expect(names.filter((name) => fitting.includes(name))).toHaveLength(1);
    else if (status !== 'ready' && before.status !== status)
      expect(names.some((name) => fitting.includes(name))).toBe(false);
  }
  const isAsleep = (row: Row) => row.status === 'ready' && row.reason === 'asleep';
  expect(names.includes('asleep')).toBe(!isAsleep(before) && isAsleep(after));
  expect(names.includes('awake')).toBe(isAsleep(before) && after.status === 'ready' && !isAsleep(after));
  expect(names.includes('updated')).toBe(different && names.length === 1 && names[0] === 'updated');
}

/** More than any wait needs that is over when the world answers: a grace of 600 s among them. */
const PASSES_MAX = 40;

function comesToRest(model: ReturnType<typeof createDatabaseModel>): void {
  expect(model.rest(PASSES_MAX)).toBeLessThan(PASSES_MAX);
  const asleep = model.row();
  if (asleep.status === 'error') {
    expect(allowedSteps(factsOf(asleep))).toContain('delete');
    model.take({ what: 'tenant', status: 'active' });
    expect(allowedSteps(factsOf(model.row()))).toEqual(expect.arrayContaining(['retry', 'delete']));
    model.take({ what: 'retry' });
  }
  model.take({ what: 'tenant', status: 'active' });
  expect(model.rest(PASSES_MAX)).toBeLessThan(PASSES_MAX);
  // What vanished under the retry is found lost: a person accepts it, and gets a new one.
  if (model.row().reason === 'lost') {
    model.take({ what: 'retry' });
    expect(model.rest(PASSES_MAX)).toBeLessThan(PASSES_MAX);
  }
  const { status, reason, login_slot } = model.row();
  if (status === 'deleted') return;
  expect([status, reason]).toEqual(['ready', 'healthy']);
  model.take({ what: 'pass', seen: 'world', crash: false, meanwhile: [], random: 0.5 });
  expect(model.row().status).toBe('ready');
  expect(model.openLogins()).toEqual([login_slot]);
}

// proves D12
test('whatever happens to a database, it takes only the ways there are, each change is told, and it comes to rest', () => {
  const statuses = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.constantFrom('keep', 'sleep'),
      (steps, whenFrozen) => {
        const model = createDatabaseModel(whenFrozen, (settled) => {
          statuses.add(`${settled.after.status} ${settled.after.reason}`);
          holdsAfter(settled);
        });
        for (const one of steps) model.take(one);
        comesToRest(model);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
  // Every place that a pass can lead to was visited.
  const all = Object.entries(databaseReasons).flatMap(([status, reasons]) => reasons.map((one) => `${status} ${one}`));
  expect([...statuses].sort()).toEqual(all.filter((one) => one !== 'deleted abandoned').sort());
});

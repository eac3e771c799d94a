// engine: none
import { expect, test } from 'vitest';
import { DomainError } from './errors.ts';
import { createGate, type GateOptions } from './gate.ts';
import { createMetrics } from './metrics.ts';

const gateWith = (options: Partial<GateOptions>) =>
  createGate({
    name: 'test',
    places: 1,
    waitingMax: 100,
    tenantPlacesMax: 100,
    tenantWaitingMax: 100,
    ...options,
  });

/** Gives each waiting promise the turns that it needs to settle. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Records in which order work began, and lets each piece end when the test says so. */
function work() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const piece = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await settled();
  };
  /** Ends one piece after the other until none is under way. */
  const endAll = async () => {
    await settled();
    for (let index = 0; index < begun.length; index++) await end(begun[index] ?? '');
  };
  return { begun, piece, end, endAll };
}

async function refusalOf(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return [error.definition.code, error.definition.status, error.extras.retryAfter];
}

test('at most as many pieces of work as there are places are under way, and each resolves with its own result', async () => {
  const gate = gateWith({ places: 2 });
  const { begun, piece, endAll } = work();
  const results = Promise.all(['a', 'b', 'c', 'd'].map((name) => gate.run(name, piece(name))));
  await settled();
  expect(begun).toEqual(['a', 'b']);
  expect(gate.load()).toMatchObject({ running: 2, waiting: 2 });
  await endAll();
  expect(await results).toEqual(['a', 'b', 'c', 'd']);
});

test('tenants get places in turn, however many callers one of them has waiting; inside a tenant the order is kept', async () => {
  const gate = gateWith({});
  const { begun, piece, endAll } = work();
  const run = (tenant: string | null, name: string) => gate.run(tenant, piece(name));
  const all = [run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('a', 'a4'), run('b', 'b1'), run('b', 'b2')];
  all.push(run(null, 'platform'));
  await endAll();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'platform', 'a3', 'b2', 'a4']);
  await Promise.all(all);
});

test('a tenant has at most its own share of the places, and the others stay free for other tenants', async () => {
  const gate = gateWith({ places: 3, tenantPlacesMax: 1 });
  const { begun, piece, end, endAll } = work();
  const all = ['a1', 'a2', 'a3'].map((name) => gate.run('a', piece(name)));
  all.push(gate.run('b', piece('b1')));
  await settled();
  expect(begun).toEqual(['a1', 'b1']);
  await end('b1');
  expect(begun).toEqual(['a1', 'b1']);
  await end('a1');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  await endAll();
  await Promise.all(all);
});

test('the platform has no share: it may have every place', async () => {
  const gate = gateWith({ places: 3, tenantPlacesMax: 1, tenantWaitingMax: 0 });
  const { begun, piece, endAll } = work();
  const all = ['p1', 'p2', 'p3', 'p4'].map((name) => gate.run(null, piece(name)));
  await settled();
  expect(begun).toEqual(['p1', 'p2', 'p3']);
  await endAll();
  await Promise.all(all);
});

test('callers that go first get places before all others, and take turns among themselves', async () => {
  const gate = gateWith({});
  const { begun, piece, endAll } = work();
  const all = [gate.run('a', piece('a1')), gate.run('a', piece('a2')), gate.run('b', piece('b1'))];
  for (const name of ['c1', 'c2', 'd1']) all.push(gate.run(name.charAt(0), piece(name), { first: true }));
  await endAll();
  expect(begun).toEqual(['a1', 'c1', 'd1', 'c2', 'a2', 'b1']);
  await Promise.all(all);
});

test('a tenant past its own bound is refused with 429, the process past its bound with 503, and others still wait', async () => {
  const gate = gateWith({ waitingMax: 3, tenantWaitingMax: 2, retryAfter: 7 });
  const leave = await gate.enter('a');
  const waiting = [gate.enter('a'), gate.enter('a')];
  expect(await refusalOf(gate.enter('a'))).toEqual(['tenant_busy', 'TOO_MANY_REQUESTS', 7]);
  waiting.push(gate.enter('b'));
  expect(await refusalOf(gate.enter('c'))).toEqual(['overloaded', 'SERVICE_UNAVAILABLE', 7]);
  expect(await refusalOf(gate.enter(null))).toEqual(['overloaded', 'SERVICE_UNAVAILABLE', 7]);
  expect(gate.load()).toMatchObject({ running: 1, waiting: 3, refused: 3 });
  leave();
  await Promise.all(waiting.map(async (entered) => (await entered)()));
  expect(gate.load()).toMatchObject({ running: 0, waiting: 0 });
});

test('callers that go first have bounds of their own: a full queue of others keeps none of them out', async () => {
  const gate = gateWith({ waitingMax: 1, tenantWaitingMax: 1 });
  const leave = await gate.enter('a');
  const other = gate.enter('a');
  const goesFirst = gate.enter('a', { first: true });
  expect(await refusalOf(gate.enter('a', { first: true }))).toEqual(['tenant_busy', 'TOO_MANY_REQUESTS', 1]);
  expect(await refusalOf(gate.enter('b', { first: true }))).toEqual(['overloaded', 'SERVICE_UNAVAILABLE', 1]);
  leave();
  (await goesFirst)();
  (await other)();
});

test('giving a place back twice frees one place', async () => {
  const gate = gateWith({ places: 2 });
  const first = await gate.enter('a');
  await gate.enter('b');
  const waiting = [gate.enter('c'), gate.enter('d')];
  first();
  first();
  await settled();
  expect(gate.load()).toMatchObject({ running: 2, waiting: 1 });
  (await waiting[0])?.();
  (await waiting[1])?.();
});

test('work that fails gives its place back, and its error reaches the caller', async () => {
  const gate = gateWith({});
  const failure = new Error('the work failed');
  await expect(gate.run('a', () => Promise.reject(failure))).rejects.toBe(failure);
  await expect(
    gate.run('a', () => {
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(await gate.run('a', () => 'done')).toBe('done');
});

test('a waiter that gives up leaves the queue and is told why; a place that was already given stays given', async () => {
  const gate = gateWith({ tenantWaitingMax: 1 });
  const [early, waits, late] = [new AbortController(), new AbortController(), new AbortController()];
  early.abort(new Error('gone before it came'));
  await expect(gate.enter('a', { signal: early.signal })).rejects.toThrow('gone before it came');
  const leave = await gate.enter('a', { signal: late.signal });
  const waiting = gate.enter('a', { signal: waits.signal });
  waits.abort(new Error('gone while it waited'));
  await expect(waiting).rejects.toThrow('gone while it waited');
  const next = gate.enter('a');
  late.abort();
  expect(gate.load()).toMatchObject({ running: 1, waiting: 1, refused: 0 });
  leave();
  (await next)();
  expect(gate.load()).toMatchObject({ running: 0, waiting: 0 });
});

test('nothing is kept of tenants that have no place and do not wait', async () => {
  const gate = gateWith({ places: 2 });
  const { piece, endAll } = work();
  const names = Array.from({ length: 50 }, (_, index) => `tenant-${index}`);
  const all = names.map((name, index) => gate.run(name, piece(name), { first: index % 2 === 0 }));
  const gone = new AbortController();
  const leaver = gate.enter('leaver', { signal: gone.signal });
  await settled();
  expect(gate.load().tenantEntries).toBe(51);
  gone.abort(new Error('gone'));
  await expect(leaver).rejects.toThrow('gone');
  await endAll();
  await Promise.all(all);
  expect(gate.load()).toEqual({ running: 0, waiting: 0, refused: 0, tenantEntries: 0 });
});

test('metrics show places, waiters and refusals under the name of each gate, and no tenant', async () => {
  const metrics = createMetrics();
  const [busy, idle] = [gateWith({ name: 'busy', waitingMax: 1 }), gateWith({ name: 'idle' })];
  metrics.observeGate(busy);
  metrics.observeGate(idle);
  await busy.enter('tenant-1');
  void busy.enter('tenant-2');
  await refusalOf(busy.enter('tenant-3'));
  const text = await metrics.registry.metrics();
  expect(await metrics.registry.metrics()).toBe(text);
  for (const line of [
    'tenant_registry_gate_running{gate="busy"} 1',
    'tenant_registry_gate_waiting{gate="busy"} 1',
    'tenant_registry_gate_refused_total{gate="busy"} 1',
    'tenant_registry_gate_running{gate="idle"} 0',
    'tenant_registry_gate_refused_total{gate="idle"} 0',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).not.toContain('tenant-');
});

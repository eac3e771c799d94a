/** The contract that every provisioner keeps, as a suite of tests over a harness of its world. */
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { Desired, Observed, Provisioner, Survey } from '../types.ts';

export interface ContractCredential {
  readonly user: string;
  readonly password: string;
}

/** An interruption that stands ready. */
export interface Cut {
  /** For the passes that shall be cut: it may fire with the call. */
  readonly signal: AbortSignal;
  /** Whether the call happened, so that whatever came after it was cut off. */
  fired(): boolean;
  /** Lets calls through again. */
  mend(): void;
}

/** One thing that changes by itself, and the word for it in `repaired`. */
export interface Drift {
  readonly what: string;
  readonly repaired: string;
  change(desired: Desired): Promise<void>;
}

/** A world with a provisioner. A member that a world cannot have is absent, and the tests that need it are skipped by its name. */
export interface ContractHarness {
  readonly provisioner: Provisioner;
  /** A provisioner of another installation in this world. */
  readonly stranger?: Provisioner;
  /** A database that does not exist yet. */
  order(): Desired;
  /** Waits until another pass may see more. */
  settle?(): Promise<void>;
  /** Arms an interruption: after `calls` completed calls to the outside, every further one fails. */
  abortAfter?(calls: number): Cut;
  /** Of the calls, each so many-th is one to be cut after; absent: each. */
  readonly cutEvery?: number;
  /** What consumers read: null when there is no such secret. */
  credentials?(desired: Desired): Promise<ContractCredential | null>;
  /** Tells whether a client gets in. */
  logIn?(desired: Desired, credential: ContractCredential): Promise<boolean>;
  /** Keeps a text in the database. */
  keep?(desired: Desired, text: string): Promise<void>;
  /** Reads the kept texts, past the doors of the database if need be. */
  kept?(desired: Desired): Promise<readonly string[]>;
  readonly drifts?: readonly Drift[];
  /** Takes the database away, behind the back of the provisioner. */
  drop?(desired: Desired): Promise<void>;
  /** Makes something that is not ours and has a name that the order needs. */
  occupy?(desired: Desired): Promise<void>;
  close(): Promise<void>;
}

const PASSES_MAX = 300;

/** Declares the tests of the contract for one provisioner. `open` is called once. */
export function provisionerContract({ name, open }: { name: string; open: () => Promise<ContractHarness> }): void {
  describe(`contract of ${name}`, () => {
    let harness: ContractHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());
    const world = () => worldOf(harness);
    makingTests(world);
    interruptionTests(world);
    driftTests(world);
    restTests(world);
    removalTests(world);
    rotationTests(world);
    listTests(world);
  });
}

type World = ReturnType<typeof worldOf>;
type GetWorld = () => World;

function worldOf(harness: ContractHarness) {
  /** Passes follow each other until nothing is left to be done. Returns what the last one saw, and all that was put back. */
  const converge = async (desired: Desired, signal = new AbortController().signal) => {
    const repaired: string[] = [];
    let external_uid = desired.external_uid;
    for (let passes = 1; ; passes++) {
      const observed = await harness.provisioner.reconcile({ ...desired, external_uid }, signal);
      repaired.push(...observed.repaired);
      external_uid ??= observed.external_uid;
      if (observed.phase !== 'working' && (observed.in_sync || observed.phase !== 'ready'))
        return { observed, repaired, desired: { ...desired, external_uid } };
      if (passes === PASSES_MAX) throw new Error(`not done after ${passes} passes: ${JSON.stringify(observed)}`);
      await harness.settle?.();
    }
  };
  return {
    harness,
    converge,
    /** Returns the order of a database that is there. */
    make: async () => {
      const { observed, desired } = await converge(harness.order());
      expect(observed).toMatchObject({ phase: 'ready', in_sync: true });
      return desired;
    },
    ours: async ({ id }: Desired) =>
      (await harness.provisioner.list(new AbortController().signal)).filter((each) => each.id === id),
    /** Tells whether a client with the credentials that consumers read gets in. */
    isOpen: async (desired: Desired) => {
      if (harness.credentials === undefined || harness.logIn === undefined) return undefined;
      const credential = await harness.credentials(desired);
      return credential !== null && harness.logIn(desired, credential);
    },
  };
}

/** Returns the member, or skips the test with its name. */
function need<Name extends keyof ContractHarness>(context: TestContext, harness: ContractHarness, name: Name) {
  const member = harness[name];
  if (member === undefined) return context.skip(`this world has no ${name}`);
  return member as Exclude<ContractHarness[Name], undefined>;
}

const kindsOf = (survey: readonly Survey[]) => survey.map(({ kind }) => kind).sort();
const withLogins = (desired: Desired, logins: Desired['logins']): Desired => ({ ...desired, logins });
const READY = { phase: 'ready', in_sync: true, message: null } as const;
const ROTATED = { current: 'b', other: 'open' } as const;
const CLOSED = { current: 'b', other: 'closed' } as const;

function makingTests(world: GetWorld): void {
  // proves D13, D14, D32
  test('a database is made, tells its endpoint and its secret, and lets the stored credential in', async () => {
    const { converge, harness, isOpen } = world();
    const { observed, repaired, desired } = await converge(harness.order());
    expect(observed).toMatchObject({ ...READY, secret_name: desired.names.credentials, login: desired.logins });
    expect(observed.endpoint?.port).toBeGreaterThan(0);
    expect(observed.external_uid).not.toBeNull();
    expect(repaired).toEqual([]);
    expect(await isOpen(desired)).not.toBe(false);
    expect(harness.provisioner.secretOf(desired.names).name).toBe(desired.names.credentials);
  });

  test('a second pass changes nothing', async () => {
    const { harness, make } = world();
    const desired = await make();
    const before = await harness.credentials?.(desired);
    const again = await harness.provisioner.reconcile(desired, new AbortController().signal);
    expect(again).toMatchObject({ ...READY, repaired: [], external_uid: desired.external_uid, login: desired.logins });
    expect(await harness.credentials?.(desired)).toEqual(before);
  });

  test('two passes at once make one database, which works', async () => {
    const { harness, converge, isOpen, ours, make } = world();
    const order = harness.order();
    const signal = new AbortController().signal;
    await Promise.allSettled([
      harness.provisioner.reconcile(order, signal),
      harness.provisioner.reconcile(order, signal),
    ]);
    const { repaired, desired } = await converge(order);
    expect(repaired).toEqual([]);
    expect(await isOpen(desired)).not.toBe(false);
    expect(kindsOf(await ours(desired))).toEqual(kindsOf(await ours(await make())));
  });

  test('a pass whose signal has fired ends with the reason of the signal, and makes nothing', async () => {
    const { harness, ours } = world();
    const order = harness.order();
    const reason = new Error('enough');
    await expect(harness.provisioner.reconcile(order, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await ours(order)).toEqual([]);
  });
}

/** Cuts the work off after its first call, then after its second, and so on until it is not cut any more. */
async function cutEverywhere(
  context: TestContext,
  { harness, converge }: World,
  {
    start,
    check,
  }: { start: () => Promise<Desired>; check: (ended: Awaited<ReturnType<World['converge']>>) => Promise<void> },
): Promise<void> {
  const abortAfter = need(context, harness, 'abortAfter');
  const { cutEvery = 1 } = harness;
  let cuts = 0;
  for (let fired = true; fired; cuts++) {
    const desired = await start();
    const call = cuts * cutEvery + 1;
    const cut = abortAfter(call);
    try {
      await converge(desired, cut.signal).catch((error: unknown) => {
        if (!cut.fired()) throw error;
      });
    } finally {
      cut.mend();
    }
    fired = cut.fired();
    const ended = await converge(desired);
    expect(ended.repaired, `cut after call ${call}`).toEqual([]);
    await check(ended);
  }
  expect(cuts).toBeGreaterThan(2);
}

function interruptionTests(world: GetWorld): void {
  test('a making that is cut off after any call is gone on with, and leaves nothing double', async (context) => {
    const { harness, isOpen, ours, make } = world();
    const whole = kindsOf(await ours(await make()));
    await cutEverywhere(context, world(), {
      start: async () => harness.order(),
      check: async ({ observed, desired }) => {
        expect(observed).toMatchObject({ ...READY, login: desired.logins });
        expect(await isOpen(desired)).not.toBe(false);
        expect(kindsOf(await ours(desired))).toEqual(whole);
      },
    });
  });

  test('a rotation that is cut off after any call is gone on with', async (context) => {
    const { make, isOpen } = world();
    await cutEverywhere(context, world(), {
      start: async () => withLogins(await make(), ROTATED),
      check: async ({ observed, desired }) => {
        expect(observed).toMatchObject({ ...READY, login: ROTATED });
        expect(await isOpen(desired)).not.toBe(false);
      },
    });
  });

  test('a login whose closing is cut off after any call is closed, and the other one works', async (context) => {
    const { harness, make, converge, isOpen } = world();
    const old = new Map<string, ContractCredential | null | undefined>();
    await cutEverywhere(context, world(), {
      start: async () => {
        const desired = await make();
        old.set(desired.id, await harness.credentials?.(desired));
        await converge(withLogins(desired, ROTATED));
        return withLogins(desired, CLOSED);
      },
      check: async ({ observed, desired }) => {
        expect(observed).toMatchObject({ ...READY, login: CLOSED });
        expect(await isOpen(desired)).not.toBe(false);
        const before = old.get(desired.id);
        if (before && harness.logIn) expect(await harness.logIn(desired, before)).toBe(false);
      },
    });
  });

  test('a destruction that is cut off after any call leaves nothing in the end', async (context) => {
    const { make, ours } = world();
    await cutEverywhere(context, world(), {
      start: async () => ({ ...(await make()), want: 'destroyed' }),
      check: async ({ observed, desired }) => {
        expect(observed.phase).toBe('gone');
        expect(await ours(desired)).toEqual([]);
      },
    });
  });
}

function driftTests(world: GetWorld): void {
  test('what changes by itself is put back and named, and the database stays the same one', async (context) => {
    const { harness, make, converge, isOpen } = world();
    const drifts = need(context, harness, 'drifts');
    expect(drifts.length).toBeGreaterThan(0);
    for (const { what, repaired, change } of drifts) {
      const desired = await make();
      await change(desired);
      const ended = await converge(desired);
      expect(ended.repaired, what).toContain(repaired);
      expect(ended.observed, what).toMatchObject({ ...READY, external_uid: desired.external_uid });
      expect(await isOpen(desired), what).not.toBe(false);
      const again = await harness.provisioner.reconcile(desired, new AbortController().signal);
      expect(again, what).toMatchObject({ ...READY, repaired: [] });
    }
  });

  test('a changed wish is no drift', async () => {
    const { make, converge } = world();
    const desired = await make();
    const spec = { ...desired.spec, parameters: { work_mem: '16MB', maintenance_work_mem: '64MB' }, connections: 10 };
    expect(await converge({ ...desired, spec })).toMatchObject({ observed: READY, repaired: [] });
    expect(await converge(desired)).toMatchObject({ observed: READY, repaired: [] });
  });

  test('a database that was dropped by hand is lost, and none is made in its place', async (context) => {
    const { harness, make, ours } = world();
    const drop = need(context, harness, 'drop');
    const desired = await make();
    await drop(desired);
    const left = await ours(desired);
    for (const want of ['running', 'asleep', 'running'] as const) {
      const observed = await harness.provisioner.reconcile({ ...desired, want }, new AbortController().signal);
      expect(observed).toMatchObject({ phase: 'lost', in_sync: false });
      expect(await ours(desired)).toEqual(left);
    }
  });

  test('a lost database is made anew once its loss is accepted, and can be destroyed without that', async (context) => {
    const { harness, make, converge, isOpen, ours } = world();
    const drop = need(context, harness, 'drop');
    const [anew, gone] = [await make(), await make()];
    await drop(anew);
    await drop(gone);
    const made = await converge({ ...anew, external_uid: null });
    expect(made).toMatchObject({ observed: READY, repaired: [] });
    expect(made.observed.external_uid).not.toBe(anew.external_uid);
    expect(await isOpen(made.desired)).not.toBe(false);
    expect((await converge({ ...gone, want: 'destroyed' })).observed.phase).toBe('gone');
    expect(await ours(gone)).toEqual([]);
  });

  test('a name that belongs to something that is not ours is a conflict, which the message names', async (context) => {
    const { harness, ours, converge } = world();
    const occupy = need(context, harness, 'occupy');
    const order = harness.order();
    await occupy(order);
    const observed = await harness.provisioner.reconcile(order, new AbortController().signal);
    expect(observed).toMatchObject({ phase: 'failed', reason: 'conflict', in_sync: false });
    expect(observed.message?.replaceAll('_', '-')).toContain(order.names.cluster);
    expect(await ours(order)).toEqual([]);
    // What is not ours is not taken away either, and does not hold up a deletion.
    expect((await converge({ ...order, want: 'destroyed' })).observed.phase).toBe('gone');
    expect(await harness.provisioner.reconcile(order, new AbortController().signal)).toMatchObject({
      reason: 'conflict',
    });
  });
}

function restTests(world: GetWorld): void {
  test('a database that sleeps keeps its data and lets nobody in, until it wakes', async () => {
    const { harness, make, converge, isOpen } = world();
    const desired = await make();
    await harness.keep?.(desired, 'before');
    const asleep = await converge({ ...desired, want: 'asleep' });
    expect(asleep).toMatchObject({ observed: { phase: 'asleep', external_uid: desired.external_uid }, repaired: [] });
    expect(await isOpen(desired)).not.toBe(true);
    expect(await converge({ ...desired, want: 'asleep' })).toMatchObject({
      observed: { phase: 'asleep' },
      repaired: [],
    });
    expect(await converge(desired)).toMatchObject({
      observed: { ...READY, external_uid: desired.external_uid },
      repaired: [],
    });
    expect(await isOpen(desired)).not.toBe(false);
    if (harness.kept) expect(await harness.kept(desired)).toEqual(['before']);
  });

  test('a database that was never made is not made to sleep', async () => {
    const { harness, converge, ours } = world();
    for (const want of ['asleep', 'retained'] as const) {
      const order = { ...harness.order(), want };
      expect((await converge(order)).observed).toMatchObject({ phase: want, external_uid: null });
      expect(await ours(order)).toEqual([]);
    }
  });

  test('a retained database keeps its data and its mark, and no login is left open', async () => {
    const { harness, make, converge, ours } = world();
    const desired = await make();
    const credential = await harness.credentials?.(desired);
    await harness.keep?.(desired, 'for later');
    const retained = await converge({ ...desired, want: 'retained' });
    expect(retained).toMatchObject({
      observed: { phase: 'retained', external_uid: desired.external_uid },
      repaired: [],
    });
    if (credential && harness.logIn) expect(await harness.logIn(desired, credential)).toBe(false);
    expect((await ours(desired)).length).toBeGreaterThan(0);
    if (harness.kept) expect(await harness.kept(desired)).toEqual(['for later']);
    expect((await converge({ ...desired, want: 'retained' })).observed.phase).toBe('retained');
  });
}

function removalTests(world: GetWorld): void {
  // proves D17
  test('a destroyed database leaves nothing with its mark, awake or asleep, made or not', async () => {
    const { harness, make, converge, ours } = world();
    const sleeping = await make();
    await converge({ ...sleeping, want: 'asleep' });
    for (const desired of [await make(), sleeping, harness.order()]) {
      const { observed } = await converge({ ...desired, want: 'destroyed' });
      expect(observed.phase).toBe('gone');
      expect(await ours(desired)).toEqual([]);
      if (harness.credentials) expect(await harness.credentials(desired)).toBeNull();
      // A name that is free again: the removal left no foreign trace.
      expect((await converge({ ...desired, want: 'destroyed' })).observed.phase).toBe('gone');
    }
  });
}

function rotationTests(world: GetWorld): void {
  test('after a rotation both logins work until the old one is closed', async (context) => {
    const { harness, make, converge } = world();
    const [credentials, logIn] = [need(context, harness, 'credentials'), need(context, harness, 'logIn')];
    const desired = await make();
    const old = await present(credentials(desired));
    expect((await converge(withLogins(desired, ROTATED))).observed.login).toEqual(ROTATED);
    const fresh = await present(credentials(desired));
    expect([fresh.user !== old.user, fresh.password !== old.password]).toEqual([true, true]);
    expect([await logIn(desired, old), await logIn(desired, fresh)]).toEqual([true, true]);
    expect((await converge(withLogins(desired, CLOSED))).observed.login).toEqual(CLOSED);
    expect([await logIn(desired, old), await logIn(desired, fresh)]).toEqual([false, true]);
  });

  test('a login that is current again has a new password', async (context) => {
    const { harness, make, converge, isOpen } = world();
    const credentials = need(context, harness, 'credentials');
    const desired = await make();
    const seen = [await present(credentials(desired))];
    for (const current of ['b', 'a', 'b', 'a'] as const) {
      for (const other of ['open', 'closed'] as const)
        expect((await converge(withLogins(desired, { current, other }))).repaired).toEqual([]);
      expect(await isOpen(desired)).not.toBe(false);
      seen.push(await present(credentials(desired)));
    }
    expect(new Set(seen.map(({ password }) => password)).size).toBe(5);
    expect(new Set(seen.map(({ user }) => user)).size).toBe(2);
  });
}

function listTests(world: GetWorld): void {
  test('a list shows what is there with its mark, and nothing of another installation', async (context) => {
    const { harness, make, ours } = world();
    const [one, two] = [await make(), await make()];
    for (const { id, names } of [one, two]) {
      const shown = await ours({ ...one, id, names });
      expect(shown.length).toBeGreaterThan(0);
      for (const each of shown) expect(each).toMatchObject({ id, namespace: names.namespace });
    }
    const stranger = need(context, harness, 'stranger');
    const signal = new AbortController().signal;
    const ids = async (provisioner: Provisioner) => (await provisioner.list(signal)).map(({ id }) => id);
    const foreign = harness.order();
    await reconcileFully(stranger, foreign, harness);
    expect(await ids(stranger)).toContain(foreign.id);
    expect(await ids(stranger)).not.toContain(one.id);
    expect(await ids(harness.provisioner)).not.toContain(foreign.id);
    const conflict = await harness.provisioner.reconcile(foreign, signal);
    expect(conflict).toMatchObject({ phase: 'failed', reason: 'conflict' });
  });
}

async function reconcileFully(provisioner: Provisioner, desired: Desired, harness: ContractHarness): Promise<Observed> {
  return (await worldOf({ ...harness, provisioner }).converge(desired)).observed;
}

async function present<T>(value: Promise<T | null>): Promise<T> {
  const found = await value;
  if (found === null) throw new Error('the secret that consumers read is not there');
  return found;
}

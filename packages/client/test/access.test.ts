// engine: none
import { expect, test } from 'vitest';
import { type AccessOptions, createAccessOn } from '../src/access.ts';
import { type AccessQuestion, type AccessVerdict, type Client, createAccess, RegistryError } from '../src/index.ts';
import { feedHarness, OTHER_TENANT, SETTLE_MS, TENANT } from './feed-harness.ts';
import { rejectionOf } from './scripted-server.ts';

const USER = '0192f0c3-7f3a-7c52-9d1e-4b8a6f2e3c10';
const PROJECT = '0192f0c2-7f3a-7c52-9d1e-4b8a6f2e3c10';

function question(fields: Partial<AccessQuestion> = {}): AccessQuestion {
  return {
    principal: { type: 'user', id: USER },
    permission: 'projects:read',
    resource: { type: 'project', id: PROJECT },
    ...fields,
  };
}

const onProject = (id: string) => question({ resource: { type: 'project', id } });

function allowed(fields: Partial<AccessVerdict> = {}): AccessVerdict {
  const why: AccessVerdict['why'] = {
    by: 'role_binding',
    path: [{ type: 'user', id: USER, name: 'Jane' }],
    reason: null,
  };
  return { tenant_id: TENANT, allowed: true, level: 'viewer', why, ...fields };
}

const badInput = () => new RegistryError('access.checkBatch: bad input', { code: 'invalid_input', status: 400 });

/** Creates an access with its controls, whose registry answers what `reply` returns, and refuses all when that throws. */
function accessHarness(options: Partial<AccessOptions> = {}) {
  const requests: (readonly AccessQuestion[])[] = [];
  let reply: (question: AccessQuestion) => AccessVerdict = () => allowed();
  const checkBatch = async ({ checks }: { readonly checks: readonly AccessQuestion[] }) => {
    requests.push(checks);
    return { results: checks.map(reply) };
  };
  const { follower: access, ...feed } = feedHarness(({ runtime, changes, onFeed }) =>
    // Only the output of the call is used.
    createAccessOn(runtime, { client: { access: { checkBatch }, changes } as unknown as Client, onFeed, ...options }),
  );
  const replies = (next: typeof reply) => {
    reply = next;
  };
  return { ...feed, access, requests, replies };
}

test('memory answers the second question, with one answer that is frozen in all its parts', async () => {
  const { access, requests, opened } = accessHarness();
  await opened();
  const first = await access.check(question());
  expect(first).toEqual(allowed());
  expect(await access.check(question())).toBe(first);
  expect(requests).toHaveLength(1);
  expect(() => Object.assign(first, { allowed: false })).toThrow(TypeError);
  expect(() => Object.assign(first.why.path[0] ?? {}, { name: 'x' })).toThrow(TypeError);
});

test('an answer is for its own question alone: the principal, the permission, the resource, and none of the principal', async () => {
  const { access, requests, opened } = accessHarness();
  await opened();
  const others = [
    question({ principal: { type: 'service_identity', id: USER } }),
    question({ principal: { type: 'user', id: PROJECT } }),
    question({ principal: undefined }),
    question({ permission: 'project:editor' }),
    question({ resource: { type: 'tenant', id: PROJECT } }),
    onProject(USER),
  ];
  for (const each of [question(), ...others]) await access.check(each);
  expect(requests).toHaveLength(7);
  for (const each of [onProject(PROJECT.toUpperCase()), ...others]) await access.check(each);
  expect(requests).toHaveLength(7);
});

test('an answer, of a refusal too, ends with a change of its tenant, and not with one of another tenant', async () => {
  const { access, requests, opened, change, replies } = accessHarness();
  await opened();
  replies(() => allowed({ allowed: false, level: null }));
  await access.check(question());
  await change(OTHER_TENANT);
  await access.check(question());
  expect(requests).toHaveLength(1);
  replies(() => allowed());
  await change(TENANT);
  expect(await access.check(question())).toEqual(allowed());
});

test('the refusal of what does not exist is not kept', async () => {
  const { access, requests, opened, replies } = accessHarness();
  await opened();
  replies(() => allowed({ tenant_id: null, allowed: false, level: null }));
  await access.check(question());
  replies(() => allowed());
  expect(await access.check(question())).toEqual(allowed());
  expect(requests).toHaveLength(2);
});

test('an answer is not kept while another replica may still answer from before the change', async () => {
  const { access, requests, opened, change, advance, alive } = accessHarness();
  await opened();
  await change(TENANT);
  for (const [ms, asked] of [
    [0, 1],
    [SETTLE_MS, 2],
    [1, 3],
    [0, 3],
  ] as const) {
    advance(ms);
    await alive();
    await access.check(question());
    expect(requests).toHaveLength(asked);
  }
});

test('after three seconds without the feed every question goes to the registry, and after a down event at once', async () => {
  const { access, requests, opened, advance, alive, put } = accessHarness();
  await opened();
  await access.check(question());
  advance(2_990);
  await access.check(question());
  expect([access.live, requests.length]).toEqual([true, 1]);
  advance(20);
  for (const asked of [2, 3]) {
    await access.check(question());
    expect([access.live, requests.length]).toEqual([false, asked]);
  }
  await alive();
  await put({ type: 'down' });
  for (const asked of [4, 5]) {
    await access.check(question());
    expect([access.live, requests.length]).toEqual([false, asked]);
  }
});

test('different questions of one turn of the event loop share a request, and each gets its own answer', async () => {
  const { access, requests, opened, replies } = accessHarness();
  await opened();
  replies(({ resource }) => allowed({ allowed: resource.id === PROJECT }));
  const answers = await Promise.all([
    access.check(onProject(USER)),
    access.check(question()),
    Promise.resolve().then(() => access.check(onProject(TENANT))),
  ]);
  expect(answers.map((each) => each.allowed)).toEqual([false, true, false]);
  expect(requests.map((each) => each.length)).toEqual([3]);
});

test('a request has at most 100 questions', async () => {
  const { access, requests, opened } = accessHarness();
  await opened();
  await Promise.all(Array.from({ length: 201 }, (_, index) => access.check(onProject(`p-${index}`))));
  expect(requests.map((each) => each.length)).toEqual([100, 100, 1]);
});

test('equal questions at one time are one question', async () => {
  const { access, requests, opened } = accessHarness();
  await opened();
  const answers = await Promise.all([access.check(question()), access.check(question()), access.check(question())]);
  expect(new Set(answers).size).toBe(1);
  expect(requests).toEqual([[question()]]);
});

test('a question that the registry does not understand rejects alone: the others of its request get their answers', async () => {
  const { access, requests, opened, replies } = accessHarness();
  await opened();
  replies(({ resource }) => {
    if (resource.id === 'p-3') throw badInput();
    return allowed();
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => access.check(onProject(`p-${index}`))),
  );
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
    ...[true, true, true, false],
    ...[true, true, true, true],
  ]);
  expect(requests).toHaveLength(7);
  expect(access.size).toBe(7);
});

test('a failure of the whole request rejects every question of it, without further requests', async () => {
  const { access, requests, opened, replies } = accessHarness();
  await opened();
  replies(() => {
    throw new RegistryError('access.checkBatch: no answer', { code: 'network' });
  });
  const calls = [access.check(question()), access.check(onProject(USER))];
  for (const call of calls) expect(await rejectionOf(call)).toMatchObject({ code: 'network' });
  expect(requests).toHaveLength(1);
});

test('the signal of one caller ends its wait alone', async () => {
  const { access, requests, opened } = accessHarness();
  await opened();
  const patient = access.check(question());
  const hurried = rejectionOf(access.check(question(), { signal: AbortSignal.abort() }));
  expect(await hurried).toMatchObject({ code: 'aborted', message: expect.stringContaining('access.check') });
  expect(await patient).toEqual(allowed());
  expect(requests).toHaveLength(1);
});

test('closing ends the feed and forgets all answers', async () => {
  const { access, connections, opened } = accessHarness();
  await opened();
  await access.check(question());
  expect(access.size).toBe(1);
  access.close();
  expect([access.live, access.size, connections[0]?.signal?.aborted]).toEqual([false, 0, true]);
  expect(await access.check(question())).toEqual(allowed());
  expect(access.size).toBe(0);
});

test.each([{ ttlMs: -1 }, { entriesMax: 0 }])('options that cannot work are refused: %j', (options) => {
  const { client } = { client: undefined as never };
  expect(() => createAccess({ client, ...options })).toThrow(TypeError);
});

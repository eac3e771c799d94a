// engine: none
/** Configurations over HTTP, against a registry that misbehaves. */
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import {
  type ConfigsOptions,
  type ConfigsState,
  type ConfigsStep,
  createConfigs,
  isRegistryError,
} from '../src/index.ts';
import { configRegistry, PROJECT, problem, requestsTo, TOKEN } from './config-registry.ts';
import { rejectionOf } from './scripted-server.ts';

type Registry = Awaited<ReturnType<typeof configRegistry>>;

/** Opens configurations for the running test, and keeps what they tell. */
function open({ client }: Registry, options: Partial<ConfigsOptions> = {}) {
  const states: ConfigsState[] = [];
  const steps: ConfigsStep[] = [];
  const configs = createConfigs({
    client,
    project_id: PROJECT,
    onState: (state) => states.push(state),
    onChange: (step) => steps.push(step),
    ...options,
  });
  onTestFinished(() => configs.close());
  return { configs, states, steps };
}

const limits = z.object({ max_users: z.number() });

// proves B33
test('values are read at once, typed and frozen, and are the ones of the registry within its feed', async () => {
  const registry = await configRegistry();
  registry.write({ limits: { max_users: 5 }, flags: { beta: { on: true } } });
  const { configs } = open(registry);
  expect([configs.get('limits'), configs.live, configs.age_ms, configs.source]).toEqual([undefined, false, null, null]);
  await configs.ready;
  expect(configs.get('limits', limits)?.max_users).toBe(5);
  expect(configs.get('flags')).toEqual({ beta: { on: true } });
  expect([configs.keys(), configs.has('limits'), configs.has('none')]).toEqual([['flags', 'limits'], true, false]);
  expect([configs.get('none', limits), configs.get('none', limits, { default: null })]).toEqual([undefined, null]);
  const flags = configs.get('flags') as { beta: { on: boolean } };
  expect(() => {
    flags.beta.on = false;
  }).toThrow(TypeError);
  expect(configs.get('limits', limits)).toBe(configs.get('limits', limits));
  registry.write({ limits: { max_users: 6 } });
  await expect.poll(() => configs.get('limits', limits)).toEqual({ max_users: 6 });
  expect([configs.version('limits'), configs.version('flags'), configs.version('none')]).toEqual([2, 1, undefined]);
  registry.write({ limits: undefined });
  await expect.poll(() => configs.get('limits', limits)).toBeUndefined();
  await expect.poll(() => [configs.live, configs.source, configs.keys()]).toEqual([true, 'registry', ['flags']]);
  expect(configs.age_ms).toBeGreaterThanOrEqual(0);
  expect(requestsTo(registry, 'config-snapshot')).toHaveLength(1);
  expect(registry.seen[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
});

// proves B21
test('over connections that are cut again and again, each change is taken once and in order', async () => {
  const registry = await configRegistry();
  registry.write({ counter: 0 });
  const { configs } = open(registry);
  const counted: (number | undefined)[] = [];
  configs.subscribe('counter', z.number(), (value) => counted.push(value));
  await expect.poll(() => configs.live).toBe(true);
  const LAST = 120;
  for (let n = 1; n <= LAST; n += 1) {
    registry.write({ counter: n });
    if (n % 20 === 0) registry.cut();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => configs.get('counter')).toBe(LAST);
  const ofSnapshot = counted[0] === 0 ? [0] : [];
  expect(counted).toEqual([...ofSnapshot, ...Array.from({ length: LAST }, (_, index) => index + 1)]);
  expect(requestsTo(registry, 'config-snapshot')).toHaveLength(1);
  expect(requestsTo(registry, 'config-watch').length).toBeGreaterThan(1);
});

test('keys that were written together change together, also with content that must be fetched', async () => {
  const registry = await configRegistry();
  const large = (n: number) => ({ n, text: 'x'.repeat(40_000) });
  registry.write({ a: 0, b: 0, large: large(0) });
  const { configs, steps } = open(registry);
  await configs.ready;
  const torn: unknown[] = [];
  configs.observe({
    onChange() {
      const numbers = [configs.get('a'), configs.get('b'), (configs.get('large') as { n: number }).n];
      if (new Set(numbers).size !== 1) torn.push(numbers);
    },
  });
  for (let n = 1; n <= 20; n += 1) {
    registry.write({ a: n, large: large(n), b: n });
    if (n % 4 === 0) await expect.poll(() => configs.get('b')).toBe(n);
    if (n % 8 === 0) registry.cut();
  }
  await expect.poll(() => configs.get('b')).toBe(20);
  expect(torn).toEqual([]);
  expect(steps.every(({ keys }) => keys.length === 3)).toBe(true);
  expect(steps.at(-1)?.cursor).toBe(registry.cursor());
});

test.each([
  ['the registry has forgotten the state', (registry: Registry) => registry.forget(), ['a', 'b']],
  ['the registry was restored', (registry: Registry) => registry.restore({ a: 'old', c: 1 }), ['a', 'b', 'c', 'same']],
])('a snapshot replaces everything when %s, and what did not change is not told', async (_, happen, keys) => {
  const registry = await configRegistry();
  registry.write({ a: 1, b: 1, same: 1 });
  const { configs, steps } = open(registry);
  await expect.poll(() => configs.live).toBe(true);
  await expect.poll(() => steps.length).toBe(1);
  registry.misbehaviour.answer = (_request, response) => {
    response.destroy();
    return true;
  };
  registry.cut();
  await expect.poll(() => registry.watchers()).toBe(0);
  registry.write({ a: 'old', b: undefined });
  happen(registry);
  delete registry.misbehaviour.answer;
  await expect.poll(() => [configs.get('a'), configs.has('b'), configs.live]).toEqual(['old', false, true]);
  expect(requestsTo(registry, 'config-snapshot').length).toBeGreaterThan(1);
  expect([...(steps.at(-1)?.keys ?? [])].sort()).toEqual(keys);
});

test('changes that leave a gap are not made: the project is read anew', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1, b: 1 });
  const { configs } = open(registry);
  await expect.poll(() => configs.live).toBe(true);
  let dropped = false;
  registry.misbehaviour.event = (text) => {
    if (dropped || !text.includes('"version":2')) return text;
    dropped = true;
    return '';
  };
  registry.write({ a: 2 });
  registry.write({ a: 3, b: 2 });
  await expect.poll(() => [configs.get('a'), configs.get('b')]).toEqual([3, 2]);
  expect(requestsTo(registry, 'config-snapshot')).toHaveLength(2);
});

test('garbage, half a snapshot and a refusal leave the last good values, which are not live for longer than stated', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  const { configs, states } = open(registry);
  await expect.poll(() => configs.live).toBe(true);
  const bad = [
    (response: Parameters<typeof problem>[0]) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{"cursor":"e1.1","con'),
    (response: Parameters<typeof problem>[0]) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    (response: Parameters<typeof problem>[0]) => problem(response, 503, 'unavailable'),
    (response: Parameters<typeof problem>[0]) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('event: change\ndata: {"key":1}\n\n'),
    (response: Parameters<typeof problem>[0]) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('\u0000\u0001 garbage'),
  ];
  let asked = 0;
  registry.misbehaviour.answer = (_request, response) => {
    bad[asked % bad.length]?.(response);
    asked += 1;
    return true;
  };
  registry.forget();
  registry.cut();
  await expect.poll(() => states.at(-1)?.live).toBe(false);
  expect(states.at(-1)?.error).toSatisfy((error) => isRegistryError(error));
  await expect.poll(() => asked).toBeGreaterThanOrEqual(bad.length);
  expect([configs.get('a'), configs.live, configs.source]).toEqual([1, false, 'registry']);
  expect(configs.age_ms).toBeGreaterThan(3_000);
  registry.write({ a: 2 });
  delete registry.misbehaviour.answer;
  await expect.poll(() => [configs.get('a'), configs.live]).toEqual([2, true]);
  expect(states.at(-1)).toEqual({ live: true, source: 'registry' });
});

test('a stream that says nothing ends the promise, and so does a registry that is in doubt', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  const { configs, states } = open(registry);
  await expect.poll(() => configs.live).toBe(true);
  registry.falter();
  registry.tell('down', {});
  await expect.poll(() => configs.live).toBe(false);
  await expect.poll(() => states.at(-1)).toEqual({ live: false, source: 'registry' });
  registry.recover();
  await expect.poll(() => configs.live).toBe(true);
  registry.falter();
  await expect.poll(() => states.at(-1)?.live).toBe(false);
  registry.recover();
  await expect.poll(() => configs.live).toBe(true);
});

test('a prefix leaves out all other keys, whatever the registry sends', async () => {
  const registry = await configRegistry();
  registry.write({ 'app.a': 1, other: 1 });
  const { configs, steps } = open(registry, { prefix: 'app.' });
  await configs.ready;
  expect(registry.seen[0]?.query).toEqual({ prefix: 'app.' });
  await expect.poll(() => registry.watchers()).toBe(1);
  registry.tell('change', { key: 'other', version: 2, operation: 'update', content: 2, content_sha256: 'x' });
  registry.write({ 'app.a': 2 });
  await expect.poll(() => configs.get('app.a')).toBe(2);
  expect(configs.keys()).toEqual(['app.a']);
  expect(steps.map(({ keys }) => keys)).toEqual([['app.a'], ['app.a']]);
});

test.each([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
])('the first wait is refused with %i %s, and the configurations come when they may', async (status, code) => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  registry.misbehaviour.answer = (_request, response) => {
    problem(response, status, code);
    return true;
  };
  const { configs, states } = open(registry);
  expect(await rejectionOf(configs.ready)).toMatchObject({ status, code });
  await expect.poll(() => states.map(({ live, source }) => [live, source])).toEqual([[false, null]]);
  delete registry.misbehaviour.answer;
  await expect.poll(() => [configs.get('a'), configs.live]).toEqual([1, true]);
});

test('closing ends the stream and the wait, keeps the values, and is never live', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  const { configs } = open(registry);
  await configs.ready;
  await expect.poll(() => registry.watchers()).toBe(1);
  await configs.close();
  await expect.poll(() => registry.watchers()).toBe(0);
  expect([configs.get('a'), configs.live]).toEqual([1, false]);
  await registry.stop();
  const { configs: late } = open(registry);
  const waiting = rejectionOf(late.ready);
  await late.close();
  expect(await waiting).toMatchObject({ code: 'aborted' });
});

test.each([
  [{ project_id: 'acme' }, 'project_id'],
  [{ prefix: '*' }, 'prefix'],
  [{ cacheFile: '' }, 'cacheFile'],
  [{ reader: 'a b' }, 'reader'],
  [{ client: {} as ConfigsOptions['client'] }, 'client'],
])('options that cannot work throw at once: %j', async (options, name) => {
  const registry = await configRegistry();
  expect(() => open(registry, options)).toThrow(TypeError);
  expect(() => open(registry, options)).toThrow(name);
});

// engine: none
/** Values as schemas of several libraries give them. */
import * as v from 'valibot';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { deepFrozen } from '../src/configs/frozen.ts';
import { createConfigTable } from '../src/configs/table.ts';
import { type ConfigSchema, type ConfigsProblem, createConfigs } from '../src/index.ts';
import { configRegistry, PROJECT } from './config-registry.ts';

/** A registry, and configurations that have its values, with what they complain about. */
async function opened(contents: Readonly<Record<string, unknown>>) {
  const registry = await configRegistry();
  registry.write(contents);
  const problems: ConfigsProblem[] = [];
  const onProblem = (problem: ConfigsProblem) => void problems.push(problem);
  const configs = createConfigs({ client: registry.client, project_id: PROJECT, onProblem });
  onTestFinished(() => configs.close());
  await configs.ready;
  /** Writes, and waits until it is known. */
  const put = async (given: Readonly<Record<string, unknown>>) => {
    const [key = ''] = Object.keys(given);
    const before = configs.version(key);
    registry.write(given);
    await expect.poll(() => configs.version(key)).not.toBe(before);
  };
  return { configs, problems, put };
}

test('a value that fails its schema leaves the last one that fitted, and is told once without its content', async () => {
  const { configs, problems, put } = await opened({ limits: { max: 1 } });
  const zod = z.object({ max: z.number().transform((max) => ({ doubled: max * 2 })) });
  const valibot = v.object({ max: v.number() });
  expect([configs.get('limits', zod), configs.get('limits', valibot)]).toEqual([{ max: { doubled: 2 } }, { max: 1 }]);
  const kept = configs.get('limits', zod);
  await put({ limits: { max: 'a secret' } });
  expect(configs.get('limits')).toEqual({ max: 'a secret' });
  expect(configs.get('limits', zod)).toBe(kept);
  expect(configs.get('limits', valibot)).toEqual({ max: 1 });
  await expect.poll(() => problems).toHaveLength(2);
  expect(problems[0]).toMatchObject({ type: 'value_refused', key: 'limits', version: 2, stays: 1 });
  expect(problems.map(({ message }) => message).join()).not.toContain('secret');
  const issues = [{ message: expect.any(String), path: ['max'] }];
  expect(problems).toMatchObject([{ issues }, { issues }]);
  await put({ limits: { max: 3 } });
  expect([configs.get('limits', zod), configs.get('limits', valibot)]).toEqual([{ max: { doubled: 6 } }, { max: 3 }]);
  await put({ limits: undefined });
  await put({ limits: { max: null } });
  expect([configs.get('limits', zod), configs.get('limits', zod, { default: 7 })]).toEqual([undefined, 7]);
  await expect.poll(() => problems).toHaveLength(4);
  expect(problems[3]).toMatchObject({ version: 5, stays: undefined });
});

test('the last value that fitted stays also when nothing read it before the bad one came', async () => {
  const { configs, put } = await opened({ a: 1 });
  const number = z.number();
  configs.get('a', number);
  await put({ a: 2 });
  await put({ a: 'bad' });
  expect(configs.get('a', number)).toBe(2);
});

test('types follow the schema, of zod, of valibot and by hand', async () => {
  const { configs } = await opened({ a: { on: true } });
  const byHand: ConfigSchema<'fixed'> = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: 'fixed' }) },
  };
  expectTypeOf(configs.get('a')).toBeUnknown();
  expectTypeOf(configs.get('a', z.object({ on: z.boolean() }))).toEqualTypeOf<{ on: boolean } | undefined>();
  expectTypeOf(configs.get('a', v.object({ on: v.boolean() }))).toEqualTypeOf<{ on: boolean } | undefined>();
  expectTypeOf(configs.get('a', z.string().optional(), { default: null })).toEqualTypeOf<string | null | undefined>();
  expectTypeOf(configs.get('a', byHand)).toEqualTypeOf<'fixed' | undefined>();
  expect(configs.get('a', byHand)).toBe('fixed');
});

test('a schema that answers later is refused with a clear error, one that throws refuses the value', async () => {
  const { configs, problems, put } = await opened({ a: 1 });
  const later = z.number().refine(async () => true);
  const failing: ConfigSchema = {
    '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('of no use')) },
  };
  for (const schema of [later, failing]) expect(() => configs.get('a', schema)).toThrow(/asynchronously/);
  const broken: ConfigSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate() {
        throw new Error('broken');
      },
    },
  };
  expect(configs.get('a', broken)).toBeUndefined();
  await expect.poll(() => problems).toMatchObject([{ type: 'value_refused', cause: { message: 'broken' } }]);
  await put({ a: 2 });
  expect(() => configs.get('a', later)).toThrow(TypeError);
  expect(configs.get('a')).toBe(2);
});

test('a schema that changes its input is refused, and no caller can change what others read', async () => {
  const { configs, problems } = await opened({ a: { list: [{ n: 1 }] } });
  const changing: ConfigSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ({ value: Object.assign(value as object, { changed: true }) }),
    },
  };
  expect(configs.get('a', changing)).toBeUndefined();
  await expect.poll(() => problems).toHaveLength(1);
  expect(configs.get('a')).toEqual({ list: [{ n: 1 }] });
  const shallow = configs.get('a', z.object({ list: z.array(z.object({ n: z.number() })) }).readonly());
  expect(Object.isFrozen(shallow?.list[0])).toBe(true);
});

test('a value is parsed once for each version and schema, and a schema for each call fills no memory', async () => {
  const { configs, put } = await opened({ a: 1, b: 1 });
  let parsed = 0;
  const counting = () =>
    z.number().transform((n) => {
      parsed += 1;
      return { n };
    });
  const schema = counting();
  expect([configs.get('a', schema), configs.get('a', schema)].every((each, _, [first]) => each === first)).toBe(true);
  expect(parsed).toBe(1);
  for (let n = 0; n < 100; n += 1) configs.get('a', counting());
  parsed = 0;
  await put({ a: 2 });
  expect(parsed).toBeLessThanOrEqual(8);
  const before = configs.get('b', schema);
  await put({ a: 3 });
  expect(configs.get('b', schema)).toBe(before);
});

test('a listener hears each later value that fits, and the deletion, until it leaves; its error ends nothing', async () => {
  const { configs, put } = await opened({ a: 1 });
  const heard: unknown[] = [];
  const uncaught: unknown[] = [];
  const stop = configs.subscribe('a', z.number(), (value) => void heard.push(value));
  const onError = (error: unknown) => void uncaught.push(error);
  // What a listener throws surfaces in the program.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', onError);
  onTestFinished(() => {
    process.off('uncaughtException', onError);
    for (const other of others) process.on('uncaughtException', other);
  });
  configs.subscribe('a', z.number(), () => {
    throw new Error('of the listener');
  });
  await put({ a: 2 });
  await put({ a: 'bad' });
  await put({ a: undefined });
  await put({ a: 4 });
  await expect.poll(() => heard).toEqual([2, undefined, 4]);
  stop();
  await put({ a: 5 });
  await expect.poll(() => uncaught.length).toBe(4);
  expect(heard).toEqual([2, undefined, 4]);
});

const change = (key: string, version: number, operation: 'create' | 'update' | 'rollback' | 'delete') => ({
  key,
  version,
  operation,
  content_sha256: operation === 'delete' ? null : `${version}`,
  content: version,
});

test('the table takes changes whole, in order and once, and knows what does not continue it', () => {
  const table = createConfigTable();
  table.replace([{ key: 'a', version: 3, content: 3, content_sha256: '3' }]);
  const keysOf = (...changes: ReturnType<typeof change>[]) => table.apply(changes)?.map(({ key }) => key);
  expect(keysOf(change('a', 4, 'update'), change('b', 1, 'create'))).toEqual(['a', 'b']);
  expect(keysOf(change('a', 4, 'update'), change('a', 3, 'update'), change('b', 2, 'update'))).toEqual(['b']);
  for (const gap of [
    change('a', 6, 'update'),
    change('a', 5, 'create'),
    change('c', 2, 'update'),
    change('c', 2, 'delete'),
  ]) {
    expect(keysOf(change('d', 1, 'create'), gap), JSON.stringify(gap)).toBeUndefined();
    expect(table.keys()).toEqual(['a', 'b']);
  }
  expect(keysOf(change('a', 5, 'delete'))).toEqual(['a']);
  expect(keysOf(change('a', 5, 'delete'), change('a', 4, 'update'))).toEqual([]);
  expect(keysOf(change('a', 6, 'update'))).toBeUndefined();
  expect(keysOf(change('a', 6, 'rollback'), change('a', 7, 'update'), change('e', 9, 'create'))).toEqual(['a', 'e']);
  expect(table.configs().map(({ key, version }) => [key, version])).toEqual([
    ['b', 2],
    ['a', 7],
    ['e', 9],
  ]);
});

test('values of any depth, and ones that contain themselves, are frozen', () => {
  const deep: unknown[] = [];
  let inner = deep;
  for (let depth = 0; depth < 50_000; depth += 1) {
    const next: unknown[] = [];
    inner.push(next);
    inner = next;
  }
  const circle: Record<string, unknown> = { date: new Date(0), bytes: new Uint8Array(2) };
  circle['self'] = circle;
  deepFrozen([deep, circle]);
  expect([Object.isFrozen(inner), Object.isFrozen(circle), Object.isFrozen(circle['date'])]).toEqual([
    true,
    true,
    false,
  ]);
});

// engine: none
/** What a program expects of each key, as the registry is told. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { joined } from '../src/configs/json-schemas.ts';
import type { ConfigsWire, Registration } from '../src/configs/wire.ts';
import { createConfigsOn } from '../src/configs.ts';
import { type ConfigsProblem, createClient, createConfigs, RegistryError } from '../src/index.ts';
import { configRegistry, PROJECT, problem, TOKEN } from './config-registry.ts';

test('each schema that states its JSON Schema is registered once, under the name of the reader', async () => {
  const registry = await configRegistry();
  registry.write({ limits: { max: 1 }, flags: {} });
  const configs = createConfigs({ client: registry.client, project_id: PROJECT, reader: 'shop.checkout' });
  onTestFinished(() => configs.close());
  await configs.ready;
  const limits = z.object({ max: z.number().default(3) });
  for (let n = 0; n < 10; n += 1) configs.get('limits', limits);
  configs.get('flags', v.object({}));
  configs.subscribe('later', z.boolean(), () => {});
  const puts = () => registry.seen.filter(({ method }) => method === 'PUT');
  await expect.poll(puts).toHaveLength(2);
  expect(puts().map(({ path }) => path.split(`${PROJECT}/`)[1])).toEqual([
    'configs/limits/readers/shop.checkout',
    'configs/later/readers/shop.checkout',
  ]);
  const [first] = puts();
  // What is optional to write is not demanded.
  expect(JSON.parse(first?.body ?? '')).toEqual({ schema: z.toJSONSchema(limits, { io: 'input' }) });
  expect(first?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' });
});

test('without the name of a reader nothing is registered, and a refusal is told and hinders nothing', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  registry.misbehaviour.answer = ({ method }, response) => {
    if (method === 'PUT') problem(response, 403, 'forbidden');
    return method === 'PUT';
  };
  const problems: ConfigsProblem[] = [];
  const options = { client: registry.client, project_id: PROJECT };
  const silent = createConfigs(options);
  const named = createConfigs({ ...options, reader: 'r', onProblem: (each) => problems.push(each) });
  onTestFinished(async () => void (await Promise.all([silent.close(), named.close()])));
  await Promise.all([silent.ready, named.ready]);
  expect([silent.get('a', z.number()), named.get('a', z.number())]).toEqual([1, 1]);
  expect(named.get('a', z.number().refine(() => true) as z.ZodType<number>)).toBe(1);
  await expect.poll(() => problems).toMatchObject([{ type: 'reader_unregistered', key: 'a', cause: { status: 403 } }]);
  named.get('a', z.coerce.date());
  await expect.poll(() => problems.length).toBe(2);
  expect(registry.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

/** Configurations of which only the registrations matter, with a clock that the test moves. */
function registering(answer: (registration: Registration) => Promise<void>) {
  let now = 0;
  const pauses: (() => void)[] = [];
  const pause = () => new Promise<void>((resolve) => pauses.push(resolve));
  const wire: ConfigsWire = {
    snapshot: () => new Promise(() => {}),
    find: async () => undefined,
    watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
    register: answer,
  };
  const configs = createConfigsOn({ now: () => now, timeOfDay: () => now, random: () => 0, sleep: pause }, wire, {
    client: createClient({ url: 'http://localhost:1', token: 'x' }),
    project_id: PROJECT,
    reader: 'r',
  });
  onTestFinished(() => configs.close());
  return {
    configs,
    async advance(ms: number) {
      now += ms;
      for (const end of pauses.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a registration is renewed each day, and one that failed in passing is repeated after a minute', async () => {
  const sent: Registration[] = [];
  const failures: RegistryError[] = [];
  const { configs, advance } = registering(async (registration) => {
    sent.push(registration);
    const failure = failures.pop();
    if (failure !== undefined) throw failure;
  });
  failures.push(new RegistryError('away', { code: 'network' }));
  configs.get('a', z.number());
  await advance(1_000);
  await advance(59_000);
  expect(sent).toHaveLength(1);
  await advance(1_001);
  expect(sent).toHaveLength(2);
  await advance(86_000_000);
  expect(sent).toHaveLength(2);
  await advance(400_001);
  expect(sent).toHaveLength(3);
  // A further schema of the key is told at once, with the one before.
  configs.get('a', z.number().max(9));
  await advance(1_000);
  expect(sent.at(-1)).toMatchObject({ key: 'a', reader: 'r', schema: { allOf: [{ maximum: 9 }, { type: 'number' }] } });
});

test('joined schemas accept what all accept, and keep their references', () => {
  const tree = z.looseObject({
    value: z.number(),
    get left() {
      return tree.optional();
    },
  });
  const json = z.toJSONSchema(tree) as Record<string, unknown>;
  expect(joined([json, { ...json }])).toEqual(json);
  const named = { $schema: 'x', $defs: { n: { type: 'number' } }, properties: { $ref: { $ref: '#/$defs/n' } } };
  const both = joined([named, json]);
  expect(JSON.stringify(both)).toContain('"$ref":"#/allOf/1/$defs/n"');
  expect(JSON.stringify(both)).toContain('"$ref":"#/allOf/0"');
  expect(joined([json, named])).toEqual(both);
  const accepts = new Ajv2020().compile(both);
  expect(
    [
      { value: 1, left: { value: 2 }, $ref: 1 },
      { value: 1, left: {} },
      { value: 1, $ref: 'x' },
    ].map((each) => accepts(each)),
  ).toEqual([true, false, false]);
});

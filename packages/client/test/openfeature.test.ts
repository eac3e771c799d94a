// engine: none
/** The provider, through OpenFeature's own SDK. */
import { OpenFeature, type Provider, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk';
import { expect, onTestFinished, test } from 'vitest';
import { createConfigs } from '../src/index.ts';
import { createConfigsProvider } from '../src/openfeature.ts';
import { configRegistry, PROJECT, problem } from './config-registry.ts';

let domains = 0;

/** A client of OpenFeature whose provider reads these configurations. */
async function opened(contents: Readonly<Record<string, unknown>>) {
  const registry = await configRegistry();
  registry.write(contents);
  const configs = createConfigs({ client: registry.client, project_id: PROJECT });
  const provider: Provider = createConfigsProvider({ configs });
  domains += 1;
  const domain = `test-${domains}`;
  const client = OpenFeature.getClient(domain);
  const told: string[] = [];
  const changed: (readonly string[])[] = [];
  for (const type of [ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Error] as const)
    client.addHandler(type, () => void told.push(type));
  client.addHandler(ProviderEvents.ConfigurationChanged, (details) => void changed.push(details?.flagsChanged ?? []));
  onTestFinished(async () => {
    await OpenFeature.clearProviders();
    await configs.close();
  });
  return { registry, configs, client, told, changed, start: () => OpenFeature.setProviderAndWait(domain, provider) };
}

// proves B33
test('flags of each type are resolved from keys and from pointers into their content', async () => {
  const { client, start } = await opened({
    beta: true,
    theme: 'dark',
    checkout: { max: 3, 'a/b': { '~': 'odd' }, list: [{ on: false }], none: null },
  });
  await start();
  expect(await client.getBooleanDetails('beta', false)).toEqual({
    flagKey: 'beta',
    value: true,
    reason: 'STATIC',
    flagMetadata: { version: 1 },
  });
  expect(await client.getStringValue('theme', 'light')).toBe('dark');
  expect(await client.getNumberValue('checkout#/max', 1)).toBe(3);
  expect(await client.getStringValue('checkout#/a~1b/~0', '')).toBe('odd');
  expect(await client.getBooleanValue('checkout#/list/0/on', true)).toBe(false);
  expect(await client.getObjectValue('checkout#/list', {})).toEqual([{ on: false }]);
  expect(await client.getObjectValue('checkout#', {})).toMatchObject({ max: 3 });
});

test.each([
  ['none', 'FLAG_NOT_FOUND'],
  ['checkout#/none', 'FLAG_NOT_FOUND'],
  ['checkout#/list/00', 'FLAG_NOT_FOUND'],
  ['checkout#/list/length', 'FLAG_NOT_FOUND'],
  ['checkout#/constructor', 'FLAG_NOT_FOUND'],
  ['checkout#max', 'FLAG_NOT_FOUND'],
  ['checkout#/~2', 'FLAG_NOT_FOUND'],
  ['', 'FLAG_NOT_FOUND'],
  ['checkout', 'TYPE_MISMATCH'],
  ['checkout#/max', 'TYPE_MISMATCH'],
  ['checkout#/null', 'TYPE_MISMATCH'],
])('the flag %j gives the default and %s', async (flag, errorCode) => {
  const { client, start } = await opened({ checkout: { max: 3, list: [1], null: null } });
  await start();
  expect(await client.getBooleanDetails(flag, true)).toMatchObject({ value: true, reason: 'ERROR', errorCode });
  expect(await client.getStringDetails(flag, 'x')).toMatchObject({ value: 'x', errorCode });
});

test('no object and no number is taken for the other, and nothing resolves before there are values', async () => {
  const { client, registry, start } = await opened({ a: 1, b: {} });
  registry.misbehaviour.answer = (_request, response) => {
    problem(response, 403, 'forbidden');
    return true;
  };
  await expect(start()).rejects.toMatchObject({ code: 'forbidden' });
  expect(client.providerStatus).toBe(ProviderStatus.ERROR);
  expect(await client.getNumberDetails('a', 7)).toMatchObject({ value: 7, errorCode: 'PROVIDER_NOT_READY' });
  delete registry.misbehaviour.answer;
  await expect.poll(() => client.providerStatus).toBe(ProviderStatus.READY);
  expect(await client.getNumberDetails('a', 7)).toMatchObject({ value: 1, reason: 'STATIC' });
  expect(await client.getObjectDetails('a', {})).toMatchObject({ errorCode: 'TYPE_MISMATCH' });
  expect(await client.getNumberDetails('b', 7)).toMatchObject({ value: 7, errorCode: 'TYPE_MISMATCH' });
});

test('the provider tells when it is ready and when it is stale, and goes on with the last values', async () => {
  const { client, registry, told, start } = await opened({ a: 'one' });
  await start();
  await expect.poll(() => registry.watchers()).toBe(1);
  await registry.stop();
  await expect.poll(() => told).toEqual([ProviderEvents.Ready, ProviderEvents.Stale]);
  expect(client.providerStatus).toBe(ProviderStatus.STALE);
  expect(await client.getStringDetails('a', '')).toMatchObject({ value: 'one', reason: 'STALE' });
  await registry.start();
  await expect.poll(() => told).toEqual([ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Ready]);
  expect(await client.getStringDetails('a', '')).toMatchObject({ value: 'one', reason: 'STATIC' });
});

test('a change names its keys, and the flags in them that were asked for and have another value', async () => {
  const { client, registry, changed, start } = await opened({ a: { x: 1, y: 1 }, b: 1 });
  await start();
  await expect.poll(() => registry.watchers()).toBe(1);
  for (const flag of ['a#/x', 'a#/y', 'b']) await client.getNumberValue(flag, 0);
  changed.length = 0;
  registry.write({ a: { x: 2, y: 1 } });
  await expect.poll(() => changed).toEqual([['a', 'a#/x']]);
  registry.write({ a: { x: 2 }, b: 2 });
  await expect.poll(() => changed.slice(1)).toEqual([['a', 'b', 'a#/y']]);
});

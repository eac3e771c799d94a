// engine: none
/** The file of configurations: what a start has while the registry is away. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ConfigsOptions, type ConfigsProblem, createClient, createConfigs } from '../src/index.ts';
import { configRegistry, PROJECT, requestsTo, TOKEN } from './config-registry.ts';
import { deadUrl } from './scripted-server.ts';

async function filePath() {
  const folder = await mkdtemp(join(tmpdir(), 'configs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, cacheFile: join(folder, 'configs.json') };
}

function open(options: Pick<ConfigsOptions, 'client' | 'cacheFile'> & Partial<ConfigsOptions>) {
  const problems: ConfigsProblem[] = [];
  const onProblem = (problem: ConfigsProblem) => void problems.push(problem);
  const configs = createConfigs({ project_id: PROJECT, onProblem, ...options });
  onTestFinished(() => configs.close());
  return { configs, problems };
}

const awayClient = async () => createClient({ url: await deadUrl(), token: TOKEN });

/** Writes a file by a program that had these values. */
async function written(contents: Readonly<Record<string, unknown>>) {
  const { folder, cacheFile } = await filePath();
  const registry = await configRegistry();
  registry.write(contents);
  const { configs } = open({ client: registry.client, cacheFile });
  await configs.ready;
  await configs.close();
  return { folder, cacheFile, registry };
}

test('a start while the registry is away has the values of the file, not live and with their age', async () => {
  const { folder, cacheFile } = await written({ a: { n: 1 }, b: null });
  expect((await stat(cacheFile)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['configs.json']);
  const text = await readFile(cacheFile, 'utf8');
  expect(text).not.toContain(TOKEN);
  const kept = JSON.parse(text);
  await writeFile(cacheFile, JSON.stringify({ ...kept, known_until: Date.now() - 60_000 }));
  const { configs, problems } = open({ client: await awayClient(), cacheFile });
  await configs.ready;
  expect([configs.get('a'), configs.get('b'), configs.live, configs.source]).toEqual([{ n: 1 }, null, false, 'file']);
  expect(configs.age_ms).toBeGreaterThanOrEqual(60_000);
  expect(configs.age_ms).toBeLessThan(3_600_000);
  expect(problems).toEqual([]);
});

test('a file of a time that has not come gives values without a bound of their age', async () => {
  const { cacheFile } = await written({ a: 1 });
  const kept = JSON.parse(await readFile(cacheFile, 'utf8'));
  await writeFile(cacheFile, JSON.stringify({ ...kept, known_until: Date.now() + 3_600_000 }));
  const { configs } = open({ client: await awayClient(), cacheFile });
  await configs.ready;
  expect([configs.get('a'), configs.live, configs.age_ms]).toEqual([1, false, null]);
});

test('a start with a file asks only for what changed, and forgets what is gone', async () => {
  const { cacheFile, registry } = await written({ a: 1, b: 1 });
  const first = open({ client: registry.client, cacheFile });
  await expect.poll(() => first.configs.live).toBe(true);
  expect([first.configs.get('a'), first.configs.source]).toEqual([1, 'registry']);
  expect(requestsTo(registry, 'config-snapshot').map(({ headers }) => headers['if-none-match'])).toEqual([
    undefined,
    `"${registry.cursor()}"`,
  ]);
  await first.configs.close();
  registry.write({ a: 2, b: undefined });
  const second = open({ client: registry.client, cacheFile });
  await expect.poll(() => second.configs.live).toBe(true);
  expect([second.configs.get('a'), second.configs.keys()]).toEqual([2, ['a']]);
});

test('changes reach the file, many in one write', async () => {
  const { folder, cacheFile, registry } = await written({ a: 0 });
  const { configs } = open({ client: registry.client, cacheFile });
  await expect.poll(() => configs.live).toBe(true);
  for (let n = 1; n <= 50; n += 1) registry.write({ a: n });
  const contentOf = async () => JSON.parse(await readFile(cacheFile, 'utf8')).configs[0].content;
  await expect.poll(contentOf).toBe(50);
  expect(await readdir(folder)).toEqual(['configs.json']);
});

test.each([
  ['is no JSON', () => '{"format":"tenant-reg', 'broken'],
  ['is cut off', (text: string) => text.slice(0, -20), 'broken'],
  ['is empty', () => '', 'broken'],
  ['is of another program', () => '{"name":"package"}', 'no file of configurations'],
  ['is about another project', (text: string) => text.replace(PROJECT, PROJECT.replace('0', '1')), 'another project'],
  ['is about another prefix', (text: string) => text.replace('"prefix":""', '"prefix":"app."'), 'another prefix'],
  ['has values in another form', (text: string) => text.replace('"version":', '"revision":'), 'broken'],
])('a file that %s is told and ignored, and replaced', async (_, spoil, reason) => {
  const { cacheFile, registry } = await written({ a: 1 });
  await writeFile(cacheFile, spoil(await readFile(cacheFile, 'utf8')));
  const away = open({ client: await awayClient(), cacheFile });
  await expect.poll(() => away.problems).toMatchObject([{ type: 'file_unusable' }]);
  expect(away.problems[0]?.message).toContain(reason);
  expect([away.configs.source, away.configs.keys()]).toEqual([null, []]);
  await away.configs.close();
  const { configs } = open({ client: registry.client, cacheFile });
  await configs.ready;
  await configs.close();
  expect(JSON.parse(await readFile(cacheFile, 'utf8'))).toMatchObject({ project_id: PROJECT, configs: [{ key: 'a' }] });
});

test('a file that cannot be written is told, and the values are there all the same', async () => {
  const { folder } = await filePath();
  const cacheFile = join(folder, 'a-folder');
  await mkdir(join(cacheFile, 'inside'), { recursive: true });
  const registry = await configRegistry();
  registry.write({ a: 1 });
  const { configs, problems } = open({ client: registry.client, cacheFile });
  await configs.ready;
  await configs.close();
  expect(configs.get('a')).toBe(1);
  await expect.poll(() => problems.map(({ type }) => type)).toEqual(['file_unusable', 'file_unusable']);
  expect(await readdir(folder)).toEqual(['a-folder']);
});

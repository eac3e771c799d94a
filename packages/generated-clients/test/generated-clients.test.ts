/**
 * Generates each client by the lines of docs/clients.md, compiles it with a program of `drivers` and runs that against a
 * real registry. A generator whose toolchain is absent is skipped, and fails where CI is set.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestRegistry } from '@tenant-registry/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Generator, generators } from './support/generators.ts';
import { fetching, sections } from './support/guide.ts';
import { type LaterRegistry, startLaterRegistry } from './support/later-registry.ts';
import { missingOf, run } from './support/shell.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const drivers = fileURLToPath(new URL('../drivers/', import.meta.url));
const committed = join(root, 'packages/server/openapi/openapi.json');

/** For a machine that is busy and has to fetch and compile everything. */
const LIMIT_MS = 1_200_000;

let registry: Awaited<ReturnType<typeof createTestRegistry>>;
let later: LaterRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
  later = await startLaterRegistry(registry.url);
});
afterAll(async () => {
  await later?.[Symbol.asyncDispose]();
  await registry?.close();
});

// proves A53
test.for(generators)(
  'the client of $name creates, reads, pages, changes, and takes a refused key for no accepted one',
  { timeout: LIMIT_MS },
  async (generator, { skip }) => {
    const missing = await missingOf(generator.toolchain);
    if (missing.length > 0 && process.env['CI'] !== 'true') skip(`needs ${missing.join(', ')}`);
    expect(missing, 'the toolchain').toEqual([]);

    const folder = await freshFolder(generator);
    const { lines } = sectionOf(generator);
    const start = lines.at(-1) ?? '';
    const made = await run([...fetching, ...lines.slice(0, -1)], { cwd: folder, env: { REGISTRY_URL: registry.url } });
    expect(made.code, made.output.slice(-5000)).toBe(0);
    expect(JSON.parse(await readFile(join(folder, 'openapi.json'), 'utf8'))).toEqual(
      JSON.parse(await readFile(committed, 'utf8')),
    );

    const slug = `now-${generator.driver}`;
    expect(await told(start, { folder, slug, url: registry.url })).toEqual(steps(generator, slug, today));
    const laterSlug = `later-${generator.driver}`;
    expect(await told(start, { folder, slug: laterSlug, url: later.url })).toEqual(steps(generator, laterSlug, newer));
    const { items } = await registry.client.tenants.list({ q: generator.driver });
    expect(items.map((tenant) => tenant.slug).sort()).toEqual(
      [laterSlug, slug].flatMap((each) => [0, 1, 2, 3].map((number) => `${each}-${number}`)),
    );
  },
);

interface Words {
  readonly kind: string;
  readonly revoked: string;
}

const today: Words = { kind: 'customer', revoked: 'revoked' };
/** The words that `later-registry.ts` puts in their place. */
const newer: Words = { kind: 'partner', revoked: 'suspended' };

/** The lines that a program of `drivers` prints. */
function steps({ sendsNull }: Generator, slug: string, { kind, revoked }: Words): string[] {
  return [
    `created ${slug}-4 ${kind}`,
    `read ${slug}-4`,
    'pages 2 2 1',
    'changed Renamed professional',
    'outdated 412 precondition_failed',
    ...(sendsNull ? ['cleared Renamed true'] : []),
    'kept After gold',
    'reported 2001:db8::1',
    `signed in ${slug}-4`,
    `key accepted valid ${slug}-4`,
    'key refused not_found null',
    `key refused ${revoked} null`,
    'deleted 204',
    'gone 404 not_found',
  ];
}

interface Start {
  readonly folder: string;
  readonly slug: string;
  readonly url: string;
}

/** Runs the program and returns its lines, with Python's null and booleans spelled as those of the other languages. */
async function told(line: string, { folder, slug, url }: Start): Promise<string[]> {
  const { operatorToken, internalToken } = registry;
  const env = { REGISTRY_URL: url, OPERATOR_TOKEN: operatorToken, INTERNAL_TOKEN: internalToken, SLUG: slug };
  const { code, stdout, output } = await run([line], { cwd: folder, env });
  expect(code, output.slice(-5000)).toBe(0);
  return stdout
    .trim()
    .replaceAll(/\bTrue$/gm, 'true')
    .replaceAll(/\bNone$/gm, 'null')
    .split('\n');
}

function sectionOf({ name }: Generator) {
  const section = sections.find((each) => each.name === name);
  if (section === undefined) throw new Error(`docs/clients.md has no section for ${name}`);
  return section;
}

/** Makes a folder with the program and the files of the guide; of an earlier run it keeps the tools alone. */
async function freshFolder(generator: Generator): Promise<string> {
  const { driver, kept } = generator;
  const folder = join(root, '.cache', 'generated-clients', driver);
  await mkdir(folder, { recursive: true });
  const old = (await readdir(folder)).filter((name) => !kept.includes(name));
  for (const name of old) await rm(join(folder, name), { recursive: true });
  await cp(join(drivers, driver), folder, { recursive: true });
  for (const [name, content] of sectionOf(generator).files) await writeFile(join(folder, name), content);
  return folder;
}

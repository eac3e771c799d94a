// engine: postgres
/** The artefact: built, moved to a folder without node_modules, and run as an operator runs it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { createClient } from '@tenant-registry/client';
import { emptyDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import { freePort } from '../../server/test/support/free-port.ts';
import { blocksOf, DATABASE_OF_README, makeDatabase } from '../../server/test/support/road.ts';
import { INTERNAL, OPERATOR, startProcess } from '../../server/test/support/server-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const builds = [] as string[];
let artefact: string;

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'artefact-'));
  builds.push(folder);
  await run(process.execPath, [join(root, 'scripts/build.ts'), '--out', folder]);
  return folder;
}

beforeAll(async () => {
  artefact = await build();
});
afterAll(() => Promise.all(builds.map((folder) => rm(folder, { recursive: true }))));

const ACME = '00000000-0000-0000-0000-000000000001';
const tokens = { OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL };
const oldest = join(root, 'node_modules/node-22/bin/node');
const nodes = [
  ['the Node of this repository', process.execPath],
  ['the oldest Node that is supported', oldest],
] as const;

/** Starts the artefact with an embedded database or another one; it ends with the test. */
async function serve(node: string, env: Readonly<Record<string, string>>) {
  // Without the condition that leads to sources: there are none.
  const options = { node, args: ['serve'] };
  const given = { NODE_OPTIONS: '', RATE_LIMIT_PER_MINUTE: '0', REQUEST_TIMEOUT_MS: '48000', ...tokens, ...env };
  const { child, ready, ended, output } = startProcess(given, join(artefact, 'tenant-registry.mjs'), options);
  const stop = async () => {
    child.kill('SIGTERM');
    return ended;
  };
  onTestFinished(async () => void (await stop()));
  return { url: await ready, stop, output };
}

// proves A17, A19
describe.each(nodes)('on %s', (_, node) => {
  test.skipIf(!existsSync(node))(
    'the artefact serves with the embedded engine, threads and static files included',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'artefact-data-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const { url, stop, output } = await serve(node, { DATA_DIR: folder });
      const operator = createClient({ url, token: OPERATOR });
      const { key = '' } = await operator.apiKeys.create({ tenant_id: ACME, name: 'ci', scopes: ['reports:read'] });
      const verdict = await createClient({ url, token: INTERNAL }).apiKeys.verify({ key });
      expect(verdict).toMatchObject({ valid: true, tenant_slug: 'acme' });
      // Read by a thread.
      const idp = {
        tenant_id: ACME,
        kind: 'saml' as const,
        alias: 'saml',
        issuer: 'https://sso.example',
        metadata: { xml: '<x' },
      };
      await expect(operator.idpConfigs.create(idp)).rejects.toMatchObject({ code: 'metadata_invalid' });
      const script = await fetch(`${url}/docs/reference.js`);
      expect([script.status, (await script.text()).length > 1_000_000]).toEqual([200, true]);
      expect(await stop()).toBe(0);
      expect(output()).toContain('draining');
    },
  );
});

// proves A2, A7, A17, A19, A24
test('the executable migrates a database where no Node is, and the artefact serves both examples on it', async () => {
  const database = await emptyDatabase();
  onTestFinished(() => database.close());
  const env = { DATABASE_URL: database.url ?? '' };
  const migrate = (...args: string[]) => run(join(artefact, 'migrate'), args, { env });
  expect((await migrate('up')).stdout).toContain('0001_init');
  expect((await migrate('up')).stdout).toContain('nothing to do');
  expect((await migrate('version')).stdout).toMatch(/^database (\d+), program \1$/m);
  const { url, output } = await serve(existsSync(oldest) ? oldest : process.execPath, { ...env, PROCESSES: '2' });
  const variables = { ...childEnv(), URL: url, ...tokens };
  const example = (file: string, ...args: string[]) => run(file, args, { env: variables });
  const portal = await example(process.execPath, join(root, 'examples/portal/src/main.ts'));
  const curl = await example('bash', join(root, 'examples/curl.sh'));
  for (const { stdout } of [portal, curl]) expect(stdout.trimEnd()).toMatch(/That was the whole life of a tenant\.$/);
  for (const process of [1, 2]) expect(output()).toContain(`"process":${process},"reqId"`);
});

// proves A2, A17
test('the steps of the README lead from the first start to production, and what was made at the first start is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'production-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const first = await serve(process.execPath, { DATA_DIR: join(folder, '.data') });
  const operator = createClient({ url: first.url, token: OPERATOR });
  const { key = '' } = await operator.apiKeys.create({ tenant_id: ACME, name: 'ci', scopes: ['reports:read'] });
  await operator.webhooks.create({ tenant_id: ACME, url: 'https://acme.example/hooks', event_types: ['tenant.*'] });
  expect(await first.stop()).toBe(0);

  const { url, drop } = await makeDatabase(blocksOf('sql'));
  onTestFinished(drop);
  // The README builds; here it takes what was built above.
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { build: `ln -s ${artefact} dist` } }));
  const port = String(await freePort());
  const steps = blocksOf('sh').replaceAll(DATABASE_OF_README, url).replaceAll('127.0.0.1:8090', `127.0.0.1:${port}`);
  const question = `-d '{"key":"${key}"}' http://127.0.0.1:${port}/v1/internal/api-keys/verify`;
  const script = [
    "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT",
    steps,
    `curl -fsS -H "Authorization: Bearer $INTERNAL_TOKEN" -H 'content-type: application/json' ${question}`,
    'kill $!; wait $!',
  ];
  const own = { NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(folder, 'compiled'), HOME: folder };
  const env = { ...childEnv(), ...own, PORT: port, REGISTRY_URL: `http://127.0.0.1:${port}` };
  const { stdout } = await run('bash', ['--norc', '-ec', script.join('\n')], { cwd: folder, env }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`a step failed: ${error.stdout}${error.stderr}`);
    },
  );
  for (const said of ['0001_init', 'copied and compared', '"slug":"globex"', '"valid":true', 'proved'])
    expect(stdout).toContain(said);
  expect(stdout).not.toMatch(/^(failed|warning) /m);
});

test('the executable says in one line that it has no embedded engine, and what a wrong call is', async () => {
  const failing = (...args: string[]) =>
    run(join(artefact, 'migrate'), args, { env: {} }).catch((error: unknown) => error);
  expect(await failing('up')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^migrate: .*no embedded engine.*\n$/),
  });
  expect(await failing('sideways')).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown command') });
});

interface Listed {
  readonly purl: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Listed[];
}

// proves A19
test('the bill of materials is CycloneDX 1.6 and lists all that the artefact holds, with licenses and digests', async () => {
  const text = readFileSync(join(artefact, 'sbom.cdx.json'), 'utf8');
  expect(await new JsonStrictValidator(Spec1dot6.version).validate(text)).toBeNull();
  const { components }: { components: Listed[] } = JSON.parse(text);
  const packages = components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
  expect(packages.filter(({ licenses, hashes }) => licenses === undefined || hashes?.[0]?.alg !== 'SHA-512')).toEqual(
    [],
  );
  const idOf = ({ purl }: Listed) => decodeURIComponent(purl).replace(/^pkg:\w+\//, '');
  const licensed = readFileSync(join(artefact, 'licenses.txt'), 'utf8').matchAll(
    /^(?:-{80}\n\n)?(\S+) (\d\S+) \(.+\)$/gm,
  );
  expect(packages.map(idOf).sort()).toEqual([...licensed].map(([, name, version]) => `${name}@${version}`).sort());
  // In files that others compiled: the reference's page, the embedded engine, the executable.
  const inner = components.flatMap(({ components: within = [] }) => within).map(idOf);
  expect(inner).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^vue@3\./),
      expect.stringMatching(/^postgresql@\d+\.\d+$/),
      `openssl@${process.versions.openssl}`,
    ]),
  );
  expect(components.map(idOf)).toContain(`node@${process.versions.node}`);
});

// proves A19
test('two builds of equal sources are equal in every byte', async () => {
  expect(digests(await build())).toEqual(digests(artefact));
});

function digests(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    paths.map((path) => [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

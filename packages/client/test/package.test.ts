// engine: none
/** The published package: packed, and unpacked into a project of its own as an installation would do, offline. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packed } from '../../artefact/test/support/packed.ts';
import { configRegistry, PROJECT } from './config-registry.ts';
import { result, scripted, TOKEN } from './scripted-server.ts';
import { newEvent, newKeyPair, newSecret, signedEvent } from './webhook-signing.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const repository = join(root, '../..');
const tsc = join(repository, 'node_modules/.bin/tsc');
const PACKED_WITHIN_MS = 120_000;
/** Shorter than the default timeout of a call, whose timer must not keep the process alive after the call. */
const ENDS_WITHIN_MS = 8_000;

let project: string;
let installed: string;
beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'sdk-consumer-')));
  installed = join(project, 'node_modules/@tenant-registry/client');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', await packed('client'), '-C', installed, '--strip-components=1']);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
}, PACKED_WITHIN_MS);
afterAll(() => rm(project, { recursive: true }));

test('the package holds the build, its sources, the readme and the license, and depends on nothing', async () => {
  const names = (await readdir(installed)).sort();
  expect(names).toEqual(['LICENSE', 'README.md', 'dist', 'package.json', 'src']);
  const { exports, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    await readFile(join(installed, 'package.json'), 'utf8'),
  );
  const builtAs = (name: string) => ({
    '@tenant-registry/source': `./src/${name}.ts`,
    types: `./dist/${name}.d.ts`,
    default: `./dist/${name}.js`,
  });
  const middleware = ['fastify', 'express', 'hono', 'fetch'].map((name) => [
    `./${name}`,
    builtAs(`middleware/${name}`),
  ]);
  expect(exports).toEqual({
    '.': builtAs('index'),
    ...Object.fromEntries(middleware),
    './webhooks': builtAs('webhooks'),
    './openfeature': builtAs('openfeature'),
    './trpc': builtAs('trpc'),
  });
  expect(dependencies).toBeUndefined();
  const peers = ['@openfeature/server-sdk', '@trpc/client', '@trpc/server'];
  expect(Object.keys(peerDependencies)).toEqual(peers);
  expect(peerDependenciesMeta).toEqual(Object.fromEntries(peers.map((name) => [name, { optional: true }])));
});

test('the declarations import only each other, and those of tRPC its packages', async () => {
  const dist = join(installed, 'dist');
  const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.d.ts'));
  expect(names).toEqual(expect.arrayContaining(['index.d.ts', join('middleware', 'express.d.ts')]));
  for (const name of names) {
    const text = await readFile(join(dist, name), 'utf8');
    const imported = [...text.matchAll(/(?:from |import\()['"]([^'"]+)/g)].map(([, target = '']) => target);
    const [own, foreign] = [imported.filter(isRelative), imported.filter((target) => !isRelative(target))];
    expect(foreign, name).toEqual(name === 'trpc.d.ts' ? ['@trpc/client', '@trpc/server'] : []);
    for (const target of own) await access(join(dist, dirname(name), target.replace(/\.[jt]s$/, '.d.ts')));
  }
});

function isRelative(target: string): boolean {
  return /^\.\.?\//.test(target);
}

const program = `
  import { type AuditEvent, createAccess, createClient, createSessions, createVerifier } from '@tenant-registry/client';
  import { type ConfigSchema, createConfigs } from '@tenant-registry/client';
  import { DatabaseNotReadyError, waitUntilReady } from '@tenant-registry/client';
  import { isRegistryError, type RegistryEvent, type Tenant } from '@tenant-registry/client';
  import { requireAccess, requireApiKey as inExpress, requireSession, sessionOf } from '@tenant-registry/client/express';
  import { apiKeyOf, requireApiKey as inFastify } from '@tenant-registry/client/fastify';
  import { requireApiKey } from '@tenant-registry/client/fetch';
  import { requireApiKey as inHono } from '@tenant-registry/client/hono';
  import { webhookHandler as expressWebhooks } from '@tenant-registry/client/express';
  import { webhookHandler as fastifyWebhooks } from '@tenant-registry/client/fastify';
  import { type SeenEvents, webhookHandler } from '@tenant-registry/client/fetch';
  import { webhookHandler as honoWebhooks } from '@tenant-registry/client/hono';
  import { createConfigsProvider } from '@tenant-registry/client/openfeature';
  import { isWebhookError, verifyWebhook } from '@tenant-registry/client/webhooks';
  const client = createClient({ url: 'http://localhost:8090', token: async () => 'x', retries: 3 });
  const response = { writeHead() {}, end() {} };
  export function nameOf(event: RegistryEvent): string | undefined {
    switch (event.type) {
      case 'tenant.created':
        return event.data.name satisfies string;
      case 'group.member_added':
        return event.data.member.id satisfies string;
      default:
        return undefined;
    }
  }
  export async function main(): Promise<Tenant['status'] | undefined> {
    for await (const tenant of client.tenants.list({ limit: 10 })) if (tenant.plan !== null) return tenant.status;
    try {
      await client.apiKeys.revoke({ id: 'x' }, { timeoutMs: 5 });
    } catch (error) {
      if (isRegistryError(error, 'not_found')) error.problem?.detail satisfies string | undefined;
    }
    const { data, etag } = await client.tenants.get({ id: 'x' }).withMeta();
    await client.tenants.update({ id: data.id, name: 'Acme' }, { ifMatch: etag });
    for await (const event of client.audit.export()) event satisfies AuditEvent;
    for await (const text of client.audit.export({ format: 'csv' })) text satisfies string;
    const verifier = createVerifier({ client, ttlMs: 10_000, onFeed: ({ live }) => void (live satisfies boolean) });
    const verdict = await verifier.verify('bp_x', { scopes: ['a'], access: 'read' });
    if (verdict.valid) verdict.tenant_id satisfies string;
    else verdict.code satisfies 'revoked' | string;
    const handle = requireApiKey(verifier, { product: 'certifai' }, (_, { tenant_slug }) => new Response(tenant_slug));
    (await handle(new Request('http://x'))).status satisfies number;
    for (const use of [inExpress, inFastify, inHono]) use(verifier, { scopes: ['a'] });
    apiKeyOf({}).tenant_id satisfies string;
    try {
      const database = await waitUntilReady(client, 'x', { timeoutMs: 5, onProgress: ({ reason }) => void (reason satisfies string) });
      database.host satisfies string | null;
    } catch (error) {
      if (error instanceof DatabaseNotReadyError) [error.status, error.detail] satisfies [string, string | null];
    }
    const access = createAccess({ client });
    const { allowed, why } = await access.check({ permission: 'projects:read', resource: { type: 'tenant', id: 'x' } });
    [allowed, why.path.length] satisfies [boolean, number];
    const sessions = createSessions({ client, entriesMax: 10 });
    (await sessions.read(null))?.csrf_token satisfies string | undefined;
    requireSession(sessions, { origins: 'https://portal.example.com' });
    const resource = ({ url }: { url: string }) => ({ type: 'project' as const, id: url });
    requireAccess(access, { permission: 'project:editor', resource })({ url: 'x' }, response, () => {});
    sessionOf({}).user.display_name satisfies string;
    const request = new Request('http://x');
    const event: RegistryEvent = await verifyWebhook(request.headers, await request.text(), ['whsec_x'], { toleranceMs: 1 });
    await verifyWebhook({ 'webhook-id': ['x'], accept: undefined }, new Uint8Array(), event.id).catch((error: unknown) => {
      if (isWebhookError(error, 'too_old')) error.code satisfies 'too_old';
    });
    const seen: SeenEvents = new Set<string>();
    const receive = { keys: 'whsec_x', seen, onEvent: async ({ subject }: RegistryEvent) => void (subject.id satisfies string) };
    (await webhookHandler(receive)(request)).status satisfies number;
    for (const use of [expressWebhooks, fastifyWebhooks, honoWebhooks]) use(receive);
    const configs = createConfigs({ client, project_id: 'x', cacheFile: 'x', onState: ({ live }) => void (live satisfies boolean) });
    const limits: ConfigSchema<{ max: number }> = { '~standard': { version: 1, vendor: 'x', validate: () => ({ value: { max: 1 } }) } };
    configs.get('limits', limits)?.max satisfies number | undefined;
    configs.get('limits', limits, { default: null }) satisfies { max: number } | null;
    configs.subscribe('limits', limits, (value) => void (value?.max satisfies number | undefined));
    (await createConfigsProvider({ configs }).resolveBooleanEvaluation('x')).value satisfies boolean;
    // @ts-expect-error the value of a key is unknown without a schema
    configs.get('limits').max;
    // @ts-expect-error a parsed body is none
    await verifyWebhook(request.headers, { id: 'x' }, 'whsec_x');
    // @ts-expect-error the origins are required
    requireSession(sessions, {});
    // @ts-expect-error a requirement contains no key
    inExpress(verifier, { key: 'x' });
    // @ts-expect-error the slug is required
    await client.tenants.create({ name: 'Acme' });
    // @ts-expect-error the operation does not exist
    client.tenants.destroy;
    return undefined;
  }
`;

const strictest = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
};

test.each([
  ['as Node resolves', { module: 'nodenext' }],
  ['as bundlers resolve', { module: 'esnext', moduleResolution: 'bundler' }],
])(
  'a project with the strictest options compiles, %s, with the current compiler and with TypeScript 5',
  async (_, resolution) => {
    const config = { compilerOptions: { ...strictest, ...resolution }, files: ['program.ts'] };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(project, 'program.ts'), program);
    for (const compiler of [[tsc], [process.execPath, await olderTsc()]]) await passes(...compiler, '-p', project);
  },
);

/** Resolves to the module of TypeScript 5, which attw depends on, and its path. */
async function olderTypeScript() {
  const attw = createRequire(await realpath(join(root, 'node_modules/@arethetypeswrong/cli/package.json')));
  const core = createRequire(attw.resolve('@arethetypeswrong/core'));
  const ts = core('typescript');
  expect(ts.version).toMatch(/^5\./);
  return { ts, path: core.resolve('typescript') };
}

async function olderTsc(): Promise<string> {
  return join(dirname((await olderTypeScript()).path), 'tsc.js');
}

test('editors show the names and texts of operations, and of the fields that they take and answer', async () => {
  const text = `
    import { createClient, type RegistryEvent } from '@tenant-registry/client';
    const client = createClient({ url: 'http://x', token: 'x' });
    const key = await client.apiKeys.create({ tenant_id: 'x', name: 'x', expires_at: 'x' });
    key.prefix;
    for await (const event of client.audit.export()) event.action;
    export const id = (event: RegistryEvent) => event.type === 'tenant.created' && event.data.slug;`;
  const shown = await editorOf(text);
  expect(shown('.create')).toMatch(
    /ApiKeysOperations.create\(input: CreateApiKeyInput, options\?: MutationOptions.*Result<IssuedApiKey>\nCreate an API key\./,
  );
  expect(shown(', expires_at')).toContain('CreateApiKeyInput.expires_at?: string | undefined\nIn the future');
  expect(shown('key.prefix')).toMatch(/IssuedApiKey\.prefix: string\nThe first characters of the key/);
  expect(shown('.export')).toMatch(/Export audit events\./);
  expect(shown('.action')).toMatch(/AuditEvent\.action: .*\n\w/);
  expect(shown('.data')).toMatch(/TenantCreatedEvent\.data: Tenant\n/);
});

/** Resolves to a function that returns what an editor shows at the end of the given part of the program. */
async function editorOf(text: string): Promise<(part: string) => string> {
  const { ts } = await olderTypeScript();
  const file = join(project, 'edited.ts');
  await writeFile(file, text);
  const options = ts.parseJsonConfigFileContent(
    { compilerOptions: { ...strictest, module: 'nodenext' } },
    ts.sys,
    project,
  ).options;
  const editor = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name: string) => ts.ScriptSnapshot.fromString(ts.sys.readFile(name) ?? ''),
    getCurrentDirectory: () => project,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  return (part) => {
    const { displayParts, documentation } = editor.getQuickInfoAtPosition(file, text.indexOf(part) + part.length - 1);
    return `${ts.displayPartsToString(displayParts)}\n${ts.displayPartsToString(documentation)}`;
  };
}

/** Runs a command and fails the test with its output if it exits with an error. */
async function passes(...command: readonly string[]): Promise<void> {
  const [file = '', ...args] = command;
  await run(file, args).catch(({ stdout, stderr }) => expect.unreachable(stdout + stderr));
}

test('a program with the SDK runs and ends on every installed Node', async () => {
  const { url } = await scripted([result({ slug: 'acme' })]);
  const script = `
    import { createClient } from '@tenant-registry/client';
    const client = createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(TOKEN)} });
    console.log((await client.tenants.create({ slug: 'acme', name: 'Acme' })).slug);
  `;
  await writeFile(join(project, 'script.js'), script);
  const nodes = await runOnEveryNode('acme\n');
  console.log(`the SDK ran on Node ${nodes.join(', ')}`);
});

test('a webhook is verified on every installed Node, with both kinds of keys', async () => {
  const keys = [newSecret(), newKeyPair()];
  const deliveries = keys.map((key) => ({
    ...signedEvent(newEvent({ type: 'tenant.updated' }), [key]),
    key: key.verifiedBy,
  }));
  const script = `
    import { verifyWebhook } from '@tenant-registry/client/webhooks';
    for (const { headers, body, key } of ${JSON.stringify(deliveries)}) {
      console.log((await verifyWebhook(headers, body, key)).type);
      console.log(await verifyWebhook(headers, body + ' ', key).catch(({ code }) => code));
    }
  `;
  await writeFile(join(project, 'script.js'), script);
  await runOnEveryNode('tenant.updated\nno_matching_signature\n'.repeat(2));
});

test('a verifier with an open feed does not keep the process alive', async () => {
  const { url } = await scripted([
    (response) => {
      const startedAt = performance.now();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: open\ndata: {"alive_ms":1000,"settle_ms":0}\n\nevent: reset\nid: e-1\ndata: {}\n\n');
      const alive = () =>
        response.write(`event: alive\ndata: {"elapsed_ms":${Math.floor(performance.now() - startedAt)}}\n\n`);
      const timer = setInterval(alive, 100);
      response.on('close', () => clearInterval(timer));
    },
  ]);
  const script = `
    import { createClient, createVerifier } from '@tenant-registry/client';
    const client = createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(TOKEN)} });
    const verifier = createVerifier({ client });
    while (!verifier.live) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log('live');
  `;
  await writeFile(join(project, 'script.js'), script);
  await runOnEveryNode('live\n');
});

test('configurations with an open stream, a file and a reader do not keep the process alive; waiting for them does', async () => {
  const registry = await configRegistry();
  registry.write({ a: 1 });
  let asked = 0;
  registry.misbehaviour.answer = ({ path }, response) => {
    asked += 1;
    // Whoever listens hears of a change.
    if (path.endsWith('config-watch')) setTimeout(() => registry.write({ a: 1 }), 20);
    else if (asked % 4 !== 0) response.destroy();
    return response.destroyed;
  };
  const script = `
    import { createClient, createConfigs } from '@tenant-registry/client';
    const client = createClient({ url: ${JSON.stringify(registry.url)}, token: ${JSON.stringify(TOKEN)} });
    const open = () => createConfigs({ client, project_id: ${JSON.stringify(PROJECT)}, cacheFile: 'cache.json', reader: 'r' });
    if (process.argv.length > 2) open();
    else {
      const configs = open();
      await configs.ready;
      const version = configs.version('a');
      while (configs.version('a') === version) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(configs.get('a', { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }));
    }
  `;
  await writeFile(join(project, 'script.js'), script);
  await runOnEveryNode('1\n');
  await registry.stop();
  await runOnEveryNode('', ['alone']);
});

/** Runs the script on every installed Node, and returns their versions. */
async function runOnEveryNode(output: string, args: readonly string[] = []): Promise<string[]> {
  const oldest = join(repository, 'node_modules/node-22/bin/node');
  const nodes = await versions([
    process.execPath,
    oldest,
    '/usr/bin/node',
    '/usr/local/bin/node',
    process.env['NODE20'] ?? '',
  ]);
  for (const node of nodes.values()) {
    const { stdout } = await run(node, [join(project, 'script.js'), ...args], {
      cwd: project,
      timeout: ENDS_WITHIN_MS,
      // Without the condition that leads to sources inside the repository.
      env: { PATH: process.env['PATH'] },
    });
    expect(stdout).toBe(output);
  }
  return [...nodes.keys()];
}

/** Returns the executables that run, by version, without those that are too old for the package. */
async function versions(paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths.filter((each) => each !== '')) {
    const version = (await run(path, ['--version']).catch(() => undefined))?.stdout.trim();
    if (version !== undefined && Number.parseInt(version.slice(1), 10) >= 20) found.set(version, path);
  }
  return found;
}

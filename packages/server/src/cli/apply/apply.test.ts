// engine: postgres
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@tenant-registry/db';
import { expect, test, vi } from 'vitest';
import { madeIn, runWorker, testServer, uniqueSlug } from '../../../test/support/server.ts';
import { run } from '../program.ts';
import { type Api, createApi } from './api.ts';
import { applyFile, exportToFile, importFile } from './perform.ts';
import { RefusedError } from './problem.ts';

const server = testServer();
const folder = mkdtempSync(join(tmpdir(), 'apply-'));
const example = readFileSync(new URL('../../../../../docs/apply.example.yaml', import.meta.url), 'utf8');

const api = (): Api => createApi({ url: server.url, token: server.operatorToken });

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const usual = { dryRun: false, prune: false, json: false, verbose: false };

async function apply(file: string, options: Partial<typeof usual> = {}) {
  const lines: string[] = [];
  const output = { result: (text: string) => void lines.push(text), aside: () => {} };
  const changes = await applyFile(api(), { file, ...usual, ...options }, output);
  return { changes, lines };
}

/** Everything that the registry tells of a tenant, for comparisons. */
async function exported(slug: string): Promise<string> {
  const lines: string[] = [];
  const output = { result: (text: string) => void lines.push(text), aside: () => {} };
  await exportToFile(api(), { tenant: slug, out: undefined, json: false }, output);
  return lines.join('\n');
}

test('the example of docs/apply.md is applied, a second run changes nothing, and each change has its audit row', async () => {
  const file = fileOf('example.yaml', example);
  const rehearsed = await apply(file, { dryRun: true });
  expect(rehearsed.lines).toContain('would be created tenant acme-works');
  expect(await api().get('/v1/tenants/by-slug/acme-works')).toBeNull();
  const first = await apply(file);
  expect(first.lines).toContain('created config acme-works/press-line-4/limits');
  expect(first.lines.at(-1)).toMatch(/^\d+ created, 0 updated, 0 removed, 0 unchanged$/);
  expect(rehearsed.changes).toBe(first.changes);
  const second = await apply(file);
  expect(second).toEqual({
    changes: 0,
    lines: [expect.stringMatching(/^0 created, 0 updated, 0 removed, \d+ unchanged$/)],
  });
  const { body } = await server.call('GET /v1/tenants/by-slug/acme-works');
  expect(body.status).toBe('active');
  const { body: log } = await server.call(`GET /v1/audit?tenant_id=${body.id}&limit=100`);
  const types = log.items.map(({ action }: { action: string }) => action);
  expect(types).toEqual(expect.arrayContaining(['project.created', 'config.created', 'group.member_added']));
});

test('a change in the file is the one change that is made, and a fixed field is refused before any', async () => {
  const slug = 'changes';
  const text = (name: string, source = 'manual') =>
    `type: Tenant\nslug: ${slug}\nname: ${name}\ngroups:\n  - { slug: crew, display_name: Crew, source: ${source} }\n`;
  await apply(fileOf('changes.yaml', text('One')));
  const changed = await apply(fileOf('changes.yaml', text('Two')));
  expect(changed.lines).toEqual([`updated tenant ${slug}: name`, '0 created, 1 updated, 0 removed, 1 unchanged']);
  const file = fileOf('changes.yaml', text('Three', 'idp'));
  await expect(apply(file)).rejects.toThrow(`${file}:5: group ${slug}/crew: source never changes: it is "manual"`);
  expect(await exported(slug)).toContain('name: Two');
});

test('prune removes what a list of the file lacks, and nothing of lists that the file does not have', async () => {
  const head = 'type: Tenant\nslug: pruned\nname: Pruned\nentitlements: [{ product: certifai }]\n';
  const projects = (...slugs: string[]) =>
    `projects: [${slugs.map((slug) => `{ slug: ${slug}, name: P }`).join(', ')}]\n`;
  const groups = 'groups: [{ slug: crew, display_name: Crew }]\n';
  await apply(fileOf('pruned.yaml', head + projects('one-one', 'two-two') + groups));
  const less = fileOf('pruned.yaml', head + projects('one-one'));
  expect((await apply(less)).changes).toBe(0);
  const rehearsed = await apply(less, { prune: true, dryRun: true });
  expect(rehearsed.lines[0]).toBe('would be archived project pruned/two-two');
  expect((await apply(less, { prune: true })).lines).toEqual([
    'archived project pruned/two-two',
    '0 created, 0 updated, 1 removed, 3 unchanged',
  ]);
  expect(await exported('pruned')).toContain('slug: crew');
  expect((await apply(less, { prune: true })).changes).toBe(0);
});

test.each([
  ['an unknown kind', 'type: Tennant\nslug: wrong\n', ':1: unknown kind "Tennant": did you mean Tenant?'],
  ['an unknown field', 'type: Tenant\nslug: wrong\nname: W\nplann: x\n', ':4: unknown field plann: did you mean plan?'],
  [
    'a mistake in line 12',
    `type: Tenant\nslug: wrong\nname: W\nprojects:\n${'  # …\n'.repeat(6)}  - slug: fine\n    name: 7\n`,
    ':12: name: must be a text',
  ],
  [
    'a name twice',
    'type: Tenant\nslug: wrong\nname: W\ngroups:\n- {slug: a, display_name: A}\n- {slug: a, display_name: B}\n',
    ':6: group a is declared twice: first in line 5',
  ],
  ['no YAML', 'type: Tenant\nslug: [wrong\nname: W\n', ':3: '],
  ['a field twice', 'type: Tenant\nslug: wrong\nslug: wrong\nname: W\n', ':3: Map keys must be unique'],
  ['another version', 'version: 2\ntype: Tenant\nslug: wrong\nname: W\n', ':1: version 2 is not known'],
  ['nothing', '', ': it declares nothing'],
])('%s is told with its line, and nothing is changed', async (_, text, expected) => {
  const file = fileOf('wrong.yaml', text);
  const outcome = await apply(file).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(UsageError);
  expect((outcome as Error).message).toContain(`${file}${expected}`);
  expect(await api().get('/v1/tenants/by-slug/wrong')).toBeNull();
});

test('a product that the catalog lacks, and a tier that nobody offers, are told before anything changes', async () => {
  const head = 'type: Tenant\nslug: beyond\nname: B\n';
  const file = fileOf(
    'beyond.yaml',
    `${head}entitlements: [{ product: cad }]\ndatabases:\n  - { name: orders, owner_team: shop, tier: vast }\n`,
  );
  const refused = `${file}:4: entitlement beyond/cad: there is no product cad\n${file}:6: database beyond/orders: there is no database_tier vast`;
  await expect(apply(file)).rejects.toThrow(refused);
  expect(await api().get('/v1/tenants/by-slug/beyond')).toBeNull();
});

test('a name that nothing has is told before anything changes', async () => {
  const text =
    "type: Tenant\nslug: dangling\nname: D\ngroups:\n  - slug: crew\n    display_name: Crew\n    members: ['user:nobody@acme.example']\n";
  const file = fileOf('dangling.yaml', text);
  await expect(apply(file)).rejects.toThrow(
    `${file}:7: member dangling/crew/user:nobody@acme.example: there is no user nobody@acme.example`,
  );
  expect(await api().get('/v1/tenants/by-slug/dangling')).toBeNull();
});

test('an exported tenant is imported under another name, equal to the first, and not over one that exists', async () => {
  await apply(fileOf('origin.yaml', example.replaceAll('acme-works', 'origin').replaceAll('10.20.', '10.30.')));
  const text = await exported('origin');
  expect(text).not.toMatch(/whsec_|secret: /);
  const file = fileOf('copy.yaml', text.replaceAll('slug: origin', 'slug: replica').replaceAll('10.30.', '10.40.'));
  const quiet = { result: () => {}, aside: () => {} };
  await importFile(api(), { ...usual, file, merge: false }, quiet);
  const copy = await exported('replica');
  expect(copy.replaceAll('slug: replica', 'slug: origin').replaceAll('10.40.', '10.30.')).toBe(text);
  await expect(importFile(api(), { ...usual, file, merge: false }, quiet)).rejects.toThrow('tenant replica exists');
  expect(await importFile(api(), { ...usual, file, merge: true }, quiet)).toBe(0);
});

test('what somebody else changed meanwhile is refused, and stays', async () => {
  const text = (name: string) =>
    `type: Tenant\nslug: raced\nname: R\ngroups: [{ slug: crew, display_name: ${name} }]\n`;
  await apply(fileOf('raced.yaml', text('One')));
  const real = api();
  let lists = 0;
  const raced: Api = {
    ...real,
    // The second list is that of the run after its rehearsal.
    async list(path, query) {
      const rows = await real.list(path, query);
      lists += 1;
      if (lists === 2) await real.send('PATCH', `${path}/${rows[0]?.id}`, { body: { display_name: 'Theirs' } });
      return rows;
    },
  };
  const quiet = { result: () => {}, aside: () => {} };
  const file = fileOf('raced.yaml', text('Mine'));
  await expect(applyFile(raced, { ...usual, file }, quiet)).rejects.toThrow('somebody else changed it meanwhile');
  expect(await exported('raced')).toContain('display_name: Theirs');
});

test.each([
  ['/v1/webhooks', 'webhooks: [{ url: https://hooks.acme.example/x, event_types: [config.*] }]'],
  ['/v1/service-identities', 'service_identities: [{ display_name: Export, federation_kind: api_token }]'],
])('two commands at once make one thing of a name that %s takes twice', async (path, list) => {
  const slug = uniqueSlug();
  const file = fileOf('twice.yaml', `type: Tenant\nslug: ${slug}\nname: T\n`);
  await apply(file);
  writeFileSync(file, `type: Tenant\nslug: ${slug}\nname: T\n${list}\n`);
  let arrived = 0;
  const both = Promise.withResolvers<void>();
  const meeting: Api = {
    ...api(),
    async send(method, place, change) {
      if (method === 'POST' && place === path) {
        arrived += 1;
        if (arrived === 2) both.resolve();
        await both.promise;
      }
      return api().send(method, place, change);
    },
  };
  const quiet = { result: () => {}, aside: () => {} };
  const ends = await Promise.allSettled([1, 2].map(() => applyFile(meeting, { ...usual, file }, quiet)));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) expect(reason).toContain('somebody else made one of this name at the same moment');
  // A repetition makes what each of them took back.
  expect((await apply(file)).changes).toBe(reasons.length - 1);
  expect((await apply(file)).changes).toBe(0);
});

test('two commands with one file at once are done or refused, and a repetition makes the rest', async () => {
  const text = example.replaceAll('acme-works', 'crowded').replaceAll('10.20.', '10.50.');
  const file = fileOf('crowded.yaml', text);
  await apply(fileOf('crowded-0.yaml', 'type: Tenant\nslug: crowded\nname: Acme Works\n'));
  const ends = await Promise.allSettled([1, 2].map(() => apply(file)));
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(RefusedError);
  await apply(file);
  expect((await apply(file)).changes).toBe(0);
});

test('an export has nothing that opens anything: no key, secret, or login of a database', async () => {
  const text = example.replaceAll('acme-works', 'secretive').replaceAll('10.20.', '10.60.');
  await apply(fileOf('secretive.yaml', text));
  const { body: tenant } = await server.call('GET /v1/tenants/by-slug/secretive');
  const { body: programs } = await server.call(`GET /v1/service-identities?tenant_id=${tenant.id}`);
  const [{ id: program }] = programs.items;
  const key = await madeIn(server, tenant.id, 'api-keys', { name: 'ci', service_identity_id: program });
  const webhook = await madeIn(server, tenant.id, 'webhooks', { url: 'https://a.example/x', event_types: ['*'] });
  while ((await runWorker(server, 'databases-reconcile')) > 0);
  const { body: databases } = await server.call(`GET /v1/databases?tenant_id=${tenant.id}`);
  for (const json of [false, true]) {
    const lines: string[] = [];
    const output = { result: (line: string) => void lines.push(line), aside: (line: string) => void lines.push(line) };
    await exportToFile(api(), { tenant: 'secretive', out: undefined, json }, output);
    const all = lines.join('\n');
    expect(all).toContain('https://a.example/x');
    for (const secret of [key.key, key.prefix, webhook.secret, databases.items[0].secret_name, tenant.id, 'whsec_'])
      expect(all).not.toContain(secret);
  }
});

test('a lost answer is asked for again under the same key, so nothing is made twice', async () => {
  let lost = 0;
  const losing: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    if (request[1]?.method !== 'POST' || lost > 0) return response;
    lost += 1;
    await response.body?.cancel();
    throw new TypeError('the connection was lost');
  };
  const lossy = createApi({ url: server.url, token: server.operatorToken, fetch: losing });
  const file = fileOf('lost.yaml', 'type: Tenant\nslug: lost-answer\nname: L\n');
  expect(await applyFile(lossy, { ...usual, file }, { result: () => {}, aside: () => {} })).toBe(1);
  expect(lost).toBe(1);
});

test('the command line: a wrong file is 2, a refusal is 1, and --json is one object', async () => {
  const [results, asides]: [string[], string[]] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((text) => void results.push(text));
  vi.spyOn(console, 'error').mockImplementation((text) => void asides.push(text));
  const connection = ['--url', server.url, '--token', server.operatorToken];
  const file = fileOf('line.yaml', 'type: Tenant\nslug: by-line\nname: L\nstatus: active\n');
  try {
    expect(await run(['apply', '-f', file, '--json', ...connection])).toBe(0);
    expect(JSON.parse(results.join(''))).toEqual({
      dry_run: false,
      created: 1,
      updated: 0,
      removed: 0,
      unchanged: 0,
      changes: [{ action: 'created', noun: 'tenant', name: 'by-line', about: [] }],
    });
    expect(await run(['import', '-f', file, ...connection])).toBe(1);
    expect(await run(['export', '--tenant', 'nobody-here', ...connection])).toBe(1);
    expect(await run(['apply', '-f', join(folder, 'absent.yaml'), ...connection])).toBe(2);
    expect(await run(['apply', '-f', file, '--url', 'nowhere', '--token', 'x'])).toBe(2);
    const out = join(folder, 'by-line.json');
    expect(await run(['export', '--tenant', 'by-line', '--out', out, ...connection])).toBe(0);
    expect(await run(['import', '--merge', '-f', out, ...connection])).toBe(0);
    expect(results.at(-1)).toBe('0 created, 0 updated, 0 removed, 1 unchanged');
    expect([...results, ...asides].join('\n')).not.toContain(server.operatorToken);
  } finally {
    vi.restoreAllMocks();
  }
});

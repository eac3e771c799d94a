// engine: none
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DatabasesFileError, parseDatabasesFile, readDatabasesFile } from './databases-file.ts';
import { databaseTier } from './schema.ts';

const local = { kind: 'postgres', admin_url_file: 'admin-url', secrets_directory: 'secrets' };
const small = { provisioner: 'local', spec: {} };
const parse = (file: unknown) => parseDatabasesFile(JSON.stringify(file), '/etc/registry');
const mistakesIn = (text: string): readonly string[] => {
  try {
    parseDatabasesFile(text, '/etc/registry');
  } catch (error) {
    if (error instanceof DatabasesFileError) return error.mistakes;
    throw error;
  }
  return [];
};
const mistakesOf = (file: unknown) => mistakesIn(JSON.stringify(file));

// proves D35
test('what a file leaves out takes its default, and the tiers are what the API shows', () => {
  const { installation, tiers, provisioners } = parse({ provisioners: { local }, tiers: { small } });
  expect(installation).toBe('tenant-registry');
  expect([...provisioners.keys()]).toEqual(['local']);
  const tier = tiers.get('small');
  expect(tier).toEqual({
    name: 'small',
    description: '',
    provisioner: 'local',
    spec: {
      instances: 1,
      cpu: '500m',
      memory: '512Mi',
      storage: '10Gi',
      image: null,
      parameters: {},
      connections: 100,
      pool: { mode: 'transaction', instances: 1 },
      backup_schedule: null,
      extensions: [],
    },
    overrides: {},
    namespaces: ['default'],
    max_per_tenant: 0,
    provision_timeout_s: 900,
    deletion_policy: 'retain',
  });
  expect(databaseTier.parse(tier)).toEqual(tier);
});

test('what a file states is kept, in its order', () => {
  const overrides = { storage: { min: '10Gi', max: '1Ti' }, connections: { max: 200 }, cpu: { min: '500m', max: '2' } };
  const large = {
    ...small,
    description: 'For much',
    spec: { storage: '50Gi', cpu: '1', parameters: { 'auto_explain.log_timing': 'on' }, pool: { mode: 'session' } },
    overrides,
    namespaces: ['team-a', 'team-b'],
    deletion_policy: 'destroy',
  };
  const { installation, tiers } = parse({ installation: 'eu-1', provisioners: { local }, tiers: { large, small } });
  expect(installation).toBe('eu-1');
  expect([...tiers.keys()]).toEqual(['large', 'small']);
  expect(tiers.get('large')).toMatchObject({
    description: 'For much',
    spec: { storage: '50Gi', pool: { mode: 'session', instances: 1 } },
    overrides: { ...overrides, connections: { min: null, max: 200 } },
    namespaces: ['team-a', 'team-b'],
    deletion_policy: 'destroy',
  });
});

test('paths begin at the folder of the file, and absolute ones stay', () => {
  const elsewhere = { ...local, secrets_directory: '/var/secrets' };
  const { provisioners } = parse({ provisioners: { local, elsewhere }, tiers: {} });
  const names = { namespace: 'default', cluster: 'c', pooler: 'p', credentials: 'x', logins: { a: 'a', b: 'b' } };
  const places = Array.from(provisioners.values(), (make) => make().secretOf(names).namespace);
  expect(places).toEqual(['/etc/registry/secrets/default', '/var/secrets/default']);
});

test('passwords are kept in a directory, or as Secrets of Kubernetes', () => {
  const { secrets_directory: _, ...nowhere } = local;
  const [inPod] = parse({
    provisioners: { pod: { ...nowhere, secrets_kubernetes: {} } },
    tiers: {},
  }).provisioners.values();
  const names = { namespace: 'default', cluster: 'c', pooler: 'p', credentials: 'x', logins: { a: 'a', b: 'b' } };
  expect(inPod?.().secretOf(names)).toMatchObject({ kind: 'kubernetes', namespace: 'default', name: 'x' });
  expect(mistakesOf({ provisioners: { nowhere }, tiers: {} })).toEqual([
    expect.stringContaining('/provisioners/nowhere/secrets_directory'),
  ]);
});

test('every mistake is named by its place', () => {
  const mistakes = mistakesOf({
    installation: 'Has Spaces',
    provisioners: {
      local: { ...local, sslmode: 'maybe', port: 0 },
      other: { kind: 'mysql' },
      'Upper Case': local,
      bare: { kind: 'postgres', password: 'x' },
      undecided: { ...local, secrets_kubernetes: {} },
    },
    tiers: {
      small: { provisioner: 'nowhere', spec: { cpu: 'much', colour: 'red' } },
      twice: { ...small, namespaces: ['a', 'a'], spec: { extensions: ['pg_trgm', 'pg_trgm'] } },
      named: { ...small, spec: { parameters: { role: 'postgres' }, backup_schedule: '0 3 * * *' } },
      narrow: {
        ...small,
        overrides: { storage: { min: '20Gi' }, connections: { max: 50 }, cpu: { min: '2', max: '500m' } },
      },
      odd: { ...small, overrides: { memory: { max: 5 } }, deletion_policy: 'abandon' },
    },
    version: 2,
  });
  const places = [
    '/installation',
    '/provisioners/local/sslmode',
    '/provisioners/local/port',
    '/provisioners/other/kind',
    '/provisioners/Upper Case',
    '/provisioners/bare/admin_url_file',
    '/provisioners/undecided/secrets_directory',
    '/provisioners/bare/password',
    '/tiers/small/provisioner',
    '/tiers/small/spec/cpu',
    '/tiers/small/spec/colour',
    '/tiers/twice/namespaces',
    '/tiers/twice/spec/extensions',
    '/tiers/named/spec/parameters/role',
    '/tiers/named/spec/backup_schedule',
    "/tiers/narrow/overrides/storage/min: is more than the tier's own value, 10Gi",
    "/tiers/narrow/overrides/connections/max: is less than the tier's own value, 100",
    '/tiers/narrow/overrides/cpu/min: is more than max, 500m',
    '/tiers/odd/overrides/memory/max',
    '/tiers/odd/deletion_policy',
    '/version',
  ];
  for (const place of places)
    expect(
      mistakes.filter((mistake) => mistake.startsWith(`at ${place}`)),
      place,
    ).toHaveLength(1);
  expect(mistakes).toHaveLength(places.length);
});

test.each([
  ['{', 'is not JSON'],
  ['[]', 'at /'],
  ['null', 'at /'],
  ['{}', 'at /provisioners'],
  ['{"provisioners":[],"tiers":{}}', 'at /provisioners'],
])('a file with %s is refused, and says why', (text, start) => {
  expect(mistakesIn(text)[0]).toContain(start);
});

test('a file is read from where it lies, and one that is not there is one that cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'databases-file-'));
  const file = join(folder, 'databases.json');
  writeFileSync(file, JSON.stringify({ provisioners: { local }, tiers: { small } }));
  expect([...readDatabasesFile(file).tiers.keys()]).toEqual(['small']);
  expect(() => readDatabasesFile(join(folder, 'absent.json'))).toThrow(/cannot be read: .*ENOENT/);
});

// engine: none
import { expect, test } from 'vitest';
import type { KubeObject } from '../src/kubernetes/api.ts';
import {
  backupManifest,
  clusterManifest,
  credentialsManifest,
  extensionsManifest,
  type Facts,
  loginManifest,
  poolerManifest,
} from '../src/kubernetes/manifests.ts';
import { crdsFolder, loadCrds } from '../src/testing/kube/crds.ts';
import type { JsonObject } from '../src/testing/kube/types.ts';
import { newOrder } from '../src/testing/order.ts';
import type { Desired, Spec } from '../src/types.ts';

const folder = crdsFolder();
const OPEN: Facts = { installation: 'main', open: { a: true, b: true }, uid: 'a-uid', settled: 'a-hash' };

const SPEC: Partial<Spec> = {
  image: 'ghcr.io/cloudnative-pg/postgresql:18',
  backup_schedule: '0 0 3 * * *',
  extensions: ['pg_trgm'],
};

const desiredDatabase = (changed: Partial<Omit<Desired, 'spec'>> = {}, spec: Partial<Spec> = {}): Desired =>
  newOrder({ ...changed, spec: { ...SPEC, ...spec } });

function customObjects(desired: Desired, facts: Facts): KubeObject[] {
  return [clusterManifest, poolerManifest, backupManifest, extensionsManifest]
    .map((made) => made(desired, facts))
    .filter((made) => made !== undefined);
}

/** What the definitions of CloudNativePG have against an object. */
function objections(object: KubeObject): string[] {
  const type = loadCrds(folder ?? '').find(({ kind }) => kind === object.kind);
  if (type === undefined) return [`${object.kind} is not defined`];
  const json: JsonObject = JSON.parse(JSON.stringify(object));
  const { dropped } = type.pruned(json);
  return [...dropped, ...type.validate(type.defaulted(json)).map(({ field, message }) => `${field}: ${message}`)];
}

const wants = (['running', 'asleep', 'retained'] as const).flatMap((want) => [
  desiredDatabase({ want }),
  desiredDatabase({ want }, { image: null, backup_schedule: null, extensions: [], parameters: {} }),
]);

// proves D9, D10
test.skipIf(folder === undefined)('the definitions of CloudNativePG take all manifests and know each field', () => {
  const closed: Facts = { ...OPEN, open: { a: false, b: false }, uid: undefined, settled: undefined };
  const made = wants.flatMap((desired) => [...customObjects(desired, OPEN), ...customObjects(desired, closed)]);
  expect(made).toHaveLength(36);
  expect(made.flatMap(objections)).toEqual([]);
});

test.skipIf(folder === undefined)('the check of manifests finds unknown fields and wrong values', () => {
  const cluster = clusterManifest(desiredDatabase(), OPEN);
  const wrong = { ...cluster, spec: { ...cluster.spec, instances: 0, colour: 'red' } };
  expect(objections(wrong)).toEqual(['spec.colour', expect.stringContaining('spec.instances')]);
});

test('every object carries the mark, and all but the Cluster belong to the Cluster', () => {
  const desired = desiredDatabase();
  const login = { slot: 'a', password: 'secret' } as const;
  const secrets = [loginManifest(desired, OPEN, login), credentialsManifest(desired, OPEN, login)];
  const objects = [...customObjects(desired, OPEN), ...secrets];
  for (const { metadata } of objects)
    expect(metadata.labels).toMatchObject({
      'tenant-registry/database': desired.id,
      'tenant-registry/installation': 'main',
    });
  const [cluster, ...rest] = objects;
  expect(cluster?.metadata).toMatchObject({ uid: 'a-uid', name: desired.names.cluster });
  expect(cluster?.metadata.ownerReferences).toBeUndefined();
  for (const { metadata } of rest) expect(metadata.ownerReferences).toMatchObject([{ kind: 'Cluster', uid: 'a-uid' }]);
  expect(objects.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
});

test('a login with a password may log in as a member of the owner; one without has no password in PostgreSQL either', () => {
  const desired = desiredDatabase();
  const { cluster, logins } = desired.names;
  const { spec } = clusterManifest(desired, { ...OPEN, open: { a: true, b: false } });
  const role = cluster.replaceAll('-', '_');
  expect(spec['managed']).toEqual({
    roles: [
      { name: 'app', ensure: 'present', login: false },
      {
        name: `${role}_login_a`,
        ensure: 'present',
        inRoles: ['app'],
        login: true,
        passwordSecret: { name: logins.a },
      },
      { name: `${role}_login_b`, ensure: 'present', inRoles: ['app'], login: false, disablePassword: true },
    ],
  });
  expect(spec['enableSuperuserAccess']).toBe(false);
});

test('a database that sleeps has no pods, no pooler and no backups', () => {
  const desired = desiredDatabase({ want: 'asleep' });
  expect(clusterManifest(desired, OPEN).metadata.annotations).toMatchObject({ 'cnpg.io/hibernation': 'on' });
  expect(poolerManifest(desired, OPEN).spec).toMatchObject({ instances: 0 });
  expect(backupManifest(desired, OPEN)?.spec).toMatchObject({ suspend: true });
});

test('all connections of clients fit into PostgreSQL, whatever the number of poolers', () => {
  const desired = desiredDatabase({}, { connections: 100, pool: { mode: 'session', instances: 3 } });
  const { parameters } = clusterManifest(desired, OPEN).spec['postgresql'] as { parameters: Record<string, string> };
  const { pgbouncer } = poolerManifest(desired, OPEN).spec as { pgbouncer: { parameters: Record<string, string> } };
  expect(Number(parameters['max_connections'])).toBeGreaterThan(100);
  expect(Number(pgbouncer.parameters['max_db_connections']) * 3).toBeLessThanOrEqual(100);
  expect(parameters['work_mem']).toBe('8MB');
});

// proves D33
test('the credentials say everything that a client needs', () => {
  const desired = desiredDatabase();
  const { data = {} } = credentialsManifest(desired, OPEN, { slot: 'b', password: 'a/b' });
  const text = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
  const user = desired.names.logins.b.replaceAll('-', '_');
  const host = `${desired.names.pooler}.default.svc`;
  expect(text).toEqual({
    user,
    password: 'a/b',
    host,
    port: '5432',
    dbname: 'app',
    uri: `postgresql://${user}:a%2Fb@${host}:5432/app?sslmode=require`,
  });
});

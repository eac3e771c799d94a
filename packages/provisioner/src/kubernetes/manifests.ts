/** The objects of a database, from what is wanted of it alone. */
import type { Desired, Slot } from '../types.ts';
import {
  CLUSTER,
  DATABASE,
  type KubeObject,
  type OwnerReference,
  POOLER,
  type Resource,
  SCHEDULED_BACKUP,
  SECRET,
} from './api.ts';
import { labelsOf, SETTLED_ANNOTATION } from './marks.ts';

/** The Secret without data that a namespace is known by. */
export const PLACE_NAME = 'tenant-registry-place';

/** The database inside of PostgreSQL, and the role that owns it: each Cluster holds one. */
const DBNAME = 'app';
const OWNER = 'app';
export const PORT = 5432;

/** CloudNativePG stops the pods of a Cluster that has it, and keeps the volumes. */
export const HIBERNATION = 'cnpg.io/hibernation';
/** CloudNativePG looks at a Secret that has it as soon as it changes. */
const RELOAD = 'cnpg.io/reload';

/** Connections that CloudNativePG and a person with `psql` need beside those of clients. */
const RESERVED_CONNECTIONS = 10;

/** What the objects depend on besides what is wanted. */
export interface Facts {
  readonly installation: string;
  /** The logins that may log in: of each there is a Secret with a password. */
  readonly open: Readonly<Record<Slot, boolean>>;
  /** Of the Cluster that the objects belong to; undefined: it is not there yet. */
  readonly uid: string | undefined;
  /** See `SETTLED_ANNOTATION`; undefined: the wish is not brought about entirely. */
  readonly settled: string | undefined;
}

type Manifest = KubeObject & { readonly spec: Readonly<Record<string, unknown>> };

/** Returns the name in PostgreSQL of a login. */
export function roleOf({ names }: Pick<Desired, 'names'>, slot: Slot): string {
  return names.logins[slot].replaceAll('-', '_');
}

/** Returns the host that clients connect to. */
export function hostOf({ names }: Pick<Desired, 'names'>): string {
  return `${names.pooler}.${names.namespace}.svc`;
}

/** Returns whether clients shall get in. */
export const isAwake = ({ want }: Desired): boolean => want === 'running';

/** The Cluster: PostgreSQL with the owner role and both logins. With a uid, only that very Cluster is touched. */
export function clusterManifest(desired: Desired, facts: Facts): Manifest {
  const { spec, names } = desired;
  const { uid, settled } = facts;
  const annotations = {
    [HIBERNATION]: isAwake(desired) ? 'off' : 'on',
    ...(settled === undefined ? {} : { [SETTLED_ANNOTATION]: settled }),
  };
  const { metadata, ...object } = bare(CLUSTER, names.cluster, { desired, facts });
  return {
    ...object,
    metadata: { ...metadata, annotations, ...(uid === undefined ? {} : { uid }) },
    spec: {
      instances: spec.instances,
      ...(spec.image === null ? {} : { imageName: spec.image }),
      storage: { size: spec.storage },
      resources: {
        requests: { cpu: spec.cpu, memory: spec.memory },
        limits: { cpu: spec.cpu, memory: spec.memory },
      },
      postgresql: {
        parameters: { ...spec.parameters, max_connections: String(spec.connections + RESERVED_CONNECTIONS) },
      },
      bootstrap: { initdb: { database: DBNAME, owner: OWNER, postInitApplicationSQL: firstSql(desired) } },
      managed: { roles: [ownerRole, loginRole('a', { desired, facts }), loginRole('b', { desired, facts })] },
      enableSuperuserAccess: false,
      // A volume snapshot needs no store beside the cluster, and goes when the database is destroyed.
      ...(spec.backup_schedule === null ? {} : { backup: { volumeSnapshot: { snapshotOwnerReference: 'cluster' } } }),
    },
  };
}

/** The pooler that clients connect to. It has no pods while nobody gets in. */
export function poolerManifest(desired: Desired, facts: Facts): Manifest {
  const { names, spec } = desired;
  const each = Math.max(1, Math.floor(spec.connections / spec.pool.instances));
  return {
    ...owned(POOLER, names.pooler, { desired, facts }),
    spec: {
      cluster: { name: names.cluster },
      type: 'rw',
      instances: isAwake(desired) ? spec.pool.instances : 0,
      pgbouncer: {
        poolMode: spec.pool.mode,
        // The sum over all instances stays below max_connections, also while two logins are in use.
        parameters: {
          max_client_conn: String(spec.connections),
          default_pool_size: String(each),
          max_db_connections: String(each),
        },
      },
    },
  };
}

/** Backups by schedule; undefined when the tier has none. */
export function backupManifest(desired: Desired, facts: Facts): Manifest | undefined {
  const { names, spec } = desired;
  if (spec.backup_schedule === null) return undefined;
  return {
    ...owned(SCHEDULED_BACKUP, names.cluster, { desired, facts }),
    spec: {
      cluster: { name: names.cluster },
      schedule: spec.backup_schedule,
      method: 'volumeSnapshot',
      backupOwnerReference: 'cluster',
      suspend: !isAwake(desired),
    },
  };
}

/** The extensions of the database; undefined when the tier has none. */
export function extensionsManifest(desired: Desired, facts: Facts): Manifest | undefined {
  const { names, spec } = desired;
  if (spec.extensions.length === 0) return undefined;
  return {
    ...owned(DATABASE, names.cluster, { desired, facts }),
    spec: {
      cluster: { name: names.cluster },
      name: DBNAME,
      owner: OWNER,
      databaseReclaimPolicy: 'retain',
      extensions: spec.extensions.map((name) => ({ name, ensure: 'present' })),
    },
  };
}

/** The Secret of a login, which is the truth about its password. */
export function loginManifest(desired: Desired, facts: Facts, login: { slot: Slot; password: string }): KubeObject {
  const { metadata, ...object } = owned(SECRET, desired.names.logins[login.slot], { desired, facts });
  return {
    ...object,
    metadata: { ...metadata, labels: { ...metadata.labels, [RELOAD]: 'true' } },
    type: 'kubernetes.io/basic-auth',
    data: encoded({ username: roleOf(desired, login.slot), password: login.password }),
  };
}

/** The Secret that consumers read. */
export function credentialsManifest(
  desired: Desired,
  facts: Facts,
  login: { slot: Slot; password: string },
): KubeObject {
  const user = roleOf(desired, login.slot);
  const host = hostOf(desired);
  const uri = `postgresql://${user}:${encodeURIComponent(login.password)}@${host}:${PORT}/${DBNAME}?sslmode=require`;
  return {
    ...owned(SECRET, desired.names.credentials, { desired, facts }),
    type: 'Opaque',
    data: encoded({ user, password: login.password, host, port: String(PORT), dbname: DBNAME, uri }),
  };
}

interface Both {
  readonly desired: Desired;
  readonly facts: Facts;
}

function bare({ apiVersion, kind }: Resource, name: string, { desired, facts }: Both): KubeObject {
  const { id, names } = desired;
  const labels = labelsOf({ id, installation: facts.installation });
  return { apiVersion, kind, metadata: { name, namespace: names.namespace, labels } };
}

/** When a Cluster is deleted by hand, Kubernetes takes what belongs to it away. */
function owned(resource: Resource, name: string, both: Both): KubeObject {
  const { metadata, ...object } = bare(resource, name, both);
  const { uid } = both.facts;
  if (uid === undefined) return { ...object, metadata };
  const { apiVersion, kind } = CLUSTER;
  const owner: OwnerReference = { apiVersion, kind, name: both.desired.names.cluster, uid };
  return { ...object, metadata: { ...metadata, ownerReferences: [owner] } };
}

const ownerRole = { name: OWNER, ensure: 'present', login: false };

function loginRole(slot: Slot, { desired, facts }: Both): Readonly<Record<string, unknown>> {
  const role = { name: roleOf(desired, slot), ensure: 'present', inRoles: [OWNER] };
  return facts.open[slot]
    ? { ...role, login: true, passwordSecret: { name: desired.names.logins[slot] } }
    : { ...role, login: false, disablePassword: true };
}

/** A login works as the owner, so that what one login makes belongs to the other one as well. */
function firstSql(desired: Desired): string[] {
  return (['a', 'b'] as const)
    .map((slot) => roleOf(desired, slot))
    .flatMap((role) => [
      `create role "${role}" nologin in role "${OWNER}"`,
      `alter role "${role}" in database "${DBNAME}" set role to "${OWNER}"`,
    ]);
}

const encoded = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

/** The keys in etcd. No other code makes one, so no tenant's request can reach a key of another tenant. */
import type { Place } from '../port.ts';

export interface EtcdKeys {
  /** Everything below is under it. */
  readonly prefix: string;
  /** Every value and tombstone. */
  readonly values: string;
  /** Every head of a project. */
  readonly heads: string;
  /** Every version that waits for its place in the database. */
  readonly intents: string;
  /** Written with every change. */
  readonly all: string;
  /** The epoch. */
  readonly meta: string;
  valuesOf(place: Place): string;
  value(place: Place, key: string): string;
  /** Written with every change of the project. */
  head(place: Place): string;
  /** Written when a schema of the tenant is about to be deleted. */
  pins(tenantId: string): string;
  intentsOfTenant(tenantId: string): string;
  intentsOf(place: Place, key: string): string;
  intent(place: Place, key: string, version: number): string;
  /** Returns what an intent is of; undefined for every other key. */
  intentAt(key: string): (Place & { readonly key: string }) | undefined;
  /** Returns what a key of a value names; undefined for every other key. */
  valueAt(key: string): (Place & { readonly key: string }) | undefined;
  /** Returns the project whose head the key is; undefined for every other key. */
  headAt(key: string): Place | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Versions sort as numbers. */
const DIGITS = 16;

/** Returns what makes the keys under the prefix; it throws `TypeError` for ids that are no UUIDs, and for keys of no configuration. */
export function keysUnder(prefix: string): EtcdKeys {
  const root = { values: `${prefix}c/`, heads: `${prefix}h/`, intents: `${prefix}i/` };
  const valuesOf = ({ tenant_id, project_id }: Place) => `${root.values}${id(tenant_id)}/${id(project_id)}/`;
  const intentsOfTenant = (tenantId: string) => `${root.intents}${id(tenantId)}/`;
  const intentsOf = ({ tenant_id, project_id }: Place, key: string) =>
    `${intentsOfTenant(tenant_id)}${id(project_id)}/${name(key)}/`;
  return {
    prefix,
    ...root,
    all: `${prefix}all`,
    meta: `${prefix}meta`,
    valuesOf,
    value: (place, key) => valuesOf(place) + name(key),
    head: ({ tenant_id, project_id }) => `${root.heads}${id(tenant_id)}/${id(project_id)}`,
    pins: (tenantId) => `${prefix}s/${id(tenantId)}`,
    intentsOfTenant,
    intentsOf,
    intent: (place, key, version) => intentsOf(place, key) + String(version).padStart(DIGITS, '0'),
    intentAt: (key) => parts(key.slice(0, key.lastIndexOf('/')), root.intents),
    valueAt: (key) => parts(key, root.values),
    headAt(key) {
      const place = parts(`${key}/-`, root.heads);
      return place && { tenant_id: place.tenant_id, project_id: place.project_id };
    },
  };
}

function parts(text: string, root: string) {
  if (!text.startsWith(root)) return undefined;
  const [tenant_id, project_id, key, ...more] = text.slice(root.length).split('/');
  if (tenant_id === undefined || project_id === undefined || key === undefined || more.length > 0) return undefined;
  return { tenant_id, project_id, key };
}

function id(text: string): string {
  if (!UUID.test(text)) throw new TypeError('a key in etcd needs the UUID of a tenant and of a project');
  return text;
}

function name(key: string): string {
  if (!KEY.test(key)) throw new TypeError('a key in etcd needs the key of a configuration');
  return key;
}

/** What a test wants of a database. */
import { randomUUID } from 'node:crypto';
import type { Desired, Spec } from '../../src/types.ts';

const SPEC: Spec = {
  instances: 2,
  cpu: '500m',
  memory: '1Gi',
  storage: '5Gi',
  image: 'ghcr.io/cloudnative-pg/postgresql:18',
  parameters: { work_mem: '8MB' },
  connections: 100,
  pool: { mode: 'transaction', instances: 2 },
  backup_schedule: '0 0 3 * * *',
  extensions: ['pg_trgm'],
};

/** Returns a database that shall run, with names of its own. */
export function desiredDatabase(changed: Partial<Desired> = {}, spec: Partial<Spec> = {}): Desired {
  const id = randomUUID();
  const cluster = `orders-${id.slice(0, 8)}`;
  return {
    id,
    tenant_id: randomUUID(),
    want: 'running',
    names: {
      namespace: 'default',
      cluster,
      pooler: `${cluster}-pooler`,
      credentials: `${cluster}-credentials`,
      logins: { a: `${cluster}-login-a`, b: `${cluster}-login-b` },
    },
    spec: { ...SPEC, ...spec },
    logins: { current: 'a', other: 'closed' },
    external_uid: null,
    ...changed,
  };
}

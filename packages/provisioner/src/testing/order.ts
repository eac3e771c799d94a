/** Orders for tests. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Desired, Names, Spec } from '../types.ts';

const spec: Spec = {
  instances: 1,
  cpu: '500m',
  memory: '512Mi',
  storage: '1Gi',
  image: null,
  parameters: { work_mem: '8MB' },
  connections: 20,
  pool: { mode: 'transaction', instances: 1 },
  backup_schedule: null,
  extensions: [],
};

/** Returns an order of a database that exists nowhere yet, with names such as the registry makes them. */
export function newOrder({
  spec: changed,
  ...given
}: Partial<Omit<Desired, 'spec'>> & { spec?: Partial<Spec> } = {}): Desired {
  return {
    id: randomUUID(),
    tenant_id: randomUUID(),
    want: 'running',
    names: namesOf(`orders-${randomBytes(4).toString('hex')}`),
    logins: { current: 'a', other: 'closed' },
    external_uid: null,
    ...given,
    spec: { ...spec, ...changed },
  };
}

function namesOf(cluster: string): Names {
  return {
    namespace: 'default',
    cluster,
    pooler: `${cluster}-pooler`,
    credentials: `${cluster}-credentials`,
    logins: { a: `${cluster}-login-a`, b: `${cluster}-login-b` },
  };
}

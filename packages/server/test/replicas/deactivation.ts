/**
 * Server replicas whose register is a person: the token of an issuer is accepted while the user of the tenant that it
 * proves is active. The user is deactivated and activated again, by any replica.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type DatabaseHandle, tenants, users } from '@tenant-registry/db';
import type { TestIssuer } from '../support/oidc-provider.ts';
import { OPERATOR, startServer } from '../support/server-process.ts';
import { type FleetMember, post } from './fleets.ts';
import type { Replica } from './linearizable.ts';
import type { Subject } from './memory-replica.ts';

const TOKEN_SECONDS = 3_600;

/** Starts a server that trusts the issuer. */
export async function startDeactivationReplica(url: string, leaseMs: number, issuer: TestIssuer): Promise<FleetMember> {
  const process = await startServer(url, {
    AUTHORITY_LEASE_MS: String(leaseMs),
    AUTH_OIDC_ISSUER: issuer.url,
    AUTH_OIDC_AUDIENCE: issuer.audience,
    // Every refusal comes from one address.
    RATE_LIMIT_FAILURES_PER_MINUTE: '0',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
  });
  const at = (path: string) => process.address + path;
  const set = async ({ id }: Subject, live: boolean) => {
    const answer = await post(at(`/v1/users/${id}/${live ? 'activate' : 'deactivate'}`), OPERATOR, {});
    return answer?.status === 200;
  };
  const replica: Replica = {
    async read({ key }) {
      const answer = await post(at('/v1/me'), key, undefined, 'GET');
      if (answer?.status === 200) return true;
      if (answer?.status === 401 && /deactivated/.test(answer.body.detail)) return false;
      if (answer?.status === 401) throw new Error(`a good token was refused: ${answer.body.detail}`);
      return undefined;
    },
    write: set,
    revoke: (subject) => set(subject, false),
  };
  return { ...process, replica };
}

/** Makes an active user of a new tenant, with a token of the issuer that proves to be that user. */
export async function insertPerson({ db }: Pick<DatabaseHandle, 'db'>, issuer: TestIssuer): Promise<Subject> {
  const [id, tenant_id, sub] = [randomUUID(), randomUUID(), randomBytes(16).toString('hex')];
  await db.transaction().execute(async (tx) => {
    await tenants.insertTenant(tx, { id: tenant_id, slug: `p-${sub}`, name: 'Register', status: 'active' });
    const external_subject = `${issuer.url}|${sub}`;
    await users.insertUser(tx, {
      id,
      tenant_id,
      external_subject,
      display_name: 'Jane Doe',
      provisioned_by: 'sign_in',
    });
  });
  const exp = Math.floor(Date.now() / 1000) + TOKEN_SECONDS;
  return { id, tenant_id, key: await issuer.sign({ sub, tenant_id, exp }) };
}

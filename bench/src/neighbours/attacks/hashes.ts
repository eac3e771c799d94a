/** F3: a new key is hashed with argon2id, and its first use is compared with the hash: 64 MiB and a thread each time. */
import { randomUUID } from 'node:crypto';
import type { Assault } from '../assault.ts';
import type { Hand } from '../hand.ts';

const WORKERS = 230;

/** One half asks for keys that are refused; the others make a key, use it for the first time and revoke it, so that no quota ends them. */
export async function assaultByHashes({ send, tenantId }: Hand): Promise<Assault> {
  const make = (extra: object, signal: AbortSignal) =>
    send({ method: 'POST', path: '/v1/api-keys', body: { tenant_id: tenantId, name: 'x', ...extra } }, signal);
  return {
    note: 'nothing',
    workers: WORKERS,
    async act(n, _round, signal) {
      if (n % 2 === 0) return make({ project_id: randomUUID() }, signal);
      const { status, text } = await make({}, signal);
      if (status !== 201) return;
      const { id, key } = JSON.parse(text);
      await send({ method: 'GET', path: '/v1/me', token: key }, signal);
      return send({ method: 'DELETE', path: `/v1/api-keys/${id}` }, signal);
    },
  };
}

import { randomBytes, randomUUID } from 'node:crypto';
import type { Hand } from '../hand.ts';

const CONFIGS_MAX = 200;
const AT_ONCE = 8;
const CHANGES = 200;

/** Text that neither the database nor a transport can make smaller. */
function noise(characters: number): string {
  return randomBytes(Math.ceil(characters * 0.75))
    .toString('base64url')
    .slice(0, characters);
}

/** The largest list of context classes that is accepted: three bytes to each character. */
function classes(): string[] {
  const tag = randomUUID().slice(0, 8);
  return Array.from({ length: 50 }, (_, n) => `${tag}${n}`.padEnd(200, '€'));
}

/**
 * Makes as many SSO configurations as the tenant may have, 200 at most, each as large as is accepted, and then changes
 * them, which leaves an audit row each time. Returns what was made.
 */
export async function makeLargeRows({ send, tenantId }: Hand): Promise<string> {
  const ids: string[] = [];
  let refused = 0;
  await inParallel(CONFIGS_MAX, async () => {
    if (refused > AT_ONCE) return;
    const answer = await send({
      method: 'POST',
      path: '/v1/idp-configs',
      body: {
        tenant_id: tenantId,
        kind: 'oidc',
        alias: 'large',
        issuer: `https://${randomUUID()}.example`,
        metadata: { note: noise(31_000) },
        claim_mappings: { note: noise(31_000) },
      },
    });
    if (answer.status === 201) ids.push(JSON.parse(answer.text).id);
    else refused += 1;
  });
  let changed = 0;
  await inParallel(ids.length === 0 ? 0 : CHANGES, async (n) => {
    const body = { required_acr: classes(), required_amr: classes() };
    const { status } = await send({ method: 'PATCH', path: `/v1/idp-configs/${ids[n % ids.length]}`, body });
    if (status === 200) changed += 1;
  });
  return `${ids.length} SSO configurations, ${changed} changes of them`;
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

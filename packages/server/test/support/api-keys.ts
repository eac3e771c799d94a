/** Keys, questions and figures for the tests of verification. */
import type { RefusalCode, RefusedApiKey } from '../../src/modules/api-keys/schema.ts';
import { type Answer, type TestServer, tenantIn } from './server.ts';

/** Creates a key, in a tenant of its own unless told otherwise. */
export async function newKey(server: TestServer, fields: Record<string, unknown> = {}) {
  const tenant_id = fields['tenant_id'] ?? (await tenantIn(server, 'active')).id;
  const { status, body } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'ci', ...fields } });
  if (status !== 201) throw new Error(`could not create a key: ${JSON.stringify(body)}`);
  return body;
}

/** Asks over REST, as a product does. */
export function ask(server: TestServer, question: unknown, options: { token?: string | null } = {}): Promise<Answer> {
  const { token = server.internalToken } = options;
  return server.call('POST /v1/internal/api-keys/verify', { body: question, token });
}

/** The whole verdict that refuses a key for this reason. */
export function refusal(code: RefusalCode): RefusedApiKey {
  const nobody = { key_id: null, tenant_id: null, tenant_slug: null, tenant_status: null, project_id: null };
  return { valid: false, code, ...nobody, scopes: [], expires_at: null };
}

/** The value of a figure now, with these labels; 0 when it was never counted. */
export async function figure({ app }: TestServer, name: string, labels: Record<string, string> = {}): Promise<number> {
  const metrics = await app.deps.metrics.registry.getMetricsAsJSON();
  const values = metrics.flatMap((metric) => metric.values as readonly Sample[]); // the library's type names no member
  const wanted = values.filter((sample) => (sample.metricName ?? '') === `tenant_registry_${name}`);
  const named = metrics.find((metric) => metric.name === `tenant_registry_${name}`)?.values as readonly Sample[];
  const of = (wanted.length > 0 ? wanted : (named ?? [])).filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return of.reduce((sum, { value }) => sum + value, 0);
}

interface Sample {
  readonly metricName?: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
}

/** Returns the number of argon2id computations that verification has made. */
export function proofsByArgon2(server: TestServer): Promise<number> {
  return figure(server, 'argon2_seconds_count', { operation: 'verify' });
}

/** Returns the number of argon2id computations that the server has made, for verification and for new hashes. */
export function computations(server: TestServer): Promise<number> {
  return figure(server, 'argon2_seconds_count');
}

/** The stored hash and digest of a key. */
export function storedProof({ app }: TestServer, id: string) {
  return app.deps.db
    .selectFrom('api_keys')
    .select(['hash', 'digest', 'digest_pepper'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

// The ceiling: what Fastify, zod in and out and one SHA-256 cost, with the answer already in memory.
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { type Verdict, verdict, verifyApiKeyInput } from '../../../packages/server/src/modules/api-keys/schema.ts';
import { digest, mintKey } from './keys.ts';
import { keyCount, serve } from './serve.ts';

const keys = Array.from({ length: keyCount }, mintKey);
const tenantId = randomUUID();
const answers = new Map<string, Verdict>(
  keys.map((key) => [
    digest(key),
    {
      valid: true,
      key_id: randomUUID(),
      tenant_id: tenantId,
      tenant_slug: 'bench',
      tenant_status: 'trial',
      project_id: null,
      scopes: [],
      expires_at: null,
    },
  ]),
);

const app = Fastify();
app.post('/verify', (request) => {
  const { key } = verifyApiKeyInput.parse(request.body);
  return verdict.parse(answers.get(digest(key)) ?? { valid: false, code: 'not_found' });
});
await serve(app, keys);

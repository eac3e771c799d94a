// The ceiling: Fastify, zod for input and output, one SHA-256, and an answer that is in memory already.
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import {
  type AcceptedApiKey,
  verdict,
  verifyApiKeyInput,
} from '../../../packages/server/src/modules/api-keys/schema.ts';
import { digest, mintKey } from './keys.ts';
import { keyCount, serve } from './serve.ts';

const keys = Array.from({ length: keyCount }, mintKey);
const tenantId = randomUUID();
const answers = new Map<string, AcceptedApiKey>(
  keys.map((key) => [
    digest(key),
    {
      valid: true,
      code: 'valid',
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
  const answer = answers.get(digest(key));
  if (answer === undefined) throw new Error('the bench asks about known keys only');
  return verdict.parse(answer);
});
await serve(app, keys);

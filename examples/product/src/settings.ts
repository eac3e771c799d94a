/**
 * A product that takes its settings from the registry: limits as a typed configuration, and a flag through OpenFeature. It
 * goes on with what it knows while the registry is away, and starts with it too when CACHE_FILE names a file.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { env } from 'node:process';
import { OpenFeature } from '@openfeature/server-sdk';
import { createClient, createConfigs } from '@tenant-registry/client';
import { createConfigsProvider } from '@tenant-registry/client/openfeature';
import { z } from 'zod';

const { URL: url = 'http://127.0.0.1:8090', PROJECT_ID, API_KEY, PORT = '8065', CACHE_FILE } = env;

/** What this product expects of the key `limits`; what is missing in it has a default. */
const limits = z.object({ max_users: z.number().int().min(1), greeting: z.string().default('Welcome') });
const standard = { max_users: 10, greeting: 'Welcome' };

async function main(project_id: string, token: string): Promise<void> {
  const configs = createConfigs({
    client: createClient({ url, token }),
    project_id,
    cacheFile: CACHE_FILE,
    reader: 'example-product',
    onState: ({ live, source }) => console.log(live ? 'The settings are live.' : `The settings are of the ${source}.`),
    onChange: ({ keys }) => console.log(`Changed: ${keys.join(', ')}`),
    onProblem: ({ message }) => console.error(message),
  });
  await configs.ready;
  await OpenFeature.setProviderAndWait(createConfigsProvider({ configs }));
  const flags = OpenFeature.getClient();

  const server = createServer(async (_, response) => {
    const { max_users, greeting } = configs.get('limits', limits, { default: standard });
    const checkout = await flags.getBooleanDetails('checkout#/enabled', false);
    const { live, age_ms } = configs;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ max_users, greeting, checkout: checkout.value, reason: checkout.reason, live, age_ms }),
    );
  });
  server.listen(Number(PORT), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(`The product answers on http://127.0.0.1:${port}`);
  });
  process.once('SIGTERM', () => {
    server.closeAllConnections();
    server.close();
    void configs.close();
  });
}

try {
  if (!PROJECT_ID || !API_KEY)
    throw new Error('set PROJECT_ID, and API_KEY to a key with the scope registry:configs:read');
  await main(PROJECT_ID, API_KEY);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

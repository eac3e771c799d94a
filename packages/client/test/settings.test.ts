// engine: none
/** The example of a product that takes its settings from the registry, while the registry is stopped and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import { freePort } from '../../server/test/support/free-port.ts';
import { INTERNAL, OPERATOR, startProcess } from '../../server/test/support/server-process.ts';
import { createClient } from '../src/index.ts';

const settings = fileURLToPath(new URL('../../../examples/product/src/settings.ts', import.meta.url));

let folder: string;
let port: number;
let registry: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  port = await freePort();
  await startRegistry();
});
afterAll(async () => {
  await end(registry);
  await rm(folder, { recursive: true });
});

const url = () => `http://127.0.0.1:${port}`;

async function startRegistry(): Promise<void> {
  const tokens = { OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL };
  const started = startProcess({
    ...tokens,
    PORT: `${port}`,
    DATA_DIR: join(folder, 'data'),
    RATE_LIMIT_PER_MINUTE: '0',
  });
  registry = started.child;
  await started.ready;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill(signal);
  await ended;
}

/** Starts the product, and resolves to what asks it. */
async function startProduct(env: Readonly<Record<string, string>>) {
  const productPort = await freePort();
  const child = spawn(process.execPath, [settings], {
    env: {
      ...childEnv(),
      URL: url(),
      PORT: `${productPort}`,
      CACHE_FILE: join(folder, 'cache.json'),
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  onTestFinished(() => end(child, 'SIGKILL'));
  await expect.poll(() => output).toContain('The product answers on');
  const ask = async (): Promise<Record<string, unknown>> => (await fetch(`http://127.0.0.1:${productPort}`)).json();
  return { ask, stop: () => end(child), output: () => output };
}

// proves B21, B33
test('the product follows its settings, goes on while the registry is stopped, and starts without it', async () => {
  const operator = createClient({ url: url(), token: OPERATOR });
  const { id: tenant_id } = await operator.tenants.create({ slug: 'settings', name: 'Settings' });
  await operator.entitlements.set({ tenant_id, product: 'certifai' });
  const { id: project_id } = await operator.projects.create({ tenant_id, slug: 'shop', name: 'Shop' });
  const { key = '' } = await operator.apiKeys.create({
    tenant_id,
    project_id,
    name: 'shop',
    scopes: ['registry:configs:read'],
  });
  const write = (name: string, content: unknown, expected_version: number) =>
    operator.configs.put({ project_id, key: name, content, expected_version });
  await write('limits', { max_users: 50 }, 0);
  await write('checkout', { enabled: true }, 0);

  const env = { PROJECT_ID: project_id, API_KEY: key };
  const product = await startProduct(env);
  await expect.poll(product.ask).toMatchObject({ max_users: 50, checkout: true, reason: 'STATIC', live: true });
  await write('limits', { max_users: 60, greeting: 'Hello' }, 1);
  await expect.poll(product.ask).toMatchObject({ max_users: 60, greeting: 'Hello' });
  // Once the registry knows what the product expects, nobody can break it by accident.
  await expect
    .poll(async () => (await operator.configs.listReaders({ project_id, key: 'limits' })).items)
    .toMatchObject([{ reader: 'example-product' }]);
  await expect(write('limits', { max_users: 'many' }, 2)).rejects.toMatchObject({ code: 'breaks_readers' });

  await end(registry, 'SIGKILL');
  await expect.poll(product.ask).toMatchObject({ max_users: 60, checkout: true, reason: 'STALE', live: false });
  await product.stop();
  const second = await startProduct(env);
  expect(await second.ask()).toMatchObject({ max_users: 60, checkout: true, reason: 'STALE', live: false });

  await startRegistry();
  await expect.poll(second.ask).toMatchObject({ max_users: 60, live: true, reason: 'STATIC' });
  await write('checkout', { enabled: false }, 1);
  await expect.poll(second.ask).toMatchObject({ checkout: false });
  expect(second.output()).not.toContain(key);
});

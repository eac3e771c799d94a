/**
 * The lane of the image: `node scripts/run.mjs node deploy/lanes/image.mjs`. Builds the image, starts deploy/compose.yaml
 * with it, ends each replica in turn under requests, and gives them etcd and NATS. Prints what it saw, keeps it in bench/results, and fails where
 * anything is not as docs/deploy.md says. Skipped by name where no Docker engine or no Compose is.
 *
 * With `--own-build` the image is also built from the sources inside, as without `--target prebuilt`, which needs the npm
 * registry there: NODE_IMAGE names another image with Node and npm, BUILD_NETWORK the network of the build (`host`).
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../bench/src/lib/processes.ts';
import { writeResults } from '../../bench/src/lib/report.ts';
import { answers, attempt, composeCommand, docker, proxyImage } from './docker.mjs';
import { profileFigures } from './profiles.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const IMAGE = 'tenant-registry:lane';
const WORKERS = 8;
const HEALTHY_MS = 120_000;
const secret = () => randomBytes(32).toString('hex');

if (!answers()) {
  console.log('skipped: image (no Docker engine answers)');
} else {
  const figures = [...(await imageFigures()), ...(await ownBuildFigures()), ...(await composeFigures())];
  for (const { name, seen, wanted } of figures) console.log(`${isAs(seen, wanted) ? 'ok  ' : 'NOT '} ${name}: ${seen}`);
  const failed = figures.filter(({ seen, wanted }) => !isAs(seen, wanted));
  await writeResults('image-compose', { figures });
  console.log(failed.length === 0 ? 'the image is as docs/deploy.md says' : `${failed.length} are not as wanted`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** A figure without a wanted value is only told. */
function isAs(seen, wanted) {
  return wanted === undefined || seen === wanted;
}

async function imageFigures() {
  if (!existsSync(join(root, 'dist'))) await run(process.execPath, [join(root, 'scripts/build.ts')]);
  const { stdout } = await run('git', ['rev-parse', 'HEAD'], { cwd: root }).catch(() => ({ stdout: 'unknown' }));
  const file = join(root, 'deploy/Dockerfile');
  const labels = ['--build-arg', `REVISION=${stdout.trim()}`];
  await docker('build', '-q', '-f', file, '--target', 'prebuilt', '-t', IMAGE, ...labels, root);
  const inside = (...args) => attempt('run', '--rm', '--read-only', '--cap-drop=ALL', ...args);
  const tools = 'for each in npm npx corepack yarn pnpm gcc; do command -v $each; done; true';
  const config = JSON.parse(await docker('image', 'inspect', '-f', '{{json .Config}}', IMAGE));
  const alone = await inside(IMAGE);
  return [
    { name: 'image, MB', seen: Math.round(Number(await docker('image', 'inspect', '-f', '{{.Size}}', IMAGE)) / 1e6) },
    { name: 'user', seen: config.User, wanted: '65532:65532' },
    { name: 'revision in its label', seen: config.Labels['org.opencontainers.image.revision'], wanted: stdout.trim() },
    {
      name: 'npm, a compiler and the like in it',
      seen: (await inside('--entrypoint=sh', IMAGE, '-c', tools)).text.trim(),
      wanted: '',
    },
    {
      name: 'a bill of materials in it',
      seen: (await inside('--entrypoint=test', IMAGE, '-s', '/app/dist/sbom.cdx.json')).code === 0,
      wanted: true,
    },
    { name: 'exit code without a database', seen: alone.code, wanted: 2 },
    { name: 'it says why', seen: alone.text.includes('DATABASE_URL is missing'), wanted: true },
    { name: 'version', seen: (await inside(IMAGE, '--version')).code, wanted: 0 },
  ];
}

/** The dist/ that the image makes itself is the one that was made here, byte for byte. */
async function ownBuildFigures() {
  if (!process.argv.includes('--own-build')) return [];
  const own = `${IMAGE}-own`;
  const { NODE_IMAGE: node, BUILD_NETWORK: network } = process.env;
  const args = [...(node ? ['--build-arg', `NODE_IMAGE=${node}`] : []), ...(network ? [`--network=${network}`] : [])];
  const started = performance.now();
  await docker('build', '-q', '-f', join(root, 'deploy/Dockerfile'), '-t', own, ...args, root);
  const builtMs = Math.round(performance.now() - started);
  const sums = 'cd /app/dist && find . -type f | sort | xargs sha256sum | sha256sum';
  const sumOf = async (image) => (await docker('run', '--rm', '--entrypoint=sh', image, '-c', sums)).split(' ')[0];
  return [
    { name: 'built inside the image, ms', seen: builtMs },
    { name: 'digest of what was built inside', seen: await sumOf(own), wanted: await sumOf(IMAGE) },
  ];
}

async function composeFigures() {
  const command = composeCommand();
  if (command === undefined) {
    console.log('skipped: compose (neither the plugin of Docker nor docker-compose is installed)');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'registry-compose-'));
  const project = `registry-lane-${process.pid}`;
  const port = await freePort();
  const operator = secret();
  writeSecrets(folder, operator);
  const env = {
    ...process.env,
    REGISTRY_IMAGE: IMAGE,
    PROXY_IMAGE: await proxyImage(),
    ETCD_IMAGE: process.env.ETCD_IMAGE || 'etcd:3.4',
    PRODUCTS_NETWORK: `${project}-products`,
    PUBLISH: `127.0.0.1:${port}`,
  };
  const [file, ...first] = command;
  const compose = (...args) =>
    run(file, [...first, '-p', project, '-f', join(folder, 'compose.yaml'), ...args], { env, maxBuffer: 1 << 26 });
  try {
    const { stdout: version } = await run(file, [...first, 'version', '--short']);
    const started = performance.now();
    await compose('up', '-d');
    const deployment = { compose, project, url: `http://127.0.0.1:${port}`, operator };
    const replicas = (await compose('ps', '-q', 'registry')).stdout.trim().split('\n');
    await until(async () => (await fetch(`${deployment.url}/readyz`)).ok);
    const startedMs = Math.round(performance.now() - started);
    return [
      { name: 'compose', seen: version.trim() },
      { name: 'from nothing to ready, ms', seen: startedMs },
      ...(await replicaFigures(deployment, replicas)),
      ...(await listenerFigures(deployment)),
      ...(await stopFigures(deployment, replicas)),
      ...(await profileFigures({ ...deployment, folder, image: IMAGE, until })),
    ];
  } catch (error) {
    console.error((await compose('logs', '--tail=40').catch(({ message }) => ({ stdout: message }))).stdout);
    throw error;
  } finally {
    await compose('--profile', 'etcd', '--profile', 'nats', 'down', '-v', '--remove-orphans');
    rmSync(folder, { recursive: true });
  }
}

/** Writes what is secret beside a copy of the compose file, as docs/deploy.md does. */
function writeSecrets(folder, operator) {
  for (const name of ['compose.yaml', 'proxy']) {
    cpSync(join(root, 'deploy', name), join(folder, name), { recursive: true });
  }
  const password = secret();
  const variables = {
    DATABASE_URL: `postgres://registry:${password}@postgres:5432/registry`,
    OPERATOR_TOKEN: operator,
    INTERNAL_TOKEN: secret(),
    SECRETS_KEY: secret(),
    API_KEY_PEPPER: secret(),
    AUDIT_SIGNING_KEY: secret(),
    PUBLIC_URL: 'https://registry.example',
    // The load comes from one operator.
    RATE_LIMIT_PER_MINUTE: 0,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, 'registry.env'), lines.join(''), { mode: 0o600 });
  writeFileSync(join(folder, 'postgres.env'), `POSTGRES_PASSWORD=${password}\n`, { mode: 0o600 });
}

async function replicaFigures({ compose }, replicas) {
  const [first] = replicas;
  const inside = (...args) => attempt('exec', first, ...args);
  const [migrate] = (await compose('ps', '-aq', 'migrate').catch(() => compose('ps', '-q', 'migrate'))).stdout.split(
    '\n',
  );
  return [
    { name: 'replicas', seen: replicas.length, wanted: 2 },
    { name: 'exit code of migrate', seen: await docker('inspect', '-f', '{{.State.ExitCode}}', migrate), wanted: '0' },
    { name: 'health', seen: await healthOf(first), wanted: 'healthy' },
    { name: 'user inside', seen: (await inside('id', '-u')).text.trim(), wanted: '65532' },
    { name: 'a file can be written', seen: (await inside('touch', '/app/x')).code === 0, wanted: false },
    {
      name: 'capabilities',
      seen: (await inside('grep', 'CapEff', '/proc/1/status')).text.split(/\s+/)[1],
      wanted: '0000000000000000',
    },
    {
      name: 'process 1',
      seen: (await inside('cat', '/proc/1/cmdline')).text.replaceAll('\0', ' ').trim(),
      wanted: 'node /app/dist/tenant-registry.mjs serve',
    },
  ];
}

function healthOf(container) {
  return docker('inspect', '-f', '{{.State.Health.Status}}', container);
}

async function listenerFigures({ project, url }) {
  const statusOf = async (path, init) => (await fetch(`${url}${path}`, init)).status;
  const fetching = "fetch('http://tenant-registry-internal:8091/metrics').then((r) => console.log(r.status))";
  const product = await attempt(
    ...['run', '--rm', '--network', `${project}-products`, '--entrypoint=node', IMAGE, '-e', fetching],
  );
  return [
    { name: 'public /v1/tenants without a credential', seen: await statusOf('/v1/tenants'), wanted: 401 },
    {
      name: 'public /v1/internal/api-keys/verify',
      seen: await statusOf('/v1/internal/api-keys/verify', { method: 'POST' }),
      wanted: 404,
    },
    { name: 'public /metrics without a credential', seen: (await statusOf('/metrics')) !== 200, wanted: true },
    { name: 'internal /metrics, for a product', seen: product.text.trim(), wanted: '200' },
  ];
}

/** Ends each replica in turn, as an update does, while requests come in; no client sends one twice. */
async function stopFigures({ url, operator }, replicas) {
  const load = startLoad(url, operator);
  const stops = [];
  for (const replica of replicas) {
    await sleep(2_000);
    const started = performance.now();
    await docker('stop', '-t', '15', replica);
    const ms = Math.round(performance.now() - started);
    stops.push({ ms, code: await docker('inspect', '-f', '{{.State.ExitCode}}', replica) });
    await sleep(1_000);
    await docker('start', replica);
    await until(async () => (await healthOf(replica)) === 'healthy');
    // The proxy has looked at it, too.
    await sleep(2_000);
  }
  const { answered, failures } = await load.stop();
  for (const failure of failures.slice(0, 5)) console.log(`failed: ${failure}`);
  return [
    { name: 'exit codes after SIGTERM', seen: stops.map(({ code }) => code).join(' '), wanted: '0 0' },
    { name: 'drained within, ms', seen: Math.max(...stops.map(({ ms }) => ms)) },
    { name: 'requests while both replicas ended in turn', seen: answered },
    { name: 'failed requests', seen: failures.length, wanted: 0 },
  ];
}

function startLoad(url, token) {
  const failures = [];
  let answered = 0;
  let ended = false;
  async function work() {
    for (let turn = 0; !ended; turn += 1) {
      const { status, text } = await ask(url, token, turn % 4 === 0);
      if (status >= 200 && status < 300) answered += 1;
      else failures.push(`${status} ${text}`);
    }
  }
  const workers = Array.from({ length: WORKERS }, work);
  return {
    async stop() {
      ended = true;
      await Promise.all(workers);
      return { answered, failures };
    },
  };
}

async function ask(url, token, isWrite) {
  const id = randomUUID();
  const write = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ slug: `t-${id}`.slice(0, 30), name: 'Lane' }),
  };
  const read = { headers: { authorization: `Bearer ${token}` } };
  try {
    const answer = await fetch(`${url}/v1/tenants${isWrite ? '' : '?limit=1'}`, isWrite ? write : read);
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return { status: 0, text: String(error.cause ?? error) };
  }
}

async function until(isSo, limitMs = HEALTHY_MS) {
  const end = performance.now() + limitMs;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > end) throw new Error(`it did not happen within ${limitMs} ms: ${isSo}`);
    await sleep(300);
  }
}

/** The profiles of deploy/compose.yaml: etcd and NATS answer, and the replicas keep configurations and events in them. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from './docker.mjs';

/** Starts both, moves the configurations as docs/operations.md says, and writes one through the proxy. */
export async function profileFigures({ compose, project, folder, url, operator, image, until }) {
  const profiled = (...args) => compose('--profile', 'etcd', '--profile', 'nats', ...args);
  await profiled('up', '-d', 'etcd', 'nats');
  const answering = async (code, wanted) => {
    let seen = '';
    const probe = ['--network', `${project}_data`, '--entrypoint=node', image, '--input-type=module', '-e', code];
    await until(async () => {
      seen = (await attempt('run', '--rm', ...probe)).text.trim();
      return seen === wanted;
    }, 20_000).catch(() => undefined);
    return seen;
  };
  const etcd = "console.log(await (await fetch('http://etcd:2379/health')).text())";
  const nats =
    "import { connect } from 'node:net'; connect(4222, 'nats').once('data', (d) => { console.log(String(d).slice(0, 4)); process.exit(); })";
  const figures = [
    { name: 'profile etcd', seen: await answering(etcd, '{"health":"true"}'), wanted: '{"health":"true"}' },
    { name: 'profile nats', seen: await answering(nats, 'INFO'), wanted: 'INFO' },
  ];
  appendFileSync(join(folder, 'registry.env'), 'ETCD_ENDPOINTS=http://etcd:2379\nEVENTS_NATS_URL=nats://nats:4222\n');
  await profiled('run', '--rm', '--no-deps', 'registry', 'configs', 'move', '--to=etcd');
  appendFileSync(join(folder, 'registry.env'), 'CONFIG_STORE=etcd\n');
  await profiled('up', '-d', '--no-deps', '--force-recreate', 'registry');
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  const version = await writtenVersion(url, operator);
  const keys = await profiled('exec', '-T', 'etcd', ...ETCDCTL, 'get', '--prefix', 'tenant-registry/', '--keys-only');
  const lag = () => metric(project, image, 'relay_lag_events');
  await until(async () => (await lag()) === '0', 30_000).catch(() => undefined);
  return [
    ...figures,
    { name: 'a configuration is written', seen: version, wanted: 1 },
    { name: 'it is in etcd', seen: /lane-limits/.test(keys.stdout), wanted: true },
    { name: 'events that are not in the stream of NATS', seen: await lag(), wanted: '0' },
  ];
}

// Version 3 of the interface is the default from 3.4 on, and has to be asked for before.
const ETCDCTL = ['env', 'ETCDCTL_API=3', 'etcdctl', '--endpoints=http://127.0.0.1:2379'];

/** Makes a tenant that may have projects, a project and a configuration; returns the version of the last. */
async function writtenVersion(url, token) {
  const ask = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  const { id: tenant_id } = await ask('POST', 'tenants', { slug: `c-${randomUUID()}`.slice(0, 30), name: 'Lane' });
  await ask('PUT', 'entitlements', { tenant_id, product: 'certifai' });
  const project = await ask('POST', 'projects', { tenant_id, slug: 'lane', name: 'Lane' });
  const content = { content: { max: 1 }, expected_version: 0 };
  return (await ask('PUT', `projects/${project.id}/configs/lane-limits`, content)).version;
}

/** The value of a metric on the listener for products. */
async function metric(project, image, name) {
  const code = `console.log(await (await fetch('http://tenant-registry-internal:8091/metrics')).text())`;
  const products = ['--network', `${project}-products`, '--entrypoint=node', image, '--input-type=module', '-e', code];
  const { text } = await attempt('run', '--rm', ...products);
  return new RegExp(`^tenant_registry_${name} (\\S+)$`, 'm').exec(text)?.[1];
}

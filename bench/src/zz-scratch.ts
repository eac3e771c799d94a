import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { openDatabaseServer } from './lib/databases.ts';
import { measure } from './lib/load.ts';
import { startServer } from './lib/processes.ts';
import { randomBytes } from 'node:crypto';
const cpu = (pid: number) => { const p = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return (Number(p[11]) + Number(p[12])) * 10; };
await using stack = new AsyncDisposableStack();
const databases = await openDatabaseServer(stack);
const DATABASE_URL = await databases.createDatabase('scratch');
const token = randomBytes(24).toString('hex');
const prof = process.env['PROF'];
const server = await startServer('packages/server/src/main.ts', { DATABASE_URL, APP_ENV: 'dev', OPERATOR_TOKEN: token, INTERNAL_TOKEN: randomBytes(24).toString('hex'), LOG_LEVEL: process.env['LL'] ?? 'info', RATE_LIMIT_PER_MINUTE: process.env['RL'] ?? '1000000', RATE_LIMIT_TENANT_PER_MINUTE: '0', RATE_LIMIT_TENANT_COST_PER_MINUTE: '0', NODE_OPTIONS: (process.env['NODE_OPTIONS'] ?? '') + (prof ? ` --cpu-prof --cpu-prof-dir=${prof} --cpu-prof-interval 200` : '') }, stack);
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const made = await fetch(`${server.url}/v1/tenants`, { method: 'POST', headers, body: JSON.stringify({ slug: 'abc', name: 'Bench' }) });
const { id } = await made.json() as any;
const hand = await startServer('bench/src/zz-hand.ts', { DATABASE_URL, NODE_OPTIONS: (process.env['NODE_OPTIONS'] ?? '') + (prof ? ` --cpu-prof --cpu-prof-dir=${prof}h --cpu-prof-interval 200` : '') }, stack);
const get = { authorization: `Bearer ${token}` };
const targets = [
  { name: 'hand', pid: hand.pid, url: `${hand.url}/v1/tenants/${id}` },
  { name: 'rest', pid: server.pid, url: `${server.url}/v1/tenants/${id}` },
  ...(process.env['TRPC'] ? [{ name: 'trpc', pid: server.pid, url: `${server.url}/trpc/tenants.get?input=${encodeURIComponent(JSON.stringify({ id }))}` }] : []),
];
for (let round = 0; round < Number(process.env['ROUNDS'] ?? 3); round++) for (const t of targets) {
  const before = cpu(t.pid);
  const s = await measure({ name: t.name, url: t.url, headers: get, bodies: [], requestsOf: () => [{ method: 'GET', path: new URL(t.url).pathname + new URL(t.url).search }], accepts: (b) => b.includes(id) }, { connections: 32, seconds: 3 });
  console.log(t.name, s.requests_per_second, 'p50', s.p50_ms, 'cpu/1000', ((cpu(t.pid) - before) / s.requests * 1000).toFixed(0));
}

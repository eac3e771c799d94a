// engine: postgres
/** PROCESSES: a group of processes on one port, as an operator and callers meet it. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { INTERNAL, OPERATOR, type StartedProcess, startProcess } from './support/server-process.ts';

const ANONYMOUS_MAX = 40;
const VERIFY = '/v1/internal/api-keys/verify';

interface Group extends StartedProcess {
  readonly address: string;
  readonly internalAddress: string;
}

interface Line {
  readonly msg: string;
  readonly process?: number;
  readonly reqId?: string;
  readonly pids?: number[];
  readonly [member: string]: unknown;
}

let database: TestDatabase;
let group: Group;
/** Of the processes that serve. */
let pids: number[] = [];

async function startGroup(): Promise<void> {
  group = await start();
  pids = await eventually(() => pidsOf('ready'));
}

async function start(): Promise<Group> {
  const limits = { RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_ANONYMOUS_PER_MINUTE: String(ANONYMOUS_MAX) };
  const patience = { REQUEST_TIMEOUT_MS: '48000', SHUTDOWN_TIMEOUT_MS: '60000', SHUTDOWN_IDLE_MS: '300' };
  const tokens = { OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL };
  const env = {
    PROCESSES: '2',
    MIGRATE_ON_START: 'false',
    INTERNAL_ADDR: '127.0.0.1:0',
    DATABASE_URL: database.url ?? '',
    DATABASE_CONNECTIONS_MAX: '3',
  };
  const started = startProcess({ ...env, ...tokens, ...limits, ...patience });
  onEnd.push(() => started.child.kill('SIGKILL'));
  const address = await started.ready;
  const [, internalAddress = ''] = /"internalAddress":"([^"]+)"/.exec(started.output()) ?? [];
  return { ...started, address, internalAddress };
}

const onEnd: (() => unknown)[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await startGroup();
});
afterAll(async () => {
  for (const end of onEnd) await end();
  await database.close();
});

function lines({ output }: Group): Line[] {
  return output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

function pidsOf(msg: string): number[] {
  const found = saying(msg).at(-1)?.pids;
  if (found === undefined) throw new Error(`no line says: ${msg}`);
  return found;
}

const saying = (msg: string) => lines(group).filter((line) => line.msg === msg);

interface Question {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
  readonly id?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Without an agent on a connection of its own. */
function ask({ method, path, token, body, id }: Question, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...(id && { 'x-request-id': id }),
    };
    const base = token === INTERNAL ? group.internalAddress : group.address;
    const asked = request(`${base}${path}`, { method, agent: agent ?? false, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

const verify = (key: string): Question => ({ method: 'POST', path: VERIFY, token: INTERNAL, body: { key } });
const unknownKey = verify(`bp_${'A'.repeat(22)}`);
const tenants: Question = { method: 'GET', path: '/v1/tenants', token: OPERATOR };

/** A connection to each of the two processes, by its number. */
async function connections(): Promise<Map<number, Agent>> {
  const found = new Map<number, Agent>();
  for (let turn = 0; found.size < 2; turn += 1) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const id = `${crypto.randomUUID()}`;
    await ask({ ...tenants, id }, agent);
    const line = await eventually(() => {
      const its = lines(group).find(({ reqId }) => reqId === id);
      if (its === undefined) throw new Error('its line is not there yet');
      return its;
    });
    found.set(line.process ?? 0, agent);
    expect(turn, 'connections go to the processes in turn').toBeLessThan(8);
  }
  return found;
}

async function series(): Promise<Map<string, number>> {
  const { text } = await ask({ method: 'GET', path: '/metrics', token: INTERNAL });
  const entries = text.split('\n').map((line) => /^(?:tenant_registry_)?([^#]\S*) (\S+)$/.exec(line));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', Number(entry[2])] as const])));
}

const verifications = async () =>
  (await series()).get(`http_requests_total{route="${VERIFY}",method="POST",status="2xx"}`) ?? 0;

/** Asks again and again until `stop`, or until no connection can be made; tells what failed. */
function load(keeping: number, anew: number) {
  let isOver = false;
  let answers = 0;
  const failures: string[] = [];
  const client = async (index: number) => {
    const agent = index < keeping ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
    while (!isOver) {
      try {
        const { status } = await ask(index % 2 === 0 ? unknownKey : tenants, agent);
        if (status === 200) answers += 1;
        else failures.push(String(status));
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        // Without a connection no request was sent, so none is lost.
        if (code === 'ECONNREFUSED') return;
        failures.push(code);
      }
      await sleep(10);
    }
    agent?.destroy();
  };
  const ended = Promise.all(Array.from({ length: keeping + anew }, (_, index) => client(index)));
  return {
    failures,
    answers: () => answers,
    ended,
    async stop() {
      isOver = true;
      await ended;
    },
  };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('both processes answer on one port, the start is told once, and lines say whose they are', async () => {
  const found = await connections();
  expect([...found.keys()].sort()).toEqual([1, 2]);
  expect(saying('ready')).toMatchObject([{ processes: 2, connectionsMax: 8 }]);
  expect(group.output().match(/tenant-registry is ready/g)).toHaveLength(1);
  await eventually(() => expect(saying('this process does the background work of all')).toHaveLength(1));
});

test('/metrics tells the sum of what both have answered, whichever is asked', async () => {
  const before = await verifications();
  for (let count = 0; count < 20; count += 1) await ask(unknownKey);
  expect(await verifications()).toBe(before + 20);
  const now = await series();
  expect(now.get('process_up{process="1"}')).toBe(1);
  expect(now.get('process_up{process="2"}')).toBe(1);
  expect(now.get('database_connections_max')).toBe(6);
  expect(now.get('process_restarts_total')).toBe(0);
});

test('a key that is revoked through one process is refused by the other at once', async () => {
  const [one, two] = [...(await connections()).values()];
  const post = async (path: string, body: object, agent?: Agent) =>
    JSON.parse((await ask({ method: 'POST', path, token: OPERATOR, body }, agent)).text);
  const { id: tenant_id } = await post('/v1/tenants', { slug: 'group', name: 'Group' });
  const { id, key } = await post('/v1/api-keys', { tenant_id, name: 'ci', scopes: ['reports:read'] }, one);
  const verdict = async (agent?: Agent) => JSON.parse((await ask(verify(key), agent)).text);
  for (const agent of [one, two, one, two]) expect(await verdict(agent)).toMatchObject({ valid: true });
  await ask({ method: 'DELETE', path: `/v1/api-keys/${id}`, token: OPERATOR }, one);
  expect(await verdict(two)).toMatchObject({ valid: false });
});

test('an address has one budget for both processes', async () => {
  const anonymous: Question = { method: 'GET', path: '/v1/tenants' };
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await ask(anonymous)).status);
    return seen;
  };
  await statuses(ANONYMOUS_MAX / 2 + 2);
  // Each process has let half of it through by itself.
  await eventually(async () => expect(new Set(await statuses(2))).toEqual(new Set([429])));
  expect((await series()).get('http_problems_total{code="rate_limited"}')).toBeGreaterThan(0);
});

test('a process that is killed is replaced, another one does the background work, and no counter falls', async () => {
  const found = await connections();
  const { process: leading = 0 } = saying('this process does the background work of all').at(-1) ?? {};
  const before = await verifications();
  const other = found.get(3 - leading);
  process.kill(pids[leading - 1] ?? 0, 'SIGKILL');
  expect(await ask(unknownKey, other)).toMatchObject({ status: 200 });
  const [{ pid }] = await eventually(() => {
    expect(saying('a process listens')).toMatchObject([{ process: leading }]);
    return saying('a process listens') as [Line];
  });
  pids[leading - 1] = Number(pid);
  expect(saying('this process does the background work of all').map((line) => line.process)).toEqual([
    leading,
    3 - leading,
  ]);
  const now = await series();
  expect(now.get('process_restarts_total')).toBe(1);
  expect(now.get(`process_up{process="${leading}"}`)).toBe(1);
  expect(await verifications()).toBe(before + 1);
  expect([...(await connections()).keys()].sort()).toEqual([1, 2]);
});

test('SIGHUP replaces one process after the other, and no request fails meanwhile', async () => {
  const before = await verifications();
  const { failures, answers, stop } = load(6, 2);
  await eventually(() => expect(answers()).toBeGreaterThan(20));
  group.child.kill('SIGHUP');
  const replaced = await eventually(() => pidsOf('the processes were replaced'));
  const atEnd = answers();
  await eventually(() => expect(answers()).toBeGreaterThan(atEnd + 20));
  await stop();
  expect(failures).toEqual([]);
  expect(pids.some(isAlive)).toBe(false);
  pids = replaced;
  expect(pids.every(isAlive)).toBe(true);
  expect((await series()).get('process_restarts_total')).toBe(1);
  expect(await verifications(), 'what the ended ones counted is counted').toBeGreaterThan(before);
});

test('SIGTERM to all of its processes at once, as a terminal and systemd send it, loses no request and ends with 0', async () => {
  const { failures, answers, ended } = load(8, 0);
  await eventually(() => expect(answers()).toBeGreaterThan(20));
  for (const pid of [group.child.pid ?? 0, ...pids]) process.kill(pid, 'SIGTERM');
  await ended;
  expect(failures).toEqual([]);
  expect(await group.ended).toBe(0);
  expect(pids.some(isAlive)).toBe(false);
});

test('when the supervisor is killed its processes end, and the port is free', async () => {
  await startGroup();
  expect(pids.every(isAlive)).toBe(true);
  group.child.kill('SIGKILL');
  await eventually(() => expect(pids.some(isAlive)).toBe(false));
  await expect(ask(tenants)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('what is wrong at the start is told once and ends all: 2 for the environment, 1 for a port that is taken', async () => {
  const embedded = startProcess({ PROCESSES: '2', APP_ENV: 'dev' });
  expect(await embedded.ended).toBe(2);
  expect(embedded.output()).toContain('PROCESSES must be 1 or auto without DATABASE_URL');
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const late = startProcess({
    PROCESSES: '2',
    DATABASE_URL: database.url ?? '',
    PORT: String(port),
    MIGRATE_ON_START: 'false',
  });
  expect(await late.ended).toBe(1);
  expect(late.output().match(/cannot start: .*EADDRINUSE/g)).toHaveLength(1);
});

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { testDatabase } from '@tenant-registry/db/testing';
import { type KyselyPlugin, sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { newTenant, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { systemContext } from '../../kernel/system-context.ts';
import { BATCH_BYTES_MAX } from './batches.ts';
import { exportAuditEventsInput } from './schema.ts';
import { exportAuditEvents } from './service.ts';

/** How many audit rows the server has read from the database. */
let rowsRead = 0;
/** How many characters of their descriptions, by product: exports of other tests may still be under way. */
const charactersRead = new Map<unknown, number>();
const countRead: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    for (const row of result.rows) {
      if (!('actor_type' in row)) continue;
      rowsRead += 1;
      const { product, description } = row;
      charactersRead.set(product, (charactersRead.get(product) ?? 0) + String(description).length);
    }
    return result;
  },
};

async function startCountingServer(): Promise<TestServer> {
  const database = await testDatabase();
  return startTestServer({ database: { ...database, db: database.db.withPlugin(countRead) } });
}

let server: TestServer;
beforeAll(async () => {
  server = await startCountingServer();
});
afterAll(() => server.close());

let count = 0;
/** A product that only the calling test's events have. */
const newProduct = () => `p-${++count}`;

const append = async (fields: Record<string, unknown>) => {
  const body = { actor: { type: 'user', id: 'u-1' }, action: 'report.exported', ...fields };
  const answer = await server.call('POST /v1/audit', { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};

function download(query: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${server.operatorToken}` };
  return fetch(`${server.url}/v1/audit/export?${query}`, { headers, ...init });
}

interface Filling {
  readonly rows: number;
  readonly bytes: number;
  readonly tenant_id?: string | null;
}

/** Rows made by the database itself, each in a millisecond of its own. */
async function fill(to: TestServer, product: string, { rows, bytes, tenant_id = null }: Filling): Promise<void> {
  await sql`
    insert into audit_log (tenant_id, product, actor_type, actor_id, action, description, created_at)
    select ${tenant_id}, ${product}, 'user', 'u-' || i, 'made.up', repeat('x', ${bytes}), now() + i * interval '1 millisecond'
    from generate_series(1, ${rows}::int) as i`.execute(to.app.deps.db);
}

const csvColumns =
  'id,created_at,occurred_at,tenant_id,tenant_slug,product,project_id,actor_type,actor_id,actor_name,action,' +
  'target_type,target_id,target_name,is_failure,description,source_ip,request_id,metadata,origin,reported_by,crud,external_id,extra';

/** RFC 4180 read back, by its grammar. */
function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  const [head = [], ...cells] = rows.slice(0, -1);
  return cells.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ''])));
}

// proves A30, A51
test('NDJSON has one event on each line, equal to those of the list and in its order', async () => {
  const tenant = await newTenant(server);
  const product = newProduct();
  for (const text of ['one', 'line\nbreak "quoted"', 'ünïcödé 😀 \u2028']) {
    await append({ tenant_id: tenant.id, product, description: text, metadata: { text } });
  }
  const response = await download(`product=${product}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
  expect(response.headers.get('x-request-id')).not.toBeNull();
  const lines = (await response.text()).split('\n');
  expect(lines.pop()).toBe('');
  const { body } = await server.call(`GET /v1/audit?product=${product}`);
  expect(lines.map((line) => JSON.parse(line))).toEqual(body.items);
  expect(await (await download(`product=${product}&format=ndjson`)).text()).toBe(`${lines.join('\n')}\n`);
});

test('CSV has a header and a row for each event, whatever is in its cells', async () => {
  const tenant = await newTenant(server);
  const product = newProduct();
  const event = await append({
    tenant_id: tenant.id,
    product,
    actor: { type: 'user', id: 'u,1', name: 'Zoë "Z" Müller' },
    target: { type: 'report', id: 'r', name: 'two\r\nlines' },
    description: 'a, b; "c"\nd 😀',
    metadata: { quote: '"', comma: ',', nested: { n: 1 } },
    source_ip: '2001:db8::1',
    crud: 'u',
    external_id: 'x,1',
    is_failure: true,
  });
  const bare = await append({ product });
  const response = await download(`product=${product}&format=csv`);
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
  const text = await response.text();
  expect(text.startsWith(`${csvColumns}\r\n`)).toBe(true);
  const [second, first, ...rest] = readCsv(text);
  expect(rest).toEqual([]);
  expect(first).toEqual({
    id: event.id,
    created_at: event.created_at,
    occurred_at: event.occurred_at,
    tenant_id: tenant.id,
    tenant_slug: tenant.slug,
    product,
    project_id: '',
    actor_type: 'user',
    actor_id: 'u,1',
    actor_name: 'Zoë "Z" Müller',
    action: 'report.exported',
    target_type: 'report',
    target_id: 'r',
    target_name: 'two\r\nlines',
    is_failure: 'true',
    description: 'a, b; "c"\nd 😀',
    source_ip: '2001:db8::1',
    request_id: event.request_id,
    metadata: JSON.stringify(event.metadata),
    origin: 'reported',
    reported_by: 'operator_token',
    crud: 'u',
    external_id: 'x,1',
    extra: '',
  });
  expect(second).toMatchObject({
    crud: '',
    external_id: '',
    id: bare.id,
    tenant_id: '',
    target_type: '',
    is_failure: 'false',
    metadata: '{}',
  });
});

test('no cell of a CSV is a formula, whoever wrote the event', async () => {
  const product = newProduct();
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("https://evil.example","x")'];
  for (const text of formulas) await append({ product, description: text, actor: { type: 'user', id: text } });
  const rows = readCsv(await (await download(`product=${product}&format=csv`)).text()).reverse();
  expect(rows.map(({ description }) => description)).toEqual(formulas.map((text) => `'${text}`));
  expect(rows.map(({ actor_id }) => actor_id)).toEqual(formulas.map((text) => `'${text}`));
});

test('an export takes the filters of the list, and is empty where nothing is found', async () => {
  const product = newProduct();
  const first = await append({ product, action: 'a.one' });
  server.clock.advance(1_000);
  const second = await append({ product, action: 'a_b.two', target: { type: 't', id: product } });
  const ids = async (query: string) => {
    const text = await (await download(`product=${product}&${query}`)).text();
    return text.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line).id));
  };
  expect(await ids('action=a.*')).toEqual([first.id]);
  expect(await ids(`target_id=${product}`)).toEqual([second.id]);
  expect(await ids(`until=${second.created_at}`)).toEqual([first.id]);
  expect(await ids('actor_id=nobody')).toEqual([]);
  expect(await (await download('product=nothing&format=csv')).text()).toBe(`${csvColumns}\r\n`);
});

test('what is wrong is a problem, before anything of a file is sent', async () => {
  for (const [query, pointer] of [
    ['format=xml', '/format'],
    ['limit=5', '/limit'],
    ['cursor=x', '/cursor'],
  ]) {
    const { status, headers, body } = await server.call(`GET /v1/audit/export?${query}`);
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
    expect(headers.get('content-disposition')).toBeNull();
  }
});

test('a HEAD tells what would come, and reads nothing for it', async () => {
  const product = newProduct();
  await fill(server, product, { rows: 10, bytes: 10 });
  const before = rowsRead;
  const response = await download(`product=${product}&format=csv`, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/csv');
  expect(await response.text()).toBe('');
  expect(rowsRead - before).toBe(0);
  expect(server.app.deps.audit.exports.load().running).toBe(0);
});

test('over tRPC, which carries no files, an export is refused', async () => {
  const response = await fetch(`${server.url}/trpc/audit.export?input=${encodeURIComponent('{}')}`, {
    headers: { authorization: `Bearer ${server.operatorToken}` },
  });
  expect(response.status).toBe(415);
});

test('every event is exported once, also where a batch ends amid events of one moment', async () => {
  const product = newProduct();
  await sql`
    insert into audit_log (product, actor_type, actor_id, action, created_at)
    select ${product}, 'user', 'u', 'made.up', timestamptz '2026-01-01' + (i / 700) * interval '1 second'
    from generate_series(1, 3500) as i`.execute(server.app.deps.db);
  const lines = (await (await download(`product=${product}`)).text()).trimEnd().split('\n');
  const keys = lines.map((line) => JSON.parse(line)).map(({ created_at, id }) => `${created_at} ${id}`);
  expect(new Set(keys).size).toBe(3500);
  expect(keys).toEqual([...keys].sort().reverse());
});

test('of a long export at most one batch of 256 KiB is ahead of its reader, also where rows become large at once', async () => {
  const product = newProduct();
  const row = 60_000;
  const large = inject('engine') === 'postgres' ? 400 : 40;
  await fill(server, product, { rows: large, bytes: row });
  // Newer, and so exported first: after them a batch may have many rows.
  await fill(server, product, { rows: 4_000, bytes: 10 });
  const stream = exportAuditEvents(
    systemContext(server.app.deps, { name: 'export' }),
    exportAuditEventsInput.parse({ product }),
  );
  let [taken, lines, aheadMax] = [0, 0, 0];
  for await (const piece of stream) {
    aheadMax = Math.max(aheadMax, (charactersRead.get(product) ?? 0) - taken);
    for (const line of piece.trimEnd().split('\n')) {
      lines += 1;
      taken += JSON.parse(line).description.length;
    }
  }
  expect(lines).toBe(large + 4_000);
  expect(aheadMax).toBeGreaterThan(row);
  expect(aheadMax).toBeLessThan(BATCH_BYTES_MAX + row);
});

/** Starts a download whose bytes nobody takes. */
async function untaken(from: TestServer, query: string, token = from.operatorToken): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}` };
  const [response] = await once(get(`${from.url}/v1/audit/export?${query}`, { headers }), 'response');
  return response;
}

/** Resolves when the server, which answers others meanwhile, has long read no more rows. */
async function settled(at: TestServer): Promise<number> {
  let seen = -1;
  for (let quiet = 0; quiet < 50; quiet++) {
    await at.call('GET /healthz', { token: null });
    if (seen !== rowsRead) quiet = 0;
    seen = rowsRead;
  }
  return seen;
}

// More than the sockets between server and client can hold.
const big = { rows: 4_000, bytes: 16_384 };

test('a reader that pauses stops the reading of the database, and one that goes away ends it', async () => {
  const product = newProduct();
  await fill(server, product, big);
  const before = rowsRead;
  const response = await untaken(server, `product=${product}`);
  const paused = (await settled(server)) - before;
  expect(paused).toBeLessThan(big.rows);
  response.destroy();
  expect((await settled(server)) - before).toBeLessThanOrEqual(paused + 1_000);
  expect(rowsRead - before).toBeLessThan(big.rows);
  await vi.waitFor(() => expect(server.app.deps.audit.exports.load().running).toBe(0));
});

test('an export that fails midway breaks off, so that it cannot be taken for complete', async () => {
  const own = await startCountingServer();
  await fill(own, 'p', big);
  const response = await untaken(own, 'product=p');
  await settled(own);
  await own.app.deps.db.schema.alterTable('audit_log').renameTo('gone').execute();
  const reading = (async () => {
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    return bytes;
  })();
  await expect(reading).rejects.toThrow('aborted');
  const errors = own.logs.filter((line) => line.includes('"level":"error"'));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain('audit_log');
  await own.close();
});

// proves A51
test('a tenant has two exports under way and no third, other tenants have theirs, and a process has sixteen', async () => {
  const { exports } = server.app.deps.audit;
  const product = newProduct();
  const { id: tenant_id } = await newTenant(server);
  const { body } = await server.call('POST /v1/api-keys', {
    body: { tenant_id, name: 'k', scopes: ['registry:audit:read'] },
  });
  const hold = async (tenant: string | null) => {
    await fill(server, product, { rows: 2, bytes: 20_000, tenant_id: tenant });
    const ctx = systemContext(server.app.deps, { name: 'export' });
    const actor = { ...ctx.actor, tenant_id: tenant };
    const pieces = await exportAuditEvents({ ...ctx, actor }, exportAuditEventsInput.parse({ product })).open();
    return pieces[Symbol.asyncIterator]();
  };
  const held = [await hold(tenant_id), await hold(tenant_id)];
  const asked = (token: string, method: 'GET' | 'HEAD' = 'GET') =>
    fetch(`${server.url}/v1/audit/export?product=${product}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
  const refused = await server.call('GET /v1/audit/export', { token: body.key });
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([429, 'tenant_busy', '5']);
  expect((await asked(body.key, 'HEAD')).status).toBe(200);
  held.push(await hold((await newTenant(server)).id));
  while (held.length < 16) held.push(await hold(null));
  const full = await server.call('GET /v1/audit/export');
  expect([full.status, full.body.code, full.headers.get('retry-after')]).toEqual([503, 'overloaded', '5']);
  // Nobody has read a piece of them.
  for (const pieces of held) await pieces.return?.();
  expect(exports.load().running).toBe(0);
  expect((await asked(body.key)).status).toBe(200);
  await vi.waitFor(() => expect(exports.load().running).toBe(0));
});

// engine: postgres
/**
 * Every list, with each of its filters and each pair of them, reads through an index at 10^5 rows: for operators, for a
 * tenant's own callers under row-level security, and for those that are bound to a project. Lists and filters are read off
 * the router, so a new one that has no index, or that this file has no values for, fails here.
 */
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { SCOPE_PREFIX } from '../src/kernel/permissions.ts';
import { grants } from '../src/modules.ts';
import { type Filled, fillTables, MID } from './support/filled-tables.ts';
import { requestOf } from './support/requests.ts';
import { type Answer, startTestServer, type TestServer, UNKNOWN } from './support/server.ts';
import { type Account, type Accountant, startAccounting } from './support/statement-plans.ts';

/** The rows of a table that may be read from end to end. */
const SMALL = 1_000;
/** The blocks that a statement of a list may touch: a page of 50 rows comes from about 200 blocks. */
const BLOCKS_MAX = 600;

/** Filters that have no index, by operation and field, with the reason. */
const without: Readonly<Record<string, string>> = {
  'list_tenants.q': 'words are searched for elsewhere',
};

/** Values by field, or by operation and field: first one that most rows have, then one that one row has, then none. */
type Values = Readonly<Record<string, readonly string[]>>;

const isList = ({ route, input, output }: Operation) =>
  route.method === 'GET' && ('cursor' in input.shape || (output instanceof z.ZodObject && 'items' in output.shape));
const lists = listOperations().filter(isList);

let server: TestServer;
let database: Awaited<ReturnType<typeof testDatabase>>;
let accountant: Accountant;
let filled: Filled;
let large: ReadonlySet<string>;
let callers: Readonly<Record<string, string>>;
let known: Values;
let deep: readonly string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer({ database });
  filled = await fillTables(server);
  known = filled.values;
  callers = await newCallers();
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relkind = 'r' and reltuples > ${SMALL}`.execute(database.db);
  large = new Set(rows.map(({ name }) => name));
  const { cursors } = server.app.deps;
  const { decode } = cursors;
  cursors.decode = (list, filter, cursor) => (cursor === 'deep' ? [...deep] : decode(list, filter, cursor));
  accountant = startAccounting();
}, 180_000);
afterAll(async () => {
  accountant?.stop();
  // Not the close of the test server, which reads every row that there is.
  await server?.app.close();
  await database?.close();
});

/** Keys of the tenant that may all that keys may: of the tenant, of the project that most rows are in, and of one with none. */
async function newCallers() {
  const scopes = grants.byKeys.map((permission) => SCOPE_PREFIX + permission);
  const keyOf = async (project_id?: string) => {
    const body = { tenant_id: filled.held.tenant_id, name: 'lists', scopes, project_id };
    return (await server.call('POST /v1/api-keys', { body })).body.key as string;
  };
  return {
    'the tenant': await keyOf(),
    'a full project': await keyOf(filled.held.project),
    'an empty project': await keyOf(filled.emptyProject),
  };
}

type Query = Readonly<Record<string, string>>;

/** The values to be asked for, of every filter that the list has. */
function filtersOf({ input, pathFields, route }: Operation): Record<string, readonly string[]> {
  const fields = Object.entries(input.shape).filter(
    ([name]) => !pathFields.includes(name) && !['limit', 'cursor'].includes(name),
  );
  return Object.fromEntries(
    fields
      .filter(([name]) => without[`${route.operation}.${name}`] === undefined)
      .map(([name, schema]) => {
        const values = known[`${route.operation}.${name}`] ?? known[name] ?? choicesOf(schema as z.ZodType);
        if (values === undefined) throw new Error(`${route.operation}: the test has no values for the filter ${name}`);
        return [name, values];
      }),
  );
}

/** All values of a field that has few. */
function choicesOf(schema: z.ZodType): readonly string[] | undefined {
  const { type, enum: words } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return type === 'boolean' ? ['true', 'false'] : words?.map(String);
}

/** No filter, each value of each alone, and the first and last values of each pair. */
function queriesOf(filters: Record<string, readonly string[]>): Query[] {
  const ends = (values: readonly string[]) => [...new Set([values[0] ?? '', values.at(-1) ?? ''])];
  const entries = Object.entries(filters);
  const alone = entries.flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
  const pairs = entries.flatMap(([a, values], index) =>
    entries
      .slice(index + 1)
      .flatMap(([b, others]) => ends(values).flatMap((x) => ends(others).map((y) => ({ [a]: x, [b]: y })))),
  );
  return [{}, ...alone, ...pairs];
}

interface Ask {
  readonly operation: Operation;
  readonly query: Query;
  /** Absent: whoever the operation is for. */
  readonly token?: string;
}

function ask({ operation, query, token }: Ask): Promise<Answer> {
  const [line, options] = requestOf(server, operation, filled.held);
  const [path = '', base = ''] = line.split('?');
  const standing = [...new URLSearchParams(base)].filter(([name]) => !isOptional(operation, name));
  const asked = new URLSearchParams({ ...Object.fromEntries(standing), ...query });
  return server.call(`${path}?${asked}`, token === undefined ? options : { token });
}

const isOptional = ({ input }: Operation, name: string) => input.shape[name]?.safeParse(undefined).success ?? true;

/** The mistakes of the list as it is asked for: at its start, and deep inside of it. */
async function mistakesOf(asked: Ask, key: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const cursor of key.length > 0 ? [undefined, 'deep'] : [undefined]) {
    deep = key;
    const query = { ...asked.query, ...(cursor === undefined ? {} : { cursor }) };
    let answer: Answer | undefined;
    const accounts = await accountant.during(async () => {
      answer = await ask({ ...asked, query });
    });
    const place = new URLSearchParams(query).toString();
    if (![200, 404].includes(answer?.status ?? 0)) found.push(`${place}: ${JSON.stringify(answer?.body)}`);
    found.push(...accounts.flatMap(mistakeIn).map((text) => `${place}: ${text}`));
  }
  return found;
}

function mistakeIn({ text, scanned, blocks, indexes }: Account): string[] {
  const read = scanned.filter((table) => large.has(table));
  if (read.length === 0 && blocks <= BLOCKS_MAX) return [];
  const why = read.length > 0 ? `reads all of ${read}` : `touches ${blocks} blocks by ${indexes}`;
  return [`${why}: ${text}`];
}

/** The key of a row in the midst of the list, in the form in which its cursors have it; none where the list has no second page. */
async function deepKeyOf(asked: Ask): Promise<string[]> {
  const { body } = await ask({
    ...asked,
    query: { ...asked.query, ...('limit' in asked.operation.input.shape ? { limit: '1' } : {}) },
  });
  const cursor: unknown = body?.next_cursor;
  if (typeof cursor !== 'string') return [];
  const key: string[] = JSON.parse(Buffer.from(cursor.split('.')[0] ?? '', 'base64url').toString());
  return key.map((value) => MID.find(([form]) => form.test(value))?.[1] ?? value);
}

function callersOf({ permission, route }: Operation): [string, string | undefined][] {
  const forKeys = grants.byKeys.some((each) => each === permission);
  const whoever: [string, undefined] = ['whoever it is for', undefined];
  return [whoever, ...(forKeys && !route.path.startsWith('/v1/internal/') ? Object.entries(callers) : [])];
}

test.each(lists.map((operation) => ({ operation, name: operation.route.operation })))(
  '$name reads through an index',
  async ({ operation }) => {
    const found: string[] = [];
    for (const [caller, token] of callersOf(operation)) {
      const { tenant_id, ...filters } = filtersOf(operation);
      const inTenant = token === undefined ? tenant_id : [filled.held.tenant_id];
      const all = tenant_id === undefined || inTenant === undefined ? filters : { tenant_id: inTenant, ...filters };
      const asked = { operation, query: {}, ...(token === undefined ? {} : { token }) };
      const key = await deepKeyOf(asked);
      for (const query of queriesOf(all))
        found.push(...(await mistakesOf({ ...asked, query }, key)).map((text) => `${caller}: ${text}`));
    }
    expect(found).toEqual([]);
  },
  60_000,
);

test('no exception is of a filter that is gone', () => {
  const names = lists.flatMap(({ route, input }) =>
    Object.keys(input.shape).map((name) => `${route.operation}.${name}`),
  );
  expect(Object.keys(without).filter((name) => !names.includes(name))).toEqual([]);
  expect(UNKNOWN).toBeTruthy();
});

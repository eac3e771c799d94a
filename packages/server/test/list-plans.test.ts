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
import { newKey } from './support/api-keys.ts';
import { type Filled, type FilledTenant, fillTables, MID, newFilledTenant } from './support/filled-tables.ts';
import { requestOf } from './support/requests.ts';
import { type Answer, startTestServer, type TestServer } from './support/server.ts';
import { type Account, type Accountant, startAccounting } from './support/statement-plans.ts';

/** The rows of a table that may be read from end to end. */
const SMALL = 1_000;
/** The rows that one step of a list may look at: of things of which a quota lets a tenant have 1,000, all of them. */
const ROWS_MAX = 1_200;
/** The blocks that it may touch for them: each row may be in one of its own. */
const BLOCKS_MAX = 1_500;

interface Exception {
  /** How many times what any list may look at; absent: it is not asked for at all. */
  readonly times?: number;
  readonly why: string;
}

/** Lists, and filters by operation and field, that no index serves, in the order of the router. */
const exceptions: Readonly<Record<string, Exception>> = {
  list_configs: {
    times: 10,
    why: 'the state of a project is put together from its keys, of which it has 10,000 at most',
  },
  get_config_diff: { times: 10, why: 'two states of a project are, and then compared' },
  'list_tenant_configs.contains': { why: 'what JSON contains may leak, so row-level security comes before its index' },
  'list_audit_events.q': {
    times: 25,
    why: 'a search looks at 10,000 rows and no further, which the planner may sort out of more',
  },
  'list_events.types': { why: 'the log is read in its order, from an event on' },
  'list_webhook_deliveries.since': { why: 'a repeated delivery has the place of its event and a time of its own' },
  'list_webhook_deliveries.until': { why: 'a repeated delivery has the place of its event and a time of its own' },
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
let callers: readonly Caller[];
let known: Values;
let deep: readonly string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer({ database });
  const tenant = await newFilledTenant(server);
  callers = await newCallers(tenant);
  filled = await fillTables(server, tenant);
  known = filled.values;
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

/** What keys may do, of the tenant or of one project. */
const permissionsOf = (boundToProject: boolean) => [
  ...grants.ofScopes(
    grants.byKeys.map((each) => SCOPE_PREFIX + each),
    boundToProject,
  ),
];

/** Keys that may all that such keys may: of the tenant, of the project that most rows are in, and of one that has none. */
async function newCallers({ held: { tenant_id, project }, emptyProject }: FilledTenant): Promise<Caller[]> {
  const callerOf = async (name: string, project_id?: string): Promise<Caller> => {
    const permissions = permissionsOf(project_id !== undefined);
    const scopes = permissions.map((permission) => SCOPE_PREFIX + permission);
    return {
      name,
      permissions,
      isBound: project_id !== undefined,
      token: (await newKey(server, { tenant_id, name, scopes, project_id })).key,
    };
  };
  return [
    await callerOf(TENANT),
    await callerOf('a full project', project),
    await callerOf('an empty project', emptyProject),
  ];
}

interface Caller {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Absent: whoever the operation is for. */
  readonly token?: string;
  /** To a project: then each filter is asked for alone. */
  readonly isBound: boolean;
}

const TENANT = 'the tenant';

type Query = Readonly<Record<string, string>>;

/** The values to be asked for, of every filter that the list has. */
function filtersOf({ input, pathFields, route }: Operation): Record<string, readonly string[]> {
  const fields = Object.entries(input.shape).filter(
    ([name]) => !pathFields.includes(name) && !['limit', 'cursor'].includes(name),
  );
  return Object.fromEntries(
    fields
      .filter(([name]) => isAsked(exceptions[`${route.operation}.${name}`]))
      .map(([name, schema]) => {
        const values = known[`${route.operation}.${name}`] ?? known[name] ?? choicesOf(schema as z.ZodType);
        if (values === undefined) throw new Error(`${route.operation}: the test has no values for the filter ${name}`);
        return [name, values];
      }),
  );
}

const isAsked = (exception: Exception | undefined) => exception === undefined || exception.times !== undefined;

/** All values of a field that has few. */
function choicesOf(schema: z.ZodType): readonly string[] | undefined {
  const { type, enum: words } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return type === 'boolean' ? ['true', 'false'] : words?.map(String);
}

const first = (values: readonly string[]) => values[0] ?? '';
const last = (values: readonly string[]) => values.at(-1) ?? '';

/** No filter, and each value of each alone. */
function singlesOf(filters: Record<string, readonly string[]>): Query[] {
  const alone = Object.entries(filters).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
  return [{}, ...alone];
}

/** What most rows have, together with what none has, of each pair of filters. */
function pairsOf(filters: Record<string, readonly string[]>): Query[] {
  const entries = Object.entries(filters);
  return entries.flatMap(([a, values], index) =>
    entries.slice(index + 1).flatMap(([b, others]) => [
      { [a]: first(values), [b]: last(others) },
      { [a]: last(values), [b]: first(others) },
    ]),
  );
}

interface Ask {
  readonly operation: Operation;
  readonly query: Query;
  /** Absent: whoever the operation is for. */
  readonly token?: string;
  /** To a project: then each filter is asked for alone. */
  readonly isBound: boolean;
}

function ask({ operation, query, token }: Omit<Ask, 'isBound'>): Promise<Answer> {
  const [line, options] = requestOf(server, operation, filled.held);
  const [path = '', base = ''] = line.split('?');
  const standing = [...new URLSearchParams(base)].filter(([name]) => !isOptional(operation, name));
  const asked = new URLSearchParams({ ...Object.fromEntries(standing), ...query });
  return server.call(`${path}?${asked}`, token === undefined ? options : { token });
}

const isOptional = ({ input }: Operation, name: string) => input.shape[name]?.safeParse(undefined).success ?? true;

/** The mistakes of the list as it is asked for: at its start, and deep inside of it. */
async function mistakesOf(asked: Ask, key: readonly string[], answered: Set<string>): Promise<string[]> {
  const found: string[] = [];
  const { operation } = asked.operation.route;
  const names = [operation, ...Object.keys(asked.query).map((name) => `${operation}.${name}`)];
  const factors = names.map((name) => exceptions[name]?.times ?? 1);
  const factor = Math.max(1, ...factors);
  const isPair = Object.keys(asked.query).length > 1;
  for (const cursor of key.length > 0 && !isPair ? [undefined, 'deep'] : [undefined]) {
    deep = key;
    const query = { ...asked.query, ...(cursor === undefined ? {} : { cursor }) };
    let answer: Answer | undefined;
    const accounts = await accountant.during(async () => {
      answer = await ask({ ...asked, query });
    });
    const place = new URLSearchParams(query).toString();
    const { status = 0, body } = answer ?? {};
    if (status < 400 || status === 404) for (const name of Object.entries(asked.query)) answered.add(name.join('='));
    // Filters may exclude each other, or need one another; what no answer has had is told at the end.
    else if (!(asked.isBound ? [400, 403, 410] : [400, 410]).includes(status))
      found.push(`${place}: ${JSON.stringify(body)}`);
    found.push(...accounts.flatMap((account) => mistakeIn(account, factor)).map((text) => `${place}: ${text}`));
  }
  return found;
}

function mistakeIn({ text, scanned, rows, blocks, indexes }: Account, factor: number): string[] {
  const read = scanned.filter((table) => large.has(table));
  if (read.length === 0 && rows <= ROWS_MAX * factor && blocks <= BLOCKS_MAX * factor) return [];
  const why = read.length > 0 ? `reads all of ${read}` : `looks at ${rows} rows in ${blocks} blocks by ${indexes}`;
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
  if (asked.operation.route.operation === 'list_events') return [filled.midEvent];
  return key.map((value) => MID.find(([form]) => form.test(value))?.[1] ?? value);
}

function callersOf({ permission, route }: Operation): readonly Caller[] {
  const keys = callers.filter(({ permissions }) => permission !== null && permissions.includes(permission));
  return [
    { name: 'whoever it is for', permissions: [], isBound: false },
    ...(route.path.startsWith('/v1/internal/') ? [] : keys),
  ];
}

test.each(lists.map((operation) => ({ operation, name: operation.route.operation })))(
  '$name reads through an index',
  async ({ operation }) => {
    const found: string[] = [];
    for (const { name: caller, token, isBound } of callersOf(operation)) {
      const { tenant_id = [], ...others } = filtersOf(operation);
      // Operators ask for any tenant, and with each other filter; all others for their own, which they need not name.
      const named = token === undefined && isOptional(operation, 'tenant_id') && tenant_id.length > 0;
      const filters = named ? { tenant_id, ...others } : others;
      const asked = { operation, isBound, ...(token === undefined ? {} : { token }) };
      const key = await deepKeyOf({ ...asked, query: {} });
      // Whatever a tenant's caller asks for is beside its tenant.
      const pairs = token === undefined ? pairsOf(filters) : [];
      const answered = new Set<string>();
      for (const query of [...singlesOf(filters), ...pairs])
        found.push(...(await mistakesOf({ ...asked, query }, key, answered)).map((text) => `${caller}: ${text}`));
      const values = Object.entries(filters).flatMap(([name, all]) =>
        [first(all), last(all)].map((value) => `${name}=${value}`),
      );
      if (token === undefined)
        found.push(...values.filter((value) => !answered.has(value)).map((value) => `${caller}: ${value} is refused`));
    }
    expect(found).toEqual([]);
  },
  60_000,
);

test('no exception is of a list or a filter that is gone', () => {
  const names = lists.flatMap(({ route, input }) => [
    route.operation,
    ...Object.keys(input.shape).map((name) => `${route.operation}.${name}`),
  ]);
  expect(Object.keys(exceptions).filter((name) => !names.includes(name))).toEqual([]);
});

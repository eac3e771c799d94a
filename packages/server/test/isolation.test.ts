/** The database's half of tenant isolation: what is left when the application's half is switched off. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { tokenActor } from '../src/kernel/actor.ts';
import { type ActorContext, noRequest } from '../src/kernel/context.ts';
import { type Held, inputOf, newHeld, prepare } from './requests.ts';
import { startTestServer, type TestServer } from './support.ts';

let server: TestServer;
let own: Held;
beforeAll(async () => {
  server = await startTestServer();
  own = await newHeld(server);
});
afterAll(() => server.close());

/** The context of an operator, whom the application refuses nothing, in which the database knows one tenant alone. */
function unchecked(tenant_id: string, project_id: string | null = null): ActorContext {
  const { deps } = server.app;
  const db = deps.forTenant({ tenant_id, project_id });
  const permissions = new Set(listOperations().flatMap(({ permission }) => permission ?? []));
  const actor = { ...tokenActor('operator'), permissions };
  return { ...deps, ...noRequest, db, root: deps.db, actor, requestId: 'unchecked', answerHeaders: new Map() };
}

function perform({ call, procedure: path, type }: Operation, ctx: ActorContext, input: unknown): Promise<unknown> {
  return call({ ctx, path, type, getRawInput: async () => input, signal: undefined, batchIndex: 0 });
}

/** Every row of the tenant, in every table that has rows of tenants. */
async function rowsOf({ tenant_id }: Held): Promise<unknown> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id' order by 1`.execute(server.app.deps.db);
  const found: Record<string, unknown> = {};
  for (const { name } of tables) {
    const { rows } = await sql`
      select t::text from ${sql.table(name)} as t where tenant_id = ${tenant_id} order by 1`.execute(
      server.app.deps.db,
    );
    found[name] = rows;
  }
  const { rows } = await sql`select t::text from tenants as t where id = ${tenant_id}`.execute(server.app.deps.db);
  return { ...found, tenants: rows };
}

// They read no table, or are no tenant's to call: what they are asked for is decided by a key's own secret.
const beyond = ['list_catalog', 'get_me', 'verify_api_key'];
const operations = listOperations()
  .filter(({ route }) => !beyond.includes(route.operation))
  .map((operation) => ({ operation, name: operation.route.operation }));

/** What an answer must not have in it. */
const marks = ({ tenant_id, project, key, request, idpConfig, auditEvent }: Held) => [
  tenant_id,
  project,
  key,
  request,
  idpConfig,
  auditEvent,
];

// proves A66
describe('without the check of the application', () => {
  test.each(operations)('$name shows and changes nothing of another tenant', async ({ operation }) => {
    const foreign = await newHeld(server);
    await prepare(server, operation, foreign);
    const before = await rowsOf(foreign);
    const outcome = await perform(operation, unchecked(own.tenant_id), inputOf(operation, foreign)).then(
      (answer) => ({ answer }),
      (error: Error) => ({ answer: null, error }),
    );
    const shown = JSON.stringify(outcome.answer);
    for (const mark of marks(foreign)) expect(shown).not.toContain(mark);
    expect(await rowsOf(foreign)).toEqual(before);
  });

  test('the same requests for the own tenant work, so it is the database that refuses', async () => {
    const inside = operations.filter(
      ({ operation }) => operation.type === 'query' && 'tenant_id' in operation.input.shape,
    );
    expect(inside.length).toBeGreaterThan(5);
    for (const { operation } of inside) {
      const answer = await perform(operation, unchecked(own.tenant_id), inputOf(operation, own));
      expect(answer, operation.route.operation).toBeTruthy();
    }
    const made = await perform(
      listOperations().find(({ route }) => route.operation === 'create_project') as Operation,
      unchecked(own.tenant_id),
      { tenant_id: own.tenant_id, slug: 'inside', name: 'Inside' },
    );
    expect(made).toMatchObject({ tenant_id: own.tenant_id });
  });
});

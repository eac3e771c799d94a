/**
 * One statement of a tenant in one round trip: the scope, the statement and the end of their transaction. PostgreSQL runs
 * what comes before one Sync in one transaction, passes over the rest of it after an error, and ends what was set for that
 * transaction with it (https://www.postgresql.org/docs/16/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
 */
import { nameOf } from './prepared.ts';
import { ShapedQuery, type Shapes } from './shaped-query.ts';
import { TENANT_ROLE } from './tenant-role.ts';

export interface Ids {
  readonly tenant_id: string;
  /** Empty: the whole tenant. */
  readonly project_id: string;
}

const ENTER = 'enter_tenant';

/** SQL: enters the scope for the rest of the transaction. The ids are expressions. */
function enterBy(tenant: string, project: string): string {
  return `select set_config('role', '${TENANT_ROLE}', true), set_config('app.tenant_id', ${tenant}, true),
    set_config('app.project_id', ${project}, true)`;
}

const enterByParameters = enterBy('$1', '$2');

/**
 * Returns the statement that enters the scope, as text, because only statements without parameters can share a round trip;
 * the ids in it must therefore be UUIDs.
 */
export function enterStatement({ tenant_id, project_id }: Ids): string {
  return enterBy(`'${tenant_id}'`, `'${project_id}'`);
}

/** Ids are UUIDs, and no statement of the query builder begins so. */
const SCOPED = /^\/\* scope ([0-9a-f-]{36}) ([0-9a-f-]{36})? \*\/ [^;]+;\n/i;

/**
 * Returns the statement with its scope before it. Whoever sends the text as it is gets an error or the scope, and never the
 * statement alone: the server takes two statements at once only without parameters, and then in one transaction.
 */
export function withScope(ids: Ids, statement: string): string {
  return `/* scope ${ids.tenant_id} ${ids.project_id} */ ${enterStatement(ids)};\n${statement}`;
}

/** Returns the statement without its scope. */
export function withoutScope(text: string): string {
  return text.replace(SCOPED, '');
}

interface Client {
  query: (...asked: unknown[]) => unknown;
}

/** Lets the client send what `withScope` made in one round trip. With `named` false it leaves no statement in the session. */
export function sendScopesAlong(client: Client, { named, shapes }: { named: boolean; shapes: Shapes }): void {
  const query = client.query.bind(client);
  client.query = (text: unknown, values: unknown, ...rest: unknown[]) => {
    const [prefix, tenant_id, project_id = ''] = (typeof text === 'string' && SCOPED.exec(text)) || [];
    if (prefix === undefined || tenant_id === undefined) return query(text, values, ...rest);
    const statement = (text as string).slice(prefix.length);
    const name = named ? nameOf(statement) : undefined;
    const shape = name === undefined ? undefined : shapes.of(name);
    const own = { text: statement, ...(name === undefined ? {} : { name }) };
    return query(
      new ScopedQuery(own, values as unknown[], { shape, ids: { tenant_id, project_id }, named }),
      undefined,
      ...rest,
    );
  };
}

/** What the driver's connection can send, and what it knows of the statements of its session, by name. */
interface Connection {
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(message: { readonly text: string; readonly name: string }): void;
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly string[] }): void;
  execute(message: { readonly portal: string }): void;
}

interface Scoping {
  readonly shape: ReturnType<Shapes['of']> | undefined;
  readonly ids: Ids;
  readonly named: boolean;
}

/** Sends the scope before the statement, and passes over what the server answers to it. */
class ScopedQuery extends ShapedQuery {
  readonly #scoping: Scoping;
  readonly #own: string | undefined;
  #isEntered = false;

  constructor(statement: { name?: string; text: string }, values: readonly unknown[], scoping: Scoping) {
    super(statement, values, scoping.shape);
    this.#scoping = scoping;
    this.#own = statement.name;
    // Without values the driver would send text alone, which is another exchange.
    this.queryMode = 'extended';
  }

  override prepare(connection: Connection): void {
    const { ids, named } = this.#scoping;
    const name = named ? ENTER : '';
    if (!named || connection.parsedStatements[ENTER] === undefined) connection.parse({ text: enterByParameters, name });
    connection.bind({ portal: '', statement: name, values: [ids.tenant_id, ids.project_id] });
    connection.execute({ portal: '' });
    super.prepare(connection);
    // The driver notes under this name what the server has parsed, or refused: first of all the scope.
    if (named) this.name = ENTER;
  }

  override handleDataRow(message: unknown): void {
    if (this.#isEntered) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isEntered) super.handleCommandComplete(message, connection);
    else this.#enter();
  }

  override handleError(error: Error, connection: Connection): void {
    // After an error in the scope the server has not looked at the statement.
    if (!this.#isEntered && this.#own !== undefined) delete connection.submittedNamedStatements[this.#own];
    super.handleError(error, connection);
  }

  #enter(): void {
    this.#isEntered = true;
    if (this.#own === undefined) delete this.name;
    else this.name = this.#own;
  }
}

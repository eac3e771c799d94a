/** The GraphQL of Retraced: one search, whose every request is bounded before anything is looked for. */
import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import type { GraphqlRequest } from './schema.ts';
import { SearchMistake } from './search-query.ts';

const QUERY_BYTES_MAX = 8_192;
const TOKENS_MAX = 1_000;
const DEPTH_MAX = 6;
const FIELDS_MAX = 100;
const ERRORS_MAX = 10;

const schema = buildSchema(`
  type Query { search(query: String, last: Int, before: String): EventsConnection }
  type EventsConnection { totalCount: Int, pageInfo: PageInfo, edges: [EventEdge] }
  type PageInfo { hasPreviousPage: Boolean, hasNextPage: Boolean }
  type EventEdge { cursor: String, node: Event }
  type Event {
    id: ID
    action: String
    description: String
    group: Group
    actor: Actor
    target: Target
    crud: CRUD
    display: Display
    received: String
    created: String
    canonical_time: String
    is_failure: Boolean
    is_anonymous: Boolean
    source_ip: String
    country: String
    loc_subdiv1: String
    loc_subdiv2: String
    component: String
    version: String
    fields: [Field]
    external_id: String
    metadata: [Field]
  }
  enum CRUD { c r u d }
  type Group { id: ID, name: String }
  type Actor { id: ID, name: String, href: String, fields: [Field] }
  type Target { id: ID, name: String, href: String, type: String, fields: [Field] }
  type Display { markdown: String }
  type Field { key: String, value: String }
`);

/** The arguments of a search, as GraphQL hands them over. */
export interface SearchArguments {
  readonly query?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface GraphqlAnswer {
  readonly status: 200 | 400;
  readonly body: { readonly data?: unknown; readonly errors?: readonly GraphQLFormattedError[] };
}

/**
 * Answers a request with what `search` finds. A request that is too large, too deep, asks for the schema or more than one
 * search is answered 400 and searches nothing. What is no mistake of the caller rejects.
 */
export async function answerGraphql(
  request: GraphqlRequest,
  search: (asked: SearchArguments) => Promise<unknown>,
): Promise<GraphqlAnswer> {
  const parsed = documentOf(request.query);
  if ('errors' in parsed) return refused(parsed.errors);
  const { data, errors } = await execute({
    schema,
    document: parsed.document,
    rootValue: { search },
    variableValues: request.variables,
    operationName: request.operationName,
  });
  if (errors === undefined) return { status: 200, body: { data } };
  const foreign = errors.find(
    ({ originalError: cause }) => cause && !(cause instanceof SearchMistake || isGraphql(cause)),
  );
  if (foreign !== undefined) throw foreign.originalError;
  return refused(errors);
}

function isGraphql(error: Error): boolean {
  return error instanceof GraphQLError;
}

type Parsed = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

function documentOf(text: string): Parsed {
  if (Buffer.byteLength(text) > QUERY_BYTES_MAX)
    return { errors: [new GraphQLError('The query is larger than 8 KiB.')] };
  try {
    const document = parse(text, { maxTokens: TOKENS_MAX });
    const unbounded = mistakeIn(document);
    if (unbounded !== undefined) return { errors: [new GraphQLError(unbounded)] };
    const errors = validate(schema, document, undefined, { maxErrors: ERRORS_MAX, hideSuggestions: true });
    return errors.length === 0 ? { document } : { errors };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

/** Returns what makes a document unbounded, before rules run on it whose cost grows faster than its length. */
function mistakeIn({ definitions }: DocumentNode): string | undefined {
  const [first, ...others] = definitions;
  if (others.length > 0 || first?.kind !== Kind.OPERATION_DEFINITION) return 'Send one operation, without fragments.';
  if (first.operation !== 'query') return 'There are only queries.';
  const names = first.selectionSet.selections.map((each) => (each.kind === Kind.FIELD ? each.name.value : ''));
  if (names.filter((name) => name === 'search').length > 1) return 'A request searches once.';
  return mistakeInside(first.selectionSet, 1, { fields: 0 });
}

function mistakeInside({ selections }: SelectionSetNode, depth: number, count: { fields: number }): string | undefined {
  if (depth > DEPTH_MAX) return `The query is deeper than ${DEPTH_MAX} fields.`;
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) return 'Send one operation, without fragments.';
    const { name, selectionSet } = selection;
    count.fields += 1;
    if (count.fields > FIELDS_MAX) return `The query has more than ${FIELDS_MAX} fields.`;
    if (name.value.startsWith('__') && name.value !== '__typename') return 'The schema cannot be asked for.';
    const inside = selectionSet === undefined ? undefined : mistakeInside(selectionSet, depth + 1, count);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function refused(errors: readonly GraphQLError[]): GraphqlAnswer {
  return { status: 400, body: { errors: errors.map(toAnswer) } };
}

function toAnswer(error: GraphQLError): GraphQLFormattedError {
  const code = error.originalError instanceof SearchMistake ? error.originalError.code : 'graphql_invalid';
  return { ...error.toJSON(), extensions: { code } };
}

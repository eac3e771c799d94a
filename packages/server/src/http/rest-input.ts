/** Makes a procedure's input out of a request: path, query and body become one object, and nothing unknown gets lost. */

import { z } from 'zod';
import { type InputMistake, kernelErrors } from '../kernel/errors.ts';
import type { Operation } from './operations.ts';

export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Coerce = (text: string) => unknown;

/** Numbers and booleans arrive in path and query as text; anything that is not exactly one stays text and fails the schema. */
const coercions: Readonly<Record<string, Coerce>> = {
  integer: (text) => (/^-?\d{1,16}$/.test(text) ? Number(text) : text),
  number: (text) => (/^-?\d{1,16}(\.\d+)?$/.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

/** Returns the function that reads the input of an operation's requests; it throws `invalid_input`. */
export function inputReader(operation: Operation): (parts: RequestParts) => Record<string, unknown> {
  const coerce = coercionsOf(operation);
  const { hasBody, pathFields, queryFields, route } = operation;
  const toldBySchema = queryFields.length > 0 && route.inQuery === undefined;
  const elsewhere = [...pathFields, ...queryFields];
  return ({ params, query, body: sent }) => {
    // JSON null is what Java's clients send when the caller gives no body.
    const body = hasBody && sent === null ? undefined : sent;
    // In the query of a GET or DELETE, fields that the schema does not know are told by the schema.
    const isStray = (field: string) => pathFields.includes(field) || (!queryFields.includes(field) && !toldBySchema);
    const stray = Object.keys(query).filter(isStray);
    const mistakes = [...stray.map(unknownInQuery), ...(hasBody ? bodyMistakes(body, elsewhere) : noBody(body))];
    if (mistakes.length > 0) throw kernelErrors.invalidInput({ errors: mistakes });
    return { ...(hasBody ? (body ?? {}) : {}), ...mapValues(query, coerce), ...mapValues(params, coerce) };
  };
}

/** By field: a map, because a caller may name a parameter like a member of every object. */
function coercionsOf({ input, pathFields, queryFields }: Operation): ReadonlyMap<string, Coerce> {
  const fields = [...pathFields, ...queryFields];
  if (fields.length === 0) return new Map();
  const { properties = {} } = z.toJSONSchema(input, { io: 'input' });
  return new Map(
    fields.flatMap((field): [string, Coerce][] => {
      const schema = properties[field];
      const coerce = typeof schema === 'object' ? coercions[String(schema.type)] : undefined;
      return coerce === undefined ? [] : [[field, coerce]];
    }),
  );
}

function mapValues(query: RequestParts['query'], coerce: ReadonlyMap<string, Coerce>): Record<string, unknown> {
  const read = ([field, value]: [string, unknown]) => [
    field,
    typeof value === 'string' ? (coerce.get(field)?.(value) ?? value) : value,
  ];
  return Object.fromEntries(Object.entries(query).map(read));
}

function unknownInQuery(field: string): InputMistake {
  return { pointer: `/${field}`, message: 'is not a known query parameter', in: 'query' };
}

function bodyMistakes(body: unknown, elsewhere: readonly string[]): InputMistake[] {
  if (body === undefined) return [];
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return [{ pointer: '', message: 'must be a JSON object', in: 'body' }];
  return Object.keys(body)
    .filter((field) => elsewhere.includes(field))
    .map((field) => ({ pointer: `/${field}`, message: 'is not a known field', in: 'body' }));
}

function noBody(body: unknown): InputMistake[] {
  const empty = body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0);
  return empty ? [] : [{ pointer: '', message: 'must be absent: this operation takes none', in: 'body' }];
}

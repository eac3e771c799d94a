// engine: none
import { expect, test } from 'vitest';
import { answerGraphql } from './graphql.ts';

const ask = async (query: string, variables?: Record<string, unknown>) => {
  let searches = 0;
  const answer = await answerGraphql({ query, variables, operationName: undefined }, async () => {
    searches += 1;
    return { totalCount: 1, pageInfo: { hasPreviousPage: false }, edges: [] };
  });
  return { ...answer, searches };
};

test('a query is answered with what was asked for', async () => {
  const { status, body } = await ask(
    'query S($q: String!) { search(query: $q, last: 5) { n: totalCount __typename } }',
    { q: '' },
  );
  expect([status, JSON.parse(JSON.stringify(body))]).toEqual([
    200,
    { data: { search: { n: 1, __typename: 'EventsConnection' } } },
  ]);
});

const deep = 'fields { key '.repeat(7) + '}'.repeat(7);
const field = Array.from({ length: 101 }, (_, index) => `a${index}: totalCount`).join(' ');

// proves A30
test.each([
  ['more than 8 KiB', `{ search { totalCount } } #${'x'.repeat(8_192)}`, /8 KiB/],
  ['very many tokens', `{ search(query: [${'1 '.repeat(2_000)}]) { totalCount } }`, /tokens/],
  ['deeper than 6', `{ search { edges { node { ${deep} } } } }`, /deeper than 6/],
  ['more than 100 fields', `{ search { ${field} } }`, /more than 100 fields/],
  ['two searches', '{ search { totalCount } other: search { totalCount } }', /searches once/],
  ['the schema', '{ __schema { types { name } } }', /schema cannot/],
  ['a type', '{ __type(name: "Event") { name } }', /schema cannot/],
  ['a fragment', '{ search { ...A } } fragment A on EventsConnection { totalCount }', /without fragments/],
  ['an inline fragment', '{ search { ... { totalCount } } }', /without fragments/],
  ['two operations', 'query A { search { totalCount } } query B { search { totalCount } }', /one operation/],
  ['a mutation', 'mutation { search { totalCount } }', /only queries/],
  ['no GraphQL', 'hello', /Syntax Error/],
  [
    'an unknown field, without a hint',
    '{ search { totalCoun } }',
    /^Cannot query field "totalCoun" on type "EventsConnection"\.$/,
  ],
  ['an unknown argument', '{ search(first: 1) { totalCount } }', /Unknown argument "first"/],
  ['a variable that is missing', 'query ($q: String!) { search(query: $q) { totalCount } }', /was not provided/],
])('%s is answered 400 in the form of GraphQL, and searches nothing', async (_, query, message) => {
  const { status, body, searches } = await ask(query);
  expect([status, searches]).toEqual([400, 0]);
  expect(body.errors?.[0]?.message).toMatch(message);
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'graphql_invalid' });
});

test('a failure that is no mistake of the caller is not told in the form of GraphQL', async () => {
  const failing = async () => Promise.reject(new Error('the database is gone'));
  const request = { query: '{ search { totalCount } }', variables: undefined, operationName: undefined };
  await expect(answerGraphql(request, failing)).rejects.toThrow('the database is gone');
});

/**
 * Writes the table of events in docs/events.md, read off their definitions: with `--check` it only tells whether the
 * committed table is that one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isJson, type Json, member } from './http/openapi/json.ts';
import { openapiDocument } from './http/openapi.ts';
import { eventDefinitions } from './modules.ts';
import { resolve } from './openapi-cli/schema-changes.ts';

const file = new URL('../../../docs/events.md', import.meta.url);
const BEGIN = '<!-- Written by `npm run events` from the definitions of events: do not edit. -->';
const END = '<!-- The end of what `npm run events` writes. -->';

const document = openapiDocument();

/** The schema of what an event tells. */
function dataOf(schema: Json): Json {
  return resolve(member(member(resolve(schema, document), 'properties'), 'data'), document);
}

/** The names of the fields; one that may be null, or absent, ends in a question mark. */
function fieldsOf(data: Json): string {
  const required: readonly unknown[] = Array.isArray(data['required']) ? data['required'] : [];
  return Object.entries(member(data, 'properties'))
    .map(([name, property]) => `\`${name}${required.includes(name) && !mayBeNull(property) ? '' : '?'}\``)
    .join(' ');
}

function mayBeNull(property: unknown): boolean {
  const { type, anyOf } = isJson(property) ? resolve(property, document) : {};
  const options: readonly unknown[] = Array.isArray(anyOf) ? anyOf : [];
  return (
    (Array.isArray(type) && type.includes('null')) || options.some((each) => isJson(each) && each['type'] === 'null')
  );
}

function rowOf(type: string, description: string): string {
  const body = member(member(member(member(document, 'webhooks'), type), 'post'), 'requestBody');
  const content = member(member(body, 'content'), 'application/json');
  const example = member(member(member(content, 'examples'), 'example'), 'value');
  const subject = String(member(example, 'subject')['type']);
  return `| \`${type}\` | ${description} | ${subject} | ${fieldsOf(dataOf(member(content, 'schema')))} |`;
}

const table = [
  BEGIN,
  '',
  `${eventDefinitions.length} types.`,
  '',
  '| type | what happened | subject | fields of `data` |',
  '|---|---|---|---|',
  ...eventDefinitions.map(({ type, description }) => rowOf(type, description)),
  '',
  END,
].join('\n');

const page = readFileSync(file, 'utf8');
const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
if (begin < 0 || end < begin) throw new Error('docs/events.md has lost the marks between which the table stands');
const written = page.slice(0, begin) + table + page.slice(end + END.length);

if (process.argv[2] !== '--check') {
  writeFileSync(file, written);
  console.log('wrote docs/events.md');
} else if (page !== written) {
  console.error('docs/events.md is not what the definitions of events say: run `npm run events` and commit it');
  process.exitCode = 1;
}

/** The calls of the SDK in the API reference. They are no part of the document that generators read. */
import { inspect } from 'node:util';
import { logStream } from '../../kernel/streams/event-stream.ts';
import { isJson, type Json, mapMembers, member } from '../openapi/json.ts';
import type { Operation } from '../operations.ts';

const LINE_LENGTH = 60;
const LABEL = 'TypeScript SDK';

/** Returns the document with a call of the SDK beside each operation that the SDK has as one call. */
export function withSdkSamples(document: Json, operations: readonly Operation[]): Json {
  const byRoute = new Map(operations.map((each) => [`${each.route.method} ${each.route.path}`, each]));
  const paths = mapMembers(member(document, 'paths'), (item, path) => {
    if (!isJson(item)) return item;
    return mapMembers(item, (described, method) => {
      const operation = byRoute.get(`${method.toUpperCase()} ${path}`);
      if (operation === undefined || !isJson(described) || isReadByAnObject(operation)) return described;
      return {
        ...described,
        'x-codeSamples': [{ lang: 'TypeScript', label: LABEL, source: sample(operation, described) }],
      };
    });
  });
  return { ...document, paths };
}

/** Products listen to the feed of changes through the verifier, and watch configurations through createConfigs. */
function isReadByAnObject({ route: { stream = [] }, output }: Operation): boolean {
  return stream.includes('text/event-stream') && output !== logStream;
}

function sample(operation: Operation, described: Json): string {
  const input = exampleInput(described);
  const given = Object.keys(input).length === 0 ? '' : inspect(input, { depth: null, breakLength: LINE_LENGTH });
  const call = `registry.${operation.procedure}(${given})`;
  return `import { createClient } from '@tenant-registry/client';

const registry = createClient({
  url: 'https://registry.example',
  token: 'YOUR_SECRET_TOKEN',
});

${isIterated(operation) ? `for await (const each of ${call}) console.log(each);` : `console.log(await ${call});`}`;
}

/** Lists and exports are read item by item; the SDK fetches the pages. */
function isIterated({ route: { stream }, output }: Operation): boolean {
  return stream !== undefined || ('shape' in output && isJson(output.shape) && 'next_cursor' in output.shape);
}

/** Returns the parameters that are required and the example of the body, as the one object that the SDK takes. */
function exampleInput(described: Json): Json {
  const parameters = Array.isArray(described['parameters']) ? described['parameters'].filter(isJson) : [];
  const required = parameters.filter((each) => each['required'] === true);
  const fields = required.map((each) => [String(each['name']), exampleOf(member(each, 'schema'))]);
  const content = member(member(member(described, 'requestBody'), 'content'), 'application/json');
  const [body] = Object.values(member(content, 'examples')).filter(isJson);
  const values = body === undefined ? {} : member(body, 'value');
  return { ...Object.fromEntries(fields), ...values };
}

function exampleOf({ examples, enum: values }: Json): unknown {
  return [examples, values].flatMap((list) => (Array.isArray(list) ? list : []))[0];
}

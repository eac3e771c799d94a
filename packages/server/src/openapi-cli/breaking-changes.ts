/** What a caller of one document would trip over in another one. Pure; `openapi-cli.ts` holds the released document against the present one with it. */
import { isJson, type Json, member, texts } from '../http/openapi/json.ts';
import { resolve, type Sides, schemaChanges } from './schema-changes.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

/** Returns one sentence for each change that breaks a caller, in the order of the old document; nothing when none does. */
export function breakingChanges(before: Json, after: Json): string[] {
  return [...pathChanges(before, after), ...eventChanges(before, after)];
}

function pathChanges(before: Json, after: Json): string[] {
  return Object.entries(member(before, 'paths')).flatMap(([path, item]) =>
    METHODS.filter((method) => isJson(item) && isJson(item[method])).flatMap((method) => {
      const name = `${method.toUpperCase()} ${path}`;
      const present = member(member(after, 'paths'), path)[method];
      if (!isJson(present)) return [`${name} is gone`];
      const change = { before, after, was: member(item, method), is: present };
      return operationChanges(change).map((what) => `${name}: ${what}`);
    }),
  );
}

/** The changes of events, which an endpoint receives as it would an answer. */
function eventChanges(before: Json, after: Json): string[] {
  return Object.entries(member(before, 'webhooks')).flatMap(([type, item]) => {
    const present = member(after, 'webhooks')[type];
    if (!isJson(present)) return [`event ${type} is gone`];
    const [was, is] = [member(item, 'post'), member(present, 'post')];
    const headers = [...parametersOf(was, before).keys()].filter((name) => !parametersOf(is, after).has(name));
    const sides = { before, after, direction: 'output', place: 'body' } as const;
    const changes = contentChanges(member(was, 'requestBody'), member(is, 'requestBody'), sides);
    return [...headers.map((name) => `${name} is gone`), ...changes].map((what) => `event ${type}: ${what}`);
  });
}

interface OperationChange {
  /** The documents, for their references. */
  readonly before: Json;
  readonly after: Json;
  readonly was: Json;
  readonly is: Json;
}

function operationChanges(change: OperationChange): string[] {
  const { was, is } = change;
  const renamed = was['operationId'] !== is['operationId'];
  return [
    ...(renamed ? [`operationId was ${was['operationId']} and is ${is['operationId']}`] : []),
    ...securityChanges(was, is),
    ...parameterChanges(change),
    ...bodyChanges(change),
    ...responseChanges(change),
  ];
}

/** What it takes as a credential: the schemes, and the kinds of bearer credential behind them. */
function securityChanges(was: Json, is: Json): string[] {
  const credentials = (operation: Json) => {
    const { security } = operation;
    const schemes = Array.isArray(security) ? security.flatMap((each) => Object.keys(each)) : [];
    return [...schemes, ...texts(operation, 'x-credentials')];
  };
  const accepted = credentials(is);
  return credentials(was)
    .filter((scheme) => !accepted.includes(scheme))
    .map((scheme) => `${scheme} is no longer accepted`);
}

function parameterChanges({ before, after, was, is }: OperationChange): string[] {
  const old = parametersOf(was, before);
  const present = parametersOf(is, after);
  const changed = [...old].flatMap(([name, parameter]) => {
    const now = present.get(name);
    if (now === undefined) return [`${name} is gone`];
    const required = parameter['required'] !== true && now['required'] === true ? [`${name} is now required`] : [];
    const sides = { before, after, direction: 'input', place: name } as const;
    return [...required, ...schemaChanges(member(parameter, 'schema'), member(now, 'schema'), sides)];
  });
  const added = [...present].filter(([name, { required }]) => !old.has(name) && required === true);
  return [...changed, ...added.map(([name]) => `${name} is new and required`)];
}

function parametersOf(operation: Json, document: Json): Map<string, Json> {
  const list = Array.isArray(operation['parameters']) ? operation['parameters'].filter(isJson) : [];
  return new Map(
    list.map((each) => resolve(each, document)).map((each) => [`${each['in']} parameter ${each['name']}`, each]),
  );
}

function bodyChanges({ before, after, was, is }: OperationChange): string[] {
  const [old, present] = [member(was, 'requestBody'), member(is, 'requestBody')];
  if (is['requestBody'] !== undefined && was['requestBody'] === undefined)
    return present['required'] === true ? ['it now needs a body'] : [];
  if (was['requestBody'] !== undefined && is['requestBody'] === undefined) return ['it no longer takes a body'];
  const required = old['required'] !== true && present['required'] === true ? ['its body is now required'] : [];
  return [...required, ...contentChanges(old, present, { before, after, direction: 'input', place: 'body' })];
}

function responseChanges({ before, after, was, is }: OperationChange): string[] {
  return Object.entries(member(was, 'responses')).flatMap(([status, response]) => {
    const present = member(is, 'responses')[status];
    if (!isJson(present)) return [`the answer ${status} is gone`];
    const [old, now] = [resolve(isJson(response) ? response : {}, before), resolve(present, after)];
    const gone = Object.keys(member(old, 'headers')).filter((name) => member(now, 'headers')[name] === undefined);
    return [
      ...gone.map((name) => `the header ${name} of ${status} is gone`),
      ...contentChanges(old, now, { before, after, direction: 'output', place: `answer ${status}` }),
    ];
  });
}

function contentChanges(old: Json, present: Json, sides: Sides): string[] {
  return Object.entries(member(old, 'content')).flatMap(([type, content]) => {
    const now = member(present, 'content')[type];
    if (!isJson(now)) return [`${sides.place}: ${type} is gone`];
    return schemaChanges(member(content, 'schema'), member(now, 'schema'), sides);
  });
}

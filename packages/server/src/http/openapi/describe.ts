/** One operation of the document: its parameters, its body and its answers. */

import { surcharges } from '../../kernel/budgets.ts';
import { type Permission, platformRoles, projectLevels, tenantRoles } from '../../kernel/permissions.ts';
import { grants } from '../../modules.ts';
import type { Operation } from '../operations.ts';
import type { Components } from './components.ts';
import { examplesOf } from './examples.ts';
import { isJson, type Json, pascal } from './json.ts';
import { linksOf } from './links.ts';
import { acceptsIfMatch, isTagged, replays, resumes } from './operation-kinds.ts';
import { problemAnswers } from './problems.ts';
import { type Credential, credentialKinds } from './shared.ts';

/** Returns the operation, its named schemas kept in `components`. */
export function describeOperation(
  operation: Operation,
  operations: readonly Operation[],
  components: Components,
): Json {
  const { route, permission, surcharge, hasBody, isPublic } = operation;
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description}\n\n${requirement(operation)}`,
    ...(permission === null ? {} : { 'x-permission': permission }),
    ...(surcharge === undefined ? {} : { 'x-surcharge': surcharges[surcharge] }),
    'x-credentials': isPublic ? [] : credentialsFor(operation),
    security: isPublic ? [] : [{ BearerAuth: [] }],
    ...parametersOf(operation, components),
    ...(hasBody ? { requestBody: bodyOf(operation, components) } : {}),
    responses: {
      ...successOf(operation, linksOf(operation, operations), components),
      ...problemAnswers(operation),
    },
  };
}

/** Who holds the permission, by the words of the document: the API key by its scope. */
function requirement({ permission, isPublic, isPersonal, inProject }: Operation): string {
  if (isPublic) return 'Requires no credential.';
  if (isPersonal) return 'Requires no permission: it is for a user of a tenant in person.';
  if (permission === null) return 'Requires no permission: any valid credential will do.';
  const roles = [...platformRoles, ...tenantRoles].filter((role) => grants.byRole[role].includes(permission));
  const holders = [
    ...(roles.length === 0 ? [] : [`the roles ${roles.join(', ')}`]),
    ...(grants.byRole.internal.includes(permission) ? ['the internal token'] : []),
    ...(grants.byKeys.includes(permission) ? [`API keys with the scope \`registry:${permission}\``] : []),
  ];
  const level = inProject ? projectLevels.find((each) => grants.byLevel[each].has(permission)) : undefined;
  const inside = level === undefined ? '' : ` In a project it is also held by the level ${level} there.`;
  return `Requires the permission \`${permission}\`. It is held by ${holders.join('; ')}.${inside}`;
}

/** The kinds of credential that can carry the permission. */
function credentialsFor({ permission, isPersonal, inProject }: Operation): Credential[] {
  if (isPersonal) return ['access_token', 'session'];
  const held = (permissions: readonly Permission[]) => permission === null || permissions.includes(permission);
  const fitting: Readonly<Record<Credential, boolean>> = {
    operator_token: held(grants.byRole.operator),
    access_token: inProject || [...platformRoles, ...tenantRoles].some((role) => held(grants.byRole[role])),
    session: inProject || tenantRoles.some((role) => held(grants.byRole[role])),
    service_token: inProject || tenantRoles.some((role) => held(grants.byRole[role])),
    api_key: held(grants.byKeys),
    internal_token: held(grants.byRole.internal),
  };
  return credentialKinds.filter((kind) => fitting[kind]);
}

/** The name of what the operation takes, when its schema has none. */
const inputName = ({ route }: Operation) => `${pascal(route.operation)}Input`;

function parametersOf(operation: Operation, components: Components): Json {
  const { pathFields, queryFields, input } = operation;
  const { fields, required } = components.fieldsOf(input, inputName(operation));
  const parameter = (name: string, where: 'path' | 'query') => {
    const { description, ...schema } = isJson(fields[name]) ? components.resolve(fields[name]) : {};
    return { name, in: where, required: where === 'path' || required.includes(name), description, schema };
  };
  const query = queryFields.map((name) => parameter(name, 'query'));
  const parameters: Json[] = [
    ...pathFields.map((name) => parameter(name, 'path')),
    ...query.filter((each) => each.required),
    ...query.filter((each) => !each.required),
    ...(replays(operation) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(resumes(operation) ? [{ $ref: '#/components/parameters/LastEventId' }] : []),
    ...(acceptsIfMatch(operation) ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    ...(operation.route.stateTag ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
  ];
  return parameters.length === 0 ? {} : { parameters };
}

function bodyOf(operation: Operation, components: Components): Json {
  const { route, input, pathFields, queryFields, bodyBytesMax } = operation;
  const name = inputName(operation);
  const elsewhere = [...pathFields, ...queryFields];
  // What is known only to be refused with words of its own is no part of the contract.
  const refused = Object.keys(input.shape).filter((field) => input.shape[field]?.meta()?.['readOnly'] === true);
  const { fields, required } = components.fieldsOf(input, name);
  const properties = Object.fromEntries(
    Object.entries(fields).filter(([field]) => !elsewhere.includes(field) && !refused.includes(field)),
  );
  const needed = required.filter((field) => field in properties);
  const body = {
    type: 'object',
    description: input.meta()?.description ?? `What \`${route.operation}\` takes.`,
    properties,
    ...(needed.length === 0 ? {} : { required: needed }),
    additionalProperties: false,
  };
  const schema = components.keep(input.meta()?.id ?? name, body, 'input');
  return {
    description: `At most ${bodyBytesMax / 1024} KiB.`,
    required: needed.length > 0,
    content: {
      'application/json': { schema, examples: examplesOf(schema, route.example?.request ?? {}, components.resolve) },
    },
  };
}

const ANSWERS = { 200: 'The answer.', 201: 'It was created.', 202: 'It will be done.' } as const;

function successOf(operation: Operation, links: Json, components: Components): Json {
  const { status = 200, etag, stateTag, location } = operation.route;
  const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
  const headers = {
    'X-Request-Id': header('RequestId'),
    ...(etag ? { ETag: header('ETag') } : {}),
    ...(stateTag ? { ETag: header('StateTag') } : {}),
    ...(location === undefined ? {} : { Location: locationHeader(location) }),
    ...(operation.setsCookie ? { 'Set-Cookie': header('SetCookie') } : {}),
    ...(replays(operation) ? { 'Idempotency-Replayed': header('IdempotencyReplayed') } : {}),
  };
  if (status === 204) return { 204: { description: 'Done: the answer has no body.', headers } };
  const content = contentOf(operation, components);
  const unchanged = { 304: { description: 'If-None-Match names the ETag of what the answer would be.', headers } };
  return {
    [status]: { description: ANSWERS[status], headers, content, ...links },
    ...(isTagged(operation) ? unchanged : {}),
  };
}

function contentOf(operation: Operation, components: Components): Json {
  const { route, output } = operation;
  const { stream, streamOf, example } = route;
  if (stream !== undefined && streamOf === undefined) {
    const description = resumes(operation) ? 'Server-sent events.' : 'One row after the other.';
    const schema = { type: 'string', description };
    const examples = (type: string) => ({ example: { value: example?.response?.[type] ?? '' } });
    return Object.fromEntries(stream.map((type) => [type, { schema, examples: examples(type) }]));
  }
  const schema = components.refTo(streamOf ?? output, 'output', `${pascal(route.operation)}Output`);
  const examples = examplesOf(schema, example?.response ?? {}, components.resolve);
  return { 'application/json': { schema, examples } };
}

function locationHeader(template: string): Json {
  const pattern = `^${template.replace(/\{\w+\}/g, '[^/]+')}$`;
  const schema = { type: 'string', minLength: 1, maxLength: 1000, pattern };
  return { description: `Where the resource is: \`${template}\`.`, schema };
}

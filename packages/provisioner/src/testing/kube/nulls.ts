/** Nulls in an applied object: no default fills them and nothing drops them, so a type of a CRD refuses them. */
import { isObject } from './json.ts';
import { fieldOf, wholeSchema } from './nodes.ts';
import type { Cause, Json, JsonObject, ResourceType, SchemaNode } from './types.ts';

/** Answers a cause for each null of the applied object that has no place in the object with defaults. */
export function nullCauses(type: ResourceType, given: JsonObject, settled: JsonObject): Cause[] {
  return below({ node: wholeSchema(type), given, settled, path: '' });
}

interface Place {
  readonly node: SchemaNode | undefined;
  readonly given: Json;
  readonly settled: Json | undefined;
  readonly path: string;
}

function below({ node, given, settled, path }: Place): Cause[] {
  if (given === null) return settled === undefined && node ? [cause(node, path)] : [];
  if (!isObject(given)) return [];
  return Object.entries(given).flatMap(([name, value]) => {
    if (path === '' && name === 'metadata') return [];
    return below({
      node: node && fieldOf(node, name),
      given: value,
      settled: isObject(settled) ? settled[name] : undefined,
      path: path === '' ? name : `${path}.${name}`,
    });
  });
}

function cause(node: SchemaNode, path: string): Cause {
  const message = `Invalid value: "null": ${path} in body must be of type ${typeOf(node)}: "null"`;
  return { reason: 'FieldValueTypeInvalid', message, field: path };
}

function typeOf({ kind, scalar }: SchemaNode): string {
  if (kind === 'list') return 'array';
  return kind === 'scalar' ? (scalar ?? 'string') : 'object';
}

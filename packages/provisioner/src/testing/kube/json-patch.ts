/** JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902). */
import { equal, isObject } from './json.ts';
import { ApiError, badRequest } from './status.ts';
import type { Json, JsonObject } from './types.ts';

/** Answers the target with the patch merged into it: null removes a field. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

const failed = (): ApiError =>
  new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', { details: {} });

/** Answers the target after all operations. Throws 400 for a malformed patch, 422 for one that does not fit the target. */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  return operations.reduce<Json>((document, operation) => {
    if (!isObject(operation)) throw badRequest('error decoding patch');
    return operate(document, operation);
  }, structuredClone(target));
}

function operate(document: Json, operation: JsonObject): Json {
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return write(document, path, { value: operation['value'] ?? null, insert: true });
    case 'replace':
      read(document, path);
      return write(document, path, { value: operation['value'] ?? null, insert: false });
    case 'remove':
      return drop(document, path);
    case 'test':
      if (!equal(read(document, path), operation['value'] ?? null)) throw failed();
      return document;
    case 'copy':
      return write(document, path, {
        value: structuredClone(read(document, pointer(operation['from']))),
        insert: true,
      });
    case 'move': {
      const from = pointer(operation['from']);
      const value = read(document, from);
      return write(drop(document, from), path, { value, insert: true });
    }
    default:
      throw failed();
  }
}

function pointer(text: Json | undefined): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw failed();
  return text
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, path: readonly string[]): Json {
  let at: Json | undefined = document;
  for (const token of path) {
    if (Array.isArray(at)) at = at[Number(token)];
    else at = isObject(at) && Object.hasOwn(at, token) ? at[token] : undefined;
    if (at === undefined) throw failed();
  }
  return at;
}

function write(document: Json, path: readonly string[], { value, insert }: { value: Json; insert: boolean }): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw failed();
    parent.splice(index, insert ? 0 : 1, value);
  } else if (isObject(parent)) parent[last] = value;
  else throw failed();
  return document;
}

function drop(document: Json, path: readonly string[]): Json {
  read(document, path);
  const last = path.at(-1);
  const parent = read(document, path.slice(0, -1));
  if (last !== undefined && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (last !== undefined && isObject(parent)) delete parent[last];
  return document;
}

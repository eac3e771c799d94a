/** A kind whose things are a list of the tenant's, each with an id of its own: most of them. */
import { z } from 'zod';
import type { Row } from '../api.ts';
import type { Kind, Reference } from '../kind.ts';
import { RefusedError } from '../problem.ts';
import { differing } from '../same.ts';
import type { Scope } from '../scope.ts';
import type { Existing, Fields, Wanted } from '../things.ts';

interface ResourceOptions {
  readonly noun: string;
  readonly document: string;
  readonly member: string;
  /** `/v1/projects`. */
  readonly path: string;
  readonly key: string;
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly fixed?: readonly string[];
  /** Field of the file → the kind that it names, and the field of the API. */
  readonly references?: Readonly<Record<string, { readonly noun: string; readonly field: string }>>;
  /** As `references`, for names that the API takes as they are. */
  readonly named?: Readonly<Record<string, { readonly noun: string }>>;
  /** Fields that only a change can set. */
  readonly notAtCreation?: readonly string[];
  /** Rows that are history. */
  readonly isGone?: (row: Row) => boolean;
  readonly isKept?: (row: Row) => boolean;
  /** `disabled` is a field, and two operations of its own set it. */
  readonly canBeDisabled?: boolean;
  /** The registry takes a name twice: then of two commands at once each would make its own. */
  readonly nameIsFree?: boolean;
  readonly removal: string | null;
  readonly remove?: (scope: Scope, id: string) => Promise<unknown>;
  readonly portable?: Kind['portable'];
}

export function resourceKind(options: ResourceOptions): Kind {
  const { noun, document, member, path, key, fixed = [], references = {} } = options;
  const shape = { ...options.shape, ...(options.canBeDisabled ? { disabled: z.boolean().optional() } : {}) };
  const fieldNames = Object.keys(shape);
  const keyOf = (fields: Fields) => keyText(key, fields[key]);

  const toExisting = async (scope: Scope, row: Row): Promise<Existing> => {
    const fields: Record<string, unknown> = {};
    for (const name of fieldNames) {
      const reference = references[name];
      if (name === 'disabled') fields[name] = row.disabled_at !== null;
      else
        fields[name] = reference === undefined ? row[name] : await scope.nameOf(reference.noun, row[reference.field]);
    }
    const isKept = options.isKept?.(row) ?? false;
    return { key: keyOf(fields), parent: null, id: String(row.id), fields, row, isKept };
  };

  const toBody = async (scope: Scope, fields: Fields, names: readonly string[]): Promise<Row> => {
    const body: Record<string, unknown> = {};
    for (const name of names) {
      const [reference, value] = [references[name], fields[name]];
      if (name === 'disabled' || value === undefined) continue;
      if (reference === undefined) body[name] = value;
      else body[reference.field] = value === null ? null : await scope.idOf(reference.noun, String(value));
    }
    return body;
  };

  const read: Kind['read'] = async (scope) => {
    const rows = await scope.api.list(path, { tenant_id: scope.tenantId });
    const present = rows.filter((row) => !options.isGone?.(row));
    return Promise.all(present.map((row) => toExisting(scope, row)));
  };

  /** Who made one sees all that were made before: of two at once the later one, or each, takes its own back. */
  const requireAlone = async (scope: Scope, made: Existing): Promise<void> => {
    const others = (await read(scope, [])).filter(({ key: other, id }) => other === made.key && id !== made.id);
    if (others.length === 0) return;
    await scope.api.send('DELETE', `${path}/${made.id}`);
    throw new RefusedError('somebody else made one of this name at the same moment: run the command again');
  };

  return {
    noun,
    document,
    member,
    shape: z.strictObject(shape) as unknown as z.ZodType<Fields>,
    fieldNames,
    fixed,
    keyOf,
    removal: options.removal,
    read,
    async create(scope, { fields }: Wanted) {
      const names = fieldNames.filter((name) => !options.notAtCreation?.includes(name));
      const body = { tenant_id: scope.tenantId, ...(await toBody(scope, fields, names)) };
      const made = await toExisting(scope, await scope.api.send('POST', path, { body }));
      if (options.nameIsFree) await requireAlone(scope, made);
      return made;
    },
    async update(scope, existing, { fields }, changed) {
      const place = `${path}/${existing.id}`;
      const body = await toBody(scope, fields, changed);
      if (Object.keys(body).length > 0) {
        const ifMatch = await tagOf(scope, place, existing, toExisting);
        await scope.api.send('PATCH', place, { body, ifMatch });
      }
      if (!changed.includes('disabled')) return;
      await scope.api.send('POST', `${place}/${fields.disabled === true ? 'deactivate' : 'activate'}`, { body: {} });
    },
    async remove(scope, { id }) {
      await options.remove?.(scope, String(id));
    },
    references: (fields) =>
      Object.entries({ ...references, ...options.named }).flatMap(([name, { noun: other }]): Reference[] =>
        typeof fields[name] === 'string' ? [{ noun: other, key: fields[name] }] : [],
      ),
    ...(options.portable === undefined ? {} : { portable: options.portable }),
  };
}

function keyText(key: string, value: unknown): string {
  const text = String(value ?? '');
  return key === 'email' ? text.toLowerCase() : text;
}

/** Resolves to the tag of the thing as it was compared. Throws when somebody changed it since. */
async function tagOf(
  scope: Scope,
  place: string,
  existing: Existing,
  toExisting: (scope: Scope, row: Row) => Promise<Existing>,
): Promise<string | null> {
  const found = await scope.api.get(place);
  if (found !== null && differing(existing.fields, (await toExisting(scope, found.row)).fields).length === 0)
    return found.etag;
  throw new RefusedError('somebody else changed it meanwhile: run the command again');
}
